"""What staff did: every look and every change."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated, Any

from pydantic import StringConstraints, create_model
from typing_extensions import TypedDict

from plixa.http.api import Answer, Call, cursors, route
from plixa.http.api.fields import Body, Id, Moment, Page
from plixa.http.contacts.columns import guarded
from plixa.storage.staff.deeds import DeedFilter, list_deeds

TAG = "Admin — Tenants"
PATH = "/v1/admin/audit-logs"
EXPORTED = 10_000
COLUMNS = (
    "id", "at", "admin_id", "admin_name", "act", "tenant_id", "target", "target_id", "reason", "outcome", "address",
    "user_agent", "request_id", "before", "after",
)  # fmt: skip


class Narrowed(Body):
    """Which entries. `act` is like `tenant.suspended`."""

    admin_id: Id | None = None
    tenant_id: Id | None = None
    act: Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9_./{} -]+$")] | None = None
    target: Annotated[str, StringConstraints(max_length=60, pattern=r"^[A-Za-z_]+$")] | None = None
    target_id: Id | None = None


# `from` is a word of Python's, so it cannot stand in a class. `to` is excluded.
_AT: Any = Moment
_SPAN: dict[str, Any] = {"from": (_AT | None, None), "to": (_AT | None, None)}
AuditExport = create_model("AuditExport", __base__=Narrowed, __doc__=Narrowed.__doc__, **_SPAN)
AuditQuery = create_model("AuditQuery", __base__=(AuditExport, Page), __doc__=Narrowed.__doc__)


class StaffDeed(TypedDict):
    id: str
    at: datetime
    admin_id: int
    admin_name: str | None
    act: str
    tenant_id: int | None
    target: str
    target_id: int | None
    before: Any
    after: Any
    reason: str | None
    outcome: str
    address: str | None
    user_agent: str | None
    request_id: str


@route("GET", PATH, tag=TAG, who="admin", query=AuditQuery, answer=list[StaffDeed], act="audit.listed")
async def list_audit_logs(call: Call) -> Answer:
    """List what staff did

    Newest first: every request of staff, with what it changed, and whether it was refused. Kept for five years;
    `address` and `user_agent` for one.
    """
    query = call.query
    rows, more = await call.read(
        list_deeds, _chosen(query), cursors.decode(query.cursor, tuple[datetime, str]), query.limit
    )
    return Answer([_entry(row) for row in rows], {"next_cursor": cursors.encode(more), "limit": query.limit})


@route(
    "GET",
    f"{PATH}/export.csv",
    tag=TAG,
    who="admin",
    query=AuditExport,
    answer=bytes,
    rate="10/minute",
    act="audit.exported",
)
async def export_audit_logs(call: Call) -> Answer:
    """Export what staff did, as CSV

    The newest 10,000 entries of the same filters.
    """
    rows, _ = await call.read(list_deeds, _chosen(call.query), None, EXPORTED)
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(COLUMNS)
    out.writerows([_cell(entry[name]) for name in COLUMNS] for entry in map(_entry, rows))
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": 'attachment; filename="audit.csv"'}
    return Answer(raw=text.getvalue().encode("utf-8-sig"), headers=headers)  # with the mark that Excel needs


def _cell(value: Any) -> str:
    text = value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)
    return guarded(text)


def _chosen(query: Any) -> DeedFilter:
    since, until = getattr(query, "from"), query.to
    return DeedFilter(query.admin_id, query.tenant_id, query.act, query.target, query.target_id, since, until)


def _entry(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in StaffDeed.__annotations__} | {"tenant_id": row["tenant_id"] or None}
