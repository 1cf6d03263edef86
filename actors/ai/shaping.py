"""From what a model has filled in to results that keep their promises: three suggestions, 3-6 sentences, no new facts.

What does not hold is dropped and replaced by what is true without a model; nothing is asked a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from plixa.actors.ai import grounding, guard
from plixa.actors.ai.facts import facts, unsupported
from plixa.actors.ai.forms import HoursForm, ImprovedForm, ShorterForm
from plixa.actors.ai.guard import last_words, safe_name
from plixa.actors.ai.marks import whatsapp_marks
from plixa.actors.ai.phrases import say
from plixa.actors.ai.prompts import DIALOGUE_CHARS, SUMMARY_TURNS
from plixa.actors.ai.similarity import concepts, is_courtesy
from plixa.actors.ai.text import sentences, shortened, words
from plixa.actors.ai.values import (
    DayHours,
    DialogueTurn,
    ExtractedHours,
    Improved,
    ReplyRequest,
    Shorter,
    Suggestions,
    Summary,
    Usage,
)

SUGGESTION_CHARS = 300
MOST_PROPOSED = 40
"""Suggestions or sentences of a model's that are looked at, however many it makes."""
SENTENCE_CHARS = 1000
"""A longer sentence is none for a summary."""
QUOTED_CHARS = 160
MIN_SENTENCES, MAX_SENTENCES = 3, 6
PROMPT_CHARS = 4000
_ASKED = ("hours", "place", "price", "payment", "delivery", "booking", "returns", "contact")


def suggestions(proposed: Sequence[str], request: ReplyRequest, usage: Usage) -> Suggestions:
    """Exactly three, all different: those proposed that hold, then courtesies."""
    kept: list[str] = []
    offered = (each for each in map(_suggestion, proposed[:MOST_PROPOSED]) if _holds(each, request))
    for text in (*offered, *_courtesies(request)):
        if _gist(text) not in map(_gist, kept):
            kept.append(text)
    return Suggestions(tuple(kept[:3]), usage)


def _suggestion(text: str) -> str:
    line = " ".join(whatsapp_marks(text).split())
    return line if len(line) <= SUGGESTION_CHARS else ""


def _holds(text: str, request: ReplyRequest) -> bool:
    return bool(text) and not grounding.fact_findings(text, request)


def _gist(text: str) -> str:
    return " ".join(words(text))


def _courtesies(request: ReplyRequest) -> Iterator[str]:
    name, locale = safe_name(request.customer_name).partition(" ")[0], request.knowledge.locale
    latest = last_words(request.turns)
    courteous = bool(latest) and all(is_courtesy(turn.text) for turn in latest)
    keys = ("suggest_check", "suggest_more", "suggest_person", "suggest_hello", "suggest_welcome", "suggest_bye")
    for key in (*keys[3:], *keys[:3]) if courteous else keys:
        yield say(key, locale, name=name)


def summary(proposed: Sequence[str], turns: Sequence[DialogueTurn], locale: str, usage: Usage) -> Summary:
    """Three to six sentences. Those that state a fact which nobody has written are dropped."""
    known = facts("\n".join(turn.text[: guard.TURN_LIMIT] for turn in turns[-SUMMARY_TURNS:])[-DIALOGUE_CHARS:])
    split = (part for each in proposed for part in sentences(each) if len(part) <= SENTENCE_CHARS)
    looked_at = islice(split, MOST_PROPOSED)
    kept = [_ended(part) for part in looked_at if not unsupported(facts(part), known)][:MAX_SENTENCES]
    if len(kept) < MIN_SENTENCES:
        kept += list(plain_sentences(turns, locale))[: MIN_SENTENCES - len(kept)]
    return Summary(" ".join(kept), usage)


def _ended(sentence: str) -> str:
    line = " ".join(sentence.split())
    return line if line.endswith((".", "!", "?", "…", "”")) else f"{line}."


