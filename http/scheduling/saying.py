"""Saying something of the agenda in a conversation: words and options in the business's language, each key once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plixa.actors.conversation import commands as chat
from plixa.actors.whatsapp.gateway import Media
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.telling import tell

Option = tuple[str, str]
"""What it does, and what stands on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """text: all of it. subject: what the options are about. hands_over: why a person leads from here on.

    file: a document instead, and as what it is stored.
    """

    text: str = ""
    subject: str | None = None
    options: Sequence[Option] = ()
    hands_over: str | None = None
    why: str = "appointment"
    file: tuple[Media, str] | None = None


async def say(services: Services, stored: StoredEffect, conversation: int, words: Words, locale: str) -> None:
    """Once an effect, however often that is done."""
    file, stored_as = words.file or (None, None)
    command = chat.Tell(
        key=stored.effect.id,
        why=words.why,
        text=words.text,
        subject=words.subject,
        options=tuple(words.options),
        locale=locale,
        hands_over=words.hands_over,
        file=file,
        stored=stored_as,
    )
    await tell(services, stored, conversation, command)
