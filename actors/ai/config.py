"""Whether the AI answers, and what it knows of the business beside the FAQs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import StringConstraints

from plixa.actors.fields import Text
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid


class AiConfig(Struct, frozen=True, omit_defaults=True):
    """`prompt`: the business in plain words.

    handoff_message: what a customer hears when the AI leaves them to a person; null: a sentence of ours in the
    workspace's language; empty: nothing.
    """

    prompt: Annotated[Text, StringConstraints(max_length=4000)] = ""
    enabled: bool = False
    handoff_message: Annotated[Text, StringConstraints(max_length=500)] | None = None


def _knows_something(_workspace: Workspace, value: AiConfig, _by: int) -> AiConfig:
    if value.enabled and not value.prompt.strip():
        raise Invalid({"prompt": ["Say what the business is before the AI answers for it."]})
    return value


AI = Config(
    name="ai",
    value=AiConfig,
    path="/v1/ai-config",
    tag="AI configuration",
    required=("prompt", "enabled"),
    feature="ai",
    check=_knows_something,
)
