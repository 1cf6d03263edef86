"""A provider's appointments as a feed, by an address that only they know; and one appointment as a document.

RFC 5545 is the library's. Of customers a feed has the first name, an invitation nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from icalendar import Calendar, Event

from plixa.actors.scheduling.catalogue import SERVICES
from plixa.actors.workspace.state import Workspace
from plixa.http.api.services import Services
from plixa.http.calendars.channels import hashed
from plixa.http.calendars.syncing import name_of
from plixa.storage.calendars import links

PATH = "/calendar/feed"
MOST = 5_000
AGAIN = timedelta(minutes=15)
TYPE = "text/calendar"
STATUS = {"pending": "TENTATIVE", "cancelled": "CANCELLED"}
Method = Literal["PUBLISH", "REQUEST", "CANCEL"]


async def new_feed(services: Services, tenant: int, user_id: int) -> str:
    """A new address; the one before leads nowhere from now on."""
    secret = secrets.token_urlsafe(32)
    await services.database.run(links.put_feed, tenant, user_id, hashed(secret), services.clock.now())
    return f"{services.public_url}{PATH}/{secret}.ics"


async def feed(services: Services, secret: str) -> bytes | None:
    """What stands behind an address; None where it leads nowhere."""
    row = await services.database.run(links.find_feed, hashed(secret[:200]))
    if row is None:
        return None
    workspace: Workspace = await services.bus.workspace(row["tenant_id"])
    member = workspace.members.get(row["user_id"])
    if member is None or workspace.status == "erased":
        return None
    now = services.clock.now()
    rows = await services.database.run(links.shown_in_feed, workspace.id, member.id, now, MOST)
    whole = _calendar("PUBLISH", f"{member.name} - {workspace.name}")
    for each in rows:
        named = filter(None, (_service(workspace, each["service_id"]), _first(each["name"])))
        whole.add_component(_event(each, workspace, " - ".join(named), now))
    return bytes(whole.to_ical())


def invitation(rows: Sequence[Mapping[str, Any]], workspace: Workspace, now: datetime) -> bytes:
    """Appointments for their customer's own calendar; cancelled ones it takes out of there again."""
    over = all(row["status"] == "cancelled" for row in rows)
    whole = _calendar("CANCEL" if over else "PUBLISH", workspace.name)
    for row in rows:
        provider = workspace.members.get(row["provider_id"] or 0)
        named = filter(
            None, (_service(workspace, row["service_id"]), provider.name if provider else None, workspace.name)
        )
        whole.add_component(_event(row, workspace, " - ".join(named), now))
    return bytes(whole.to_ical())


def _calendar(method: Method, name: str) -> Any:
    made = cast("Any", Calendar())  # the library types its values by halves
    made.add("prodid", "-//Plixa//Calendar//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", method)
    made.add("x-wr-calname", _line(name))
    made.add("refresh-interval", AGAIN, parameters={"value": "DURATION"})
    made.add("x-published-ttl", "PT15M")
    return made


def _event(row: Mapping[str, Any], workspace: Workspace, summary: str, now: datetime) -> Any:
    """sequence: grows with each move, and with the end, so that calendars take the later word."""
    made = cast("Any", Event())
    made.add("uid", f"{row['id']}.{name_of(workspace)}@plixa")
    made.add("dtstamp", now.replace(microsecond=0))
    made.add("dtstart", row["starts_at"])
    made.add("dtend", row["ends_at"])
    made.add("last-modified", row["updated_at"].replace(microsecond=0))
    made.add("sequence", row["revision"] * 2 + (row["status"] == "cancelled"))
    made.add("status", STATUS.get(row["status"], "CONFIRMED"))
    made.add("summary", _line(summary) or "Plixa")
    return made


def _service(workspace: Workspace, service_id: int) -> str | None:
    service = SERVICES.of(workspace).get(service_id)
    return None if service is None else service.name


def _first(name: str | None) -> str | None:
    return next(iter((name or "").split()), None)


def _line(text: str) -> str:
    """On one line, without what no calendar may hold."""
    return "".join(each for each in _spaced(text) if each.isprintable())[:200]


def _spaced(text: str) -> Iterable[str]:
    return " ".join(text.split())
