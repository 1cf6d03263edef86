"""A small house with an agenda, as its members and customers meet it through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from tests.harness import Json, Workspace

ZONE = "America/Sao_Paulo"
BASE = "/v1/scheduling"
APPOINTMENTS = f"{BASE}/appointments"
WEEK = [{"kind": "open", "weekday": day, "start_time": "09:00", "end_time": "18:00"} for day in range(7)]
MONDAY = "2099-01-05"
"""Far ahead: what is booked by staff, whom no horizon binds."""


@dataclass
class Desk:
    """Whoever is at the desk; `bearer` where it is not the owner."""

    workspace: Workspace
    bearer: str | None = None

    async def ask(self, method: str, path: str, json: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": self.bearer} if self.bearer else {}
        body = {} if json is None else {"json": json}
        headers |= more.pop("headers", {})
        return await self.workspace.client.request(method, f"{BASE}{path}", headers=headers, **body, **more)

    async def done(self, method: str, path: str, json: Any = None, status: int = 200, **more: Any) -> Any:
        answer = await self.ask(method, path, json, **more)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()["data"] if answer.content else None

    async def refused(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, str]:
        answer = await self.ask(method, path, json, **more)
        error: Json = answer.json()["errors"][0]
        return answer.status_code, error["code"]

    async def service(self, **fields: Any) -> int:
        """A new service of an hour; returns its id."""
        made = await self.done("POST", "/services", {"name": "Corte", "duration_minutes": 60, **fields}, 201)
        return int(made["id"])

    async def hours(self, user_id: int, rules: list[Json] | None = None, zone: str = ZONE) -> Json:
        """When a provider is there; every day from nine to six where nothing is said."""
        body = {"timezone": zone, "rules": WEEK if rules is None else rules}
        schedule: Json = await self.done("PUT", f"/providers/{user_id}/schedule", body)
        return schedule

    async def book(self, service_id: int, start: str, status: int = 201, **fields: Any) -> Json:
        made: Json = await self.done(
            "POST", "/appointments", {"service_id": service_id, "start": start, **fields}, status
        )
        return made
