"""The dashboard and the reports: by day or by member, in the workspace's time zone, as JSON or CSV."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from typing_extensions import TypedDict

from plixa.actors.conversation.explain_words import TIMELINE, handed_off
from plixa.actors.sayings import sayings
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, Route, cursors, route
from plixa.http.api.fields import Id, Page
from plixa.http.realtime.visible import sees_ratings, sight_of
from plixa.http.reports.reporting import Report, Span, answered, days_of, plain
from plixa.storage.conversation import csat
from plixa.storage.reports import reports

TAG = "Reports"


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
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    today = call.services.clock.now().astimezone(workspace.zone).date()
    sight = sight_of(workspace, call.caller)
    now = await call.read(reports.standing, call.tenant, call.caller.user_id, sight)
    first = today - timedelta(days=6)
    days = await call.read(reports.volume, call.tenant, workspace.timezone, first, today, sight)
    shown = {name: days[-1][name] for name in Today.__annotations__}
    return Answer({"now": now, "today": shown, "last_7_days": plain(days), "timezone": workspace.timezone})


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

handoffs_report = _report_route(
    "handoffs",
    "What went to a person, and why",
    """By day, who gave it away and why, how many `conversations`: `by` the `ai` with its reason, by a `flow`, or by the
    `business`: a person who took over, or a rule. `said` is the reason in your language. Days without any are left out.
    """,
)


async def _report(call: Call, name: str) -> Answer:
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    first, last = days_of(call, workspace)
    rows = await call.read(reports.report, call.tenant, name, workspace.timezone, first, last)
    say = sayings(TIMELINE, call.locale(workspace))
    told = [row | {"said": say(handed_off(row["reason"]))} if "reason" in row else row for row in rows]
    return answered(call, workspace, name, told)


@route("GET", "/v1/csat/ratings", tag="CSAT", query=Ratings, answer=list[Rating])
async def ratings(call: Call) -> Answer:
    """List the ratings that customers gave

    Agents see them where the workspace shows ratings to agents.
    """
    query: Ratings = call.query
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    if not sees_ratings(workspace, call.caller):
        return Answer([], {"next_cursor": None, "limit": query.limit})
    before = cursors.decode(query.cursor, tuple[datetime, int])
    sight = sight_of(workspace, call.caller)
    page, more = await call.read(csat.list_ratings, call.tenant, query.user, sight, before, query.limit)
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})
