"""Saying something of the agenda in a conversation: words and options in the business's language, each key once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plixa.actors.conversation import commands as chat
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.telling import tell

Option = tuple[str, str]
"""What it does, and what stands on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """text: all of it. subject: what the options are about. hands_over: why a person leads from here on."""

    text: str
    subject: str | None = None
    options: Sequence[Option] = ()
    hands_over: str | None = None
    why: str = "appointment"


async def say(services: Services, stored: StoredEffect, conversation: int, words: Words, locale: str) -> None:
    """Once an effect, however often that is done."""
    command = chat.Tell(
        key=stored.effect.id,
        why=words.why,
        text=words.text,
        subject=words.subject,
        options=tuple(words.options),
        locale=locale,
        hands_over=words.hands_over,
    )
    await tell(services, stored, conversation, command)
