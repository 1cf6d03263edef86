"""Appointments for the outside: what an event changes, as live clients fold it, and what happened in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from plixa.actors.feature import Show, events_of
from plixa.actors.sayings import Say, sayings
from plixa.actors.scheduling import events as ev
from plixa.actors.scheduling.view_words import TIMELINE
from plixa.actors.scheduling.walls import instant
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Event

Data = dict[str, Any]
BY = {"staff": "somebody of the team", "contact": "the customer", "system": "Plixa"}
SOURCES = {
    "staff": "by somebody of the team",
    "ai": "by the AI, for the customer",
    "flow": "in a flow, by the customer",
    "contact": "by the customer",
    "api": "by an integration",
}
STATUSES = {
    "arrived": "The customer is there.",
    "completed": "It took place.",
    "no_show": "The customer did not come.",
}
ENDS = {
    "declined": "The request was declined",
    "expired": "Nobody approved the request in time",
    "unpaid": "It was not paid in time",
}
ALONG = {"following": ", with all that follow", "all": ", with the whole series"}
UNDONE = {
    "arrived": "Taken back: the customer is not there yet.",
    "no_show": "Taken back: they did come, or still may.",
}
FIELDS = {"contact_id": "the contact", "conversation_id": "the conversation", "notes": "the notes"}
CHOSEN = "They were chosen among all who do it: {minutes} minutes were booked of theirs that day; also free: {free}."
WARNINGS = {"outside_hours": "outside of the provider's hours", "short_notice": "at shorter notice than customers may"}


def show(event: Event) -> Data | None:
    """What an event of the agenda changes, or None."""
    match event:
        case ev.AppointmentBooked():
            notes = {"notes": event.notes, "reason": None, "created_at": event.booked_at.isoformat()}
            return {"appointment": {**_standing(event.claim, event.zone), **notes}, "warnings": list(event.warnings)}
        case ev.AppointmentMoved():
            standing = {**_standing(event.claim, event.zone), "confirmed_by_contact_at": None}
            return {"appointment": standing, "was": shown_at(event.was, event.zone).isoformat()}
        case ev.AppointmentEdited():
            return {"appointment": {"id": event.appointment_id, "contact_id": event.contact_id, "notes": event.notes}}
        case ev.AppointmentStatus():
            ended = {"reason": event.reason, "cancelled_by": None, "cancel_kind": event.how}
            ended |= {"cancelled_by": event.by} if event.status == "cancelled" else {}
            return {"appointment": {"id": event.appointment_id, "status": event.status, **ended}}
        case ev.AppointmentConfirmed():
            return {"appointment": {"id": event.appointment_id, "confirmed_by_contact_at": event.at.isoformat()}}
        case ev.AppointmentPaid():
            return {"appointment": {"id": event.appointment_id}, "paid": event.kept}
        case ev.AppointmentHeld():
            return {"appointment": {"id": event.appointment_id}, "held_until": event.until.isoformat()}
        case ev.ProviderScheduleSet():
            rules = msgspec.to_builtins(event.rules)
            return {"provider_schedule": {"user_id": event.user_id, "timezone": event.timezone, "rules": rules}}
        case ev.WaitlistJoined():
            return {"waitlist_entry": shown_entry(event.entry, None)}
        case ev.WaitlistLeft():
            return {"waitlist_entry": {"id": event.entry_id, "status": event.how}}
        case ev.WaitlistOffered():
            start = instant(event.start).isoformat()
            offered = {"appointment_id": event.appointment_id, "start": start, "until": event.until.isoformat()}
            return {"waitlist_entry": {"id": event.entry_id, "status": "offered", "offered": offered}}
        case ev.WaitlistPassed():
            return {"waitlist_entry": {"id": event.entry_id, "status": "waiting", "offered": None}}
        case ev.ContactMoved():
            return {"appointments_of": {"contact_id": event.contact_id, "moved_to": event.to}}
        case ev.ContactForgotten():
            return {"appointments_of": {"contact_id": event.contact_id, "moved_to": None}}
        case _:
            return None


def shown_entry(entry: ev.Waiting, held: ev.Claim | None) -> Data:
    """Somebody who waits. held: what is held for them while they think."""
    offered = None
    if held is not None and entry.until is not None:
        start = instant(held.start).isoformat()
        offered = {"appointment_id": held.id, "start": start, "provider_id": held.provider_id}
        offered |= {"until": entry.until.isoformat()}
    wishes = [
        {"weekday": each.weekday, "date": each.date.isoformat() if each.date else None, "part": each.part}
        for each in entry.wishes
    ]
    return {
        "id": entry.id,
        "service_id": entry.service_id,
        "provider_id": entry.provider_id,
        "contact_id": entry.contact_id,
        "conversation_id": entry.conversation_id,
        "wishes": wishes,
        "status": "waiting" if held is None else "offered",
        "offered": offered,
        "created_at": entry.created_at.isoformat(),
    }


def _standing(claim: ev.Claim, zone: str) -> Data:
    """All of an appointment but what people wrote of it."""
    start, end = (shown_at(minute, zone).isoformat() for minute in claim.span)
    return {
        "id": claim.id,
        "service_id": claim.service_id,
        "provider_id": claim.provider_id,
        "resource_ids": sorted(claim.units),
        "contact_id": claim.contact_id,
        "conversation_id": claim.conversation_id,
        "start": start,
        "end": end,
        "timezone": zone,
        "status": claim.status,
        "source": claim.source,
        "series_id": claim.series_id,
        "occurrence": claim.occurrence,
        "revision": claim.revision,
    }


def shown_at(minute: int, zone: str) -> datetime:
    """An instant with the offset that a zone has then."""
    return instant(minute).astimezone(ZoneInfo(zone))


def explain(event: Event, workspace: Workspace, locale: str = "en") -> str:
    """What happened and why, in a sentence or two, in the language of a locale."""
    say = sayings(TIMELINE, locale)
    match event:
        case ev.AppointmentBooked():
            return _booked(event, workspace, say)
        case ev.AppointmentMoved():
            was, to = _when(event.was, event.zone, say), _when(event.claim.start, event.zone, say)
            with_whom = _with(event.claim, workspace, say)
            moved = say(
                "{who} moved it from {was} to {to}{with_whom}.",
                who=_who(event.by, say),
                was=was,
                to=to,
                with_whom=with_whom,
            )
            return " ".join([moved, *_warned(event.warnings, say)])
        case ev.AppointmentEdited():
            fields = ", ".join(say(FIELDS.get(each, each)) for each in event.fields)
            return say("Changed: {fields}.", fields=fields)
        case ev.AppointmentStatus(status="cancelled"):
            return _ended(event, say)
        case ev.AppointmentStatus(status="confirmed"):
            return _confirmed(event, say)
        case ev.AppointmentStatus(status="pending"):
            return say("The customer wants it; it is held while they pay.")
        case ev.AppointmentStatus():
            return say(STATUSES.get(event.status, f"It is {event.status}."))
        case ev.AppointmentConfirmed():
            return say("The customer says that they will come.")
        case ev.AppointmentPaid() if event.kept:
            return say("What was owed is paid.")
        case ev.AppointmentPaid():
            return say("It was paid, but cannot be had: {why}. A person decides.", why=event.why)
        case ev.AppointmentHeld():
            until = f"{event.until:%d %b %Y %H:%M}"
            return say("The customer has a voucher or a code to pay with: it is held until {until} UTC.", until=until)
        case ev.ReminderDue():
            along = len(event.appointments) - 1
            reminded = say("The customer is reminded of it and of {n} more of that day.", n=along)
            return reminded if along else say("The customer is reminded of it.")
        case ev.WaitlistOffered():
            held = say("It is held for somebody on the waitlist until {clock} UTC.", clock=f"{event.until:%H:%M}")
            passed = say("{n} who joined before could not have it.", n=len(event.before))
            return f"{held} {passed}" if event.before else held
        case ev.WaitlistPassed():
            return say("Whoever it was held for does not want it, or did not answer in time.")
        case _:
            return say("Something changed.")


def _booked(event: ev.AppointmentBooked, workspace: Workspace, say: Say) -> str:
    claim = event.claim
    done = (
        "Asked for {by} for {when}{with_whom}." if claim.status == "pending" else "Booked {by} for {when}{with_whom}."
    )
    by, when = say(SOURCES[claim.source]), _when(claim.start, event.zone, say)
    said = [say(done, by=by, when=when, with_whom=_with(claim, workspace, say))]
    if event.chosen is not None:
        free = ", ".join(_name(each, workspace, say) for each in event.chosen.over) or say("nobody else")
        said.append(say(CHOSEN, minutes=event.chosen.minutes, free=free))
    return " ".join([*said, *_warned(event.warnings, say)])


def _warned(warnings: tuple[str, ...], say: Say) -> list[str]:
    what = say(" and ").join(say(WARNINGS[each]) for each in warnings)
    return [say("That is {what}.", what=what)] if warnings else []


def _ended(event: ev.AppointmentStatus, say: Say) -> str:
    ended = ENDS.get(event.how or "")
    said = say(ended) if ended else say("{who} cancelled it", who=_who(event.by, say))
    along = say(ALONG.get(event.scope or "", ""))
    return f"{said}{along}{': ' + event.reason if event.reason else '.'}"


def _confirmed(event: ev.AppointmentStatus, say: Say) -> str:
    match event.awaited:
        case "payment" if event.by == "system":
            return say("What was owed for it is paid.")
        case "payment":
            return say("It holds, though it is not paid yet.")
        case "answer":
            return say("The customer wants what was held for them.")
        case _ if event.was == "cancelled":
            return say("It was paid after it had been given up, and was still free: it holds again.")
        case _ if event.was == "pending":
            return say("The request was approved.")
        case _:
            return say(UNDONE.get(event.was, "Taken back: it has not taken place yet."))


def _who(by: str, say: Say) -> str:
    who = say(BY[by])
    return who[:1].upper() + who[1:]


def _when(minute: int, zone: str, say: Say) -> str:
    return f"{shown_at(minute, zone):{say('%d %b %Y %H:%M')}} ({zone})"


def _with(claim: ev.Claim, workspace: Workspace, say: Say) -> str:
    return "" if claim.provider_id is None else say(" with {name}", name=_name(claim.provider_id, workspace, say))


def _name(user_id: int, workspace: Workspace, say: Say) -> str:
    member = workspace.members.get(user_id)
    return say("a former member") if member is None else member.name


SHOWS: Mapping[type[Event], Show] = dict.fromkeys(events_of(ev), lambda event, _: show(event))
