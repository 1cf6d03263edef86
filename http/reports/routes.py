"""The dashboard and the reports: by day or by member, in the workspace's time zone, as JSON or CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.http.api import Answer, Call, Route, cursors, route
from plixa.http.api.fields import Body, Id, Page
from plixa.http.contacts.columns import guarded
from plixa.http.realtime.visible import sees_ratings, sight_of
from plixa.storage.conversation import csat
from plixa.storage.reports import reports

TAG = "Reports"
LocalDay = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2999, 12, 31))]
"""The database's driver takes the first and the last day that Python knows for endless ones."""


class Span(Body):
    """Local days, both included; the last 30 where nothing is said. `format` csv gives a file."""

    first: Annotated[LocalDay | None, Field(alias="from")] = None
    last: Annotated[LocalDay | None, Field(alias="to")] = None
    format: Literal["json", "csv"] = "json"


class Report(TypedDict):
    timezone: str
    first_day: date
    last_day: date
    rows: list[dict[str, Any]]
    totals: dict[str, float | int | None]


class Today(TypedDict):
    inbound: int
    outbound: int
    opened: int
    resolved: int
    reopened: int
    by_ai: int
    by_flow: int


class Figures(Today):
    """A day's, in the workspace's zone."""

    day: date
    notes: int
    resolved_by_ai: int
    resolved_by_flows: int
    resolved_by_integrations: int
    resolved_by_members: int
    resolved_by_silence: int


class Dashboard(TypedDict):
    now: dict[str, int]
    today: Today
    last_7_days: list[Figures]
    timezone: str


class Rating(TypedDict):
    conversation_id: int
    contact_name: str | None
    rating: int
    comment: str | None
    user_id: int | None
    rated_at: datetime


class Ratings(Page):
    """Newest first; `user` only those of one member."""

    user: Id | None = None


@route("GET", "/v1/dashboard", tag=TAG, answer=Dashboard)
async def dashboard(call: Call) -> Answer:
    """How the inbox stands, today and in the last days

    An agent who may see only their own conversations gets the figures of those and of nobody's.
    """
    house: Workspace = await call.services.bus.house(call.tenant)
    today = call.services.clock.now().astimezone(house.zone).date()
    sight = sight_of(house, call.caller)
    now = await call.read(reports.standing, call.tenant, call.caller.user_id, sight)
    first = today - timedelta(days=6)
    days = await call.read(reports.volume, call.tenant, house.timezone, first, today, sight)
    shown = {name: days[-1][name] for name in Today.__annotations__}
    return Answer({"now": now, "today": shown, "last_7_days": _plain(days), "timezone": house.timezone})


def _report_route(name: str, summary: str, text: str) -> Route:
    async def handler(call: Call) -> Answer:
        return await _report(call, name)

    handler.__doc__ = f"{summary}\n\n{text}"
    declare = route("GET", f"/v1/reports/{name}", tag=TAG, query=Span, answer=Report, who="owner", rate="60/minute")
    return declare(handler)


volume_report = _report_route(
    "volume",
    "Messages and conversations by day",
    """`inbound`, `outbound`, `notes`: messages; of those that went out, `by_ai` and `by_flow`. `opened`: conversations
    that began. `resolved`: how often one was resolved on that day, also if it was opened again later: by a member, by
    an integration, by a flow that came to its end or in which the customer fell silent, by the AI (the customer fell
    silent after its answer), or by silence alone. `reopened`: how often a resolved one was opened again on that day.
    """,
)
sla_report = _report_route(
    "sla",
    "Promises by day",
    """Of the promises that were made on that day: `met`, `breached` (whenever that was), the median time and the
    target. `breaches`: promises that broke on that day, whenever they were made. Without targets there is nothing in
    it.
    """,
)
agents_report = _report_route(
    "agents",
    "Work by member",
    """`open_now`: what is assigned to them at this moment. `resolved`: how often they resolved a conversation
    themselves at the panel, whoever it was assigned to, also if it was opened again later. `messages`: what they wrote,
    without notes. `average_rating`: of the conversations that they looked after when the customer rated.
    """,
)
csat_report = _report_route("csat", "Ratings by day", "How many, the average, and how often each was given.")
flows_report = _report_route(
    "flows",
    "Flows",
    """`conversations` that each was in. How it ended: `handed_over` to a person by the flow, `resolved` by the flow (or
    because the customer fell silent in it), `done` without that, `taken_over` by a person who wrote or resolved it.
    `misunderstood`: answers that did not fit.
    """,
)
ai_report = _report_route("ai", "The AI by day", "Answers, hand-offs, drafts thrown away, and what it cost.")


async def _report(call: Call, name: str) -> Answer:
    query: Span = call.query
    house: Workspace = await call.services.bus.house(call.tenant)
    last = query.last or call.services.clock.now().astimezone(house.zone).date()
    first = query.first or last - timedelta(days=29)
    if first > last or (last - first).days >= reports.LONGEST:
        raise Invalid({"from": [f"The span must begin before it ends, and have at most {reports.LONGEST} days."]})
    rows = _plain(await call.read(reports.report, call.tenant, name, house.timezone, first, last))
    if query.format == "csv":
        return Answer(raw=_as_csv(rows), headers=_download(f"{name}-{first}-{last}.csv"))
    span = {"timezone": house.timezone, "first_day": first, "last_day": last}
    return Answer({**span, "rows": rows, "totals": _totals(rows)})


def _plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: _number(value) for name, value in row.items()} for row in rows]


def _number(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums of what can be summed."""
    counted = [
        name for name in (rows[0] if rows else {}) if name not in ("day", "user_id", "flow_id", "target_seconds")
    ]
    return {
        name: sum(row[name] or 0 for row in rows)
        for name in counted
        if all(isinstance(row[name], int | None) for row in rows) and not name.startswith("average")
    }


def _as_csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]) if rows else ["day"], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({n: guarded(v) if isinstance(v, str) else v for n, v in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for Latin-1


def _download(name: str) -> dict[str, str]:
    return {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": f'attachment; filename="{name}"'}


@route("GET", "/v1/csat/ratings", tag="CSAT", query=Ratings, answer=list[Rating])
async def ratings(call: Call) -> Answer:
    """List the ratings that customers gave

    Agents see them where the workspace shows ratings to agents.
    """
    query: Ratings = call.query
    house: Workspace = await call.services.bus.house(call.tenant)
    if not sees_ratings(house, call.caller):
        return Answer([], {"next_cursor": None, "limit": query.limit})
    before = cursors.decode(query.cursor, tuple[datetime, int])
    sight = sight_of(house, call.caller)
    page, more = await call.read(csat.list_ratings, call.tenant, query.user, sight, before, query.limit)
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})
