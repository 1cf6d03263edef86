"""What a broadcast can be asked or told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plixa.actors.broadcasts.events import News, Phase, Source, Why
from plixa.engine.actor import Command


class CreateBroadcast(Command, frozen=True, kw_only=True, tag=True):
    """See `BroadcastCreated`."""

    by: int | None
    name: str
    body: str
    source: Source
    label_id: int | None = None
    number_id: int | None = None
    listed: int = 0
    cooldown: bool = True
    scheduled_at: datetime | None = None


class Freeze(Command, frozen=True, kw_only=True, tag=True):
    """The recipients of this phase from `after` on. duplicates: of these, by their index. then: what comes next, or
    None. reason: why there are none."""

    phase: Phase
    after: int
    contact_ids: tuple[int, ...] = ()
    duplicates: tuple[int, ...] = ()
    then: tuple[Phase, int] | None = None
    reason: str | None = None


class Heard(Command, frozen=True, kw_only=True, tag=True):
    """What a recipient's conversation tells of its message."""

    place: int
    what: News


class Pause(Command, frozen=True, kw_only=True, tag=True):
    by: int | None = None


class Resume(Command, frozen=True, kw_only=True, tag=True):
    by: int | None = None


class CancelBroadcast(Command, frozen=True, kw_only=True, tag=True):
    by: int | None = None


class CloseSome(Command, frozen=True, kw_only=True, tag=True):
    """It was cancelled: the next recipients that were still waiting."""


class Wake(Command, frozen=True, kw_only=True, tag=True):
    """What it waits for may be over."""

    why: Why


class KnowingNumbers(Command, frozen=True, kw_only=True, tag=True):
    """Another command, with the workspace's numbers that are connected."""

    command: Any
    connected: tuple[int, ...]
