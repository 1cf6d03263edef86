"""One member's calendar at Google, and how it is brought to what the agenda says.

Level, not edge: whatever led here, an appointment's event is made to say what it should say now, so that order,
doubles and gaps of what is asked for do not matter. What is about to be done is written down before Google is asked:

| what is cut off | then |
|---|---|
| before Google was asked | the row says that an event may be there; the next look writes or deletes it |
| after it, before its answer | the same: the event's id follows from the appointment: a second insert is a 409 |
| a delete's answer | it is deleted again: 404 and 410 are fine |
| an id that was deleted, there or here | stays taken: the next generation has another one |
| a late insert, after its delete | the next look finds an event with an id of ours that should not be there |

Only ids that are made here are ever written to or deleted: what a member copies of ours is the member's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec
import structlog

from plixa.http.clients.google.errors import GooglePasses, GoogleRefused
from plixa.http.clients.google.objects import MINE, Event, Json, Page, instant_text
from plixa.http.clients.google.port import Google
from plixa.storage.calendars.busy import Span, joined, without
from plixa.storage.calendars.mirrored import Mirrored

CALENDAR = "primary"
GENERATIONS = 30
"""So many ids are tried; each of them was deleted once."""
PAGES = 200
AHEAD = 100 * 1440
PIECE = 60 * 1440
"""Free/busy refuses to look at more than about 90 days at once."""
BEHIND = 1440
LOOK = {"singleEvents": "true", "showDeleted": "true"}
T = TypeVar("T")
log = structlog.get_logger("plixa.calendars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What should stand there. start, end: minutes since 1970 in UTC. tentative: nobody has approved it yet."""

    appointment_id: int
    start: int
    end: int
    summary: str
    zone: str
    start_text: str
    end_text: str
    tentative: bool = False


class Shelf(Protocol):
    """What is known of one calendar."""

    async def rows(self) -> list[Mirrored]: ...

    async def row(self, appointment: int) -> Mirrored | None: ...

    async def keep(self, row: Mirrored) -> None: ...

    async def busy(self, within: Span, spans: Collection[Span], at: datetime | None) -> None: ...

    async def sync_token(self) -> str | None: ...

    async def keep_sync(self, token: str | None) -> None: ...


class Access(Protocol):
    """Lends an access token."""

    async def __call__(self, work: Callable[[str], Awaitable[T]]) -> T: ...


