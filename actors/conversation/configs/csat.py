"""The satisfaction survey after a conversation is resolved; on every plan. Null texts mean the locale's own."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import StringConstraints

from plixa.actors.fields import WordsOrNone
from plixa.actors.workspace.declarations import Config

Words = Annotated[WordsOrNone, StringConstraints(max_length=500)]


class CsatConfig(Struct, frozen=True, omit_defaults=True):
    """`follow_up_enabled`: a score of 3 or less is asked for a comment."""

    enabled: bool = False
    question: Words | None = None
    follow_up_enabled: bool = False
    follow_up_question: Words | None = None
    thank_you: Words | None = None
    visible_to_agents: bool = True


CSAT = Config(name="csat", value=CsatConfig, path="/v1/csat-config", tag="CSAT", required=("enabled",))
