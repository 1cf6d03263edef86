"""The verdict on a model's wish: it is granted, or a person takes over. There is no third outcome."""

from __future__ import annotations

from plixa.actors.ai import guard
from plixa.actors.ai.forms import (
    Action,
    BookSlot,
    HandOff,
    ListSlots,
    Malformed,
    MyAppointments,
    SendReply,
)
from plixa.actors.ai.grounding import findings
from plixa.actors.ai.marks import whatsapp_marks
from plixa.actors.ai.prompts import bookable
from plixa.actors.ai.text import shortened
from plixa.actors.ai.values import HandedOff, Replied, ReplyOutcome, ReplyRequest, Usage, Wished, unused

NOTE = 600
"""Characters of a note at most."""


def before(request: ReplyRequest) -> HandedOff | None:
    """The outcome for which no model need be asked, if there is one."""
    verdict = guard.refusal(request)
    return HandedOff(reason=verdict.reason, note=verdict.note, usage=unused()) if verdict is not None else None


def judge(request: ReplyRequest, action: Action, usage: Usage, note: str = "") -> ReplyOutcome:
    """What comes of a wish. note: why it was wished, if it is known."""
    match action:
        case HandOff(reason=reason, note=said):
            return HandedOff(reason=reason, note=shortened(said, NOTE), usage=usage)
        case Malformed(why=why):
            return HandedOff(reason="not_grounded", note=shortened(why, NOTE), usage=usage)
        case ListSlots() | BookSlot() | MyAppointments():
            return _wished(request, action, usage, note)
        case SendReply(text=text, sources=sources):
            text, sources = text.strip(), tuple(dict.fromkeys(sources))
            against = findings(text, sources, request)
            if against:
                return HandedOff(reason="not_grounded", note=shortened(" ".join(against), NOTE), usage=usage)
            # Judged as it is written, for an FAQ's own words are known by their letters.
            return Replied(text=whatsapp_marks(text), sources=sources, usage=usage, note=shortened(note, NOTE))


def _wished(
    request: ReplyRequest, action: ListSlots | BookSlot | MyAppointments, usage: Usage, note: str
) -> Wished | HandedOff:
    """Only of what there is. The customer's own appointments are the only ones that can be named."""
    note = shortened(note, NOTE)
    match action:
        case ListSlots(service_id=0):
            return Wished(action="list", usage=usage, note=note)
        case ListSlots(service_id=id_) | BookSlot(service_id=id_) if id_ not in bookable(request):
            return HandedOff(reason="not_grounded", note=f"There is no service {id_} to be booked.", usage=usage)
        case ListSlots():
            return Wished(action="list", service_id=action.service_id, start=action.day, usage=usage, note=note)
        case BookSlot():
            return Wished(action="book", service_id=action.service_id, start=action.start, usage=usage, note=note)
        case MyAppointments(action=wish, appointment_id=id_):
            if id_ is not None and id_ not in {each.id for each in request.booked}:
                return HandedOff(reason="not_grounded", note="This is no appointment of the customer's.", usage=usage)
            mine = "mine" if wish == "show" or id_ is None else wish
            return Wished(action=mine, appointment_id=id_, usage=usage, note=note)