class Line:
    """See the module's text. key: of whose events these are, the same whenever this account is linked here again."""

    def __init__(self, google: Google, access: Access, shelf: Shelf, key: str, now: Callable[[], datetime]) -> None:
        self._google = google
        self._access = access
        self._shelf = shelf
        self._key = key
        self._now = now

    # -- writing ------------------------------------------------------------------------------------------------------

    async def bring(self, appointment: int, wanted: Wanted | None) -> bool:
        """Make its event say what is wanted; None: there is to be none. Whether anything was written.

        What has passed stays as it is. What its owner did with it in Google stays, too, until somebody decides, or
        the appointment itself becomes another one.
        """
        row, now = await self._shelf.row(appointment), self._minute()
        if wanted is None:
            if row is None or not row.alive or row.last <= now:
                return False
            await self._delete(row)
            return True
        if wanted.end <= now:
            return False
        body = self._body(wanted)
        digest = hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()[:32]
        if row is not None and row.alive and row.wrote == digest:
            return False
        await self._write(row or Mirrored(appointment_id=appointment, event_id="", alive=False), wanted, body, digest)
        return True

    async def bring_all(self, wanted: Mapping[int, Wanted], keep: Iterable[int] = ()) -> None:
        """All of them, and nothing else. keep: appointments that are left as they are."""
        rows, left = await self._shelf.rows(), {*keep}
        for id_ in {*wanted, *(row.appointment_id for row in rows if row.alive)} - left:
            await self.bring(id_, wanted.get(id_))

    async def put_back(self, row: Mirrored, wanted: Wanted) -> None:
        """What its owner did with it in Google is undone."""
        await self._shelf.keep(replace(row, wrote="", seen=None))
        await self.bring(row.appointment_id, wanted)

    async def _write(self, row: Mirrored, wanted: Wanted, body: Json, digest: str) -> None:
        arrived = row.alive and row.wrote != ""
        row = replace(
            row,
            alive=True,
            event_id=self._id(row.appointment_id, row.generation),
            first=wanted.start,
            last=wanted.end,
            wrote="",
            seen=None,
            seen_first=None,
            seen_last=None,
            seen_at=None,
        )
        await self._shelf.keep(row)
        if arrived and await self._patched(row, body):
            return await self._shelf.keep(replace(row, wrote=digest))
        for _ in range(GENERATIONS):
            if await self._inserted(row, body):
                return await self._shelf.keep(replace(row, wrote=digest))
            generation = row.generation + 1
            row = replace(row, generation=generation, event_id=self._id(row.appointment_id, generation))
            await self._shelf.keep(row)
        raise GooglePasses("no free id")

    async def _patched(self, row: Mirrored, body: Json) -> bool:
        """False where it is not there to be changed."""
        try:
            changed = await self._access(lambda token: self._google.patch(token, CALENDAR, row.event_id, body))
        except GoogleRefused as error:
            if error.http_status in (404, 410):
                return False
            if error.http_status != 403 or not await self._is_gone(row):
                raise
            return False
        return not changed.gone

    async def _is_gone(self, row: Mirrored) -> bool:
        found = await self._access(lambda token: self._google.get(token, CALENDAR, row.event_id))
        return found is None or found.gone

    async def _inserted(self, row: Mirrored, body: Json) -> bool:
        """False where this id cannot be had."""
        whole = {**body, "id": row.event_id}
        try:
            await self._access(lambda token: self._google.insert(token, CALENDAR, whole))
        except GoogleRefused as error:
            if error.http_status != 409:
                raise
        else:
            return True
        found = await self._access(lambda token: self._google.get(token, CALENDAR, row.event_id))
        if found is None or found.gone:
            return False
        if found.extended_properties.private.get(MINE) != self._mine(row.appointment_id):
            log.error("calendar_id_is_somebody_elses", appointment=row.appointment_id)
            return False
        return await self._patched(row, body)

    async def _delete(self, row: Mirrored) -> None:
        await self._erase(row.event_id)
        await self._shelf.keep(
            replace(row, alive=False, generation=row.generation + 1, wrote="", seen=None, clash=False)
        )

    async def _erase(self, id_: str) -> None:
        await self._access(lambda token: self._google.delete(token, CALENDAR, id_))

    def _body(self, wanted: Wanted) -> Json:
        """Only what is ours: colour, reminders, notes and guests are the member's."""
        return {
            "summary": wanted.summary,
            "status": "tentative" if wanted.tentative else "confirmed",
            "visibility": "private",
            "start": {"dateTime": wanted.start_text, "timeZone": wanted.zone},
            "end": {"dateTime": wanted.end_text, "timeZone": wanted.zone},
            "extendedProperties": {"private": {MINE: self._mine(wanted.appointment_id)}},
        }

    def _mine(self, appointment: int) -> str:
        return f"{self._key}.{appointment}"

    def _id(self, appointment: int, generation: int) -> str:
        """Hexadecimal: Google's alphabet ends with v."""
        text = f"{self._key}.{appointment}.{generation}"
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    # -- reading ------------------------------------------------------------------------------------------------------

    async def look_at_changes(self) -> None:
        """What its owner did with events of ours since the last look; strays of ours are deleted."""
        known = await self._shelf.sync_token()
        try:
            await self._changes(known)
        except GoogleRefused as error:
            if error.http_status != 410 or known is None:
                raise
            await self._shelf.keep_sync(None)
            await self._changes(None)

    async def _changes(self, since: str | None) -> None:
        bounds = {"timeMin": instant_text(self._minute() - BEHIND)} if since is None else {"syncToken": since}
        found = dict[str, Event]()
        last = await self._pages(bounds, found)
        rows = {row.event_id: row for row in await self._shelf.rows() if row.alive}
        for event in found.values():
            if event.id in rows:
                await self._see(rows[event.id], event, last.time_zone)
            elif not event.gone and await self._is_stray(event):
                log.warning("calendar_stray_deleted")
                await self._erase(event.id)
        if since is None:
            await self._look_for_missing(row for id_, row in rows.items() if id_ not in found)
        await self._shelf.keep_sync(last.next_sync_token)

    async def _pages(self, asked: Mapping[str, str], found: dict[str, Event], within: float | None = None) -> Page:
        """All of them, the last one again; nothing is done before it is there."""
        more: dict[str, str] = {}
        for _ in range(PAGES):
            page = await self._page({**LOOK, **asked, **more}, within)
            found.update((each.id, each) for each in page.items)
            if page.next_page_token is None:
                return page
            more = {"pageToken": page.next_page_token}
        raise GooglePasses("too many pages")

    async def _page(self, asked: Mapping[str, str], within: float | None) -> Page:
        return await self._access(lambda token: self._google.list_events(token, CALENDAR, asked, within))

    async def _see(self, row: Mirrored, event: Event, zone: str) -> None:
        if row.wrote == "" or row.last <= self._minute():
            return
        span = event.span(zone)
        if event.gone or span is None:
            await self._seen(row, replace(row, seen="removed", seen_first=None, seen_last=None))
        elif span != (row.first, row.last):
            await self._seen(row, replace(row, seen="moved", seen_first=span[0], seen_last=span[1]))
        elif row.seen is not None:
            await self._shelf.keep(replace(row, seen=None, seen_first=None, seen_last=None, seen_at=None))

    async def _seen(self, row: Mirrored, now: Mirrored) -> None:
        if now != row:
            await self._shelf.keep(replace(now, seen_at=self._now()))

    async def _look_for_missing(self, rows: Iterable[Mirrored]) -> None:
        for row in rows:
            if row.wrote and row.last > self._minute() and row.seen != "removed" and await self._is_gone(row):
                await self._seen(row, replace(row, seen="removed", seen_first=None, seen_last=None))

    async def _is_stray(self, event: Event) -> bool:
        """One that we have made ourselves, of an appointment that has another event now, or none."""
        key, _, appointment = event.extended_properties.private.get(MINE, "").rpartition(".")
        if key != self._key or not (appointment.isascii() and appointment.isdigit() and len(appointment) < 19):
            return False
        row = await self._shelf.row(int(appointment))
        if row is not None and row.alive and row.event_id == event.id:
            return False
        upto = GENERATIONS if row is None else row.generation
        return any(event.id == self._id(int(appointment), each) for each in range(upto + 1))

    async def look_at_busy(self) -> None:
        """All that its owner has beside us, from yesterday until as far as anybody may book."""
        begin, spans = self._minute() - BEHIND, list[Span]()
        for first in range(begin, begin + AHEAD, PIECE):
            last = min(first + PIECE, begin + AHEAD)
            spans += await self._busy(first, last)
        own = [(row.first, row.last) for row in await self._shelf.rows() if row.alive and row.seen is None]
        await self._shelf.busy((begin, begin + AHEAD), without(joined(spans), own), self._now())

    async def _busy(self, first: int, last: int) -> list[Span]:
        return await self._access(lambda token: self._google.free_busy(token, CALENDAR, first, last))

    async def look_exactly(self, first: int, last: int, within: float | None = None) -> list[Span]:
        """What its owner has in [first, last), without what is ours; that is also what is known from now on."""
        found = dict[str, Event]()
        bounds = {"timeMin": instant_text(first), "timeMax": instant_text(last), "showDeleted": "false"}
        page = await self._pages(bounds, found, within)
        rows = await self._shelf.rows()
        own = {row.event_id for row in rows}
        spans = (each.span(page.time_zone) for each in found.values() if each.busy and each.id not in own)
        busy = [*joined([(max(a, first), min(b, last)) for a, b in filter(None, spans) if a < last and b > first])]
        await self._shelf.busy((first, last), busy, None)
        return busy

    async def look_for_clash(self, appointment: int, within: float | None = None) -> None:
        """Whether something slipped in while it was being booked: that is shown, and nobody's to resolve by machine."""
        row = await self._shelf.row(appointment)
        if row is None or not row.alive:
            return
        clash = bool(await self.look_exactly(row.first, row.last, within))
        if clash != row.clash:
            await self._shelf.keep(replace(row, clash=clash))

    def _minute(self) -> int:
        return int(self._now().timestamp()) // 60
