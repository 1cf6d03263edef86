"""Deliveries on their way: who is next, how often, and when it is given up.

What it promises: each delivery is tried at once and then, after each failure, with the pauses of `PAUSES` (±20 %), the
last one not before `AT_LEAST` has passed since the first; after that it has failed for good. Those of one conversation
go to an endpoint in the order of the log, one at a time; conversations do not wait for each other.

What happens when …
- an endpoint hangs or refuses: it has one try at a time and rests in between, up to a minute; its other deliveries wait
  in the table and lose no try. It and all that are slow share a door of their own (`ILL`): the others do not wait.
- it answers 429 or 503 with `Retry-After`: nothing is sent to it for that long, at most a day.
- it answers 410, or nothing has succeeded for `GIVE_UP` (and `EVIDENCE` tries): it is switched off, the owners are
  told; what is open is cancelled, as it is when an owner switches it off, removes it, or the plan has no webhooks.
- the workspace is suspended: everything waits, also what its turn had come for; reactivated, it goes on at once.
- the process is cut off during a try: the lane's lease ends within a minute, and it is tried again under the same id.
- … between the answer and its booking: the same. So a receiver may get an event twice, and tells it by `webhook-id`.
  Turns and bookings are not waited for on disk, for the same reason: what a power cut takes of them is done again.
- there is much else to do: tries begin in quiet moments (`engine/quiet.py`), each at most `GIVES_WAY` later for that.
- the database is away: what came of tries is kept and booked when it is back; no new ones begin.
- a body cannot be opened (another application key): that delivery has failed, with the reason.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
import trio

from plixa.actors.staff.stays import sends_nothing
from plixa.actors.webhooks.endpoints import WEBHOOKS, Endpoint, Reason, SwitchOff
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import PlixaError
from plixa.engine.ports import Address
from plixa.engine.quiet import Quiet
from plixa.engine.rounds import go_round
from plixa.http.api.services import Services
from plixa.http.webhooks.attempt import Post, Poster, Said
from plixa.http.webhooks.happened import answer_belongs, body_belongs
from plixa.storage.eventlog.sealing import WrongKey
from plixa.storage.webhooks import lanes as rows, secrets
from plixa.storage.webhooks.lanes import Booked, Key, Lane, Outcome, WaitingDelivery

PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 60, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 20 * 3600, 35 * 3600)
)
JITTER = 0.2
AT_LEAST = timedelta(hours=72)
GIVE_UP = timedelta(days=5)
EVIDENCE = 10
WELL, ILL = 128, 64
"""Tries under way at once: of endpoints that answer quickly, and of all others."""
EACH, BURST = 4, 8
"""Lanes of one endpoint at once, and deliveries of a lane in one go."""
GO_ON = 10.0
"""Seconds after which a lane is given back, whatever more it has."""
LEASE = timedelta(seconds=60)
BREATH = 0.003
"""Seconds between the beginnings of two tries of this node: with many at once, conversations wait for none of them."""
GIVES_WAY = 0.03
"""Seconds for which a try waits for a quiet moment: a message is on its way to the gateway for half as long, and a lane
that waits takes up one of its endpoint's places."""
SLOW = 2.0
"""Seconds after which an endpoint does not answer quickly."""
PATIENCE = 3
"""Failures in a row after which an endpoint is left alone between tries: 1, 2, 4, … seconds, a minute at most."""
LONGEST_REST = 60.0
ASKED_EVERY = 2.0
"""Seconds after which a workspace is asked again whether it may send. It says when that changes, but is asked at times
before its state says so, too."""
LOOK_EVERY, LOOK_AT_ALL_EVERY = 1.0, 20.0
BOOK_EVERY = 0.1
"""Seconds after a booking in which what came of more tries comes together: ten cost much the same as one."""
Over = tuple[Lane, list[Outcome], bool | None]
"""A lane that was worked on, what came of it, and how the last try went, if there was one."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
log = structlog.get_logger("plixa.webhooks")


@dataclass(slots=True)
class Line:
    """An endpoint with something to hear. more: the table may have lanes that are due. rest: until when it is left
    alone; held: until when its workspace is not asked again whether it may send. failures: in a row; well: successes
    since the last one, which is how many lanes it may have at once."""

    more: bool = True
    rest: datetime = LONG_AGO
    held: datetime = LONG_AGO
    failures: int = 0
    well: int = 0
    slow: bool = False
    busy: dict[int, float] = field(default_factory=dict[int, float])
    """Conversations under way, and since when (trio's time), until what came of them is booked."""
    answered: set[int] = field(default_factory=set[int])
    """Those of them that wait for nothing but being booked: they keep no other one waiting."""

    @property
    def is_ill(self) -> bool:
        """Whether it goes through the narrower door."""
        return self.slow or self.failures > 0

    @property
    def trying(self) -> int:
        """How many lanes have a try under way."""
        return len(self.busy) - len(self.answered)

    @property
    def room(self) -> int:
        """How many more lanes it may have: one while it fails or is slow, one more after each quick success."""
        return (1 if self.is_ill else min(EACH, 1 + self.well)) - self.trying

    def may_begin(self, now: datetime) -> bool:
        """Whether there is something to begin, and nothing to wait for."""
        return self.more and self.room > 0 and max(self.rest, self.held) <= now

    def heard(self, said: Said, now: datetime) -> None:
        """What a try says of the endpoint."""
        self.slow = said.duration_ms > SLOW * 1000
        if said.taken:
            self.failures, self.well = 0, self.well + 1
            return
        self.failures, self.well = self.failures + 1, 0
        if self.failures >= PATIENCE:
            seconds = min(LONGEST_REST, 2.0 ** min(self.failures - PATIENCE, 10))
            self.rest = max(self.rest, now + timedelta(seconds=seconds))
        if said.rest is not None:
            self.rest = max(self.rest, now + timedelta(seconds=said.rest))


class Courier:
    """Carries deliveries out. `due` says that an endpoint has something new."""

    def __init__(self, services: Services, poster: Poster) -> None:
        self.poster = poster
        self._services = services
        self._lines: dict[Key, Line] = {}
        self._looked = LONG_AGO
        self._looked_at_all = -LOOK_AT_ALL_EVERY
        self._find_at = 0.0
        self._wake = trio.Event()
        self._booking = trio.Event()
        self._over: list[Over] = []
        self._nursery: trio.Nursery | None = None
        self._stopping = False
        self._next = 0.0
        self._quiet = Quiet(services.quiet.busy, BREATH, GIVES_WAY)

    def due(self, tenant: int, endpoints: Iterable[int]) -> None:
        """These have something new."""
        for endpoint in endpoints:
            self._lines.setdefault((tenant, endpoint), Line()).more = True
        self._wake.set()

    def released(self, tenant: int) -> None:
        """The workspace may send again."""
        for (of, _), line in self._lines.items():
            if of == tenant:
                line.held = LONG_AGO
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopping = True

    def forget(self, tenant: int) -> None:
        """Another node may have had it meanwhile."""
        for key in [key for key in self._lines if key[0] == tenant and not self._lines[key].busy]:
            del self._lines[key]

    @property
    def size(self) -> int:
        """How many tries and lanes are in memory."""
        return sum(len(line.busy) for line in self._lines.values())

    # -- who is next --------------------------------------------------------------------------------------------------

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Carry out what is due, until cancelled."""
        self._lines, self._over, self._looked_at_all, self._find_at = {}, [], -LOOK_AT_ALL_EVERY, 0.0
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            nursery.start_soon(self._book_for_ever)
            await go_round(self._round, 0.0, task_status=task_status)

    async def _round(self) -> None:
        with trio.move_on_after(LOOK_EVERY):
            await self._wake.wait()
        self._wake = trio.Event()
        if trio.current_time() < self._find_at:  # what is new, and what has become free, says so itself
            await self._begin()
        else:
            self._find_at = trio.current_time() + LOOK_EVERY
            await self.look()

    async def look(self) -> None:
        """Find what has come due, and begin as much of it as may be under way."""
        if not self._stopping:
            await self._find()
            await self._begin()

    async def _begin(self) -> None:
        if self._stopping:
            return
        chosen = self._choose()
        rooms = {key: room for key, room in chosen.items() if await self._may_send(key)}
        if rooms:
            await self._take(rooms)
        for key in [key for key, line in self._lines.items() if _is_idle(line, self._services.clock.now())]:
            del self._lines[key]

    async def _find(self) -> None:
        """From time to time all that is due: a clock may have gone back, another node may have stopped."""
        services, now = self._services, self._services.clock.now()
        if trio.current_time() - self._looked_at_all >= LOOK_AT_ALL_EVERY:
            self._looked, self._looked_at_all = LONG_AGO, trio.current_time()
        if now <= self._looked:
            return
        for key in await services.database.run(rows.due, services.settings.node, self._looked, now):
            self._lines.setdefault(key, Line()).more = True
        self._looked = now

    def _choose(self) -> dict[Key, int]:
        """Of which endpoints how many lanes may begin: those that were served longest ago first."""
        now, quick = self._services.clock.now(), trio.current_time() - SLOW
        well = [line for line in self._lines.values() if not line.is_ill]
        slow = [since < quick for line in well for id_, since in line.busy.items() if id_ not in line.answered]
        held = sum(line.trying for line in self._lines.values() if line.is_ill) + sum(slow)
        left = {True: ILL - held, False: WELL - (len(slow) - sum(slow))}
        chosen: dict[Key, int] = {}
        for key, line in self._lines.items():
            room = min(line.room, left[line.is_ill])
            if line.may_begin(now) and room > 0:
                chosen[key] = room
                left[line.is_ill] -= room
        return chosen

    async def _may_send(self, key: Key) -> bool:
        """Whether the endpoint is to hear anything now. Where it is not, nothing of it stays as it is."""
        try:
            workspace: Workspace = await self._services.bus.workspace(key[0])
        except PlixaError as error:
            log.info("webhooks_wait", tenant=key[0], error=str(error))
            return self._hold(key)
        if _is_quiet(workspace):
            return self._hold(key)
        why = _why_not(workspace, key[1], self._services.clock.now())
        if why is None:
            return True
        if await self._services.database.run(rows.call_off, key, why, self._services.clock.now()):
            self._lines.pop(key, None)
        return False

    def _hold(self, key: Key) -> bool:
        line = self._lines.setdefault(key, Line())
        line.held = self._services.clock.now() + timedelta(seconds=ASKED_EVERY)
        return False

    async def _take(self, rooms: dict[Key, int]) -> None:
        services, now = self._services, self._services.clock.now()
        for key in rooms:
            self._lines[key] = line = self._lines.pop(key, None) or Line()  # behind those not served since
            line.more = False  # what comes while the table is asked says so again
        try:
            taken, good = await services.database.run(_taken, rooms, now)
        except BaseException:
            for key in rooms:
                self._lines.setdefault(key, Line()).more = True
            raise
        for key, room in rooms.items():
            self._lines.setdefault(key, Line()).more |= sum(lane.key == key for lane in taken) >= room
        for lane in taken:
            line = self._lines[lane.key]
            if lane.conversation_id in line.busy:  # the clock has gone past its lease: it is being worked on
                continue
            line.busy[lane.conversation_id] = trio.current_time()
            assert self._nursery is not None
            self._nursery.start_soon(self._carry, lane, line, self._opened(lane.key, good.get(lane.key, [])))

    def _opened(self, key: Key, sealed: list[bytes]) -> list[str]:
        seal = self._services.store.keyring.application_key
        try:
            return [seal.unseal(each, secrets.belongs(*key)).decode() for each in sealed]
        except WrongKey as error:
            log.warning("webhook_secret_lost", tenant=key[0], endpoint=key[1], error=str(error))
            return []

    # -- a lane -------------------------------------------------------------------------------------------------------

    async def _carry(self, lane: Lane, line: Line, good: list[str]) -> None:
        """Deliver what the lane has, in order, until one is not taken. Whatever happens, it is given back."""
        outcomes, well = list[Outcome](), None
        try:
            until = trio.current_time() + GO_ON
            for waiting in lane.waiting:
                workspace: Workspace = await self._services.bus.workspace(lane.tenant)
                if _is_quiet(workspace):  # since its turn has come
                    break
                said, outcome = await self._deliver(workspace, waiting, good)
                outcomes.append(outcome)
                if said is not None:
                    line.heard(said, outcome.at)
                    line.busy[lane.conversation_id] = trio.current_time()
                    well = said.taken
                gone = said is not None and said.gone
                if outcome.status == "pending" or gone or trio.current_time() > until or self._stopping:
                    break
        except Exception as error:
            log.exception("webhook_failed", tenant=lane.tenant, endpoint=lane.endpoint_id, error=type(error).__name__)
            await trio.sleep(LONGEST_REST)
        line.answered.add(lane.conversation_id)
        self._over.append((lane, outcomes, well))
        self._booking.set()
        self._wake.set()

    async def _deliver(
        self, workspace: Workspace, waiting: WaitingDelivery, good: list[str]
    ) -> tuple[Said | None, Outcome]:
        """One try of one delivery."""
        now = self._services.clock.now()
        endpoint = WEBHOOKS.of(workspace).get(waiting.endpoint_id)
        body = self._body(waiting)
        if endpoint is None or body is None or not good:
            why = "What it tells of was erased." if waiting.body is None else "It cannot be read or signed any more."
            return None, Outcome(waiting, "cancelled", waiting.attempts, now, error=why)
        await self._turn()
        said = await self.poster.post(Post(endpoint.url, waiting.event_id, waiting.type, waiting.id, body, good))
        self._services.telemetry.webhook_tries.labels(_class_of(said)).inc()
        return said, self._outcome(waiting, endpoint, said)

    async def _turn(self) -> None:
        """Wait for this try's turn to begin, and then for a quiet moment."""
        turn = max(self._next, trio.current_time())
        self._next = turn + BREATH
        await trio.sleep_until(turn)
        await self._quiet.wait()

    def _body(self, waiting: WaitingDelivery) -> bytes | None:
        if waiting.body is None:
            return None
        seal = self._services.store.keyring.application_key
        try:
            return seal.unseal(waiting.body, body_belongs(waiting.tenant, waiting.event_id))
        except WrongKey as error:
            log.warning("webhook_unreadable", tenant=waiting.tenant, delivery=waiting.id, error=str(error))
            return None

    def _outcome(self, waiting: WaitingDelivery, endpoint: Endpoint, said: Said) -> Outcome:
        now, tries = self._services.clock.now(), waiting.attempts + 1
        belongs = answer_belongs(waiting.tenant, waiting.id)
        answer = self._services.store.keyring.application_key.seal(said.answer, belongs) if said.answer else None
        again = None if said.taken or said.gone else next_try(waiting.began_at, now, tries, said.rest)
        status = "delivered" if said.taken else "failed" if again is None else "pending"
        return Outcome(waiting, status, tries, now, again, said.status, answer, said.duration_ms, said.error)

    # -- what came of it ----------------------------------------------------------------------------------------------

    async def _book_for_ever(self) -> None:
        while True:
            await self._booking.wait()
            self._booking = trio.Event()
            batch, self._over = self._over, []
            await trio.sleep(BOOK_EVERY if await self._try(batch) else LOOK_EVERY)

    async def _try(self, batch: list[Over]) -> bool:
        """Book all at once; what cannot be, each by itself. False: the database is away, and all is kept."""
        try:
            await self._booked(batch, await self._book(batch))
        except PlixaError as error:
            log.warning("webhook_bookings_wait", error=str(error))
            self._over = [*batch, *self._over]
            self._booking.set()
            return False
        except Exception as error:
            if len(batch) == 1:  # its lease ends, and it is tried again
                lane = batch[0][0]
                log.exception("webhook_not_booked", tenant=lane.tenant, error=type(error).__name__)
                await self._booked(batch, Booked({}, [lane.key]))
                return True
            log.warning("webhook_bookings_apart", error=type(error).__name__)
            return all([await self._try([each]) for each in batch])
        return True

    async def _book(self, batch: list[Over]) -> Booked:
        outcomes = [outcome for _, each, _ in batch for outcome in each]
        well = {lane.key: well for lane, _, well in batch if well is not None}
        lanes, now = [lane for lane, _, _ in batch], self._services.clock.now()
        return await self._services.database.run(rows.book, outcomes, lanes, well, now)

    async def _booked(self, batch: list[Over], booked: Booked) -> None:
        for lane, outcomes, _ in batch:
            line = self._lines.get(lane.key)
            if line is not None:
                line.busy.pop(lane.conversation_id, None)
                line.answered.discard(lane.conversation_id)
                line.more |= lane.key in booked.due
            if any(each.response_status == 410 for each in outcomes):
                await self._switch_off(lane.key, "gone")
        for key, health in booked.healths.items():
            since = health.failing_since
            if since and health.failures >= EVIDENCE and self._services.clock.now() - since >= GIVE_UP:
                await self._switch_off(key, "failing")
        self._wake.set()

    async def _switch_off(self, key: Key, reason: Reason) -> None:
        """Not tried again here where it does not work: the next failure says so anew."""
        address = Address(key[0], "workspace", key[0])
        try:
            await self._services.bus.ask(
                address, SwitchOff(endpoint_id=key[1], reason=reason), actor="system", cause="webhooks"
            )
        except PlixaError as error:
            log.warning("webhook_stays_on", tenant=key[0], endpoint=key[1], error=str(error))


async def _taken(connection: Any, rooms: Mapping[Key, int], now: datetime) -> tuple[list[Lane], dict[Key, list[bytes]]]:
    """Lanes whose turn it is, and what signs for their endpoints."""
    taken = await rows.take(connection, rooms, now, LEASE, BURST)
    return taken, await secrets.good(connection, list({lane.key for lane in taken}), now) if taken else {}


def next_try(
    began: datetime, now: datetime, tries: int, rest: float | None, chance: float | None = None
) -> datetime | None:
    """When a delivery is tried again that has failed so many times; None: never. chance: 0 to 1, else drawn."""
    if tries > len(PAUSES):
        return None
    drawn = random.random() if chance is None else chance
    pause = max(PAUSES[tries - 1] * (1 - JITTER + 2 * JITTER * drawn), timedelta(seconds=rest or 0))
    return max(now + pause, began + AT_LEAST) if tries == len(PAUSES) else now + pause


def _is_quiet(workspace: Workspace) -> bool:
    return workspace.status != "active" or sends_nothing(workspace)


def _why_not(workspace: Workspace, endpoint_id: int, now: datetime) -> str | None:
    """Why an endpoint is to hear nothing more, for people."""
    endpoint = WEBHOOKS.of(workspace).get(endpoint_id)
    if endpoint is None:
        return "The endpoint was removed."
    if not endpoint.is_active:
        return "The endpoint is switched off."
    if "api_access" not in limits_of(workspace, now).features:
        return "The plan does not include webhooks any more."
    return None


def _is_idle(line: Line, now: datetime) -> bool:
    return not (line.more or line.busy or line.failures or line.slow) and max(line.rest, line.held) <= now


def _class_of(said: Said) -> str:
    return "no answer" if said.status is None else f"{said.status // 100}xx"
