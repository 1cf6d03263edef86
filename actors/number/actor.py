"""A WhatsApp number: its connection's state machine, and what was missed while it was down.

    pending_qr → connected ⇄ connecting → connected
                     ↓           ↓
               disconnected ← (logged out, refused)

The gateway does not tell when a socket drops: the next thing heard is `connecting`. From then on the number is
blind, and when it is open again (or after a silence, or a restart of ours) it looks back: a back-fill asks the gateway
for what was said since, and the outcome is an event that people see ("blind from 10:02 to 10:19, 14 recovered").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.gateway import ConnectionSeen, LoggedOut
from plixa.engine.actor import Command, EffectDone, EffectFailed, EffectStarting, EffectUncertain, Kind, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event
from plixa.engine.outside import decide_harmless, marks
from plixa.engine.ports import Effect, EffectMark

Status = Literal["pending_qr", "connecting", "connected", "disconnected"]
OVERLAP = timedelta(minutes=2)
"""How much before the first sign of trouble a look-back begins: the sign comes late."""
JUST_OPENED = timedelta(seconds=2)
"""Webhooks overtake each other: a "connecting" so soon after an "open" was mostly sent before it."""


class Number(Struct, frozen=True, omit_defaults=True):
    """The state. `instance` is empty until it is provisioned. `blind_since`: nothing heard since then is complete.

    opened_at: when it was last heard to be open.
    """

    id: int
    instance: str = ""
    name: str | None = None
    status: Status = "pending_qr"
    phone: str | None = None
    blind_since: datetime | None = None
    backfills: int = 0
    looking_from: datetime | None = None
    opened_at: datetime | None = None


class Provision(Command, frozen=True, kw_only=True, tag=True):
    """Make the instance at the gateway."""

    instance: str
    name: str | None


class Observe(Command, frozen=True, kw_only=True, tag=True):
    """The gateway's word on the connection. `asked`: its answer just now, and not a webhook that may have come late."""

    seen: ConnectionSeen | LoggedOut
    asked: bool = False


class LookBack(Command, frozen=True, kw_only=True, tag=True):
    """Messages may have been missed since then."""

    since: datetime
    why: Literal["restart", "silence", "asked"]


class Disconnect(Command, frozen=True, kw_only=True, tag=True):
    """Log the session out; only a new QR brings it back."""


class Restart(Command, frozen=True, kw_only=True, tag=True):
    """Bounce the connection without unpairing."""


NumberCommand = Provision | Observe | LookBack | Disconnect | Restart


@event("number.provisioned")
class NumberProvisioned(Event, frozen=True, kw_only=True):
    instance: str
    name: str | None
    provisioned_at: datetime


@event("number.status")
class NumberStatus(Event, frozen=True, kw_only=True):
    """The connection changed, `at` that time. `reason` is the gateway's code, where it gave one."""

    status: Status
    reason: int | None = None
    phone: str | None = None
    name: str | None = None
    blind_since: datetime | None = None
    at: datetime | None = None


@event("number.asked")
class NumberAsked(Event, frozen=True, kw_only=True):
    """The gateway is to be told to do this."""

    what: Literal["logout", "restart"]
    request: int


@event("number.looking_back")
class NumberLookingBack(Event, frozen=True, kw_only=True):
    """A back-fill begins: it covers this span."""

    backfill: int
    blind_from: datetime
    blind_to: datetime
    why: str


@event("number.backfilled")
class NumberBackfilled(Event, frozen=True, kw_only=True):
    """Blind from `blind_from` to `blind_to`: `seen` messages looked at, `recovered` of them were new."""

    backfill: int
    blind_from: datetime
    blind_to: datetime
    seen: int
    recovered: int


decide: Decider[Number] = Decider()
evolve: Evolver[Number] = Evolver()


@decide.on(Provision)
def _provision(state: Number, command: Provision, now: Moment) -> Sequence[Event]:
    if state.instance:
        return []
    return [NumberProvisioned(instance=command.instance, name=command.name, provisioned_at=now.at)]


@decide.on(Observe)
def _observe(state: Number, command: Observe, now: Moment) -> Sequence[Event]:
    match seen := command.seen:
        case LoggedOut():
            return _become(state, "disconnected", None, now.at)
        case ConnectionSeen(state="open"):
            return [*_opened(state, seen, now.at), *_look_back(state, now, "reconnect")]
        case ConnectionSeen(state="connecting"):
            # Right after the scan of a QR this is progress; only an open connection can be lost.
            lost = state.status == "connected" and (command.asked or not _just_opened(state, now.at))
            return _become(state, "connecting", seen.reason, now.at) if lost else []
        case ConnectionSeen():
            return _become(state, "disconnected", seen.reason, now.at)


def _just_opened(state: Number, at: datetime) -> bool:
    return state.opened_at is not None and at - state.opened_at < JUST_OPENED


