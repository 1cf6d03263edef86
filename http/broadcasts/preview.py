"""The dry run: what a broadcast would do, as things stand. Nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import trio
from typing_extensions import TypedDict

from plixa.actors.broadcasts.config import BROADCASTS
from plixa.actors.broadcasts.estimate import ends_at
from plixa.actors.broadcasts.text import personal
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Call
from plixa.http.broadcasts.delivering import asking_for
from plixa.http.broadcasts.freezing import CHUNK, Listed
from plixa.http.broadcasts.settings import BROADCAST_PER_MINUTE
from plixa.storage.broadcasts import standing
from plixa.storage.broadcasts.look_ups import connected
from plixa.storage.broadcasts.standing import Standing
from plixa.storage.contacts import reads as contacts

SAMPLES, NAMED = 3, 100
T = TypeVar("T")


class Sample(TypedDict):
    phone: str | None
    name: str | None
    text: str


class LeftOut(TypedDict):
    phone: str | None
    name: str | None
    contact_id: int | None
    reason: str


class Preview(TypedDict):
    total: int
    would_get_it: int
    strangers: int
    skipped: dict[str, int]
    left_out: list[LeftOut]
    samples: list[Sample]
    phone_instance_id: int | None
    seconds: int | None
    ends_at: datetime | None
    pace_per_minute: float


async def preview(call: Call, body: Any, listed: Sequence[Listed]) -> dict[str, Any]:
    """What `Preview` says of this request. left_out: the first of them; `skipped` counts them all."""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    number_id = body.phone_instance_id or next(iter(await call.read(connected, call.tenant)), None)
    found = _of_label(call, workspace, body, number_id or 0)
    if body.source == "manual":
        found = _of_list(call, workspace, body, number_id or 0, listed)
    tried = Tried(body.body, BROADCASTS.of(workspace).strangers_a_day > 0)
    async for each, name in found:
        tried.take(each, name)
    return {**tried.shown(), "phone_instance_id": number_id, **_time(call, workspace, tried)}


class Tried:
    """The counts as they come together."""

    def __init__(self, body: str, strangers: bool) -> None:
        self._body = body
        self._strangers = strangers
        self._seen: set[int | str | None] = set()
        self.known = self.strangers = 0
        self._skipped: Counter[str] = Counter()
        self._left_out: list[dict[str, Any]] = []
        self._samples: list[dict[str, Any]] = []

    def take(self, each: Standing, name: str | None) -> None:
        """One recipient more; name: what is told of them beside what is known."""
        reason = each.reason or (None if each.known or self._strangers else "stranger")
        who = each.contact_id or each.phone
        reason, name = "duplicate" if who in self._seen else reason, each.name or name
        self._seen.add(who)
        if reason is not None:
            self._leave_out(each, name, reason)
            return
        self.known += each.known
        self.strangers += not each.known
        if len(self._samples) < SAMPLES:
            self._samples.append({"phone": each.phone, "name": name, "text": personal(self._body, name)})

    def _leave_out(self, each: Standing, name: str | None, reason: str) -> None:
        self._skipped[reason] += 1
        if len(self._left_out) < NAMED:
            shown = {"phone": each.phone, "name": name, "contact_id": each.contact_id or None}
            self._left_out.append({**shown, "reason": reason})

    def shown(self) -> dict[str, Any]:
        """As the answer has it."""
        would = self.known + self.strangers
        return {
            "total": would + self._skipped.total(),
            "would_get_it": would,
            "strangers": self.strangers,
            "skipped": dict(self._skipped),
            "left_out": self._left_out,
            "samples": self._samples,
        }


def _time(call: Call, workspace: Workspace, tried: Tried) -> dict[str, Any]:
    now, per_minute = call.services.clock.now(), call.services.settings[BROADCAST_PER_MINUTE]
    config = BROADCASTS.of(workspace)
    ends = ends_at(config, workspace.zone, now, per_minute, tried.known, tried.strangers)
    seconds = None if ends is None else int((ends - now).total_seconds())
    return {"seconds": seconds, "ends_at": ends, "pace_per_minute": per_minute}


async def _of_list(
    call: Call, workspace: Workspace, body: Any, number_id: int, listed: Sequence[Listed]
) -> AsyncIterator[tuple[Standing, str | None]]:
    """Those that were handed in; who is no contact yet is a stranger of whom nothing is known."""
    for some in _chunks(listed, CHUNK):
        cards = await call.read(contacts.cards_by_phone, call.tenant, [phone for phone, _ in some])
        of = await _standing(call, workspace, body, number_id, [card.id for card in cards.values()])
        for phone, name in some:
            card = cards.get(phone)
            nobody = Standing(0, phone, None, None, known=False, reason=None)
            yield (nobody if card is None else of.get(card.id, nobody)), name


async def _of_label(
    call: Call, workspace: Workspace, body: Any, number_id: int
) -> AsyncIterator[tuple[Standing, str | None]]:
    """Those who have the label now."""
    after = 0
    while ids := await call.read(standing.labelled, call.tenant, body.label_id or 0, after, CHUNK):
        of = await _standing(call, workspace, body, number_id, ids)
        for id_ in ids:
            if id_ in of:
                yield of[id_], None
        after = ids[-1]
        await trio.lowlevel.checkpoint()


async def _standing(
    call: Call, workspace: Workspace, body: Any, number_id: int, ids: Sequence[int]
) -> dict[int, Standing]:
    asking = asking_for(workspace, number_id, call.services.clock.now(), 0, cooldown=not body.ignore_cooldown)
    return {each.contact_id: each for each in await call.read(standing.of_contacts, asking, ids)}


def _chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    ahead = iter(items)
    while some := list(islice(ahead, size)):
        yield some
