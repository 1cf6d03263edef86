"""A small actor for tests of the engine: it keeps what it is told, and sets timers and effects on demand.

Say("hello")                said
Say("remind", at=…)         a timer "remind" at that time
Say("send", effect=…)       an effect of that kind
Fail()                      raises, as often as it comes
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import trio

from plixa.engine.actor import (
    ActorType,
    Command,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Moment,
    Outcome,
    TimerFired,
)
from plixa.engine.clock import Clock
from plixa.engine.errors import Refused
from plixa.engine.events import Event, event
from plixa.engine.ports import Address, Effect, EffectMark, Store
from plixa.engine.registry import Registry
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry

START = datetime(2026, 11, 30, 12, tzinfo=UTC)


class TrioClock:
    """The wall clock of tests: it goes with trio's, and so jumps with `MockClock`."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(START.timestamp() + trio.current_time() - self._zero(), UTC)

    def __init__(self) -> None:
        self._began: float | None = None

    def _zero(self) -> float:
        if self._began is None:
            self._began = trio.current_time()
        return self._began


@event("test.said")
class Said(Event, frozen=True, kw_only=True):
    """What somebody said."""

    text: str
    at: datetime | None = None
    effect: Effect | None = None


@event("test.marked")
class Marked(Event, frozen=True, kw_only=True):
    """An effect has a new state."""

    mark: EffectMark


class Say(Command, frozen=True, kw_only=True, tag=True):
    text: str
    at: datetime | None = None
    effect: Effect | None = None


class Fail(Command, frozen=True, kw_only=True, tag=True):
    """The actor raises."""


class No(Command, frozen=True, kw_only=True, tag=True):
    """The actor refuses."""


class Talk(msgspec.Struct, frozen=True):
    """What was said, in order; the timers; what became of effects."""

    said: tuple[str, ...] = ()
    timers: Mapping[str, datetime] = {}
    effects: Mapping[str, str] = {}


def decide(state: Talk, command: Any, now: Moment) -> Sequence[Event]:
    match command:
        case Say():
            return [Said(text=command.text, at=command.at, effect=command.effect)]
        case Fail():
            raise ZeroDivisionError("told to")
        case No():
            raise Refused("no")
        case TimerFired() if state.timers.get(command.name) == command.due:
            return [Said(text=f"{command.name} fired")]
        case EffectStarting() if state.effects.get(command.effect_id) == "queued":
            return [Marked(mark=EffectMark(command.effect_id, "attempting"))]
        case EffectDone() if state.effects.get(command.effect_id) in ("attempting", "unknown"):
            return [Marked(mark=EffectMark(command.effect_id, "done"))]
        case EffectFailed(permanent=True):
            return [Marked(mark=EffectMark(command.effect_id, "failed"))]
        case EffectFailed():
            return [Marked(mark=EffectMark(command.effect_id, "queued"))]
        case EffectUncertain() if state.effects.get(command.effect_id) == "attempting":
            return [Marked(mark=EffectMark(command.effect_id, "unknown"))]
        case _:
            return []


def evolve(state: Talk, happened: Any) -> Talk:
    match happened:
        case Said():
            timers = dict(state.timers)
            timers.pop(happened.text.removesuffix(" fired"), None)
            if happened.at is not None:
                timers[happened.text] = happened.at
            effects = dict(state.effects) | ({happened.effect.id: "queued"} if happened.effect else {})
            return Talk((*state.said, happened.text), timers, effects)
        case Marked(mark=mark):
            return msgspec.structs.replace(state, effects={**state.effects, mark.id: mark.state})
        case _:
            return state


def effects(_: Talk, happened: Event) -> Iterator[Effect | EffectMark]:
    match happened:
        case Said(effect=effect) if effect is not None:
            yield effect
        case Marked(mark=mark):
            yield mark
        case _:
            pass


def talker(name: str = "talk", **more: Any) -> ActorType[Talk]:
    """The actor's kind."""
    fields: dict[str, Any] = {
        "timers": lambda state: state.timers,
        "timer_families": frozenset({"remind", "call"}),
        "effects": effects,
    }
    return ActorType(name, lambda _: Talk(), decide, evolve, **(fields | more))


KINDS: Mapping[str, ActorType[Any]] = {"talk": talker(), "root": talker("root")}


@dataclass
class Engine:
    """Supervisor and registry on a store."""

    store: Any
    registry: Registry
    clock: Clock
    telemetry: Telemetry
    nursery: trio.Nursery = field(repr=False)

    async def ask(self, id_: int, command: Any, tenant: int = 1, kind: str = "talk", **more: Any) -> Outcome:
        """Ask an actor."""
        return await self.registry.ask(Address(tenant, kind, id_), command, actor="test", cause="test", **more)

    async def said(self, id_: int, tenant: int = 1) -> tuple[str, ...]:
        """What an actor has been told."""
        state: Talk = await self.registry.state(Address(tenant, "talk", id_))
        return state.said


@asynccontextmanager
async def open_engine(store: Store, kinds: Mapping[str, ActorType[Any]] = KINDS) -> AsyncIterator[Engine]:
    """An engine that runs until the block is left."""
    clock, telemetry = TrioClock(), Telemetry()
    supervisor = Supervisor(store, kinds, "root", clock, telemetry)
    async with trio.open_nursery() as nursery:
        await nursery.start(supervisor.run)
        yield Engine(store, Registry(supervisor), clock, telemetry, nursery)
        nursery.cancel_scope.cancel()
