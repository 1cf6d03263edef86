"""What became of appointments: by provider and service, how full the hours were, and what reminders did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import trio

from plixa.actors.scheduling.rules import closed_spans, openings
from plixa.actors.scheduling.spans import cut
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Answer, Call, route
from plixa.http.reports.reporting import Report, Span, answered, days_of
from plixa.http.scheduling.asking import Book, open_book
from plixa.http.scheduling.times import A_DAY, day_begins
from plixa.storage.scheduling import figures

TAG = "Reports"
DECLARED: dict[str, Any] = {"tag": TAG, "query": Span, "answer": Report, "who": "owner", "rate": "60/minute"}


@route("GET", "/v1/reports/appointments", **DECLARED)
async def appointments_report(call: Call) -> Answer:
    """Appointments by provider and service

    Of those that begin in the span: `booked`, in all; `came` (arrived or completed), `no_shows`, and what was cancelled
    by whom (`ended_by_themselves`: neither approved nor paid in time). `minutes`: of all that were not cancelled.
    """
    return await _counted(call, "appointments", figures.by_service)


@route("GET", "/v1/reports/reminders", **DECLARED)
async def reminders_report(call: Call) -> Answer:
    """What reminders do

    What became of appointments whose customer was `reminded`, and of those whose was not. `average_no_show_rate`: of
    those that took place or should have.
    """
    return await _counted(call, "reminders", figures.by_reminder, _with_rate)


@route("GET", "/v1/reports/utilisation", **DECLARED)
async def utilisation_report(call: Call) -> Answer:
    """How full each provider's hours are

    `open_minutes`: by their schedule as it is now, without closed days. `booked_minutes`: of appointments that were not
    cancelled. `average_utilisation`: their ratio; null where no hours are set.
    """
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    (first, last), book = days_of(call, workspace), await open_book(call.services, call.tenant)
    rows = await call.read(figures.by_service, call.tenant, workspace.timezone, first, last)
    booked = dict[int, int]()
    for row in rows:
        if row["provider_id"] is not None:
            booked[row["provider_id"]] = booked.get(row["provider_id"], 0) + row["minutes"]
    found = list[dict[str, Any]]()
    for provider in sorted({*_providers(book), *booked}):
        await trio.lowlevel.checkpoint()  # a year of hours is much to lay out
        found.append(_utilised(provider, _open_minutes(book, provider, first, last), booked.get(provider, 0)))
    return answered(call, workspace, "utilisation", found)


async def _counted(
    call: Call, name: str, count: Callable[..., Any], more: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> Answer:
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    rows = await call.read(count, call.tenant, workspace.timezone, *days_of(call, workspace))
    return answered(call, workspace, name, [more(row) if more else row for row in rows])


def _with_rate(row: dict[str, Any]) -> dict[str, Any]:
    due = row["came"] + row["no_shows"]
    return {**row, "average_no_show_rate": row["no_shows"] / due if due else None}


def _providers(book: Book) -> set[int]:
    """Who provides any service."""
    named = (book.offering.providers_of(each) for each in book.offering.services.values() if each.is_active)
    return {provider for providers in named for provider in providers if provider is not None}


def _open_minutes(book: Book, provider: int, first: date, last: date) -> int | None:
    """Within the business's local days."""
    known = book.offering.providers.get(provider)
    if known is None or known.rules is None:
        return None
    closed = tuple(closed_spans(book.offering.closed, book.offering.zone, first, last))
    low, high = day_begins(first, book.offering.zone), day_begins(last + A_DAY, book.offering.zone)
    outside = ((0, low), (high, high + 2**30))
    whole = openings(known.rules, known.zone, first, last, closed).whole
    return sum(end - start for span in whole for start, end in cut(span, outside))


def _utilised(provider: int, open_: int | None, booked: int) -> dict[str, Any]:
    share = booked / open_ if open_ else None
    return {"provider_id": provider, "open_minutes": open_, "booked_minutes": booked, "average_utilisation": share}
