"""What reports have in common: a span of local days, rows with their sums, as JSON or as a file for spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.http.api import Answer, Call
from plixa.http.api.fields import Body
from plixa.http.contacts.columns import guarded
from plixa.storage.reports.reports import LONGEST

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


NOT_SUMMED = frozenset(
    {"day", "user_id", "flow_id", "target_seconds", "by", "reason", "said", "provider_id", "service_id", "reminded"}
)


def days_of(call: Call, workspace: Workspace) -> tuple[date, date]:
    """The first and the last day. Raises `Invalid`."""
    query: Span = call.query
    last = query.last or call.services.clock.now().astimezone(workspace.zone).date()
    first = query.first or last - timedelta(days=29)
    if first > last or (last - first).days >= LONGEST:
        raise Invalid({"from": [f"The span must begin before it ends, and have at most {LONGEST} days."]})
    return first, last


def answered(call: Call, workspace: Workspace, name: str, found: list[dict[str, Any]]) -> Answer:
    """The rows of a report, in the form that was asked for."""
    (first, last), rows = days_of(call, workspace), plain(found)
    if call.query.format == "csv":
        return Answer(raw=_as_csv(rows), headers=_download(f"{name}-{first}-{last}.csv"))
    span = {"timezone": workspace.timezone, "first_day": first, "last_day": last}
    return Answer({**span, "rows": rows, "totals": _totals(rows)})


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Days as they are written, figures rounded."""
    return [{name: _number(value) for name, value in row.items()} for row in rows]


def _number(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value


def _totals(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sums of what can be summed."""
    counted = [name for name in (rows[0] if rows else {}) if name not in NOT_SUMMED]
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
