"""The tenant's ledger of AI calls: money is reserved before a call and settled after it, for the house and for each
conversation. The arithmetic and its promises are in `actors/ai/budget.py`; money is in micro-dollars.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai import budget
from plixa.actors.ai.budget import OverCap, Spend
from plixa.engine.actor import Command, Kind, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict
from plixa.engine.events import Event, event

REMEMBERED = 5_000
"""Conversations whose spending of the month is kept; those that were quiet the longest go first."""


class Ledger(Struct, frozen=True, omit_defaults=True):
    """`house`: the month's spending in all. `conversations`: by id."""

    id: int
    house: Spend = Spend()
    conversations: dict[int, Spend] = {}


class Reserve(Command, frozen=True, kw_only=True, tag=True):
    """Set money aside for a call. Caps are a month's, 0 for none. Raises Conflict (AI_BUDGET_EXHAUSTED)."""

    key: str
    micros: int
    house_cap: int
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
    caps = [(state.house, command.house_cap)]
    if command.conversation_id is not None:
        caps.append((state.conversations.get(command.conversation_id, Spend()), command.conversation_cap))
    for spend, cap in caps:
        after = budget.reserve(spend, command.key, command.micros, cap, now.at)
        if isinstance(after, OverCap):
            raise Conflict(after.note, code="AI_BUDGET_EXHAUSTED")
    if command.key in state.house.reserved:
        return []
    reserved = SpendReserved(key=command.key, micros=command.micros, at=now.at, conversation_id=command.conversation_id)
    return [reserved]


@decide.on(Settle)
def _settle(state: Ledger, command: Settle, now: Moment) -> Sequence[Event]:
    if command.key not in state.house.reserved:
        return []
    settled = SpendSettled(key=command.key, micros=command.micros, at=now.at, conversation_id=command.conversation_id)
    return [settled]


@evolve.on(SpendReserved, SpendSettled)
def _moved(state: Ledger, event: SpendReserved | SpendSettled) -> Ledger:
    state = replace(state, house=_after(state.house, event))
    if event.conversation_id is None:
        return state
    spends = {id_: spend for id_, spend in state.conversations.items() if id_ != event.conversation_id}
    spends[event.conversation_id] = _after(state.conversations.get(event.conversation_id, Spend()), event)
    while len(spends) > REMEMBERED:
        spends.pop(next(iter(spends)))
    return replace(state, conversations=spends)


def _after(spend: Spend, event: SpendReserved | SpendSettled) -> Spend:
    if isinstance(event, SpendSettled):
        return budget.settle(spend, event.key, event.micros, event.at)
    reserved = budget.reserve(spend, event.key, event.micros, 0, event.at)
    return spend if isinstance(reserved, OverCap) else reserved


LEDGER: Kind[Ledger] = Kind(
    name="ledger", initial=lambda id_: Ledger(id=id_), decide=decide, evolve=evolve, mailbox=2048
)
