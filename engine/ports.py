"""What the engine needs of storage, and what an actor's turn hands to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from msgspec import Struct

from plixa.engine.events import Event, Recorded
from plixa.engine.tracing import Context


class Address(Struct, frozen=True):
    """Where an actor is: `id` is unique within tenant and kind."""

    tenant: int
    kind: str
    id: int

    @property
    def stream(self) -> str:
        """The name of this actor's events in the log: "conversation-12"."""
        return f"{self.kind}-{self.id}"


def address_of(tenant: int, stream: str) -> Address:
    """The address whose stream this is."""
    kind, _, id_ = stream.rpartition("-")
    return Address(tenant, kind, int(id_))


EffectState = Literal["queued", "attempting", "done", "failed", "unknown", "cancelled", "left"]
"""`left`: it may have happened, and nobody looks any more."""


class Effect(Struct, frozen=True):
    """Something to be done outside, once its event is committed.

    id: unique within the tenant, and derived from what it is for, so that the same decision cannot make two.
    ordering_key: effects of one run one at a time, in order: a lane. rate_key: lanes of one share one rate limit, a
    pace.
    request: what the handler needs, in JSON types; references only, never what a customer wrote.
    """

    id: str
    kind: str
    ordering_key: str
    rate_key: str
    request: dict[str, Any]
    not_before: datetime | None = None


class EffectMark(Struct, frozen=True):
    """An effect's new state, decided by the actor that owns it. `uncounted`: the try that ends with it was none."""

    id: str
    state: EffectState
    not_before: datetime | None = None
    uncounted: bool = False


class Booking(Struct, frozen=True):
    """What became of an effect, as its outbox row is to say it; of one that is over already it changes nothing.

    state: `queued`: it is tried again at `not_before`. tries: in vain so far. reason: why, for people; bounded.
    """

    tenant: int
    effect_id: str
    state: EffectState
    at: datetime
    tries: int = 0
    not_before: datetime | None = None
    reason: str | None = None


@dataclass(slots=True)
class Commit:
    """All that one turn of one actor wants to be true, or nothing of it.

    revision: of the stream before these events; a commit that finds another one fails.
    epoch: the ownership that it was decided under; under another one it fails: its ids may have been given out anew.
    attached: what others asked to be written along (a password hash, an idempotent answer): values that the store knows
    how to write.
    trace: the turn's span, for what follows from it.
    """

    address: Address
    revision: int
    before: Any
    after: Any
    events: Sequence[Event]
    at: datetime
    actor: str
    cause: str
    epoch: int
    last_id: int = 0
    timers_set: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    timers_cleared: Sequence[str] = ()
    effects: Sequence[Effect] = ()
    marks: Sequence[EffectMark] = ()
    attached: Sequence[object] = ()
    snapshot: bool = False
    trace: Context = None


@dataclass(slots=True, frozen=True)
class Loaded:
    """A stream as found: a state (None: from the start) and its revision, the events after it, its timers."""

    state: Any
    revision: int
    events: Sequence[Recorded]
    timers: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(slots=True, frozen=True)
class TenantHead:
    """What an owner starts from: its fencing epoch, the log's head, and the last id given out."""

    epoch: int
    position: int
    last_id: int


@dataclass(slots=True, frozen=True)
class DueTimer:
    """A timer whose time has come. trace: of the turn that set it, if that is remembered."""

    address: Address
    name: str
    due: datetime
    trace: Context = field(default=None, compare=False)


@dataclass(slots=True, frozen=True)
class StoredEffect:
    """An effect as it stands in the outbox. `attempts`: how often it was tried while the far end was there."""

    owner: Address
    effect: Effect
    state: EffectState
    attempts: int


