"""A simulated Google without a socket, and what is known of a calendar without a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import httpx
import msgspec

from plixa.http.calendars.mirror import Line, Wanted
from plixa.http.clients.google.errors import GoogleRefused
from plixa.http.clients.google.port import Addresses, Google
from plixa.http.google_simulator import GoogleApp, GoogleSettings
from plixa.http.google_simulator.errors import Lost
from plixa.http.google_simulator.world import PREFIX, Account, Json, Stored
from plixa.storage.calendars.busy import Span
from plixa.storage.calendars.mirrored import Mirrored

BASE = "http://google.test"
KEY = "abc.7"
ME = "ana@clinic.example"
NOW = 1_800_000_000 // 60
"""Minutes since 1970: a day in 2027."""
T = TypeVar("T")


class Crash(Exception):
    """The process dies here."""


class Near(httpx.AsyncBaseTransport):
    """The application, asked straight."""

    def __init__(self, app: GoogleApp) -> None:
        self.app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.url.raw_path.decode()
        try:
            status, body, kind, more = await self.app.answer(request.method, target, headers, await request.aread())
        except Lost:
            raise httpx.ReadError("hung up") from None
        return httpx.Response(status, stream=httpx.ByteStream(body), headers={"content-type": kind, **more})


@dataclass
class Shelf:
    """Rows in memory. crash_in: how many more times it is written to before the process dies."""

    kept: dict[int, Mirrored] = field(default_factory=dict[int, Mirrored])
    token: str | None = None
    spans: dict[Span, list[Span]] = field(default_factory=dict[Span, list[Span]])
    crash_in: int | None = None

    async def rows(self) -> list[Mirrored]:
        return list(self.kept.values())

    async def row(self, appointment: int) -> Mirrored | None:
        return self.kept.get(appointment)

    async def keep(self, row: Mirrored) -> None:
        self._must_live()
        self.kept[row.appointment_id] = row

    async def busy(self, within: Span, spans: Collection[Span], at: datetime | None) -> None:
        self.spans[within] = [*spans]

    async def sync_token(self) -> str | None:
        return self.token

    async def keep_sync(self, token: str | None) -> None:
        self._must_live()
        self.token = token

    def _must_live(self) -> None:
        if self.crash_in is not None:
            if self.crash_in == 0:
                self.crash_in = None
                raise Crash
            self.crash_in -= 1


class Person:
    """A member with a calendar at Google, and our line to it."""

    def __init__(self, page: int = 3) -> None:
        self.minute = NOW
        self.app = GoogleApp(GoogleSettings(clock=lambda: self.minute * 60.0, page=page))
        self.google = Google("simulator.apps.example", "simulator-secret", Addresses.at(BASE), transport=Near(self.app))
        self.shelf = Shelf()
        self.agenda: dict[int, Wanted] = {}
        self.own: dict[str, Json] = {}
        self._numbers = iter(range(1, 10**6))
        self.refresh_token = ""
        self.connect()

    @property
    def account(self) -> Account:
        return self.app.world.account(ME)

    def connect(self) -> None:
        """Consent, and a new line."""
        self.account.scopes = frozenset(f"{PREFIX}{each}" for each in ("calendar.events.owned", "calendar.freebusy"))
        self.refresh_token = f"1//refresh{next(self._numbers)}"
        self.app.world.refresh[self.refresh_token] = ME
        self.restart()

    def restart(self) -> None:
        """What is in memory is gone."""
        held: list[str] = []

        async def access(work: Callable[[str], Awaitable[T]]) -> T:
            for again in (False, True):
                if not held:
                    held.append((await self.google.refresh(self.refresh_token)).access_token)
                try:
                    return await work(held[0])
                except GoogleRefused as error:
                    if error.http_status != 401 or again:
                        raise
                    held.clear()
            raise AssertionError

        self.line = Line(self.google, access, self.shelf, KEY, lambda: datetime.fromtimestamp(self.minute * 60, UTC))

    # -- the agenda

    def book(self, appointment: int, start: int, minutes: int = 30, summary: str = "Corte - Lia") -> None:
        self.agenda[appointment] = wanted(appointment, start, minutes, summary)

    async def write(self, appointment: int) -> bool:
        """The effect of it."""
        return await self.line.bring(appointment, self.agenda.get(appointment))

    async def look(self) -> None:
        """What happens every quarter of an hour."""
        await self.line.look_at_changes()
        await self.line.bring_all(self.agenda)
        await self.line.look_at_busy()

    # -- the member at Google

    def add(self, start: int, minutes: int = 30, **more: object) -> str:
        """Something of their own."""
        id_ = f"own{next(self._numbers):07}"
        times = {"start": {"dateTime": text(start)}, "end": {"dateTime": text(start + minutes)}}
        event = {"status": "confirmed", "transparency": "opaque", "eventType": "default", "sequence": 0}
        self.own[id_] = {"id": id_, "summary": "Médico", **event, **times, **more}
        self.app.world.change(self.account, self.own[id_])
        return id_

    def ours(self) -> list[Stored]:
        """What lives of ours: everything that the member has not made."""
        return [each for each in self.account.events.values() if each.alive and each.id not in self.own]

    def move(self, stored: Stored, start: int) -> None:
        times = {"start": {"dateTime": text(start)}, "end": {"dateTime": text(start + 30)}}
        self.app.world.change(self.account, {**stored.data, **times})

    def remove(self, stored: Stored) -> None:
        self.app.world.change(self.account, {**stored.data, "status": "cancelled"})

    def copy(self, stored: Stored) -> None:
        """With all that is in it, as Google's own copy has it."""
        id_ = f"own{next(self._numbers):07}"
        self.own[id_] = {**stored.data, "id": id_}
        self.app.world.change(self.account, self.own[id_])


def wanted(appointment: int, start: int, minutes: int = 30, summary: str = "Corte - Lia") -> Wanted:
    return Wanted(
        appointment_id=appointment,
        start=start,
        end=start + minutes,
        summary=summary,
        zone="UTC",
        start_text=text(start),
        end_text=text(start + minutes),
    )


def text(minute: int) -> str:
    """An instant as Google takes it."""
    return datetime.fromtimestamp(minute * 60, UTC).isoformat()


def span_of(stored: Stored) -> Span:
    """From when until when an event is."""
    first, last = (datetime.fromisoformat(stored.data[name]["dateTime"]) for name in ("start", "end"))
    return int(first.timestamp()) // 60, int(last.timestamp()) // 60


def same(stored: Stored, own: Json) -> bool:
    """Whether an event is as its owner made it."""
    kept = {name: each for name, each in stored.data.items() if name not in ("etag", "updated")}
    return msgspec.json.encode(kept, order="sorted") == msgspec.json.encode(
        {name: each for name, each in own.items() if name not in ("etag", "updated")}, order="sorted"
    )
