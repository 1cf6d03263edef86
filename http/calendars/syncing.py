"""Members' calendars, kept as the agenda is: by effects as it changes, and by a look every quarter of an hour or so.

The look is complete by itself: it writes what is missing, takes away what should not be there, reads what is busy and
what members did with our events. Pushes only make it come sooner, and a lost one costs minutes.

| what raises, hangs or is cut off | then |
|---|---|
| Google is away, or asked too often | the effect rests as every effect; this calendar's look comes 2 minutes later |
| a call fails otherwise | tried again with growing pauses, given up after three days; the look goes on trying |
| the refresh token is dead | `reconnect_needed`, told once; nothing is called any more, appointments and ids stay |
| a permission is missing | `missing_scope`, told once |
| the calendar takes no writes (`quotaExceeded`) | `paused`, told once; looked at again after an hour |
| the process dies anywhere | see `mirror.py`; a link that was being looked at is another's after two minutes |
| a push comes while it is looked | that was due is kept: what the look had read already may be out of date |
| the link was ended or made anew meanwhile | its number is not the business's any more: nothing is done |
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

import structlog
import trio

from plixa.actors.calendars.links import LINKS, WRITES, Link, TellTrouble, TellWell, Trouble
from plixa.actors.staff.stays import sends_nothing
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import PlixaError
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.calendars.channels import Channels
from plixa.http.calendars.keeping import Kept
from plixa.http.calendars.mirror import Line
from plixa.http.calendars.tokens import Tokens
from plixa.http.calendars.wanting import wanted_of, wanted_one
from plixa.http.clients.google.errors import (
    CalendarFull,
    GoogleAway,
    GoogleError,
    GoogleRefused,
    LinkDead,
    Misconfigured,
)
from plixa.http.clients.google.port import Google
from plixa.http.outbox.reports import NotWanted
from plixa.http.scheduling.other_calendars import Picture
from plixa.storage.calendars import busy, links, mirrored

EVERY, LATER, MUCH_LATER = timedelta(minutes=12), timedelta(minutes=2), timedelta(hours=1)
LEASE = timedelta(minutes=2)
LEFT = timedelta(days=1)
TICK = 5.0
AT_ONCE = 8
WITHIN = 3.0
"""Seconds that somebody who books waits for Google."""
FRESH, OLD = timedelta(minutes=2), timedelta(minutes=30)
SCOPES = frozenset({"insufficientPermissions", "insufficientScopes", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
LookKey = tuple[int, int]
T = TypeVar("T")
log = structlog.get_logger("plixa.calendars")


class Syncing:
    """See the module's text."""

    def __init__(self, services: Services, google: Google, tokens: Tokens, channels: Channels) -> None:
        self._services = services
        self._google = google
        self._tokens = tokens
        self._channels = channels
        self._locks: WeakValueDictionary[LookKey, trio.Lock] = WeakValueDictionary()
        self._hurry = trio.Event()

    # -- what effects ask for -----------------------------------------------------------------------------------------

    async def write(self, stored: StoredEffect) -> None:
        """One appointment, in whosever calendar it may stand."""
        tenant, appointment = stored.owner.tenant, stored.effect.request["appointment_id"]
        provider, _ = await wanted_one(self._services, tenant, appointment)
        holders = await self._services.database.run(mirrored.holders_of, tenant, appointment)
        whose = set(holders) if provider is None else {*holders, provider}
        for user_id in sorted(whose):
            async with self._line(tenant, user_id) as line:
                if line is not None:
                    await self._write_one(line, tenant, user_id, appointment)

    async def _write_one(self, line: Line, tenant: int, user_id: int, appointment: int) -> None:
        provider, wanted = await wanted_one(self._services, tenant, appointment)  # as of now that it is our turn
        mine = wanted if provider == user_id else None
        if await line.bring(appointment, mine) and mine is not None:
            await line.look_for_clash(appointment, WITHIN)

    async def all(self, stored: StoredEffect) -> None:
        """All of one member."""
        await self.look_at(stored.owner.tenant, stored.effect.request["user_id"])

    async def look_at(self, tenant: int, user_id: int) -> None:
        """Everything about one calendar, once. Raises `GoogleError`, `GoogleAway`, `NotWanted`."""
        async with self._line(tenant, user_id) as line:
            if line is None:
                return
            began = self._services.clock.now()
            await line.look_at_changes()
            await line.bring_all(await wanted_of(self._services, tenant, user_id))
            await line.look_at_busy()
            link = await self._link(tenant, user_id)
            if link is not None:
                await self._channels.ensure((tenant, user_id, link.number))
        await self._tell_looked(tenant, user_id, began)

    async def _tell_looked(self, tenant: int, user_id: int, began: datetime) -> None:
        link = await self._link(tenant, user_id)
        if link is None:
            return
        if link.state == "paused":
            well = TellWell(user_id=user_id, number=link.number)
            await self._tell(tenant, well)
        now = self._services.clock.now()
        await self._looked((tenant, user_id, link.number), began, _about(EVERY), now, "")

    @asynccontextmanager
    async def _line(self, tenant: int, user_id: int) -> AsyncGenerator[Line | None]:
        """One at a time to a calendar; None where nothing is to be done. What is wrong with the link is told."""
        async with self._locks.setdefault((tenant, user_id), trio.Lock()):
            link = await self._link(tenant, user_id)
            line = None if link is None or link.state not in WRITES else await self._made(tenant, user_id, link)
            try:
                yield line
            except (GoogleRefused, CalendarFull) as error:
                trouble = trouble_of(error)
                if trouble is None or link is None:
                    raise
                await self._tell(tenant, TellTrouble(user_id=user_id, number=link.number, trouble=trouble))
                if trouble != "paused":
                    raise NotWanted(f"The link to the calendar is {trouble}.") from error
                raise

    async def _link(self, tenant: int, user_id: int) -> Link | None:
        return LINKS.of(await self._services.bus.workspace(tenant)).of.get(user_id)

    async def _made(self, tenant: int, user_id: int, link: Link) -> Line | None:
        row = await self._services.database.run(links.get_link, tenant, user_id, link.number)
        return None if row is None else await self._line_of((tenant, user_id, link.number), row["account"])

    async def _line_of(self, key: tuple[int, int, int], account: bytes) -> Line:
        async def access(work: Callable[[str], Awaitable[T]]) -> T:
            return await self._tokens.use(key, work)

        kept = Kept(self._services.database, *key, account)
        return Line(
            self._google, access, kept, name_of(await self._services.bus.workspace(key[0])), self._services.clock.now
        )

    async def _tell(self, tenant: int, command: TellTrouble | TellWell) -> None:
        await self._services.bus.ask(Address(tenant, "workspace", tenant), command, actor="system", cause="calendars")

    async def _looked(
        self, key: tuple[int, int, int], began: datetime, rest: timedelta, at: datetime | None, error: str
    ) -> None:
        now = self._services.clock.now()
        await self._services.database.run(links.looked, *key, (began, now), now + rest, at, error)

    # -- what nobody asks for -----------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """Something is due now."""
        self._hurry.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look at whatever is due, until cancelled."""
        task_status.started()
        while True:
            while await self.look_round():
                pass
            self._hurry = trio.Event()
            with trio.move_on_after(TICK):
                await self._hurry.wait()

    async def look_round(self) -> int:
        """At most so many that are due; how many there were."""
        now = self._services.clock.now()
        due = await self._services.database.run(links.claim_due, self._services.store.node, now, now + LEASE, AT_ONCE)
        async with trio.open_nursery() as nursery:
            for row in due:
                nursery.start_soon(self._look, (row["tenant_id"], row["user_id"], row["connection"]))
        return len(due)

    async def _look(self, key: tuple[int, int, int]) -> None:
        began = self._services.clock.now()
        try:
            rest = await self._looked_at(key)
        except CalendarFull as error:
            await self._looked(key, began, _about(MUCH_LATER), None, error.reason)
        except (GoogleAway, GoogleError) as error:
            if isinstance(error, Misconfigured):
                log.error("google_client_refused", reason=error.reason)
            await self._looked(key, began, _about(LATER), None, getattr(error, "reason", ""))
        except NotWanted as error:
            await self._looked(key, began, LEFT, None, str(error))
        except PlixaError as error:  # another node's by now, or it cannot be opened: it comes again after its lease
            log.info("calendar_look_left", tenant=key[0], error=error.code)
        else:
            if rest is not None:
                await self._looked(key, began, rest, None, "")

    async def _looked_at(self, key: tuple[int, int, int]) -> timedelta | None:
        workspace = await self._services.bus.workspace(key[0])
        link = LINKS.of(workspace).of.get(key[1])
        if sends_nothing(workspace):
            return MUCH_LATER
        if link is None or link.number != key[2] or link.state not in WRITES:
            return LEFT
        await self.look_at(key[0], key[1])
        return None

    # -- right before somebody books ----------------------------------------------------------------------------------

    async def look(self, tenant: int, providers: Collection[int], first: int, last: int) -> Picture:
        """See `OtherCalendars`."""
        workspace = await self._services.bus.workspace(tenant)
        theirs = {id_: link for id_, link in LINKS.of(workspace).of.items() if id_ in providers}
        if not theirs:
            return Picture()
        known, now = await self._services.database.run(busy.known_at, tenant, [*theirs]), self._services.clock.now()
        fresh = {id_ for id_, at in known.items() if at is not None and now - at <= FRESH}
        asked = [id_ for id_, link in theirs.items() if link.state in WRITES and (len(theirs) == 1 or id_ not in fresh)]
        seen = set[int]()
        with trio.move_on_after(WITHIN):
            async with trio.open_nursery() as nursery:
                for user_id in asked:
                    nursery.start_soon(self._look_exactly, tenant, user_id, theirs[user_id], (first, last), seen)
        unseen = theirs.keys() - seen - (fresh if len(theirs) > 1 else set())
        old = any(theirs[id_].state in WRITES and self._is_old(known.get(id_), now) for id_ in unseen)
        return Picture(stale=bool(unseen), old=old)

    def _is_old(self, at: datetime | None, now: datetime) -> bool:
        """A link that is dead counts as it was last known: its member has been told, and nothing waits for them."""
        return at is None or now - at > OLD

    async def _look_exactly(self, tenant: int, user_id: int, link: Link, span: tuple[int, int], seen: set[int]) -> None:
        """Beside the calendar's lane: it only reads, and nobody should wait for writes."""
        try:
            line = await self._made(tenant, user_id, link)
            if line is not None:
                await line.look_exactly(*span, WITHIN)
                seen.add(user_id)
        except PlixaError as error:
            log.info("calendar_not_looked_at", tenant=tenant, error=error.code)

    # -- what a person decides ----------------------------------------------------------------------------------------

    async def put_back(self, tenant: int, user_id: int, appointment: int) -> None:
        """Its event says again what the agenda says. Raises `GoogleError`, `GoogleAway`."""
        async with self._line(tenant, user_id) as line:
            link = await self._link(tenant, user_id)
            row = None if link is None else await self.row(tenant, user_id, link, appointment)
            _, wanted = await wanted_one(self._services, tenant, appointment)
            if line is not None and row is not None and wanted is not None:
                await line.put_back(row, wanted)

    async def row(self, tenant: int, user_id: int, link: Link, appointment: int) -> mirrored.Mirrored | None:
        """How an appointment stands in the calendar that is linked now."""
        found = await self._services.database.run(links.get_link, tenant, user_id, link.number)
        if found is None:
            return None
        account = found["account"]
        return await self._services.database.run(mirrored.row_of, tenant, user_id, account, appointment)

    # -- the end ------------------------------------------------------------------------------------------------------

    async def take_out(self, key: tuple[int, int, int], account: bytes) -> None:
        """Future events of ours are taken out of a calendar whose link is over."""
        async with self._locks.setdefault(key[:2], trio.Lock()):
            await (await self._line_of(key, account)).bring_all({})


def name_of(workspace: Workspace) -> str:
    """By which events are known to be this workspace's: of two installations, both may write to one calendar."""
    text = f"{workspace.id} {workspace.founded_at.isoformat() if workspace.founded_at else ''}"
    return f"{hashlib.sha256(text.encode()).hexdigest()[:12]}.{workspace.id}"


def trouble_of(error: GoogleError) -> Trouble | None:
    """What a member must hear of; None where it is no trouble of the link."""
    if isinstance(error, LinkDead):
        return "reconnect_needed"
    if isinstance(error, CalendarFull):
        return "paused"
    missing = isinstance(error, GoogleRefused) and error.http_status == 403 and error.reason in SCOPES
    return "missing_scope" if missing else None


def _about(pause: timedelta) -> timedelta:
    """A fifth more or less, so that not all come at once."""
    return pause * random.uniform(0.8, 1.2)  # no secret
