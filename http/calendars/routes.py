"""A member's own calendar at Google: how it stands, connecting and disconnecting, what was changed there; and feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from quart import request
from typing_extensions import TypedDict

from plixa.actors.calendars.links import LINKS, Link, UnlinkCalendar
from plixa.actors.conversation import commands as chat, events as ev
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import Claim
from plixa.actors.scheduling.view import shown_at
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Conflict, NotFound
from plixa.http.api import Answer, Call, rendering, route, settled
from plixa.http.api.fields import Body
from plixa.http.calendars import feeds
from plixa.http.calendars.channels import PATH as HEARD_AT
from plixa.http.calendars.linking import CALLBACK, COOKIE, WITHIN
from plixa.http.calendars.parts import CALENDARS, Calendars
from plixa.http.conversation.finding import must_have_its_number, visible
from plixa.http.scheduling.asking import ask_agenda, open_book
from plixa.http.scheduling.inviting import INVITES
from plixa.storage.calendars import links, mirrored
from plixa.storage.calendars.mirrored import Mirrored
from plixa.storage.scheduling import reads

TAG = "Scheduling — calendar sync"
BASE = "/v1/scheduling/calendar/google"
FEED = "/v1/scheduling/calendar/feed"
State = Literal["none", "connected", "reconnect_needed", "missing_scope", "paused"]


class NotSetUp(Conflict):
    """No client of Google is set."""

    def __init__(self) -> None:
        super().__init__("Google calendars are not set up on this server.", code="CALENDAR_NOT_SET_UP")


class CalendarLink(TypedDict):
    """available: whether this server can link calendars at all. since: from when on it is not well."""

    available: bool
    state: State
    email: str | None
    linked_at: datetime | None
    since: datetime | None
    last_synced_at: datetime | None
    last_error: str | None


class ConsentPage(TypedDict):
    url: str


class Disconnecting(Body):
    """`remove_events`: take future appointments out of the calendar first; otherwise they stay there."""

    remove_events: bool = False


class CalendarChange(TypedDict):
    """kind: what was done to its event, or that something else stands at its time. start, end: where it is now."""

    appointment_id: int
    kind: Literal["moved", "removed", "clash"]
    start: datetime | None
    end: datetime | None
    seen_at: datetime | None


class Feed(TypedDict):
    active: bool
    created_at: datetime | None


class FeedAddress(TypedDict):
    url: str


class Sent(TypedDict):
    conversation_id: int


@route("GET", BASE, tag=TAG, ability="panel", answer=CalendarLink)
async def get_link(call: Call) -> Answer:
    """Show how your own Google calendar is linked

    Each member's own. Never a token: those are sealed.
    """
    return Answer(await _shown(call))


async def _shown(call: Call) -> dict[str, Any]:
    link = await _link(call)
    row = None
    if link is not None:
        row = await call.read(links.get_link, call.tenant, call.caller.user_id, link.number)
    return {
        "available": call.services[CALENDARS] is not None,
        "state": "none" if link is None else link.state,
        "email": None if link is None else link.email or None,
        "linked_at": None if link is None else link.linked_at,
        "since": None if link is None else link.since,
        "last_synced_at": None if row is None else row["synced_at"],
        "last_error": None if row is None else row["error"],
    }


async def _link(call: Call) -> Link | None:
    return LINKS.of(await call.services.bus.workspace(call.tenant)).of.get(call.caller.user_id)


@route(
    "GET",
    f"{BASE}/connect",
    tag=TAG,
    ability="panel",
    answer=ConsentPage,
    rate="20/minute",
    acting=False,
    raises=("CALENDAR_NOT_SET_UP",),
)
async def connect(call: Call) -> Answer:
    """Start linking your own Google calendar

    Send the browser to `url` within ten minutes: it must be the browser that made this request, for a cookie goes
    along. Google sends it back to Plixa. Connecting anew takes the place of the link before.
    """
    calendars, caller = _must_have(call), call.caller
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    email = workspace.members[caller.user_id].email
    url, cookie = calendars.linking.begin(call.tenant, caller.user_id, caller.token_id, email)
    secure = "; Secure" if call.services.public_url.startswith("https://") else ""
    kept = f"{COOKIE}={cookie}; Path={CALLBACK}; Max-Age={int(WITHIN.total_seconds())}; HttpOnly; SameSite=Lax{secure}"
    return Answer({"url": url}, headers={"Set-Cookie": kept})


@route("POST", f"{BASE}/disconnect", tag=TAG, ability="panel", body=Disconnecting, answer=CalendarLink, acting=False)
async def disconnect(call: Call) -> Answer:
    """Disconnect your own Google calendar

    Always possible, also while Google does not answer. Yours only. Events that stand in it stay there, unless
    `remove_events` says otherwise. Connecting the same account again finds them.
    """
    command = UnlinkCalendar(user_id=call.caller.user_id, remove=call.body.remove_events)
    await call.ask("workspace", call.tenant, command)
    await call.services.database.run(links.drop_busy, call.tenant, call.caller.user_id)
    return Answer(await _shown(call))


def _must_have(call: Call) -> Calendars:
    calendars = call.services[CALENDARS]
    if calendars is None:
        raise NotSetUp
    return calendars


# -- what was changed there -------------------------------------------------------------------------------------------


@route("GET", f"{BASE}/changes", tag=TAG, ability="panel", answer=list[CalendarChange])
async def list_changes(call: Call) -> Answer:
    """List what was changed in your Google calendar

    Appointments whose event you moved or removed there: nothing comes of it until you accept it or put it back. A
    `clash` says that something else of yours stands at an appointment's time.
    """
    link = await _link(call)
    row = None if link is None else await call.read(links.get_link, call.tenant, call.caller.user_id, link.number)
    if row is None:
        return Answer([])
    now = int(call.services.clock.now().timestamp()) // 60
    found: list[Mirrored] = await call.read(mirrored.undecided, call.tenant, call.caller.user_id, row["account"], now)
    book = await open_book(call.services, call.tenant)
    zone = book.offering.zone_of(call.caller.user_id)
    return Answer([_change(each, zone) for each in found if not _decided(each, book.agenda.find(each.appointment_id))])


def _decided(row: Mirrored, claim: Claim | None) -> bool:
    """Whether the agenda says by now what was done there: the calendar's own line hears of it a moment later."""
    if claim is None or claim.status == "cancelled":
        return True
    return row.seen == "moved" and claim.span == (row.seen_first, row.seen_last)


