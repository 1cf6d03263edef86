"""What was decided together with a message, and is said by its event: of a message that a flow answers, three events
fewer.

Such a decision is an event of its own wherever it comes without the message (`automation.py`). The message's event
gives it back as that one (`stands_for`) to whoever folds, shows or explains it; `packing.py` puts them together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.conversation.events.common import Ended, Mode
from plixa.actors.whatsapp.gateway import Content

LONGEST = 4096
AnswerBy = Literal["closed_hours", "flow", "ai", "handoff", "welcome"]


class Planned(Struct, frozen=True, omit_defaults=True):
    """As `AnswerPlanned`, whose words are the message's."""

    burst_id: int
    began_at: datetime
    due: datetime


class Given(Struct, frozen=True, omit_defaults=True):
    """As `AnswerGiven`."""

    burst_id: int
    by: AnswerBy
    why: str
    at: datetime | None = None


class Stepped(Struct, frozen=True, omit_defaults=True):
    """As `FlowStepped`, without its run, which is personal."""

    flow_id: int
    version: int
    path: tuple[str, ...]
    why: str
    fitted: bool = True
    ended: Ended | None = None
    mode: Mode | None = None


def words_of(content: Content) -> str:
    """What of a message a flow and the AI read."""
    return (content.body or "")[:LONGEST]
