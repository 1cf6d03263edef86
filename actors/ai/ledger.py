"""The tenant's ledger of AI calls: money is reserved before a call and settled after it, for the business and for each
conversation. The arithmetic and its promises are in `actors/ai/budget.py`; money is in micro-dollars.

A call whose caller is gone is never settled by it: the process may end between the two, and its turn be called off
before it is taken again. What is still reserved long after any call has ended is settled with its estimate, since it
may have been charged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai import budget
from plixa.actors.ai.budget import OverCap, Spend
from plixa.engine.actor import ActorType, Command, Moment, TimerFired
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict
from plixa.engine.events import Event, event

REMEMBERED = 5_000
"""Conversations whose spending of the month is kept; those that were quiet the longest go first."""
ABANDONED_AFTER = timedelta(minutes=15)
"""Longer than any call takes, with all that is tried again."""
ABANDONED = "abandoned"


class UnderWay(Struct, frozen=True):
    """A call that money is set aside for."""

    since: datetime
    conversation_id: int | None = None

    @property
    def abandoned_at(self) -> datetime:
        """When nobody can be waiting for it any more."""
        return self.since + ABANDONED_AFTER


class Ledger(Struct, frozen=True, omit_defaults=True):
    """`workspace`: the month's spending in all. `conversations`: by id. `under_way`: calls by key, the oldest first."""

    id: int
    workspace: Spend = Spend()
    conversations: dict[int, Spend] = {}
    under_way: dict[str, UnderWay] = {}


class Reserve(Command, frozen=True, kw_only=True, tag=True):
    """Set money aside for a call. Caps are a month's, 0 for none. Raises Conflict (AI_BUDGET_EXHAUSTED)."""

    key: str
    micros: int
    workspace_cap: int
    conversation_cap: int
    conversation_id: int | None = None


class Settle(Command, frozen=True, kw_only=True, tag=True):
    """The call took this much; 0 if it was not made."""

    key: str
    micros: int
    conversation_id: int | None = None


@event("spend.reserved")
class SpendReserved(Event, frozen=True, kw_only=True):
    key: str
    micros: int
    at: datetime
    conversation_id: int | None = None


@event("spend.settled")
class SpendSettled(Event, frozen=True, kw_only=True):
    key: str
    micros: int
    at: datetime
    conversation_id: int | None = None


decide: Decider[Ledger] = Decider()
evolve: Evolver[Ledger] = Evolver()


@decide.on(Reserve)
def _reserve(state: Ledger, command: Reserve, now: Moment) -> Sequence[Event]:
    caps = [(state.workspace, command.workspace_cap)]
    if command.conversation_id is not None:
        caps.append((state.conversations.get(command.conversation_id, Spend()), command.conversation_cap))
    for spend, cap in caps:
        after = budget.reserve(spend, command.key, command.micros, cap, now.at)
        if isinstance(after, OverCap):
            raise Conflict(after.note, code="AI_BUDGET_EXHAUSTED")
    if command.key in state.workspace.reserved:
        return []
    reserved = SpendReserved(key=command.key, micros=command.micros, at=now.at, conversation_id=command.conversation_id)
    return [reserved]


@decide.on(Settle)
def _settle(state: Ledger, command: Settle, now: Moment) -> Sequence[Event]:
    if command.key not in state.workspace.reserved:
        return []
    settled = SpendSettled(key=command.key, micros=command.micros, at=now.at, conversation_id=command.conversation_id)
    return [settled]


@decide.on(TimerFired)
def _abandoned(state: Ledger, command: TimerFired, now: Moment) -> Sequence[Event]:
    return [
        SpendSettled(key=key, micros=state.workspace.reserved[key], at=now.at, conversation_id=each.conversation_id)
        for key, each in state.under_way.items()
        if each.abandoned_at <= now.at
    ]


@evolve.on(SpendReserved, SpendSettled)
def _moved(state: Ledger, event: SpendReserved | SpendSettled) -> Ledger:
    state = replace(state, workspace=_after(state.workspace, event), under_way=_still_under_way(state, event))
    if event.conversation_id is None:
        return state
    spends = {id_: spend for id_, spend in state.conversations.items() if id_ != event.conversation_id}
    spends[event.conversation_id] = _after(state.conversations.get(event.conversation_id, Spend()), event)
    while len(spends) > REMEMBERED:
        spends.pop(next(iter(spends)))
    return replace(state, conversations=spends)


def _still_under_way(state: Ledger, event: SpendReserved | SpendSettled) -> dict[str, UnderWay]:
    if isinstance(event, SpendReserved):
        return {**state.under_way, event.key: UnderWay(event.at, event.conversation_id)}
    return {key: each for key, each in state.under_way.items() if key != event.key}


def _after(spend: Spend, event: SpendReserved | SpendSettled) -> Spend:
    if isinstance(event, SpendSettled):
        return budget.settle(spend, event.key, event.micros, event.at)
    reserved = budget.reserve(spend, event.key, event.micros, 0, event.at)
    return spend if isinstance(reserved, OverCap) else reserved


def timers(state: Ledger) -> Mapping[str, datetime]:
    """When the oldest call under way counts as abandoned."""
    oldest = min((each.abandoned_at for each in state.under_way.values()), default=None)
    return {} if oldest is None else {ABANDONED: oldest}


LEDGER: ActorType[Ledger] = ActorType(
    name="ledger",
    initial=lambda id_: Ledger(id=id_),
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({ABANDONED}),
    mailbox=2048,
)
