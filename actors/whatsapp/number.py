"""A WhatsApp number: its connection's state machine, and what was missed while it was down.

    pending_qr → connected ⇄ connecting → connected
                     ↓           ↓
               disconnected ← (logged out, refused, unknown to the gateway)

The gateway does not tell when a socket drops: the next thing heard is `connecting`. From then on the number is
blind, and when it is open again (or after a silence, or a restart of ours) it looks back: a back-fill asks the gateway
for what was said since, and the outcome is an event that people see ("blind from 10:02 to 10:19, 14 recovered").

What the gateway answers when it is asked (`Observe.asked`) heals whatever a lost or late webhook has left behind, in
both directions. Only while it is at work on something that we asked of it (`under_way`), its answers are not yet news.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.whatsapp.gateway import ConnectionSeen, LoggedOut, Missing
from plixa.actors.whatsapp.reasons import Why, why_closed
from plixa.engine.actor import ActorType, Command, EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event
from plixa.engine.outside import EffectAgain, EffectBegun, EffectOver, decide_over
from plixa.engine.ports import Effect, EffectMark

Status = Literal["pending_qr", "connecting", "connected", "disconnected"]
MOST_LOOK_BACKS = 5
"""So many may wait for the gateway; who wants another one is told that nothing came of it."""
OVERLAP = timedelta(minutes=2)
"""How much before the first sign of trouble a look-back begins: the sign comes late."""
JUST_OPENED = timedelta(seconds=2)
"""Webhooks overtake each other: a "connecting" so soon after an "open" was mostly sent before it."""
LATELY = timedelta(seconds=5)
PATIENCE = timedelta(minutes=2)
"""For how long the gateway may be at work on what was asked of it before its answers count again."""


class Number(Struct, frozen=True, omit_defaults=True):
    """The state. `instance` is empty until it is provisioned. `blind_since`: nothing heard since then is complete.

    opened_at: when it was last heard to be open. why: what explains a status that is not `connected`.
    under_way: the effect that the gateway is at work on since `asked_at`. removed: the workspace has given it up.
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
    why: Why | None = None
    under_way: str | None = None
    asked_at: datetime | None = None
    removed: bool = False
    unfinished: tuple[int, ...] = ()


class Provision(Command, frozen=True, kw_only=True, tag=True):
    """Make the instance at the gateway."""

    instance: str
    name: str | None


class Observe(Command, frozen=True, kw_only=True, tag=True):
    """The gateway's word on the connection. `asked`: its answer just now, and not a webhook that may have come late."""

    seen: ConnectionSeen | LoggedOut | Missing
    asked: bool = False


class LookBack(Command, frozen=True, kw_only=True, tag=True):
    """Messages may have been missed since then."""

    since: datetime
    why: Literal["restart", "silence", "asked"]


class Disconnect(Command, frozen=True, kw_only=True, tag=True):
    """Log the session out; only a new QR brings it back."""


class Restart(Command, frozen=True, kw_only=True, tag=True):
    """Bounce the connection without unpairing; an instance that the gateway has lost is made anew."""


class Repair(Command, frozen=True, kw_only=True, tag=True):
    """The gateway does not know it: make it anew, unless it is at work on that."""


class Rename(Command, frozen=True, kw_only=True, tag=True):
    """Call it this; None for what WhatsApp calls it."""

    name: str | None


class Leave(Command, frozen=True, kw_only=True, tag=True):
    """It was removed from the workspace: log it out and take its instance away."""


NumberCommand = Provision | Observe | LookBack | Disconnect | Restart | Repair | Rename | Leave


@event("number.provisioned")
class NumberProvisioned(Event, frozen=True, kw_only=True):
    instance: str
    name: str | None
    provisioned_at: datetime


@event("number.status")
class NumberStatus(Event, frozen=True, kw_only=True):
    """The connection changed, `at` that time. `reason` is the gateway's code, where it gave one; `why` is our word."""

    status: Status
    reason: int | None = None
    why: Why | None = None
    phone: str | None = None
    name: str | None = None
    blind_since: datetime | None = None
    at: datetime | None = None


@event("number.asked")
class NumberAsked(Event, frozen=True, kw_only=True):
    """The gateway is to be told to do this."""

    what: Literal["logout", "restart", "remove"]
    request: int
    at: datetime | None = None