@dataclass(slots=True, frozen=True)
class Look:
    """What the outbox wants to see of its table.

    each: at most so many effects of one pace of a tenant, and so many held lanes. only: these tenants (None: all).
    without: not these. An effect is held if it is due after `due_by`, or of a kind or an owner that is not among these;
    with it, whatever is behind it in its lane, which is of one pace. most: how many in all, roughly: where there are
    too many paces, of each fewer than `each`, but `least`.
    """

    each: int
    due_by: datetime
    kinds: Collection[str]
    owners: Collection[str]
    only: Collection[int] | None = None
    without: Collection[int] = ()
    most: int = 50_000
    least: int = 20


@dataclass(slots=True, frozen=True)
class OpenEffects:
    """What a look found. effects: not over and not held, of each pace of a tenant the oldest, in order.

    held: tenant, pace and lane. unknown: how many that it came across are of no kind or owner that was asked for; only
    where all tenants were looked at. each: how many of a pace it could see.
    """

    effects: Sequence[StoredEffect]
    held: Sequence[tuple[int, str, str]] = ()
    unknown: int = 0
    each: int = 0


@dataclass(slots=True, frozen=True)
class DeadLetter:
    """A command that crashed its actor every time it was tried. `id`: once it is kept."""

    address: Address
    command: bytes
    command_type: str
    actor: str
    cause: str
    error: str
    at: datetime
    id: int = 0


class Owner(NamedTuple):
    """Whose a tenant is: a node, and which of its lives. A process that starts anew under its name is another one."""

    node: str
    incarnation: str


class Store(Protocol):
    """The log and what is written with it. All raise `Unavailable` when the database cannot be reached."""

    async def own(self, tenant: int) -> TenantHead:
        """Take (or keep) this node's ownership of a tenant. Raises `Elsewhere` if a live node has it."""
        ...

    async def load(self, address: Address) -> Loaded:
        """A stream's snapshot and tail. Events of a destroyed key come back without their personal fields."""
        ...

    async def commit(self, commit: Commit) -> list[Recorded]:
        """Return once it is durable. Raises `Fenced`, `Duplicate` (a unique rule) or `Unavailable`."""
        ...

    async def save_snapshot(self, address: Address, revision: int, state: object) -> None:
        """Keep a state, so that the next load is short. Losing it costs time only."""
        ...

    async def due_timers(self, now: datetime, limit: int, without: Collection[int] = ()) -> list[DueTimer]:
        """The earliest due timers of the tenants that this node owns or that nobody owns, but for these tenants."""
        ...

    async def next_due(self, now: datetime, without: Collection[int] = ()) -> datetime | None:
        """When the next timer falls due that is not due yet."""
        ...

    async def clear_timer(self, timer: DueTimer) -> None:
        """Drop exactly this row, if it still has this due time."""
        ...

    async def open_effects(self, look: Look) -> OpenEffects:
        """Effects that are not over, of the tenants that this node owns or that nobody owns."""
        ...

    async def book(self, bookings: Sequence[Booking]) -> None:
        """Write what became of effects, in one statement; at most one booking an effect."""
        ...

    def booked(self, booking: Booking) -> object:
        """The same, to be written along with what an owner decides."""
        ...

    async def hasten(self, tenant: int, pace: str) -> None:
        """What was put off in this pace is due now."""
        ...

    async def keep_dead_letter(self, letter: DeadLetter) -> None:
        """Keep a message that cannot be processed."""
        ...

    async def requested_dead_letters(self, limit: int) -> list[DeadLetter]:
        """Dead letters, of tenants owned here or by nobody, that somebody wants to be tried again; oldest first."""
        ...

    def taken(self, letter: DeadLetter) -> object:
        """What forgets a dead letter, to be written along with what it leads to."""
        ...

    async def drop_dead_letter(self, letter: DeadLetter) -> None:
        """Forget one that leads to nothing, or that is kept anew."""
        ...

    async def leave_dead_letter(self, letter: DeadLetter, error: str) -> None:
        """It was tried again in vain: it stays, with this reason, until it is asked for once more."""
        ...
