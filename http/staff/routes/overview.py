"""The platform at a glance: what there is, what goes through it, and what waits for somebody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

from plixa.http.api import Answer, Call, route
from plixa.storage.staff.overview import overview as look

TAG = "Admin — Tenants"


class Workspaces(TypedDict):
    total: int
    active: int
    suspended: int
    founded_30d: int
    by_plan: dict[str, int]
    trials_ending_7d: int


class Messages(TypedDict):
    day: datetime
    inbound: int
    outbound: int


class Waiting(TypedDict):
    effects: int
    oldest_effect_seconds: float | None
    doubtful: int
    given_up: int
    due_timers: int
    dead_letters: int
    kept_webhooks: int


class Numbers(TypedDict):
    total: int
    connected: int


class Desk(TypedDict):
    open: int
    waiting: int
    overdue: int
    oldest_waiting_since: datetime | None


class GatewayHealth(TypedDict):
    waiting: int
    oldest_seconds: float | None
    doubtful: int
    failed_1h: int
    numbers: dict[str, int]


class DatabaseHealth(TypedDict):
    bytes: int
    connections: int
    most_connections: int
    waiting_for_locks: int
    oldest_transaction_seconds: float | None
    deadlocks: int


class Overview(TypedDict):
    at: datetime
    workspaces: Workspaces
    revenue: dict[str, int]
    messages: list[Messages]
    numbers: Numbers
    gateway: GatewayHealth
    waiting: Waiting
    desk: Desk
    campaigns_sending: int
    database: DatabaseHealth


@route("GET", "/v1/admin/overview", tag=TAG, who="admin", answer=Overview, rate="60/minute", act="platform.overview")
async def overview(call: Call) -> Answer:
    """The platform at a glance

    Workspaces by plan and by how they pay (a subscription's status, `licence`, `trial` or `none`), trials that end
    within a week, messages of the last 14 days, numbers by state and what they have to send, what waits in the outbox
    and at the desk, and how the database is. Days are UTC's. Good for half a minute.
    """
    found: dict[str, Any] = await call.read(look, call.services.clock.now())
    return Answer(found)
