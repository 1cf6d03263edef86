"""What owners ask when they look back, each answered by one call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any

import pytest
from tests.actors.given import NOON, house
from tests.actors.test_conversation import seen
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.second_factor import refused

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.question_words import SAID, Said, said
from plixa.actors.conversation.questions import lateness, unanswered
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.state import Member
from plixa.compose import Node
from plixa.engine.events import Event, Recorded

ANA = Member(7, "Ana", "ana@plixa.example", "owner")


def recorded(*events: Event) -> list[Recorded]:
    """Of one conversation, a minute apart."""
    return [
        Recorded(1, at, "conversation-3", at, NOON + timedelta(minutes=at), "user:7", "test", event)
        for at, event in enumerate(events, 1)
    ]


def wrote(message_id: int = 1) -> Event:
    message = seen("K", "oi")
    return ev.MessageReceived(message_id=message_id, key_id="K", sent_at=NOON, unread_count=1, content=message.content)


BREACH = ev.SlaBreached(clock="first_response", due_at=NOON)


@pytest.mark.parametrize(
    ("before", "code", "words"),
    [
        ((), "nobody", "Nobody looked after it."),
        ((ev.ConversationQueued(why="All are busy."),), "queue", "It waited in the queue: All are busy."),
        (
            (ev.MessageFailed(message_id=2, reason="The number is down."),),
            "not_sent",
            "An answer did not go out: The number is down.",
        ),
    ],
)
def test_why_it_was_late_is_told_with_the_cause_of_that_moment(
    before: tuple[Event, ...], code: str, words: str
) -> None:
    events = recorded(wrote(), *before, BREACH, ev.ConversationAssigned(assigned_user_id=7, why="user:7"))
    there = house(members={7: ANA})
    [late] = lateness(events, CONVERSATION.initial(3), CONVERSATION.evolve, there)
    assert (late.clock, late.met_at) == ("first_response", None)
    assert (late.causes[0].code, late.causes[0].text) == (code, words)
    assert "assignee" not in {cause.code for cause in late.causes}, "what came later is no cause"


def test_who_had_it_is_named_with_since_when() -> None:
    events = recorded(wrote(), ev.ConversationAssigned(assigned_user_id=7, why="user:7"), BREACH)
    there = house(members={7: ANA})
    [late] = lateness(events, CONVERSATION.initial(3), CONVERSATION.evolve, there)
    assert late.causes[0].text == "Ana had it, and did not answer in time."
    assert late.causes[0].since == NOON + timedelta(minutes=2)


def test_why_nothing_answers_names_the_mode_the_switch_and_the_plan() -> None:
    there = house(members={7: ANA}, trial_ends_at=None)
    state = Conversation(id=3, mode="human")
    since, causes = unanswered(recorded(wrote()), state, there, NOON + timedelta(hours=1))
    assert since == NOON + timedelta(minutes=1)
    assert {"human", "ai_off", "plan", "nobody"} == {cause.code for cause in causes}
    assert unanswered([], state, there, NOON) == (None, [])


async def test_the_chat_is_shown_as_the_customer_had_it_at_a_time(chat: Chat) -> None:
    first = await chat.written("Bom dia")
    id_ = first["conversation_id"]
    before = datetime.now(UTC)
    answer = await chat.answer(id_, "Bom dia! Já vejo.")
    await chat.answer(id_, "só para nós", type="note")
    await chat.ticked(answer["id"], "delivered")
    await chat.write("Boa tarde", type="edit", to=first["evolution_message_id"])
    await chat.inbox.until(lambda: chat.inbox.messages[first["id"]]["body"] == "Boa tarde")

    async def shown(at: datetime) -> list[tuple[str, str, bool]]:
        found = (await chat.workspace.get(f"/v1/conversations/{id_}/seen", at=at.isoformat()))["data"]
        return [(each["body"], each["status"], each["edited"]) for each in found]

    assert await shown(before) == [("Bom dia", "received", False)]
    assert await shown(datetime.now(UTC)) == [
        ("Boa tarde", "received", True),
        ("Bom dia! Já vejo.", "delivered", False),
    ]
    assert await shown(datetime(2020, 1, 1, tzinfo=UTC)) == []
    refused(await chat.workspace.client.get(f"/v1/conversations/{id_}/seen"), 422, "VALIDATION_FAILED")


async def test_why_is_asked_of_a_conversation_in_one_call(chat: Chat) -> None:
    id_ = (await chat.written())["conversation_id"]
    found = (await chat.workspace.get(f"/v1/conversations/{id_}/why"))["data"]
    assert found["late"] == []
    assert found["unanswered_since"] is not None
    assert "ai_off" in {cause["code"] for cause in found["unanswered"]}
    await chat.answer(id_, "oi")
    found = (await chat.workspace.get(f"/v1/conversations/{id_}/why"))["data"]
    assert (found["unanswered_since"], found["unanswered"]) == (None, [])


async def test_what_is_in_doubt_is_a_filter(chat: Chat, node: Node) -> None:
    first = await chat.written()
    await chat.written(phone="5511987650002")
    sent = await chat.answer(first["conversation_id"], "foi?")
    await chat.ticked(sent["id"], "delivered")

    async def doubtful() -> list[int]:
        return [each["id"] for each in (await chat.workspace.get("/v1/conversations", in_doubt="1"))["data"]]

    assert await doubtful() == []

    async def doubt(connection: object) -> None:
        await connection.execute("update messages set status = 'unknown' where id = $1", sent["id"])  # type: ignore[attr-defined]

    await node.services.database.run(doubt)
    assert await doubtful() == [first["conversation_id"]]


async def test_what_an_answer_of_the_ai_rests_on_is_told_in_the_words_of_then(chat: Chat) -> None:
    faq = await chat.workspace.post("/v1/ai-faqs", {"question": "Qual o horário de entrega?", "answer": "Até as 18h."})
    await chat.workspace.put("/v1/ai-config", {"prompt": "Padaria", "enabled": True})
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 0})
    asked = await chat.written("Qual o horário de entrega?")
    await chat.inbox.until(lambda: any(each["type"] == "ai.answered" for each in chat.inbox.events))
    changed = await chat.workspace.client.put(
        f"/v1/ai-faqs/{faq['id']}", json={"question": "Qual o horário de entrega?", "answer": "Até as 22h."}
    )
    assert changed.status_code == 200
    timeline = (await chat.workspace.get(f"/v1/conversations/{asked['conversation_id']}/timeline"))["data"]
    [entry] = [each for each in timeline if each["type"] == "ai.answered"]
    [ground] = entry["details"]["grounds"]
    assert (ground["faq_id"], ground["answer"]) == (faq["id"], "Até as 18h.")


async def test_how_many_went_to_a_person_and_why_is_a_report(chat: Chat) -> None:
    await chat.workspace.put("/v1/ai-config", {"prompt": "Padaria", "enabled": True})
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 0})
    await chat.written("vocês vendem pneus de trator?")
    await chat.inbox.until(lambda: any(each["type"] == "ai.handed_off" for each in chat.inbox.events))
    rows = (await chat.workspace.get("/v1/reports/handoffs"))["data"]["rows"]
    by_ai: list[Json] = rows
    assert [(row["by"], row["conversations"]) for row in by_ai] == [("ai", 1)]
    assert (by_ai[0]["reason"], by_ai[0]["said"]) == ("not_grounded", "not grounded")
    in_spanish = {"Accept-Language": "es"}
    shown = (await chat.workspace.client.get("/v1/reports/handoffs", headers=in_spanish)).json()["data"]["rows"]
    assert shown[0]["said"] == "nada de lo que sabe responde con certeza"
    answer = await chat.workspace.client.get("/v1/reports/handoffs", params={"format": "csv"})
    assert by_ai[0]["reason"] in answer.text


async def test_the_audit_says_from_what_to_what_a_setting_changed(chat: Chat) -> None:
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 4})
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 7})
    label = await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#ff0000"})
    await chat.workspace.client.put(f"/v1/labels/{label['id']}", json={"name": "Ouro"})
    audit = (await chat.workspace.get("/v1/audit"))["data"]
    configs = [each["changes"] for each in audit if each["type"] == "config.changed"]
    assert configs[0] == {"quiet_seconds": {"before": 4, "after": 7}}
    assert configs[1]["quiet_seconds"] == {"before": None, "after": 4}
    [label_changed] = [each["changes"] for each in audit if each["type"] == "setting.changed"]
    assert label_changed == {"name": {"before": "VIP", "after": "Ouro"}}
    assert [each["setting"] for each in audit if each["changes"]] == ["labels", "inbox", "inbox"]
    others = [each for each in audit if "changed" not in each["type"]]
    assert {(each["setting"], each["changes"]) for each in others} == {(None, None)}


async def test_a_draft_is_held_against_a_period(chat: Chat) -> None:
    await chat.written("oi")
    flow = await chat.workspace.post("/v1/flows", {"name": "oi", "template": "reception"})
    path = f"/v1/flows/{flow['id']}/check"
    now = datetime.now(UTC)
    of_today = await chat.workspace.post(path, {"since": (now - timedelta(hours=1)).isoformat()})
    earlier = await chat.workspace.post(path, {"until": (now - timedelta(hours=1)).isoformat()})
    assert (of_today["conversations"], earlier["conversations"]) == (1, 0)


@pytest.mark.parametrize("locale", ["en", "pt", "pt-BR", "es", "fr", ""])
def test_a_cause_is_said_in_the_language_of_whoever_asks(locale: str) -> None:
    known: Any = {"pt": "pt-BR", "pt-BR": "pt-BR", "es": "es"}.get(locale, "en")
    for what in SAID["en"]:
        told = said(what, locale, why="x", name="Ana", seconds="5")
        assert told == SAID[known][what].format(why="x", name="Ana", seconds="5")


@pytest.mark.parametrize("what", sorted(SAID["en"]))
def test_what_is_filled_in_is_the_same_in_every_language(what: Said) -> None:
    given = {frozenset(name for _, name, *_ in Formatter().parse(words[what]) if name) for words in SAID.values()}
    assert len(given) == 1
    assert len({words[what] for words in SAID.values()}) == len(SAID)


async def test_the_timeline_is_in_the_language_that_is_asked_for(chat: Chat) -> None:
    conversation = (await chat.written())["conversation_id"]
    for asked, words in (("pt-BR", "A conversa começou."), ("es, en;q=0.5", "La conversación empezó."), ("*", "began")):
        path, headers = f"/v1/conversations/{conversation}/timeline", {"Accept-Language": asked}
        answer = await chat.workspace.client.get(path, headers=headers)
        assert words in answer.json()["data"][0]["text"]
