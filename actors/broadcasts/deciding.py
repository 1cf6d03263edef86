"""What a broadcast decides. Pure: time, ids and the business come in with `now`.

    scheduled ─▶ sending ─▶ done
       │        ▲  │  ▲ └─▶ stopped (the brake) ─┐
       │  resume│  ▼  └────────────── resume ────┘      cancel, from anywhere but done ─▶ cancelled
       │        paused (a person; or its number is not there: that one goes on by itself)

While it sends it lets out `WINDOW` recipients at a time and one more for each that is settled. What must not be is
looked at twice: here, before a turn is given (`hindrance`), and by whoever carries it out, when it has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_
from datetime import datetime, timedelta

from plixa.actors.broadcasts import commands as cmd, events as ev
from plixa.actors.broadcasts.config import BROADCASTS, loud_from
from plixa.actors.broadcasts.state import LAST, WINDOW, Broadcast, evolve
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment, TimerFired
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.outside import decide_nothing

MOST = 50_000
"""Recipients of one broadcast."""
CLOSED_AT_ONCE = 500
BAD = 5
"""Of the last hundred: one more that fails or opts out, and it stops."""
LOOK_FIRST, LOOK_LONGEST = timedelta(seconds=30), timedelta(minutes=15)
decide: Decider[Broadcast] = Decider()
decide.on(EffectStarting, EffectUncertain)(decide_nothing)


def hindrance(workspace: Workspace, at: datetime) -> tuple[datetime, ev.Why] | None:
    """What keeps every broadcast of a workspace from going out at this moment, and until when to wait; or None."""
    if workspace.status != "active":
        return at + LOOK_LONGEST, "suspended"
    if "broadcasts" not in limits_of(workspace, at).features:
        return at + LOOK_LONGEST, "plan"
    loud = loud_from(BROADCASTS.of(workspace), workspace.zone, at)
    return (loud, "quiet_hours") if loud > at else None


class Deciding:
    """A decision in the making: each event is folded as it is added."""

    def __init__(self, state: Broadcast, now: Moment) -> None:
        self.state = state
        self.now = now
        self.events: list[Event] = []

    def add(self, event: Event) -> None:
        """This happens next."""
        self.events.append(event)
        self.state = evolve(self.state, event)

    def hold(self, until: datetime, why: ev.Why) -> None:
        """Nothing goes out before that."""
        self.add(ev.BroadcastHeld(until=until, why=why, looks=self.state.looks + 1))

    def look_again(self, why: ev.Why) -> None:
        """Nobody can say when it will be over: it is looked at again, after longer and longer."""
        pause = min(LOOK_LONGEST, LOOK_FIRST * (1 << min(self.state.looks, 8)))
        self.hold(self.now.at + pause, why)

    def carry_on(self) -> None:
        """Give the next ones their turn, or see that everybody has had it."""
        if not self.state.goes_out:
            return
        if self.state.everybody_had_their_turn:
            self.add(ev.BroadcastDone(at=self.now.at))
        elif (hindered := hindrance(self.now.workspace, self.now.at)) is not None:
            self.hold(*hindered)
        elif not self.has_number():
            self.look_again("number_missing")
        elif places := self._next():
            self.add(ev.RecipientsReleased(places=places, turn=self.state.turn + 1))

    def _next(self) -> tuple[int, ...]:
        """Whose turn it is. After a wait one goes ahead, to see whether it is over."""
        state = self.state
        room = (1 if state.looks else WINDOW) - len(state.out)
        rest = range(state.next, state.total + 1)
        return (*state.again, *rest[: max(room, 0)])[: max(room, 0)]

    def has_number(self) -> bool:
        """Whether there is a number that it goes out from; the first one that is connected, unless it was chosen."""
        workspace: Workspace = self.now.workspace
        if self.state.number_id in workspace.numbers:
            return True
        for number_id in self.now.known or ():
            if number_id in workspace.numbers:
                self.add(ev.NumberChosen(number_id=number_id))
                return True
        return False

    def brake(self) -> None:
        """Stop where too many of the last ones failed or opted out."""
        if self.state.status == "sending" and self.state.bad > BAD:
            self.add(ev.BroadcastStopped(bad=self.state.bad, of=min(len(self.state.outcomes), LAST)))


@decide.on(cmd.KnowingNumbers)
def informed(state: Broadcast, command: cmd.KnowingNumbers, now: Moment) -> Sequence[Event]:
    """The command as ever; it knows the numbers that are connected."""
    return decide(state, command.command, with_(now, known=command.connected))


@decide.on(cmd.CreateBroadcast)
def create(state: Broadcast, command: cmd.CreateBroadcast, now: Moment) -> Sequence[Event]:
    """Begin it, now or at its time."""
    if state.status:
        raise Conflict("This broadcast exists already.")
    if command.scheduled_at is not None and command.scheduled_at <= now.at:
        raise Invalid({"scheduled_at": ["The time must lie in the future; leave it out to send now."]})
    d = Deciding(state, now)
    d.add(
        ev.BroadcastCreated(
            created_at=now.at,
            by=command.by,
            name=command.name,
            body=command.body,
            source=command.source,
            label_id=command.label_id,
            number_id=command.number_id,
            listed=command.listed,
            cooldown=command.cooldown,
            scheduled_at=command.scheduled_at,
        )
    )
    if command.scheduled_at is None:
        _start(d)
    return d.events


def _start(d: Deciding) -> None:
    d.add(ev.BroadcastStarted(at=d.now.at, phase="listed" if d.state.source == "manual" else "known"))
    d.has_number()  # so that who has written to it before goes first


@decide.on(TimerFired)
def timer_fired(state: Broadcast, command: TimerFired, now: Moment) -> Sequence[Event]:
    """It is time to start, or to see whether a wait is over."""
    if timers(state).get(command.name) != command.due:
        return []
    d = Deciding(state, now)
    if command.name == "start":
        _start(d)
    else:
        d.add(ev.BroadcastWoken())
        d.carry_on()
    return d.events


def timers(state: Broadcast) -> dict[str, datetime]:
    """The timers that should be pending."""
    if state.status == "scheduled" and state.scheduled_at is not None:
        return {"start": state.scheduled_at}
    return {"wake": state.waits_until} if state.waits_until is not None else {}


@decide.on(cmd.Wake)
def wake(state: Broadcast, command: cmd.Wake, now: Moment) -> Sequence[Event]:
    """What it waits for is there."""
    if state.waits_until is None or state.reason != command.why:
        return []
    d = Deciding(state, now)
    d.add(ev.BroadcastWoken())
    d.carry_on()
    return d.events


@decide.on(cmd.Freeze)
def freeze(state: Broadcast, command: cmd.Freeze, now: Moment) -> Sequence[Event]:
    """More recipients; those that were frozen before, or come too late, change nothing."""
    if state.phase is None or (state.phase, state.after) != (command.phase, command.after):
        return []
    d = Deciding(state, now)
    contacts = command.contact_ids[: MOST - state.total]
    phase, after = command.then if command.then and state.total + len(contacts) < MOST else (None, 0)
    first = state.total + 1
    d.add(
        ev.RecipientsFrozen(
            first=first,
            contact_ids=contacts,
            duplicates=tuple(first + index for index in command.duplicates if index < len(contacts)),
            phase=phase,
            after=after,
        )
    )
    if command.reason is not None and d.state.everybody_had_their_turn and d.state.goes_out:
        d.add(ev.BroadcastDone(at=now.at, reason=command.reason))
    d.carry_on()
    return d.events


def place_of(effect_id: str) -> int:
    """The recipient of an effect "deliver-7-12-3"."""
    return int(effect_id.split("-")[2])


@decide.on(EffectDone)
def done(state: Broadcast, command: EffectDone, now: Moment) -> Sequence[Event]:
    """A turn was carried out: there is a message, nothing was to be sent, or it must wait."""
    place, result = place_of(command.effect_id), command.result
    if place not in state.out:
        return []
    d = Deciding(state, now)
    match result["outcome"]:
        case "skipped":
            d.add(ev.RecipientSkipped(place=place, reason=result["reason"]))
            d.carry_on()
        case "back":
            d.add(ev.RecipientPutBack(place=place))
            d.carry_on()
        case "held":
            d.add(ev.RecipientPutBack(place=place))
            _hold(d, result)
        case _:  # it is the conversation's from here on
            pass
    return d.events


def _hold(d: Deciding, result: dict[str, str]) -> None:
    if not d.state.goes_out:
        return
    if (until := result.get("until")) is not None:
        d.hold(datetime.fromisoformat(until), "daily_limit")
    else:
        d.look_again("number_missing" if result["why"] == "number_missing" else "number_disconnected")


@decide.on(EffectFailed)
def failed(state: Broadcast, command: EffectFailed, now: Moment) -> Sequence[Event]:
    """A turn could not be carried out, for good."""
    place = place_of(command.effect_id)
    if not command.permanent or place not in state.out:
        return []
    d = Deciding(state, now)
    d.add(ev.OutcomeCounted(place=place, what="failed", reason=command.reason))
    d.brake()
    d.carry_on()
    return d.events


@decide.on(cmd.Heard)
def heard(state: Broadcast, command: cmd.Heard, now: Moment) -> Sequence[Event]:
    """What a conversation tells. Twice is once; bad news may come late."""
    waits = command.place in state.out or command.place in state.again
    bad = command.what in ("failed", "opted_out")
    if not state.status or not (waits or (bad and (command.place, True) not in state.outcomes)):
        return []
    d = Deciding(state, now)
    d.add(ev.OutcomeCounted(place=command.place, what=command.what))
    d.brake()
    d.carry_on()
    return d.events


@decide.on(cmd.Pause)
def pause(state: Broadcast, command: cmd.Pause, now: Moment) -> Sequence[Event]:
    """A person wants it to wait."""
    _must_be(state, "sending", "paused")
    return [] if state.reason == "person" else [ev.BroadcastPaused(by=command.by)]


@decide.on(cmd.Resume)
def resume(state: Broadcast, command: cmd.Resume, now: Moment) -> Sequence[Event]:
    """A person wants it to go on."""
    _must_be(state, "paused", "stopped", "sending")
    if state.status == "sending":
        return []
    d = Deciding(state, now)
    d.add(ev.BroadcastResumed(by=command.by))
    d.carry_on()
    return d.events


@decide.on(cmd.CancelBroadcast)
def cancel(state: Broadcast, command: cmd.CancelBroadcast, now: Moment) -> Sequence[Event]:
    """What has gone out has gone out; nobody else gets it."""
    _must_be(state, "scheduled", "sending", "paused", "stopped", "cancelled")
    return [] if state.status == "cancelled" else [ev.BroadcastCancelled(at=now.at, by=command.by)]


@decide.on(cmd.CloseSome)
def close_some(state: Broadcast, command: cmd.CloseSome, now: Moment) -> Sequence[Event]:
    """The rows of those who waited, some at a time."""
    if state.status != "cancelled" or state.closing > state.total:
        return []
    last = min(state.closing + CLOSED_AT_ONCE - 1, state.total)
    return [ev.RecipientsClosed(first=state.closing, last=last)]


def _must_be(state: Broadcast, *statuses: str) -> None:
    if not state.status:
        raise NotFound("broadcast")
    if state.status not in statuses:
        raise Conflict(f"The broadcast is {state.status}: it cannot be changed any more.", code="STATUS_CONFLICT")