def _change(row: Mirrored, zone: str) -> CalendarChange:
    moved = row.seen_first is not None and row.seen_last is not None
    return {
        "appointment_id": row.appointment_id,
        "kind": row.seen or "clash",
        "start": shown_at(row.seen_first or 0, zone) if moved else None,
        "end": shown_at(row.seen_last or 0, zone) if moved else None,
        "seen_at": row.seen_at,
    }


@route(
    "POST",
    f"{BASE}/changes/{{appointment}}/accept",
    tag=TAG,
    ability="panel",
    raises=("SLOT_TAKEN", "RESOURCE_FULL", "CLOSED_DAY", "PROVIDER_AWAY", "STATUS_CONFLICT"),
    answer=list[CalendarChange],
)
async def accept_change(call: Call) -> Answer:
    """Do with the appointment what was done with its event

    One that was moved in Google is rescheduled, with its length; one that was removed is cancelled. What is left to be
    decided is answered.
    """
    row = await _undecided(call)
    if row.seen == "moved" and row.seen_first is not None and row.seen_last is not None:
        where = (row.seen_first, row.seen_last)
        await _must_have(call).syncing.look(call.tenant, [call.caller.user_id], *where)  # the event itself is no clash
        await ask_agenda(call, cmd.Reschedule(appointment_id=row.appointment_id, start=row.seen_first))
    else:
        await ask_agenda(call, cmd.Cancel(appointment_id=row.appointment_id))
    return await list_changes.handler(call)


