"""What of a business's knowledge a request is about: as much as fits a prompt, and nothing that gives orders to a
model.

The same selection is shown to a model and is the evidence for its answer, so no answer rests on what was not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from msgspec.structs import replace

from plixa.actors.ai import guard, similarity
from plixa.actors.ai.values import DialogueTurn, Faq, Knowledge, ReplyRequest, Source
from plixa.actors.folding import READ

FAQ_CHARS = 24_000


def shown(request: ReplyRequest) -> tuple[Knowledge, tuple[Source, ...]]:
    """The knowledge for this request, and what was left out of it because it gives orders to a model."""
    faqs = choose_faqs(request.knowledge.faqs, asked(request.turns))
    return guard.safe(replace(request.knowledge, faqs=faqs))


@lru_cache(maxsize=8)  # the prompt, the verdict and the embedded answerer ask for the same one after the other
def choose_faqs(faqs: tuple[Faq, ...], question: str) -> tuple[Faq, ...]:
    """All FAQs in display order, or, where they are too long for a prompt, those nearest to the question."""
    if sum(_length(faq) for faq in faqs) <= FAQ_CHARS:
        return tuple(sorted(faqs, key=_display_order))
    room, chosen = FAQ_CHARS, list[Faq]()
    for match in similarity.rank(question, faqs):
        room -= _length(match.faq)
        if room < 0:
            break
        chosen.append(match.faq)
    return tuple(sorted(chosen, key=_display_order))


def asked(turns: Sequence[DialogueTurn]) -> str:
    """The customer's last words as one text: the latest of it, where it is more than is read."""
    return "\n".join(turn.text for turn in guard.last_words(turns))[-READ:]


def _length(faq: Faq) -> int:
    return len(faq.question) + len(faq.answer) + 60


def _display_order(faq: Faq) -> tuple[int, int]:
    return faq.position, faq.id
