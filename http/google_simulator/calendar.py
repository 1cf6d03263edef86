"""The Calendar API as far as the product uses it: events with ids of one's own, lists, free/busy, channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from .errors import Refusal
from .world import Account, Channel, Json, Stored, World

ID = re.compile(r"[0-9a-v]{5,1024}\Z")
BESIDE_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
LONGEST = timedelta(days=90)
WEEK = 7 * 86400
WRITES = frozenset({"calendar", "calendar.events", "calendar.events.owned"})
LOOKS = frozenset({"calendar", "calendar.freebusy", "calendar.events.freebusy"})
Span = tuple[datetime, datetime]


def insert(world: World, account: Account, body: Json) -> Json:
    """A new event; an id that was ever used is refused."""
    id_ = str(body.get("id") or f"google{world.number():05}")
    if not ID.match(id_):
        raise Refusal(400, "invalid", "Invalid resource id value.")
    if id_ in account.events:
        raise Refusal(409, "duplicate", "The requested identifier already exists.")
    _must_have_times(body)
    whole: Json = {
        "kind": "calendar#event", "status": "confirmed", "created": world.text(), "sequence": 0,
        "transparency": "opaque", "eventType": "default", **body, "id": id_, "iCalUID": f"{id_}@google.com",
    }  # fmt: skip
    return world.change(account, whole).data


def patch(world: World, account: Account, id_: str, body: Json, if_match: str) -> Json:
    """Fields of one that lives."""
    stored = must_have(account, id_)
    if not stored.alive:
        raise Refusal(403, "forbidden", "Forbidden")
    if if_match and if_match != stored.data["etag"]:
        raise Refusal(412, "conditionNotMet", "Precondition Failed")
    moved = any(body.get(name, stored.data[name]) != stored.data[name] for name in ("start", "end"))
    merged = {**stored.data, **body, "sequence": stored.data["sequence"] + moved}
    _must_have_times(merged)
    return world.change(account, merged).data


def delete(world: World, account: Account, id_: str) -> None:
    """It stays as one that is cancelled."""
    stored = must_have(account, id_)
    if not stored.alive:
        raise Refusal(410, "deleted", "Resource has been deleted")
    world.change(account, {**stored.data, "status": "cancelled"})


def must_have(account: Account, id_: str) -> Stored:
    if id_ not in account.events:
        raise Refusal(404, "notFound", "Not Found")
    return account.events[id_]


def listed(world: World, account: Account, query: Json) -> Json:
    """A page: all that there is, or what has changed since a token; a page may be empty and have a next one."""
    since = _since(world, query)
    chosen = sorted(_chosen(account, query, since), key=lambda each: each.change)
    offset = int(query.get("pageToken", "p0")[1:])
    most = min(int(query.get("maxResults", 250)), world.settings.page)
    if offset == 0 and len(chosen) > most and "pageToken" not in query:
        return {**_frame(account), "items": [], "nextPageToken": "p0"}
    page, more = chosen[offset : offset + most], offset + most
    whole = {**_frame(account), "items": [_shown(each, bare=since is not None) for each in page]}
    if more < len(chosen):
        return {**whole, "nextPageToken": f"p{more}"}
    return {**whole, "nextSyncToken": f"s{world.number()}"}


def _frame(account: Account) -> Json:
    return {"kind": "calendar#events", "timeZone": account.zone, "accessRole": "owner"}


def _since(world: World, query: Json) -> int | None:
    token = query.get("syncToken")
    if token is None:
        return None
    if any(name in query for name in BESIDE_TOKEN) or query.get("showDeleted") == "false":
        raise Refusal(400, "invalid", "Sync token cannot be combined with this.")
    if world.strikes("expired", "/events") or not token.startswith("s"):
        raise Refusal(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    return int(token[1:])


def _chosen(account: Account, query: Json, since: int | None) -> Iterator[Stored]:
    first, last = query.get("timeMin"), query.get("timeMax")
    for each in account.events.values():
        if since is not None:
            if each.change > since:
                yield each
            continue
        if not each.alive and query.get("showDeleted") != "true":
            continue
        start, end = _span(each.data, account.zone)
        if (first is None or end > _instant(first)) and (last is None or start < _instant(last)):
            yield each


def _shown(stored: Stored, *, bare: bool) -> Json:
    """Of what is deleted, Google is sure of the id only."""
    return {"id": stored.id, "status": "cancelled"} if bare and not stored.alive else stored.data


def free_busy(world: World, account: Account, body: Json) -> Json:
    """What is busy, merged, whoever wrote it."""
    first, last = _instant(body["timeMin"]), _instant(body["timeMax"])
    if last <= first:
        raise Refusal(400, "timeRangeEmpty")
    if last - first > LONGEST:
        raise Refusal(400, "timeRangeTooLong", "The requested time range is too long.")
    found: Json = {}
    for each in body["items"]:
        if each["id"] not in ("primary", account.email):
            found[each["id"]] = {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}
        elif world.strikes("unknown", "/freeBusy"):
            found[each["id"]] = {"errors": [{"domain": "global", "reason": "internalError"}], "busy": []}
        else:
            found[each["id"]] = {"busy": [_period(span) for span in _merged(_busy(account, first, last))]}
    return {"kind": "calendar#freeBusy", "timeMin": body["timeMin"], "timeMax": body["timeMax"], "calendars": found}


def _busy(account: Account, first: datetime, last: datetime) -> Iterator[Span]:
    for each in account.events.values():
        data = each.data
        declined = any(g.get("self") and g.get("responseStatus") == "declined" for g in data.get("attendees", ()))
        free = data["transparency"] == "transparent" or data["eventType"] in ("workingLocation", "birthday")
        if not each.alive or declined or free:
            continue
        start, end = _span(data, account.zone)
        if start < last and end > first:
            yield max(start, first), min(end, last)


def _merged(spans: Iterator[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _period(span: Span) -> Json:
    return {"start": _z(span[0]), "end": _z(span[1])}


def watch(world: World, account: Account, body: Json) -> Json:
    """A channel; the first push says `sync` and means nothing."""
    id_, until = str(body.get("id", "")), int(body.get("expiration") or (world.now() + 3600) * 1000)
    if not 0 < len(id_) <= 64 or id_ in world.used_channels:
        raise Refusal(400, "channelIdNotUnique")
    if until / 1000 < world.now():
        raise Refusal(400, "pushInvalidTtl")
    address = str(body["address"])
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise Refusal(401, "push.webhookUrlUnauthorized", "Unauthorized WebHook callback channel")
    until_s = min(until / 1000, world.now() + WEEK)
    world.used_channels.add(id_)
    channel = Channel(id_, account.email, address, str(body.get("token", "")), f"resource-{account.sub}", until_s)
    world.channels[id_] = channel
    world.tell(channel, "sync")
    return {"kind": "api#channel", "id": id_, "resourceId": channel.resource, "expiration": str(int(until_s * 1000))}


def stop(world: World, body: Json) -> None:
    """Pushes that are under way still come."""
    if world.channels.pop(str(body.get("id")), None) is None:
        raise Refusal(404, "notFound", "Channel not found")


def _must_have_times(body: Json) -> None:
    start, end = cast("Any", body.get("start")), cast("Any", body.get("end"))
    if not start or not end:
        raise Refusal(400, "required", "Missing end time.")
    if ("date" in start) is not ("date" in end):
        raise Refusal(400, "invalid", "Invalid start time.")
    if "date" not in start and _instant(end["dateTime"]) < _instant(start["dateTime"]):
        raise Refusal(400, "timeRangeEmpty")


def _span(data: Json, zone: str) -> Span:
    return _when(data["start"], zone), _when(data["end"], zone)


def _when(when: Json, zone: str) -> datetime:
    if "date" in when:
        day = date.fromisoformat(when["date"])
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return _instant(when["dateTime"])


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise Refusal(400, "badRequest", "Bad Request")
    return found.astimezone(UTC)


def _z(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