@event("number.renamed")
class NumberRenamed(Event, frozen=True, kw_only=True):
    """What the workspace calls it; None: whatever WhatsApp does."""

    name: str | None


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
    if state.removed or (command.asked and _is_at_work(state, now.at)):
        return []
    match seen := command.seen:
        case Missing() if state.why == "setup_failed":
            return []  # no wonder: it was refused when it was to be made, which says more
        case Missing() | LoggedOut(removed=True):
            return _become(state, "disconnected", "unknown_to_gateway", now.at)
        case LoggedOut():
            return _down(state, "logged_out", now.at)
        case ConnectionSeen(state="open"):
            return [*_opened(state, seen, now.at), *_look_back(state, now, "reconnect")]
        case ConnectionSeen(state="connecting"):
            return _connecting(state, command, now.at)
        case ConnectionSeen():
            return _down(state, why_closed(seen), now.at, seen.reason)


def _is_at_work(state: Number, at: datetime) -> bool:
    return state.under_way is not None and state.asked_at is not None and at - state.asked_at < PATIENCE


def _connecting(state: Number, command: Observe, at: datetime) -> Sequence[Event]:
    """Right after the scan of a QR this is progress; only an open connection can be lost."""
    if state.status == "connected" and (command.asked or not _just_opened(state, at)):
        return _become(state, "connecting", "reconnecting", at, getattr(command.seen, "reason", None))
    if command.asked and state.why == "unknown_to_gateway":  # somebody has made it anew
        return _become(state, "pending_qr", "not_paired", at)
    return []


def _just_opened(state: Number, at: datetime) -> bool:
    return state.opened_at is not None and at - state.opened_at < JUST_OPENED


def _opened(state: Number, seen: ConnectionSeen, at: datetime) -> Sequence[Event]:
    phone, name = seen.phone or state.phone, state.name or seen.profile_name
    if (state.status, state.phone, state.name) == ("connected", phone, name):
        return []
    return [NumberStatus(status="connected", reason=seen.reason, phone=phone, name=name, at=at)]


def _down(state: Number, why: Why, at: datetime, reason: int | None = None) -> Sequence[Event]:
    """It is closed. The first word that says why is the best; that it is unknown it is not any more."""
    if state.status == "disconnected" and state.why not in ("closed", "unknown_to_gateway"):
        return []
    return _become(state, "disconnected", why, at, reason)


def _become(state: Number, status: Status, why: Why, at: datetime, reason: int | None = None) -> Sequence[Event]:
    if (state.status, state.why) == (status, why):
        return []
    since = state.blind_since or (at if state.phone else None)  # nothing can have been missed before it was paired
    return [
        NumberStatus(
            status=status, reason=reason, why=why, phone=state.phone, name=state.name, blind_since=since, at=at
        )
    ]


def _look_back(state: Number, now: Moment, why: str) -> Iterator[Event]:
    if state.blind_since is not None:
        yield NumberLookingBack(
            backfill=state.backfills + 1, blind_from=state.blind_since - OVERLAP, blind_to=now.at, why=why
        )


@decide.on(LookBack)
def _asked_to_look_back(state: Number, command: LookBack, now: Moment) -> Sequence[Event]:
    if len(state.unfinished) >= MOST_LOOK_BACKS or not state.instance or state.removed:
        return []  # whoever asks sees that nothing came of it, and asks again
    return [
        NumberLookingBack(
            backfill=state.backfills + 1, blind_from=command.since - OVERLAP, blind_to=now.at, why=command.why
        )
    ]


@decide.on(Disconnect)
def _disconnect(state: Number, command: Disconnect, now: Moment) -> Sequence[Event]:
    _must_exist(state)
    return [*_become(state, "disconnected", "disconnected_by_member", now.at), _asked("logout", now)]


@decide.on(Restart)
def _restart(state: Number, command: Restart, now: Moment) -> Sequence[Event]:
    _must_exist(state)
    return [*_become(state, "pending_qr", "restarting", now.at), _asked("restart", now)]


@decide.on(Repair)
def _repair(state: Number, command: Repair, now: Moment) -> Sequence[Event]:
    """What found that out may have asked before it was made anew a moment ago."""
    lately = state.asked_at is not None and now.at - state.asked_at < LATELY
    if not state.instance or state.removed or lately or _is_at_work(state, now.at):
        return []
    return [*_become(state, "pending_qr", "restarting", now.at), _asked("restart", now)]


@decide.on(Rename)
def _rename(state: Number, command: Rename, now: Moment) -> Sequence[Event]:
    return [] if state.removed or command.name == state.name else [NumberRenamed(name=command.name)]


