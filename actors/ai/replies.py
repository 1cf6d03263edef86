"""The verdict on a model's wish: it is granted, or a person takes over. There is no third outcome."""

from __future__ import annotations

from plixa.actors.ai import guard
from plixa.actors.ai.forms import Action, HandOff, Malformed, SendReply
from plixa.actors.ai.grounding import findings
from plixa.actors.ai.marks import whatsapp_marks
from plixa.actors.ai.text import shortened
from plixa.actors.ai.values import HandedOff, Replied, ReplyOutcome, ReplyRequest, Usage, unused

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
        case SendReply(text=text, sources=sources):
            text, sources = text.strip(), tuple(dict.fromkeys(sources))
            against = findings(text, sources, request)
            if against:
                return HandedOff(reason="not_grounded", note=shortened(" ".join(against), NOTE), usage=usage)
            # Judged as it is written, for an FAQ's own words are known by their letters.
            return Replied(text=whatsapp_marks(text), sources=sources, usage=usage, note=shortened(note, NOTE))
