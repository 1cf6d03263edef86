"""The greeting for a contact's first message ever; on every plan."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import Field, StringConstraints

from plixa.actors.fields import WordsOrNone
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid


class Welcome(Struct, frozen=True, omit_defaults=True):
    """`delay_seconds` after the first message; not at all if a person answers first."""

    enabled: bool = False
    message: Annotated[WordsOrNone, StringConstraints(max_length=1000)] | None = None
    delay_seconds: Annotated[int, Field(ge=0, le=300)] = 0


def _says_something(_workspace: Workspace, value: Welcome, _by: int) -> Welcome:
    if value.enabled and not (value.message or "").strip():
        raise Invalid({"message": ["Write the greeting that new contacts get, or turn it off."]})
    return value


WELCOME = Config(name="welcome", value=Welcome, path="/v1/welcome-config", tag="Welcome message", check=_says_something)
