"""A busy day: customers and agents doing everything that the live inbox can show, at random, at a steady rate.

Nobody keeps a ledger here: what fails while the server is away has not happened.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import trio

from tests.fault.reading import sign_in
from tests.harness import Json, Number, Phones, Workspace

CUSTOMERS = 25
KNOWN = 60


class Bustle:
    """One workspace's day. `run` goes on until `finish` is called. `done` counts what came about."""

    def __init__(self, workspace: Workspace, number: Number, whatsapp: Phones, *, pause: float) -> None:
        self.done: Counter[str] = Counter()
        self._workspace = workspace
        self._number = number
        self._whatsapp = whatsapp
        self._pause = pause
        self._finishing = False
        self._said: list[tuple[str, str]] = []
        self._conversations: list[int] = []
        self._serial = 0

    def finish(self) -> None:
        """Begin nothing any more."""
        self._finishing = True

    async def run(self) -> None:
        """One thing after the other, customers' three times as often as agents'."""
        while not self._finishing:
            act = random.choice(self._customer_acts * 3 + self._agent_acts)
            try:
                await act()
                self.done[act.__name__.strip("_")] += 1
            except (httpx.TransportError, AssertionError, LookupError):
                pass  # the server is away, or the thing is gone: another time
            await trio.sleep(self._pause * random.uniform(0.5, 1.5))

    @property
    def _customer_acts(self) -> tuple[Callable[[], Awaitable[Any]], ...]:
        return (self._write, self._write, self._edit, self._react, self._take_back)

    @property
    def _agent_acts(self) -> tuple[Callable[[], Awaitable[Any]], ...]:
        changes = (self._rename, self._annotate, self._assign, self._close, self._snooze, self._wake, self._read)
        return (self._look, self._reply, self._reply, self._reply, self._note, *changes, self._erase)

    # -- customers ----------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        phone, self._serial = f"551195{random.randrange(CUSTOMERS):07d}", self._serial + 1
        record = await self._whatsapp.write(self._number, phone, f"message {self._serial}", name=f"Bia {phone[-2:]}")
        self._said = [*self._said[-KNOWN:], (phone, record["key"]["id"])]

    async def _edit(self) -> None:
        self._serial += 1
        await self._about("edit", text=f"edited {self._serial}")

    async def _react(self) -> None:
        await self._about("reaction", text=random.choice(("👍", "❤️", "")))

    async def _take_back(self) -> None:
        await self._about("delete")

    async def _about(self, type_: str, **fields: str) -> None:
        phone, key_id = random.choice(self._said)
        await self._whatsapp.write(self._number, phone, type=type_, to=key_id, **fields)

    # -- agents -------------------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        found = await self._workspace.client.get("/v1/conversations", params={"limit": 100, "snoozed": "all"})
        if found.status_code == 429:
            await sign_in(self._workspace)
        self._conversations = [each["id"] for each in found.json()["data"]]

    async def _do(self, method: str, path: str, body: Json | None = None) -> None:
        url = f"/v1/conversations/{random.choice(self._conversations)}{path}"
        answer = await self._workspace.client.request(method, url, json=body)
        assert answer.is_success

    async def _reply(self) -> None:
        self._serial += 1
        await self._do("POST", "/messages", {"body": f"reply {self._serial}"})

    async def _note(self) -> None:
        await self._do("POST", "/messages", {"body": "a note", "type": "note"})

    async def _rename(self) -> None:
        await self._do("PATCH", "", {"contact_name": random.choice(("Beatriz", "Dona Bia", ""))})

    async def _annotate(self) -> None:
        await self._do("PATCH", "", {"notes": random.choice(("prefers mornings", "VIP", ""))})

    async def _assign(self) -> None:
        await self._do("PATCH", "", {"assigned_user_id": random.choice((self._workspace.user_id, None))})

    async def _close(self) -> None:
        await self._do("PATCH", "", {"status": random.choice(("resolved", "resolved", "open"))})

    async def _snooze(self) -> None:
        until = datetime.now(UTC) + timedelta(seconds=random.uniform(1, 5))
        await self._do("POST", "/snooze", {"until": until.isoformat()})

    async def _wake(self) -> None:
        await self._do("POST", "/snooze", {"until": None})

    async def _read(self) -> None:
        await self._do("POST", "/read")

    async def _erase(self) -> None:
        await self._do("DELETE", "")
