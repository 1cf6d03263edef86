"""Which FAQ a question means: the cosine of what two texts say, in words, concepts and pieces of words.

Nothing is learnt and nothing is fetched: the weights come from the FAQs at hand (a word that stands in all of them
tells little) and from a small lexicon of what customers ask. `SURE` is the score from which an answer is given without
a person, `CLEARLY` how far ahead of the next one it must be; both are held by a table of phrases in the tests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from plixa.actors.ai.lexicon import COURTESY, STOP, WEAKER, concept, phrases, specific
from plixa.actors.ai.text import words
from plixa.actors.ai.values import Faq

SURE = 0.5
CLEARLY = 0.08
MAX_WORDS = 60
"""Of a question, so that a long one costs no more than a short one."""

_PIECES = 0.5  # of a word's weight goes to its pieces, so that "agendar" meets "agendamento"
_OWN = 0.35  # of a concept word's weight stays with the word itself
_OTHER = 0.7  # what is left of a score when the questions differ in what they ask, or about what
_UNNAMED = 0.5  # ... and when the FAQ does not name the thing that is asked for

Vector = Mapping[str, float]


class Match(NamedTuple):
    """An FAQ and how much it means the same as the question, 0 to 1."""

    faq: Faq
    score: float


def rank(question: str, faqs: Sequence[Faq]) -> list[Match]:
    """All FAQs, best first; equal ones in their display order."""
    query = _meaning(question)
    asked = [_meaning(faq.question) for faq in faqs]
    rarity = _rarity(asked)
    vector = _vector(query, rarity)
    matches = [
        Match(faq, _cosine(vector, _vector(meaning, rarity)) * _fitting(query, meaning, faq))
        for faq, meaning in zip(faqs, asked, strict=True)
    ]
    return sorted(matches, key=lambda match: (-match.score, match.faq.position, match.faq.id))


def best(question: str, faqs: Sequence[Faq]) -> tuple[Match | None, Match | None]:
    """The FAQ that certainly answers the question, if one does, and the runner-up (the nearest, if none does)."""
    ranked = rank(question, faqs)
    if not ranked or ranked[0].score < SURE:
        return None, ranked[0] if ranked else None
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else None
    if second is not None and second.faq.answer != first.faq.answer and first.score - second.score < CLEARLY:
        return None, first
    return first, second


def _fitting(query: _Meaning, asked: _Meaning, faq: Faq) -> float:
    """Less than 1 for each reason why two questions with words in common are not the same question."""
    fit = 1.0
    if not query.concepts <= asked.concepts:
        fit *= _OTHER
    if query.subjects and asked.subjects and not query.subjects & asked.subjects:
        fit *= _OTHER
    named = query.specifics and {specific(word) for word in words(f"{faq.question} {faq.answer}")}
    return fit if query.specifics <= named else fit * _UNNAMED


def concepts(text: str) -> frozenset[str]:
    """What a text is about, as far as the lexicon knows."""
    return _meaning(text).concepts


def is_courtesy(text: str) -> bool:
    """Whether a text only greets, thanks or agrees."""
    said = [word for word in words(text) if not word.isdecimal()]
    return bool(said) and all(word in COURTESY or word in STOP for word in said) and any(w in COURTESY for w in said)


class _Meaning(NamedTuple):
    """A text as it is compared. subjects: the beginnings of the words that no concept explains."""

    terms: tuple[str, ...]
    features: tuple[tuple[tuple[str, float], ...], ...]
    concepts: frozenset[str]
    subjects: frozenset[str]
    specifics: frozenset[str]


@lru_cache(maxsize=2048)
def _meaning(text: str) -> _Meaning:
    terms = tuple(dict.fromkeys(_terms(text)))
    return _Meaning(
        terms,
        tuple(tuple(_features(term)) for term in terms),
        frozenset(term[1:] for term in terms if term[0] == "#"),
        frozenset(term[:5] for term in terms if term[0] not in "#~"),
        frozenset(filter(None, (specific(term[1:]) for term in terms if term[0] == "~"))),
    )


def _terms(text: str) -> tuple[str, ...]:
    """Words that say something; a concept is `#name`, and the word that stood for it follows as `~word`."""
    line = " ".join(words(text)[:MAX_WORDS])
    found: list[str] = []
    for phrase, meaning in phrases().items():
        if f" {phrase} " in f" {line} ":
            line = f" {line} ".replace(f" {phrase} ", " ").strip()
            found.append(f"#{meaning}")
    for word in line.split():
        meant = concept(word)
        if meant is not None:
            found += [f"#{meant}", f"~{word}"]
        elif word not in STOP and word not in COURTESY:
            found.append(word)
    meant_too = {term[1:] for term in found if term.startswith("#")}
    return tuple(term for term in found if not WEAKER.get(term[1:], frozenset()) & meant_too)


def _rarity(documents: Sequence[_Meaning]) -> Mapping[str, float]:
    seen = Counter(term for document in documents for term in document.terms)
    size = len(documents) + 1
    return {term: math.log(size / (count + 0.5)) + 1 for term, count in seen.items()} | {"": math.log(size * 2) + 1}


def _vector(meaning: _Meaning, rarity: Mapping[str, float]) -> Vector:
    vector: dict[str, float] = {}
    for term, features in zip(meaning.terms, meaning.features, strict=True):
        weight = rarity.get(term, rarity[""])
        for feature, share in features:
            vector[feature] = vector.get(feature, 0.0) + weight * share
    return vector


def _features(term: str) -> Iterator[tuple[str, float]]:
    if term.startswith("#"):
        yield term, 1.0
        return
    own = _OWN if term.startswith("~") else 1.0
    word = term.lstrip("~")
    yield word, own * (1 - _PIECES)
    pieces = [f"^{word[:size]}" for size in (3, 4, 5, 6)] if len(word) > 3 else []
    for piece in pieces:
        yield piece, own * _PIECES / math.sqrt(len(pieces))


def _cosine(one: Vector, other: Vector) -> float:
    shared = sum(weight * other[feature] for feature, weight in one.items() if feature in other)
    sizes = math.hypot(*one.values()) * math.hypot(*other.values())
    return shared / sizes if sizes else 0.0
