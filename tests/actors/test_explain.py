"""The timeline's sentences: no raw ids, no type names, for anything that a conversation does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from tests.actors.given import NOON, house
from tests.actors.test_automation import RECEPTION
from tests.actors.test_conversation import text

from plixa.actors.ai.values import Reason
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.explain import explain
from plixa.engine.events import Event
from plixa.engine.outside import EffectBegun, EffectOver

HOUSE = house(flows={50: RECEPTION})


def queued(author: ev.Author, why: str | None) -> ev.MessageQueued:
    return ev.MessageQueued(queued_at=NOON, message_id=9, author=author, why=why, content=text("oi"))


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (queued(ev.Author("flow", 50), "flow:50"), "A flow sent a text (“Recepção”)."),
        (queued(ev.Author("flow", 51), "flow:51"), "A flow sent a text (“51”)."),
        (queued(ev.Author("ai"), "ai:reply/1"), "The AI sent a text."),
        (queued(ev.Author("system"), "csat:follow_up"), "Plixa sent a text (the survey: follow up)."),
        (queued(ev.Author("system"), "closed_hours"), "Plixa sent a text (it is closed)."),
        (queued(ev.Author("user", 7, "Ana"), None), "Ana sent a text."),
        (ev.MessageSending(message_id=9, attempt=1, at=NOON), "It is on its way to WhatsApp."),
        (ev.MessageSending(message_id=9, attempt=3, at=NOON), "It is on its way to WhatsApp (attempt 3)."),
        (EffectBegun(effect_id="ai-12"), "The call to the AI began."),
        (EffectOver(effect_id="ai-12"), "The call to the AI is done."),
        (EffectOver(effect_id="place-1-1", reason="down"), "Asking the rules failed: down."),
        (ev.ClosedTold(until=None), "The business opened earlier than the customer was told."),
        (ev.ConversationLetGo(had_by=7, offer_id=1), "It waits for somebody again: whoever is free is looked for."),
        (ev.MemberFreed(user_id=7, offer_id=1), "Ana has one less: the queue is looked at."),
    ],
)
def test_in_plain_words(event: Event, sentence: str) -> None:
    assert explain(event, HOUSE) == sentence
    assert not re.search(r"\b\w+[:_]\w+\b", sentence), "an id shows through"


@pytest.mark.parametrize("reason", get_args(Reason))
def test_why_the_ai_left_it_to_a_person_is_said_in_every_language(reason: str) -> None:
    event = ev.AiHandedOff(turn_id=1, reason=reason, prompt_version="1", model="m")
    said = {locale: explain(event, HOUSE, locale).partition("(")[2] for locale in ("en", "pt-BR", "es")}
    assert len(set(said.values())) == 3, said
    assert not said["en"].startswith("cap)"), "a code shows through"


SAYING = sorted((Path(__file__).resolve().parents[2] / "actors").rglob("*.py"))


def _sayings() -> Iterator[tuple[str, set[str], set[str]]]:
    """Each sentence that is said somewhere, what it leaves open, and what is filled in."""
    for path in SAYING:
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id="say"), args=[ast.Constant(value=str() as sentence)], keywords=given
                ) if all(each.arg is not None for each in given):
                    named = {each.arg for each in given if each.arg}
                    yield sentence, {name for _, name, *_ in Formatter().parse(sentence) if name}, named
                case _:
                    pass


def test_every_sentence_has_all_that_it_leaves_open_and_nothing_else() -> None:
    sayings = list(_sayings())
    assert len(sayings) > 90
    assert [(sentence, open_, given) for sentence, open_, given in sayings if open_ != given] == []