@decide.on(Leave)
def _leave(state: Number, command: Leave, now: Moment) -> Sequence[Event]:
    return [] if state.removed or not state.instance else [_asked("remove", now)]


def _asked(what: Literal["logout", "restart", "remove"], now: Moment) -> NumberAsked:
    return NumberAsked(what=what, request=next(now.ids), at=now.at)


def _must_exist(state: Number) -> None:
    if not state.instance or state.removed:
        raise NotFound("phone instance")


@decide.on(EffectDone)
def _done(state: Number, command: EffectDone, now: Moment) -> Sequence[Event]:
    (what, number), result = command.about, command.result
    if what == "backfill" and number not in state.unfinished:
        return []  # told before
    if what != "backfill" or state.removed or "until" not in result:
        return decide_over(state, command, now)
    since = result.get("since")
    return [
        NumberBackfilled(
            backfill=number,
            blind_from=datetime.fromisoformat(since) if since else state.looking_from or now.at,
            blind_to=datetime.fromisoformat(result["until"]),
            seen=result["seen"],
            recovered=result["recovered"],
        )
    ]


@decide.on(EffectFailed)
def _failed(state: Number, command: EffectFailed, now: Moment) -> Sequence[Event]:
    """What the gateway will not do for good is said, or somebody would wait for a code that never comes."""
    given_up = command.permanent and command.about[0] in ("create", "restart") and not state.removed
    said = _become(state, "disconnected", "setup_failed", now.at) if given_up else ()
    return [*decide_over(state, command, now), *said]


decide.on(EffectStarting, EffectUncertain)(decide_over)


@evolve.on(NumberProvisioned)
def _provisioned(state: Number, happened: NumberProvisioned) -> Number:
    return replace(
        state,
        instance=happened.instance,
        name=state.name or happened.name,
        under_way=f"create-{state.id}",
        asked_at=happened.provisioned_at,
    )


@evolve.on(NumberAsked)
def _work_began(state: Number, happened: NumberAsked) -> Number:
    under_way = f"{happened.what}-{happened.request}"
    return replace(state, under_way=under_way, asked_at=happened.at, removed=happened.what == "remove")


evolve.ignores(EffectAgain, EffectBegun)  # of earlier releases


@evolve.on(EffectOver)
def _work_ended(state: Number, happened: EffectOver) -> Number:
    if happened.effect_id.startswith("backfill-"):  # they come one after another, and several may be under way
        return _looked_back(state, int(happened.effect_id.rpartition("-")[2]))
    return replace(state, under_way=None) if happened.effect_id == state.under_way else state


@evolve.on(NumberRenamed)
def _renamed(state: Number, happened: NumberRenamed) -> Number:
    return replace(state, name=happened.name)


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
        why=happened.why,
        under_way=_still_under_way(state, happened),
    )


def _still_under_way(state: Number, happened: NumberStatus) -> str | None:
    """Open is what a creation or a restart was for; a logout may yet have to come."""
    leaving = state.under_way is not None and state.under_way.startswith("logout-")
    return state.under_way if leaving or happened.status != "connected" else None


@evolve.on(NumberLookingBack)
def _looking_back(state: Number, happened: NumberLookingBack) -> Number:
    return replace(
        state,
        backfills=happened.backfill,
        looking_from=happened.blind_from,
        blind_since=None,
        unfinished=(*state.unfinished, happened.backfill),
    )


@evolve.on(NumberBackfilled)
def _backfilled(state: Number, happened: NumberBackfilled) -> Number:
    return _looked_back(state, happened.backfill)


def _looked_back(state: Number, backfill: int) -> Number:
    """That one is over, well or not; a later one may be under way."""
    looking_from = None if backfill == state.backfills else state.looking_from
    unfinished = tuple(each for each in state.unfinished if each > backfill)  # they come in order
    return replace(state, looking_from=looking_from, unfinished=unfinished)


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
            pass


def _effect(state: Number, id_: str, kind: str, more: dict[str, object], lane: str = "number") -> Effect:
    request = {"number_id": state.id, "instance": state.instance, **more}
    return Effect(id_, kind, f"{lane}-{state.id}", f"instance-{state.id}", request)


NUMBER: ActorType[Number] = ActorType(
    name="number",
    initial=lambda id_: Number(id=id_),
    decide=decide,
    evolve=evolve,
    effects=effects,
)
