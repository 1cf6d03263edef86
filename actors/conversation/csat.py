"""The satisfaction survey: asked when a conversation is resolved, and what the customer's next messages mean to it.

    rating ──(1-5)──▶ comment ──(a text)──▶ done          a rating of 3 or less, where the business asks for more
       └─────(1-5)─────────────────────────▶ done         else

Rules, in the order in which they are looked at:
- After 24 hours a rating is not waited for any more, after 30 minutes a comment is not. What comes then is a new
  conversation.
- Waiting for a rating: what reads as one (`rating.py`) is one. What is about the survey but is none ("10", "thanks", an
  emoji) is asked again, once. "No, thanks" ends it. Everything else is a new conversation, and the survey is over.
- Waiting for a comment: a number alone corrects the rating. A text without a question mark is the comment, whatever it
  says: whoever is asked what went wrong answers that. A question, a picture or a voice message is a new conversation.

A survey is of one episode of a conversation; each resolution asks afresh. `why` never quotes the customer. Ratings are
kept by whoever calls; the comment is what a person wrote, so the event that carries it must seal it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.rating import is_plain_number, read, remark, understand_rating as understand_rating

RATE_WITHIN = timedelta(hours=24)
COMMENT_WITHIN = timedelta(minutes=30)
LOW = 3
"""The highest rating that is asked for a comment."""
MOST_COMMENT = 2000
"""Characters of a comment that are kept; the message itself is whole."""

TextKey = Literal["question", "question_again", "follow_up", "thank_you"]
TEXTS: dict[str, dict[TextKey, str]] = {
    "en": {
        "question": "How would you rate our service, from 1 (very bad) to 5 (excellent)?",
        "question_again": "Please answer with a number from 1 (very bad) to 5 (excellent).",
        "follow_up": "We are sorry it was not better. What could we have done differently?",
        "thank_you": "Thank you for your feedback!",
    },
    "pt-BR": {
        "question": "Como você avalia o nosso atendimento, de 1 (péssimo) a 5 (excelente)?",
        "question_again": "Por favor, responda com um número de 1 (péssimo) a 5 (excelente).",
        "follow_up": "Sentimos muito que não tenha sido melhor. O que poderíamos ter feito diferente?",
        "thank_you": "Obrigado pela sua avaliação!",
    },
    "es": {
        "question": "¿Cómo califica nuestra atención, de 1 (pésima) a 5 (excelente)?",
        "question_again": "Por favor, responda con un número del 1 (pésima) al 5 (excelente).",
        "follow_up": "Lamentamos que no haya sido mejor. ¿Qué podríamos haber hecho diferente?",
        "thank_you": "¡Gracias por su opinión!",
    },
}


class Asked(Struct, frozen=True, omit_defaults=True, gc=False):
    """A survey under way. `stage`: what is waited for. `episode`: which resolution it is about (the caller's count).

    `rating` stays as it is when the comment never comes; both are None when nothing came.
    """

    stage: Literal["rating", "comment", "done"]
    asked_at: datetime
    rating: int | None = None
    comment: str | None = None
    episode: int = 0
    rated_at: datetime | None = None
    asked_again: bool = False


class Taken(Struct, frozen=True):
    """What a message was to the survey.

    kind: `not_ours`: not for the survey, treat it as a new conversation; `declined`: for it, but nothing follows.
    state: the survey from here on. reply: which text to send, None for none.
    """

    kind: Literal["rated", "commented", "asked_again", "declined", "not_ours"]
    state: Asked
    why: str
    reply: TextKey | None = None


def ask(at: datetime, episode: int = 0) -> Asked:
    """A survey whose question goes out at `at`."""
    return Asked("rating", at, episode=episode)


def expires_at(asked: Asked) -> datetime | None:
    """From when on messages are not for the survey; None when they already are not."""
    match asked.stage:
        case "rating":
            return asked.asked_at + RATE_WITHIN
        case "comment":
            return (asked.rated_at or asked.asked_at) + COMMENT_WITHIN
        case "done":
            return None


def take(asked: Asked, text: str | None, at: datetime, *, follow_up: bool) -> Taken:
    """What an inbound message means. `text` is None for what is not text, "" for a sticker.

    `follow_up`: ask low scores for a comment.
    """
    expires = expires_at(asked)
    if expires is None or at >= expires:
        return _not_ours(asked, "The survey is over.")
    if asked.stage == "comment":
        return _comment(asked, text, at, follow_up=follow_up)
    reading = None if text is None else read(text) if text else "unclear"
    if isinstance(reading, int):
        return _rated(replace(asked, comment=remark(text or "")), reading, at, follow_up=follow_up)
    if reading == "declined":
        return Taken("declined", replace(asked, stage="done"), "The customer would rather not rate.")
    if reading == "unclear" and not asked.asked_again:
        again = replace(asked, asked_again=True)
        return Taken("asked_again", again, "It is no rating from 1 to 5, nor a request.", "question_again")
    return _not_ours(asked, "It does not read as a rating.")


def wording(config: CsatConfig, key: TextKey, locale: str) -> str | None:
    """The business's own text, or the locale's where it has none; an empty `thank_you` of its own sends nothing."""
    own = {"question": config.question, "follow_up": config.follow_up_question, "thank_you": config.thank_you}.get(key)
    if own is not None and own.strip():
        return own
    if key == "thank_you" and own is not None:
        return None
    spoken = {"pt": "pt-BR"}.get(locale, locale)
    return TEXTS.get(spoken, TEXTS["en"])[key]


def _rated(asked: Asked, rating: int, at: datetime, *, follow_up: bool) -> Taken:
    rated = replace(asked, rating=rating, rated_at=at)
    if follow_up and rating <= LOW and rated.comment is None:
        return Taken("rated", replace(rated, stage="comment"), f"Rated {rating}, which is low.", "follow_up")
    return Taken("rated", replace(rated, stage="done"), f"Rated {rating}.", "thank_you")


def _comment(asked: Asked, text: str | None, at: datetime, *, follow_up: bool) -> Taken:
    if text is None or not text.strip():
        return _not_ours(asked, "It is no text.")
    if is_plain_number(text):
        return _corrected(asked, text, at, follow_up=follow_up)
    if "?" in text or "？" in text:
        return _not_ours(asked, "It asks something.")
    commented = replace(asked, stage="done", comment=text.strip()[:MOST_COMMENT])
    return Taken("commented", commented, "The first text after a low rating is the comment.", "thank_you")


def _corrected(asked: Asked, text: str, at: datetime, *, follow_up: bool) -> Taken:
    """Another number: the follow-up question stands, unless the rating is not low any more."""
    taken = _rated(asked, understand_rating(text) or 0, at, follow_up=follow_up)
    return replace(taken, reply=None) if taken.state.stage == "comment" else taken


def _not_ours(asked: Asked, why: str) -> Taken:
    return Taken("not_ours", replace(asked, stage="done"), why)