def _opened(state: Number, seen: ConnectionSeen, at: datetime) -> Sequence[Event]:
    phone, name = seen.phone or state.phone, state.name or seen.profile_name
    if (state.status, state.phone, state.name) == ("connected", phone, name):
        return []
    return [NumberStatus(status="connected", reason=seen.reason, phone=phone, name=name, at=at)]


def _become(state: Number, status: Status, reason: int | None, at: datetime) -> Sequence[Event]:
    if state.status == status:
        return []
    since = state.blind_since or at
    return [NumberStatus(status=status, reason=reason, phone=state.phone, name=state.name, blind_since=since, at=at)]


def _look_back(state: Number, now: Moment, why: str) -> Iterator[Event]:
    if state.blind_since is not None:
        yield NumberLookingBack(
            backfill=state.backfills + 1, blind_from=state.blind_since - OVERLAP, blind_to=now.at, why=why
        )


@decide.on(LookBack)
def _asked_to_look_back(state: Number, command: LookBack, now: Moment) -> Sequence[Event]:
    if state.looking_from is not None or not state.instance:
        return []
    return [
        NumberLookingBack(
            backfill=state.backfills + 1, blind_from=command.since - OVERLAP, blind_to=now.at, why=command.why
        )
    ]


@decide.on(Disconnect)
def _disconnect(state: Number, command: Disconnect, now: Moment) -> Sequence[Event]:
    _must_exist(state)
    return [
        *_become(state, "disconnected", None, now.at),
        NumberAsked(what="logout", request=next(now.ids)),
    ]


@decide.on(Restart)
def _restart(state: Number, command: Restart, now: Moment) -> Sequence[Event]:
    _must_exist(state)
    return [
        *_become(state, "pending_qr", None, now.at),
        NumberAsked(what="restart", request=next(now.ids)),
    ]


def _must_exist(state: Number) -> None:
    if not state.instance:
        raise NotFound("phone instance")


@decide.on(EffectDone)
def _done(state: Number, command: EffectDone, now: Moment) -> Sequence[Event]:
    if not command.effect_id.startswith("backfill-") or state.looking_from is None:
        return decide_harmless(state, command, now)
    result = command.result
    return [
        NumberBackfilled(
            backfill=state.backfills,
            blind_from=state.looking_from,
            blind_to=datetime.fromisoformat(result["until"]),
            seen=result["seen"],
            recovered=result["recovered"],
        )
    ]


decide.on(EffectStarting, EffectFailed, EffectUncertain)(decide_harmless)


@evolve.on(NumberProvisioned)
def _provisioned(state: Number, happened: NumberProvisioned) -> Number:
    return replace(state, instance=happened.instance, name=happened.name)


@evolve.on(NumberStatus)
def _status(state: Number, happened: NumberStatus) -> Number:
    opened_at = happened.at if happened.status == "connected" else state.opened_at
    return replace(
        state,
        status=happened.status,
        phone=happened.phone,
        name=happened.name,
        blind_since=happened.blind_since,
        opened_at=opened_at,
    )


@evolve.on(NumberLookingBack)
def _looking_back(state: Number, happened: NumberLookingBack) -> Number:
    return replace(state, backfills=happened.backfill, looking_from=happened.blind_from, blind_since=None)


@evolve.on(NumberBackfilled)
def _backfilled(state: Number, happened: NumberBackfilled) -> Number:
    return replace(state, looking_from=None)


def effects(state: Number, happened: Event) -> Iterator[Effect | EffectMark]:
    """What the gateway is asked for, in order per number."""
    match happened:
        case NumberProvisioned():
            yield _effect(state, f"create-{state.id}", "gateway.create", {"name": happened.name})
        case NumberAsked():
            yield _effect(state, f"{happened.what}-{happened.request}", f"gateway.{happened.what}", {})
        case NumberLookingBack():
            since, until = happened.blind_from.isoformat(), happened.blind_to.isoformat()
            id_ = f"backfill-{state.id}-{happened.backfill}"
            # A lane of its own: what a person asks of the number does not wait for it.
            yield _effect(state, id_, "gateway.backfill", {"since": since, "until": until}, lane="lookback")
        case NumberBackfilled():
            yield EffectMark(f"backfill-{state.id}-{happened.backfill}", "done")
        case _:
            yield from marks(happened)


def _effect(state: Number, id_: str, kind: str, more: dict[str, object], lane: str = "number") -> Effect:
    request = {"number_id": state.id, "instance": state.instance, **more}
    return Effect(id_, kind, f"{lane}-{state.id}", f"instance-{state.id}", request)


NUMBER: Kind[Number] = Kind(
    name="number",
    initial=lambda id_: Number(id=id_),
    decide=decide,
    evolve=evolve,
    effects=effects,
)
