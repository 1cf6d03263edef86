"""What must hold before an answer goes to a customer, whoever wrote it.

    form       not empty, not too long, no trace of the prompt, of tags or of tools
    sources    named, known, and about the same thing as the answer
    facts      every price, number, date, time, address in it stands in the knowledge or in the dialogue; prices,
               percentages and links only where the business has stated them, never where only the customer has
    claims     nothing free, discounted, refunded or guaranteed that the business does not mention; nothing "done"
    courtesy   an answer without a source in the knowledge says nothing about the business

Each check gives findings, in words for the people of the business; no finding means that the answer may go. Knowledge
that gives orders to a model (`guard.safe`) is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from plixa.actors.ai import guard
from plixa.actors.ai.facts import CLAIMED, Fact, facts, unsupported
from plixa.actors.ai.lexicon import POLITE, claim
from plixa.actors.ai.patterns import DONE, MACHINERY
from plixa.actors.ai.prompts import FIXED, REPLY_TURNS
from plixa.actors.ai.selection import shown
from plixa.actors.ai.similarity import concepts
from plixa.actors.ai.text import fold, sentences, share_a_run, shortened, words
from plixa.actors.ai.values import DialogueTurn, Knowledge, ReplyRequest, Source

MAX_REPLY = 2000
MAX_COURTESY = 300
LEAKED_RUN = 8  # words in a row out of a prompt
COPIED_RUN = 40  # words in a row out of the description

_FIXED_WORDS = [words(text) for text in FIXED]


class Evidence(NamedTuple):
    """What an answer may rest on. workspace: facts that the business states; everyone: the customer's, too."""

    knowledge: Knowledge
    workspace: tuple[Fact, ...]
    everyone: tuple[Fact, ...]
    house_words: frozenset[str]


def evidence(request: ReplyRequest) -> Evidence:
    """What this request's knowledge and dialogue state."""
    knowledge, _ = shown(request)
    known, said = knowledge_text(knowledge), _joined(request.turns, "assistant")
    stated, told = (*facts(known), *facts(said)), facts(_joined(request.turns, "user"))
    return Evidence(knowledge, stated, (*stated, *told), frozenset(words(known)) | frozenset(words(said)))


def findings(text: str, sources: Sequence[Source], request: ReplyRequest) -> tuple[str, ...]:
    """What speaks against sending this text on these sources; empty if nothing does."""
    known = evidence(request)
    if text in [faq.answer for faq in known.knowledge.faqs if faq.source in sources]:
        return tuple(_sources(text, sources, known.knowledge))  # the business's own words, whole
    if too_long := tuple(_length(text)):
        return too_long
    return (
        *_form(text, known.knowledge),
        *_sources(text, sources, known.knowledge),
        *_facts(text, known, request),
        *_claims(text, known),
        *_courtesy(text, sources, request),
    )


def fact_findings(text: str, request: ReplyRequest) -> tuple[str, ...]:
    """The facts and claims in a text that nobody of the business has stated: for texts that a person will edit."""
    if too_long := tuple(_length(text)):
        return too_long
    known = evidence(request)
    return (*_facts(text, known, request), *_claims(text, known), *_form(text, known.knowledge))


def knowledge_text(knowledge: Knowledge) -> str:
    """All of it as one text."""
    faqs = (f"{faq.question}\n{faq.answer}" for faq in knowledge.faqs)
    return "\n".join((knowledge.company, knowledge.description, knowledge.opening, knowledge.services, *faqs))


def source_text(source: Source, knowledge: Knowledge) -> str | None:
    """What a source says; None if there is no such source, or nothing in it."""
    if source == "hours":
        return knowledge.opening or None
    if source in ("description", "services"):
        return getattr(knowledge, source) or None
    return next((f"{faq.question}\n{faq.answer}" for faq in knowledge.faqs if faq.source == source), None)


def _joined(turns: Sequence[DialogueTurn], role: str) -> str:
    return "\n".join(turn.text[: guard.TURN_LIMIT] for turn in turns[-REPLY_TURNS:] if turn.role == role)


def _length(text: str) -> Iterator[str]:
    """What is too long is not read any further."""
    if len(text) > MAX_REPLY:
        yield f"The answer has {len(text)} characters, more than {MAX_REPLY}."


def _form(text: str, knowledge: Knowledge) -> Iterator[str]:
    if not text.strip():
        yield "The answer is empty."
    said = words(text)
    if MACHINERY.search(fold(text)) or any(share_a_run(said, fixed, LEAKED_RUN) for fixed in _FIXED_WORDS):
        yield "The answer gives away what the model was told."
    if share_a_run(said, words(knowledge.description), COPIED_RUN):
        yield "The answer copies the business description."


def _sources(text: str, sources: Sequence[Source], knowledge: Knowledge) -> Iterator[str]:
    if not sources:
        yield "The answer names no source."
    unknown = [source for source in sources if source != "dialogue" and source_text(source, knowledge) is None]
    if unknown:
        yield f"The answer names sources that do not exist: {shortened(', '.join(unknown), 200)}."
    cited = "\n".join(source_text(source, knowledge) or "" for source in sources)
    if cited.strip() and not _about_the_same(text, f"{cited}\n{knowledge.company}"):
        yield "The answer has nothing in common with the sources that it names."


def _about_the_same(text: str, cited: str) -> bool:
    if _content(text) & _content(cited) or concepts(text) & concepts(cited):
        return True
    said = facts(text)
    return len(unsupported(said, facts(cited))) < len(said)


def _content(text: str) -> frozenset[str]:
    """The beginnings of the words that say something."""
    return frozenset(word[:5] for word in words(text) if len(word) > 3 and word not in POLITE)


def _facts(text: str, known: Evidence, request: ReplyRequest) -> Iterator[str]:
    said = facts(text)
    priced = bool(concepts(text) & {"price", "discount"})
    claims = CLAIMED | {"number"} if priced else CLAIMED
    missing = unsupported([fact for fact in said if fact.kind in claims], known.workspace)
    told = [fact for fact in said if fact.kind not in claims]
    missing += unsupported(told, known.everyone, request.now.date())
    for fact in missing:
        yield f"Nobody of the business has stated this {fact.kind}: {shortened(fact.text, 80)}."


def _claims(text: str, known: Evidence) -> Iterator[str]:
    folded = fold(text).replace("feel free", "")
    stated = {claim(word) for word in known.house_words}
    for promised in sorted({claim(word) or "" for word in words(folded)} - {""}):
        if promised not in stated:
            yield f"The answer speaks of {promised}, of which the business says nothing."
    if DONE.search(folded):
        yield "The answer says that something has been done, which no answer can do."


def _courtesy(text: str, sources: Sequence[Source], request: ReplyRequest) -> Iterator[str]:
    if set(sources) != {"dialogue"}:
        return
    if len(text) > MAX_COURTESY:
        yield "An answer without a source in the knowledge must be short."
    names = frozenset(words(f"{guard.safe_name(request.customer_name)} {request.knowledge.company}"))
    stated = [part for part in sentences(text) if not part.endswith("?")]
    if any(word not in POLITE and word not in names for part in stated for word in words(part)):
        yield "The answer says something about the business and names no source in the knowledge."
