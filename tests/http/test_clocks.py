"""What happens by the clock: the greeting, the first-response promise, snoozing; and resolving, which stops it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER


async def _configure(chat: Chat, what: str, **fields: Any) -> None:
    answer = await chat.workspace.client.put(f"/v1/{what}-config", json=fields)
    assert answer.status_code == 200, answer.text
    assert fields.items() <= answer.json()["data"].items()
    assert (await chat.workspace.get(f"/v1/{what}-config"))["data"] == answer.json()["data"]


async def _snooze(chat: Chat, conversation_id: int, seconds: float | None) -> Json:
    until = None if seconds is None else (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    shown: Json = await chat.workspace.post(f"/v1/conversations/{conversation_id}/snooze", {"until": until})
    return shown


def _clock(chat: Chat, conversation_id: int) -> Json:
    clock: Json = (chat.inbox.conversations[conversation_id].get("sla") or {}).get("first_response") or {}
    return clock


# -- the greeting -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(308)
@pytest.mark.spec(310)
async def test_a_first_contact_is_greeted_after_the_delay_and_only_once(chat: Chat) -> None:
    await _configure(chat, "welcome", enabled=True, message="Bem-vinda!", delay_seconds=1)
    message = await chat.written("Oi")
    greeting = await chat.inbox.message(body="Bem-vinda!")
    assert greeting["author"]["kind"] == "system"
    waited = datetime.fromisoformat(greeting["created_at"]) - datetime.fromisoformat(message["created_at"])
    assert waited >= timedelta(seconds=1)
    await chat.ticked(greeting["id"], "delivered")
    await chat.written("Obrigada")
    await chat.inbox.stays(1.3)
    assert await chat.screen() == ["Oi", "Bem-vinda!", "Obrigada"]


@pytest.mark.spec(308)
async def test_a_person_who_answers_first_makes_the_greeting_needless(chat: Chat) -> None:
    await _configure(chat, "welcome", enabled=True, message="Bem-vinda!", delay_seconds=1)
    message = await chat.written("Oi")
    await chat.answer(message["conversation_id"], "Olá, sou a Ana")
    await chat.inbox.stays(1.5)
    assert await chat.screen() == ["Oi", "Olá, sou a Ana"]


@pytest.mark.spec(310)
async def test_no_greeting_while_it_is_switched_off(chat: Chat) -> None:
    await _configure(chat, "welcome", enabled=False, message="Bem-vinda!", delay_seconds=0)
    await chat.written("Oi")
    await chat.inbox.stays()
    assert await chat.screen() == ["Oi"]


# -- the promise ------------------------------------------------------------------------------------------------------


@pytest.mark.spec(204)
async def test_an_answer_in_time_meets_the_first_response_target(chat: Chat) -> None:
    await _configure(chat, "sla", first_response_seconds=60)
    message = await chat.written()
    conversation_id = message["conversation_id"]
    await chat.inbox.until(lambda: _clock(chat, conversation_id).get("target_seconds") == 60)
    assert (_clock(chat, conversation_id)["met_at"], _clock(chat, conversation_id)["breached_at"]) == (None, None)
    await chat.answer(conversation_id, "Olá")
    await chat.inbox.until(lambda: _clock(chat, conversation_id)["met_at"])
    await chat.inbox.agrees()


@pytest.mark.spec(204)
async def test_silence_breaches_the_target_and_a_late_answer_does_not_undo_that(chat: Chat) -> None:
    await _configure(chat, "sla", first_response_seconds=1)
    message = await chat.written()
    conversation_id = message["conversation_id"]
    await chat.inbox.until(lambda: _clock(chat, conversation_id).get("breached_at"))
    await chat.answer(conversation_id, "Desculpe a demora")
    await chat.inbox.until(lambda: _clock(chat, conversation_id)["met_at"])
    assert _clock(chat, conversation_id)["breached_at"] == _clock(chat, conversation_id)["due_at"]
    await chat.inbox.agrees()


@pytest.mark.spec(205)
async def test_without_a_target_nothing_is_promised(chat: Chat) -> None:
    await _configure(chat, "sla", first_response_seconds=60)
    await _configure(chat, "sla", first_response_seconds=None)
    message = await chat.written()
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await chat.workspace.get(path))["data"]["sla"] is None


async def test_a_note_is_no_answer(chat: Chat) -> None:
    await _configure(chat, "sla", first_response_seconds=60)
    message = await chat.written()
    await chat.answer(message["conversation_id"], "quem é?", type="note")
    await chat.inbox.stays(0.1)
    assert _clock(chat, message["conversation_id"])["met_at"] is None


async def test_a_resolved_conversation_breaches_nothing_and_a_reopened_one_promises_anew(chat: Chat) -> None:
    await _configure(chat, "sla", first_response_seconds=1)
    message = await chat.written()
    conversation_id = message["conversation_id"]
    await chat.change(conversation_id, status="resolved")
    await chat.inbox.stays(1.3)
    assert _clock(chat, conversation_id)["breached_at"] is None
    await chat.written("Voltei")
    await chat.inbox.until(lambda: _clock(chat, conversation_id).get("breached_at"))
    await chat.inbox.agrees()


# -- snoozing ---------------------------------------------------------------------------------------------------------


@pytest.mark.spec(139)
@pytest.mark.spec(140)
@pytest.mark.spec(141)
async def test_a_snoozed_conversation_is_hidden_and_wakes_by_itself(chat: Chat) -> None:
    message = await chat.written()
    conversation_id = message["conversation_id"]
    assert (await _snooze(chat, conversation_id, 1.2))["snoozed_until"]
    for query, found in (
        ({}, 0),
        ({"snoozed": 0}, 0),
        ({"snoozed": 1}, 1),
        ({"snoozed": "all"}, 1),
        ({"q": CUSTOMER}, 1),
    ):
        assert len((await chat.workspace.get("/v1/conversations", **query))["data"]) == found, query
    await chat.inbox.until(lambda: chat.inbox.events[-1]["type"] == "conversation.woken")
    assert chat.inbox.conversations[conversation_id]["snoozed_until"] is None
    assert len((await chat.workspace.get("/v1/conversations"))["data"]) == 1
    await chat.inbox.agrees()


@pytest.mark.spec(142)
async def test_null_wakes_it_at_once(chat: Chat) -> None:
    message = await chat.written()
    await _snooze(chat, message["conversation_id"], 600)
    assert (await _snooze(chat, message["conversation_id"], None))["snoozed_until"] is None


@pytest.mark.spec(142)
async def test_it_cannot_be_snoozed_into_the_past(chat: Chat) -> None:
    message = await chat.written()
    path = f"/v1/conversations/{message['conversation_id']}/snooze"
    for until in ("2020-01-01T00:00:00Z", "2030-01-01T00:00:00", "tomorrow"):
        answer = await chat.workspace.client.post(path, json={"until": until})
        assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, ["until"])


async def test_the_customer_wakes_it_by_writing(chat: Chat) -> None:
    message = await chat.written()
    await _snooze(chat, message["conversation_id"], 600)
    await chat.written("Ainda aí?")
    assert chat.inbox.conversations[message["conversation_id"]]["snoozed_until"] is None
    await chat.inbox.agrees()


# -- changing ---------------------------------------------------------------------------------------------------------


async def test_a_resolved_conversation_is_reopened_by_the_customer_by_a_reply_and_by_asking(chat: Chat) -> None:
    message = await chat.written()
    conversation_id = message["conversation_id"]
    for reopen in (
        lambda: chat.written("Mais uma coisa"),
        lambda: chat.answer(conversation_id, "Esqueci de dizer"),
        lambda: chat.change(conversation_id, status="open"),
    ):
        resolved = await chat.change(conversation_id, status="resolved")
        assert resolved["status"] == "resolved"
        assert resolved["resolved_at"]
        await reopen()
        await chat.inbox.until(lambda: chat.inbox.conversations[conversation_id]["status"] == "open")
        await chat.inbox.agrees()


@pytest.mark.spec(135)
@pytest.mark.spec(136)
async def test_label_notes_and_assignee_change_alone_or_together(chat: Chat) -> None:
    message = await chat.written()
    conversation_id, me = message["conversation_id"], chat.workspace.user_id
    shown = await chat.change(conversation_id, contact_name="Dona Bia", notes="paga em dia", assigned_user_id=me)
    assert (shown["contact_name"], shown["notes"], shown["assigned_user_id"]) == ("Dona Bia", "paga em dia", me)
    await chat.written("outro nome?")
    assert chat.inbox.conversations[conversation_id]["contact_name"] == "Dona Bia"
    shown = await chat.change(conversation_id, contact_name="", assigned_user_id=None)
    assert (shown["contact_name"], shown["notes"], shown["assigned_user_id"]) == (None, "paga em dia", None)
    await chat.inbox.agrees()


@pytest.mark.spec(136)
async def test_only_a_member_can_be_assigned(chat: Chat) -> None:
    message = await chat.written()
    path = f"/v1/conversations/{message['conversation_id']}"
    answer = await chat.workspace.client.patch(path, json={"assigned_user_id": 987654, "notes": "x" * 4001})
    assert list(answer.json()["errors"][0]["details"]) == ["notes"]
    answer = await chat.workspace.client.patch(path, json={"assigned_user_id": 987654})
    assert list(answer.json()["errors"][0]["details"]) == ["assigned_user_id"]
