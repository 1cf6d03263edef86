"""Before a model is asked: who asks for a person, who tries to give the model orders, and what it must not even see.

The patterns are there to be honest early and cheap. Nothing rests on their being complete: an order that slips
through still meets a model that can only wish for one of two typed actions, and `grounding`, which lets no fact through
that the business has not stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from plixa.actors.ai.patterns import FOR_A_PERSON, INJECTIONS, NEGATED
from plixa.actors.ai.text import fold, sentences, shortened
from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, Reason, ReplyRequest
from plixa.actors.folding import READ

NAME_LIMIT = 60
TURN_LIMIT = 2000
NEGATION = 40
"""Characters before the wish for a person in which it may be refused: more than `NEGATED` spans."""
LEFT_OUT = "[left out]"


class Verdict(NamedTuple):
    """Why no model is asked."""

    reason: Reason
    note: str


def refusal(request: ReplyRequest) -> Verdict | None:
    """Whether the customer's last words settle it: a person is asked for, or the model is given orders."""
    for turn in last_words(request.turns):
        why = injection(turn.text)
        if why is not None:
            return Verdict("injection", f"The customer's message {why}; no model was asked.")
    if any(asks_for_person(turn.text) for turn in last_words(request.turns)):
        return Verdict("asked_for_person", "The customer asks for a person; no model was asked.")
    return None


@lru_cache(maxsize=1024)
def injection(text: str) -> str | None:
    """What a text tries on the model, in words that follow "the message"; None for a decent one."""
    folded = fold(text, READ)
    return next((why for why, pattern in INJECTIONS.items() if pattern.search(folded)), None)


def asks_for_person(text: str) -> bool:
    """Whether a text asks for a person, and does not say that none is wanted."""
    folded = fold(text, READ)
    return any(not _is_refused(folded, match.start()) for match in FOR_A_PERSON.finditer(folded))


def _is_refused(folded: str, at: int) -> bool:
    return NEGATED.search(folded[max(0, at - NEGATION) : at]) is not None


def last_words(turns: Sequence[DialogueTurn]) -> tuple[DialogueTurn, ...]:
    """What the customer has written since the business wrote last, oldest first; of very much the latest."""
    found, room = list[DialogueTurn](), READ
    for turn in reversed(turns):
        if turn.role == "assistant" or room <= 0:
            break
        found.append(turn)
        room -= len(turn.text)
    return tuple(found[::-1])


_TEXTS = ("description", "hours", "closed_later", "services")


def safe(knowledge: Knowledge) -> tuple[Knowledge, tuple[str, ...]]:
    """The knowledge without whatever in it gives orders to a model, and what was left out. It is no evidence either."""
    dropped = tuple(faq.source for faq in knowledge.faqs if _gives_orders(faq))
    kept = tuple(faq for faq in knowledge.faqs if not _gives_orders(faq))
    texts = {name: _safe_text(getattr(knowledge, name)) for name in _TEXTS}
    dropped += tuple(name for name, text in texts.items() if text != getattr(knowledge, name))
    return (replace(knowledge, faqs=kept, **texts), dropped) if dropped else (knowledge, ())


def _gives_orders(faq: Faq) -> bool:
    return injection(faq.question) is not None or injection(faq.answer) is not None


def _safe_text(text: str) -> str:
    if injection(text) is None:
        return text
    return "\n".join(part for part in sentences(text) if injection(part) is None and injection(f"\n{part}") is None)


def safe_turn(turn: DialogueTurn) -> DialogueTurn:
    """A message of the dialogue as a model may see it: bounded, and without its words if it gave orders."""
    shown = turn.text[:TURN_LIMIT]
    return replace(turn, text=LEFT_OUT if turn.role == "user" and injection(shown) else shown)


def safe_name(name: str) -> str:
    """A customer's name as a model may see it: a line, or nothing if it is more than a name."""
    line = shortened(name, NAME_LIMIT)
    return "" if injection(line) or any(sign in line for sign in "<>{}[]|`") else line
