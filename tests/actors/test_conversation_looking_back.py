"""What owners ask when they look back: why it was late, why nothing answers, what the customer saw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from tests.actors.given import NOON, house
from tests.actors.test_automation import TRIAL, WITH_AI
from tests.actors.test_conversation import ANA, text
from tests.actors.test_dispatch import ANA as MEMBER, BIA

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.conversation.question_words import SAID, said
from plixa.actors.conversation.questions import Seen, lateness, on_screen, unanswered
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import MessageKind
from plixa.engine.events import Event, Recorded

SETTINGS: dict[str, Any] = {"members": {7: MEMBER, 8: BIA}, "inbox": InboxConfig(quiet_seconds=2.5), **TRIAL}
HOUSE = house(ai=WITH_AI, **SETTINGS)
OPENED = ev.ConversationOpened(opened_at=NOON, contact_id=5, number_id=3)
ASSIGNED = ev.ConversationAssigned(assigned_user_id=8, why="user:7", at=NOON)
HANDED = ev.ConversationHandedOver(why="They asked for a person.")
BREACHED = ev.SlaBreached(clock="first_response", due_at=NOON)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def received(message_id: int = 1, *, aside: bool = False) -> ev.MessageReceived:
    return ev.MessageReceived(
        message_id=message_id, key_id=f"K{message_id}", sent_at=NOON, unread_count=1, aside=aside, content=text("oi")
    )


def queued(message_id: int = 2, body: str = "bom dia") -> ev.MessageQueued:
    return ev.MessageQueued(queued_at=NOON, message_id=message_id, author=ANA, content=text(body))


def log(*events: Event) -> list[Recorded]:
    """One a minute."""
    return [Recorded(1, at, "conversation-1", at, after(at), "system", "x", each) for at, each in enumerate(events)]


def state_after(events: Sequence[Recorded]) -> Conversation:
    state: Conversation = CONVERSATION.initial(1)
    for each in events:
        state = CONVERSATION.evolve(state, each.event)
    return state


def causes(*events: Event, locale: str = "en", there: Any = HOUSE) -> list[tuple[str, str, float | None]]:
    """Of the breach that comes last: the code, the words, and since which minute."""
    [late] = lateness(log(OPENED, *events, BREACHED), CONVERSATION.initial(1), CONVERSATION.evolve, there, locale)
    return [(each.code, each.text, minute(each.since)) for each in late.causes]


def minute(at: datetime | None) -> float | None:
    return None if at is None else (at - NOON) / timedelta(minutes=1)


# -- why was it late --------------------------------------------------------------------------------------------------

FAILED = ("not_sent", "An answer did not go out: down", 1)
NOBODY = ("nobody", "Nobody looked after it.", None)
WAITED = ("queue", "It waited in the queue: Nobody is free.", 1)
BIAS = ("assignee", "Bia had it, and did not answer in time.", 1)
LED = "A person leads: nothing answers by itself until they are done or give it back."
WAITS = ev.ConversationQueued(why="Nobody is free.")


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], [NOBODY]),
        ([WAITS], [WAITED]),
        ([ASSIGNED], [BIAS]),
        ([WAITS, ASSIGNED], [(*BIAS[:2], 2)]),
        ([WAITS, ASSIGNED, replace(ASSIGNED, assigned_user_id=None)], [NOBODY]),
        ([replace(ASSIGNED, assigned_user_id=99)], [("assignee", "99 had it, and did not answer in time.", 1)]),
        ([ev.MessageDeferred(message_id=2, reason="down", retry_at=NOON)], [FAILED, NOBODY]),
        ([ev.MessageFailed(message_id=2, reason="down")], [FAILED, NOBODY]),
        ([ev.MessageUncertain(message_id=2, reason="down")], [FAILED, NOBODY]),
        ([ev.MessageFailed(message_id=2, reason="down"), ev.MessageSent(message_id=3, key_id="S")], [NOBODY]),
        ([ev.AnswerDropped(burst_id=1, why="No.")], [NOBODY, ("nothing_said", "Nothing was said by itself: No.", 1)]),
        ([ev.AiCancelled(turn_id=1, why="No.")], [NOBODY, ("nothing_said", "Nothing was said by itself: No.", 1)]),
        (
            [ev.AiHandedOff(turn_id=1, reason="no_answer", prompt_version="1", model="m")],
            [NOBODY, ("ai_handed_off", "The AI left it to a person (no answer).", 1)],
        ),
        ([HANDED], [NOBODY, ("human", LED, 1)]),
        (
            [ev.MessageFailed(message_id=2, reason="down"), ev.AnswerDropped(burst_id=1, why="No."), ASSIGNED, HANDED],
            [FAILED, (*BIAS[:2], 3), ("nothing_said", "Nothing was said by itself: No.", 2), ("human", LED, 4)],
        ),
    ],
)
def test_a_promise_was_broken_for_what_stood_in_the_way_then(
    events: list[Event], told: list[tuple[str, str, float | None]]
) -> None:
    assert causes(*events) == told


def test_an_ai_that_is_off_is_said_too() -> None:
    off = house(**SETTINGS)
    assert causes(there=off) == [NOBODY, ("ai_off", "The AI is switched off.", None)]


def test_each_broken_promise_is_told_with_when_it_was_kept_and_its_own_causes() -> None:
    met = ev.SlaMet(clock="first_response", met_at=NOON)
    resolution = replace(BREACHED, clock="resolution", due_at=after(9))
    events = log(OPENED, BREACHED, ASSIGNED, met, BREACHED, resolution, met)
    first, second, third = lateness(events, CONVERSATION.initial(1), CONVERSATION.evolve, HOUSE)
    assert [(each.clock, each.due_at, minute(each.met_at)) for each in (first, second, third)] == [
        ("first_response", NOON, 3),
        ("first_response", NOON, 6),
        ("resolution", after(9), None),
    ]
    assert [each.causes[0].code for each in (first, second, third)] == ["nobody", "assignee", "assignee"]


# -- why does nothing answer ------------------------------------------------------------------------------------------


def waits(*events: Event, at: float, there: Any = HOUSE) -> tuple[float | None, list[str]]:
    """Since which minute, and why."""
    recorded = log(OPENED, *events)
    since, found = unanswered(recorded, state_after(recorded), there, after(at))
    return minute(since), [each.code for each in found]


def test_it_waits_since_the_first_word_that_nobody_answered() -> None:
    assert waits(received(), at=9) == (1, ["nobody"])
    assert waits(received(), received(3), at=9) == (1, ["nobody"])
    assert waits(received(), queued(), received(3), at=9) == (3, ["nobody", "human"])
    assert waits(received(aside=True), at=9) == (None, [])
    assert waits(received(), queued(), at=9) == (None, [])
    echoed = ev.MessageEchoed(message_id=2, key_id="P", sent_at=NOON, author=ANA, content=text("já vai"))
    assert waits(received(), echoed, at=9) == (None, [])


def test_for_as_long_as_they_may_still_be_writing_that_is_said_first() -> None:
    assert waits(received(), at=1 + 2.5 / 60) == (1, ["quiet", "nobody"])
    assert waits(received(), at=1 + 2.6 / 60) == (1, ["nobody"])
    recorded = log(OPENED, received())
    _, [quiet, _] = unanswered(recorded, state_after(recorded), HOUSE, after(1))
    assert quiet.text == "They may still be writing: answers wait for 2.5 s of quiet."
    assert quiet.since == after(1)


def test_a_plan_without_the_ai_is_said_where_nothing_answers_now() -> None:
    ended = house(ai=WITH_AI, **{**SETTINGS, "trial_ends_at": NOON - timedelta(days=90)})
    since, found = waits(received(), at=9, there=ended)
    assert (since, found) == (1, ["nobody", "plan"])


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("pt-BR", "Ninguém cuidava dela."), ("PT", "Ninguém cuidava dela."), ("es-MX", "Nadie la atendía."),
        ("en", "Nobody looked after it."), ("de", "Nobody looked after it."),
    ],
)  # fmt: skip
def test_it_is_said_in_the_readers_language(locale: str, words: str) -> None:
    assert causes(locale=locale)[0][1] == said("nobody", locale) == words
    assert len({*map(frozenset, SAID.values())}) == 1


# -- what did the customer see ----------------------------------------------------------------------------------------

THEIRS = Seen(1, "inbound", "text", "oi", "contact", "received", NOON)
OURS = Seen(2, "outbound", "text", "bom dia", "user", "sent", NOON)
SENT = ev.MessageSent(message_id=2, key_id="S")


@pytest.mark.parametrize(
    ("events", "screen"),
    [
        ([received()], [THEIRS]),
        ([queued()], []),
        ([queued(), ev.MessageSending(message_id=2, attempt=1, at=NOON)], []),
        ([queued(), SENT], [OURS]),
        ([received(), queued(), SENT], [THEIRS, OURS]),
        ([queued(), ev.MessageFailed(message_id=2, reason="no")], []),
        ([queued(), ev.MessageUncertain(message_id=2, reason="no")], []),
        ([queued(), ev.MessageLeftInDoubt(message_id=2, reason="no")], []),
        ([queued(), ev.MessageUncertain(message_id=2, reason="no"), SENT], [OURS]),
        ([queued(), SENT, ev.MessageTicked(message_id=2, status="read")], [replace(OURS, status="read")]),
        (
            [received(), ev.MessageEdited(message_id=1, edited_at=NOON, body="olá")],
            [replace(THEIRS, body="olá", edited=True)],
        ),
        ([received(), ev.MessageDeleted(message_id=1)], [replace(THEIRS, body=None, deleted=True)]),
        ([ev.MessageDeleted(message_id=9), SENT], []),
        ([ev.MessageNoted(noted_at=NOON, message_id=4, author=ANA, content=text("só entre nós"))], []),
    ],
)
def test_the_screen_has_what_had_gone_out_as_it_was(events: list[Event], screen: list[Seen]) -> None:
    assert on_screen(log(*events)) == screen


def test_what_could_not_be_read_has_its_words_once_it_can() -> None:
    unread = replace(received(), content=replace(text(""), kind=MessageKind.UNSUPPORTED))
    revealed = ev.MessageRevealed(message_id=1, key_id="K1", sent_at=NOON, unread_count=1, content=text("oi"))
    assert on_screen(log(unread))[0].type == "unsupported"
    assert on_screen(log(unread, revealed)) == [THEIRS]
    echoed = ev.MessageEchoed(message_id=2, key_id="P", sent_at=NOON, author=ANA, content=text("já vai"))
    [ours] = on_screen(log(echoed))
    assert (ours.direction, ours.body) == ("outbound", "já vai")
