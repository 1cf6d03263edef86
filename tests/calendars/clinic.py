"""A node, a simulated Google, and a browser that goes between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import trio
from tests import harness
from tests.doors import opened
from tests.harness import Json, Workspace
from tests.http.agenda import Desk
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.http.calendars.parts import CALENDARS, Calendars
from plixa.http.google_simulator import Account, GoogleApp, GoogleSettings, Stored, serve
from plixa.http.google_simulator.world import Channel

GOOGLE = "/v1/scheduling/calendar/google"
ME = "ana@gmail.example"
OPEN = "select 1 from outbox where kind like 'calendar.%' and state in ('queued', 'attempting') limit 1"


@dataclass
class Clinic:
    """A workspace whose owner is a provider. `browser` is theirs, at Google's pages and at ours."""

    node: Node
    far: GoogleApp
    workspace: Workspace
    browser: httpx.AsyncClient = field(repr=False)
    service: int = 0

    @property
    def desk(self) -> Desk:
        return Desk(self.workspace)

    @property
    def account(self) -> Account:
        """The owner's at Google."""
        return self.far.world.account(ME)

    @property
    def calendars(self) -> Calendars:
        found = self.node.services[CALENDARS]
        assert found is not None
        return found

    @property
    def tables(self) -> Tables:
        return Tables(self.node.services.database)

    def living(self, account: Account | None = None) -> list[Stored]:
        """What of ours stands there."""
        events = (account or self.account).events.values()
        return [each for each in events if each.alive and "extendedProperties" in each.data]

    async def link(self, bearer: str | None = None, email: str = ME, **given: str) -> httpx.Response:
        """The whole way: our route, Google's page, and back; what the browser sees at the end."""
        back = await self.consent(bearer, email, **given)
        seen = await self.browser.get(back)
        await self.settled()
        return seen

    async def consent(self, bearer: str | None = None, email: str = ME, **given: str) -> str:
        """To Google's page; returns where it sends the browser back to."""
        headers = {"Authorization": bearer or str(self.workspace.client.headers["Authorization"])}
        asked = await self.browser.get(f"{self.node.services.public_url}{GOOGLE}/connect", headers=headers)
        assert asked.status_code == 200, asked.text
        url = asked.json()["data"]["url"]
        page = await self.browser.get(url)
        assert "checkbox" in page.text
        grants = {"grant.calendar.events.owned": "1", "grant.calendar.freebusy": "1"}
        form = {**dict(parse_qsl(urlsplit(url).query)), **grants, "email": email, "do": "allow", **given}
        answer = await self.browser.post(url.partition("?")[0], data={k: v for k, v in form.items() if v})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def shown(self) -> Json:
        """How the owner's link stands."""
        return dict((await self.workspace.get(GOOGLE))["data"])

    async def settled(self) -> None:
        """Nothing is under way to Google."""
        with trio.fail_after(15):
            while await self.tables.rows(OPEN):  # noqa: ASYNC110  # rows have no event
                await trio.sleep(0.01)

    async def look(self, user_id: int | None = None) -> None:
        """What happens every quarter of an hour."""
        await self.calendars.syncing.look_at(self.workspace.tenant, user_id or self.workspace.user_id)

    async def due(self) -> None:
        """The quarter of an hour is over: the node looks by itself."""
        past = self.node.services.clock.now() - timedelta(minutes=1)
        await self.tables.rows("update calendar_links set next_at = $1 returning 1", past)
        self.calendars.syncing.hurry()

    async def book(self, start: datetime, status: int = 201, **more: Any) -> Json:
        """With the owner."""
        provider = {"provider_id": self.workspace.user_id, **more}
        made = await self.desk.book(self.service, start.isoformat(), status, **provider)
        await self.settled()
        return made

    def own(self, start: datetime, minutes: int = 60, **more: Any) -> Stored:
        """Something that the member has beside us."""
        world, id_ = self.far.world, f"own{self.far.world.number():07}"
        times = {"start": {"dateTime": start.isoformat()}}
        times["end"] = {"dateTime": (start + timedelta(minutes=minutes)).isoformat()}
        event = {"status": "confirmed", "transparency": "opaque", "eventType": "default", "sequence": 0}
        return world.change(self.account, {"id": id_, "summary": "Médico", **event, **times, **more})


def known(channel: Channel) -> dict[str, str]:
    """What Google says of itself in a push."""
    names = {"Channel-ID": channel.id, "Channel-Token": channel.token, "Resource-ID": channel.resource}
    return {f"X-Goog-{name}": each for name, each in names.items()}


def tomorrow(hour: int, minute: int = 0) -> datetime:
    """A time of tomorrow, in UTC."""
    day = datetime.now(UTC) + timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=0, microsecond=0)


@asynccontextmanager
async def open_clinic(database_url: str, gateway: str, folder: Path, **more: str) -> AsyncIterator[Clinic]:
    """See the module's text."""
    async with trio.open_nursery() as nursery:
        wanted = GoogleSettings(page=3)
        far, _ = await nursery.start(serve, wanted)
        google = {"GOOGLE_CLIENT_ID": wanted.client_id, "GOOGLE_CLIENT_SECRET": wanted.client_secret}
        environment = {**google, "GOOGLE_URL": far.world.base, **more}
        async with (
            opened(harness.settings(database_url, gateway, folder, **environment)) as node,
            harness.registered(node.services.public_url) as workspace,
            httpx.AsyncClient(trust_env=False) as browser,
        ):
            clinic = Clinic(node, far, workspace, browser)
            clinic.service = await clinic.desk.service(provider_ids=[workspace.user_id])
            yield clinic
        nursery.cancel_scope.cancel()
