"""What the HTTP layer works with: what every node has, and the parts that features bring to it.

A part is named by a typed key, as in `services[GATEWAY]`; only a feature that is opened has brought its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Generic, TypeVar, cast

import trio

from plixa.actors.feature import Tell
from plixa.engine.clock import Clock
from plixa.engine.effects import Handler, Rate
from plixa.engine.events import Recorded
from plixa.engine.fanout import Fanout
from plixa.engine.ownership import Owners
from plixa.engine.ports import Commit
from plixa.engine.quiet import Quiet
from plixa.engine.registry import Registry
from plixa.engine.service import Service
from plixa.engine.settings import Settings
from plixa.engine.telemetry import Telemetry
from plixa.engine.wire import Wires
from plixa.http.api.limits import Limits
from plixa.http.clients.mail.kinds import Template
from plixa.http.realtime.crowd import Crowd
from plixa.http.realtime.judge import Judge
from plixa.http.realtime.presence import Presence
from plixa.http.realtime.shown_events import ShownEvents
from plixa.http.realtime.turns import Turns
from plixa.storage.postgres.bridge import Database
from plixa.storage.store import PostgresStore

T = TypeVar("T")
Listener = Callable[[Commit, list[Recorded]], None]
Button = tuple[str, str]
"""A letter's button: the name of its value, and the place in the panel."""


class Part(Generic[T]):
    """The key of something that a feature brings to a node, of this type."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Part({self.name!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a feature does on one node while it runs.

    offers: what others reach as `services[PART]`. handlers, reconcilers: by kind of effect. rate: see `EffectRunner`.
    services: loops that are looked after. listeners: who hears of each commit, in this order; each is on its own.
    taken_over: told of each tenant that was another node's meanwhile, or is from now on: what is in memory of it goes.
    came, left: told of each tenant that this node has from now on, and of each that another one has.
    ended: told of each whose workspace is erased, perhaps twice. leaving: what must be over before its rows go; raises
    while that is worth waiting for, which the flag says. mounts: applications beside Quart, by the beginning of their
    path. belongs: the tenant of what comes in on such a path, by which it is carried home; what comes there may be
    taken twice. draining: called as the node stops, from when on nothing new is taken. sizes: how much is in memory,
    for `/metrics`.
    """

    offers: Mapping[Part[Any], object] = field(default_factory=dict[Part[Any], object])
    handlers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    reconcilers: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    rate: Rate | None = None
    services: tuple[Service, ...] = ()
    listeners: Mapping[str, Listener] = field(default_factory=dict[str, Listener])
    taken_over: tuple[Callable[[int], None], ...] = ()
    came: tuple[Callable[[int], None], ...] = ()
    left: tuple[Callable[[int], None], ...] = ()
    ended: tuple[Callable[[int], Awaitable[None]], ...] = ()
    leaving: tuple[Callable[[int, bool], Awaitable[None]], ...] = ()
    mounts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    belongs: Mapping[str, Callable[[str], Awaitable[int | None]]] = field(
        default_factory=dict[str, Callable[[str], Awaitable[int | None]]]
    )
    draining: tuple[Callable[[], None], ...] = ()
    sizes: Callable[[], Mapping[str, int]] = dict[str, int]


@dataclass(slots=True)
class Services:
    """A running node. `draining` is set when it is about to stop.

    shown, tells, buttons, mails: of all features. opened: what each feature does here, in their order.
    wires: to other nodes, where there may be some. apart: whether this one alone has no way to them.
    sockets: the open ones of the live inbox that must still be told that it stops.
    """

    settings: Settings
    clock: Clock
    telemetry: Telemetry
    database: Database
    store: PostgresStore
    bus: Registry
    owners: Owners
    fanout: Fanout
    shown: ShownEvents
    judge: Judge
    quiet: Quiet
    public_url: str
    tells: Mapping[str, Tell]
    buttons: Mapping[str, Button]
    mails: Mapping[str, Template]
    limits: Limits = field(default_factory=Limits)
    presence: Presence = field(default_factory=Presence)
    draining: trio.Event = field(default_factory=trio.Event)
    sockets: set[object] = field(default_factory=set[object])
    crowd: Crowd = field(default_factory=Crowd)
    wires: Wires | None = None
    apart: Callable[[], bool] = lambda: False
    turns: Turns = field(default_factory=Turns)
    opened: list[Opened] = field(default_factory=list[Opened])

    def once(self, chore: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """A chore of the whole installation: it is done by one node, the one where tenant 0 is at home."""

        @wraps(chore)
        async def done_here() -> None:
            if await self.owners.here(0):
                await chore()

        return done_here

    def __getitem__(self, part: Part[T]) -> T:
        """A feature's part. Raises `LookupError` where the feature is not there, or not opened yet."""
        for each in self.opened:
            if part in each.offers:
                return cast("T", each.offers[part])
        raise LookupError(f"no feature has brought {part.name} to this node")