def plain_sentences(turns: Sequence[DialogueTurn], locale: str) -> Iterator[str]:
    """What can be said of a dialogue without understanding it: three sentences at least."""
    theirs = [turn.text for turn in turns if turn.role == "user" and turn.text.strip()]
    ours = [turn.text for turn in turns if turn.role == "assistant" and turn.text.strip()]
    if not theirs and not ours:
        yield say("empty", locale)
    yield say("counts", locale, theirs=_count(len(theirs), locale), ours=_count(len(ours), locale))
    waiting = bool(turns) and turns[-1].role == "user"
    yield say("waiting" if waiting else "answered", locale)
    if theirs:
        yield say("last", locale, text=_quoted(theirs[-1]))
    if ours:
        yield say("answer", locale, text=_quoted(ours[-1]))
    if len(theirs) > 1:
        yield say("first", locale, text=_quoted(theirs[0]))


def _count(count: int, locale: str) -> str:
    return say("one", locale) if count == 1 else say("many", locale, count=str(count))


def _quoted(text: str) -> str:
    """A message inside a sentence: one line, no full stop of its own, so that a reader can count."""
    line = "; ".join(part.rstrip(".!?… ") for part in sentences(text))
    return shortened(line.replace("“", "'").replace("”", "'"), QUOTED_CHARS)


def improved(proposed: ImprovedForm, original: str, usage: Usage) -> Improved:
    """The better text, if it states nothing that the original does not; else the original, and what was invented."""
    text = proposed.prompt.strip()
    missing = tuple(shortened(each, 200) for each in proposed.missing[:8] if each.strip())
    if not text or len(text) > PROMPT_CHARS or guard.injection(text):
        return Improved(original, missing, usage)
    if new := unsupported(facts(text), facts(original)):
        invented = ", ".join(fact.text for fact in new[:5])
        return Improved(
            original, (f"The model added what your text does not say: {shortened(invented, 150)}.", *missing), usage
        )
    return Improved(text, missing, usage)


def shorter(proposed: ShorterForm, original: str, usage: Usage) -> Shorter:
    """The shorter text, if it is one and states just what the original does; else the original."""
    text = proposed.text.strip()
    if not text or len(text) >= len(original) or guard.injection(text):
        return Shorter(original, usage)
    said, meant = facts(text), facts(original)
    same = not unsupported(said, meant) and not unsupported(meant, said)
    return Shorter(text if same else original, usage)


def terse(text: str) -> str:
    """The same sentences, tidied, none of them twice."""
    said: set[str] = set()

    def fresh(sentence: str) -> bool:
        key = " ".join(words(sentence))
        known = key in said
        said.add(key)
        return not known or not key

    lines = [" ".join(filter(fresh, sentences(line))) for line in tidied(text).splitlines()]
    return tidied("\n".join(lines))


def missing_facts(text: str, locale: str) -> tuple[str, ...]:
    """What customers usually ask and a description does not say, as questions to its owner."""
    known = concepts_of_all(text)
    short = () if len(words(text)) >= 12 else (say("missing_what", locale),)
    return (*short, *(say(f"missing_{each}", locale) for each in _ASKED if each not in known))[:8]


def concepts_of_all(text: str) -> frozenset[str]:
    """What a long text is about, sentence by sentence."""
    return frozenset(concept for part in sentences(text) for concept in concepts(part))


def tidied(text: str) -> str:
    """The same words, a fact a line, no empty lines in a row."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for at, line in enumerate(lines) if line or (at and lines[at - 1])).strip()


def hours(filled: HoursForm, original: str, usage: Usage) -> ExtractedHours:
    """The hours a model has read. A time that the text does not state is noted; a message must stand in the text."""
    days = tuple(DayHours(day.open, day.close, day.enabled) for day in filled.hours)
    found = filled.found and any(day.enabled for day in days)
    known = facts(original)
    times = {time for day in days if day.enabled for time in (day.open, day.close)} - {"00:00"}
    doubtful = sorted(time for time in times if unsupported(facts(time), known)) if found else []
    notes = [f"The text does not state these times as such: {', '.join(doubtful)}."] if doubtful else []
    message = (filled.message or "").strip()[:500]
    stated = bool(message) and set(words(message)) <= set(words(original))
    return ExtractedHours(days, message if stated else None, tuple(notes), found, usage)