@route(
    "POST",
    f"{BASE}/changes/{{appointment}}/revert",
    tag=TAG,
    ability="panel",
    answer=list[CalendarChange],
    raises=("CALENDAR_NOT_SET_UP", "CALENDAR_UNAVAILABLE"),
)
async def revert_change(call: Call) -> Answer:
    """Put an appointment's event back where it was

    The appointment stays as it is. What is left to be decided is answered.
    """
    row = await _undecided(call)
    await _must_have(call).syncing.put_back(call.tenant, call.caller.user_id, row.appointment_id)
    return await list_changes.handler(call)


async def _undecided(call: Call) -> Mirrored:
    link, row = await _link(call), None
    if link is not None:
        row = await _must_have(call).syncing.row(call.tenant, call.caller.user_id, link, call.params["appointment"])
    if row is None or row.seen is None or not row.alive:
        raise NotFound("change")
    return row


@route("POST", HEARD_AT, tag="Webhooks", who="public", rate="600/minute", max_body=16 * 1024, status=204)
async def heard(call: Call) -> Answer:
    """Hear that something changed in a linked Google calendar

    Google's own; the proof is the channel's secret. Whatever comes is answered alike, and only leads to a look.
    """
    calendars = call.services[CALENDARS]
    if calendars is not None and await calendars.channels.hear(
        {name.lower(): each for name, each in request.headers.items()}
    ):
        calendars.syncing.hurry()
    return Answer(status=204)


# -- feeds and documents ----------------------------------------------------------------------------------------------


@route("GET", FEED, tag=TAG, ability="panel", answer=Feed)
async def get_feed(call: Call) -> Answer:
    """Show whether your calendar feed has an address

    The address itself is shown once, when it is made.
    """
    row = await call.read(links.get_feed, call.tenant, call.caller.user_id)
    return Answer({"active": row is not None, "created_at": None if row is None else row["created_at"]})


@route("POST", FEED, tag=TAG, ability="panel", answer=FeedAddress, status=201, rate="20/minute", acting=False)
async def make_feed(call: Call) -> Answer:
    """Make a new address for your calendar feed

    Any calendar program can subscribe to it (iCalendar). Whoever knows it sees your appointments: times, services,
    first names. The address before stops working.
    """
    url = await feeds.new_feed(call.services, call.tenant, call.caller.user_id)
    return Answer({"url": url}, status=201)


@route("DELETE", FEED, tag=TAG, ability="panel", status=204)
async def drop_feed(call: Call) -> Answer:
    """Revoke the address of your calendar feed"""
    await call.services.database.run(links.drop_feed, call.tenant, call.caller.user_id)
    return Answer(status=204)


@route(
    "POST",
    "/v1/scheduling/appointments/{appointment}/invite",
    tag="Scheduling — appointments",
    answer=Sent,
    status=201,
    rate="60/minute",
    idempotent=True,
    raises=("NUMBER_REMOVED",),
)
async def invite(call: Call) -> Answer:
    """Send an appointment to its customer as a calendar file

    A document in their conversation, which their phone can put into its calendar. Of a cancelled appointment it takes
    it out of there again.
    """
    row = await call.read(reads.get_appointment, call.tenant, call.params["appointment"])
    if row is None:
        raise NotFound("appointment")
    where = row["conversation_id"]
    if where is None and row["contact_id"] is not None:
        where = await call.read(reads.conversation_of, call.tenant, row["contact_id"])
    if where is None:
        raise NotFound("conversation")
    found = await visible(call, where)
    await must_have_its_number(call, found)
    media, stored = await call.services[INVITES].file(call.tenant, [row["id"]])
    content = Content(MessageKind.DOCUMENT, None, "documentMessage", media)
    who = call.caller
    author = ev.Author("user", who.user_id, who.name) if who.panel else ev.Author("api", who.token_id)
    command = chat.Send(author=author, content=content, media_sha256=stored)
    sent = Answer({"conversation_id": found["id"]}, status=201)
    return await call.answered("conversation", found["id"], command, rendering(settled, sent))
