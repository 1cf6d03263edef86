"""Closed days and holidays, as owners and members meet them, and what closing a day does at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import harness
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables

from plixa.actors import fields
from plixa.compose import Node

CLOSURES, HOLIDAYS = "/v1/scheduling/closures", "/v1/scheduling/holiday-config"
ALWAYS = {"enabled": True, "hours": [{"open": "00:00", "close": "00:00", "enabled": True}] * 7, "pause_sla": True}


async def _closed(workspace: Workspace) -> list[Json]:
    days: list[Json] = (await workspace.get(CLOSURES))["data"]
    return days


@pytest.mark.spec(257)
@pytest.mark.spec(258)
@pytest.mark.spec(260)
@pytest.mark.spec(262)
async def test_the_owner_closes_and_opens_a_day_and_members_see_it(
    workspace: Workspace, neighbour: Workspace, node: Node
) -> None:
    made = await workspace.post(CLOSURES, {"date": "2031-02-03", "reason": "inventário"})
    assert made == {"id": made["id"], "date": "2031-02-03", "reason": "inventário", "source": "manual"}
    other = await workspace.post(CLOSURES, {"date": "2030-05-06", "source": "holiday"})
    assert other["source"] == "manual"
    assert [day["date"] for day in await _closed(workspace)] == ["2030-05-06", "2031-02-03"]
    assert await _closed(neighbour) == []
    agent = {"Authorization": (await people.agent(node, workspace)).bearer}
    assert len((await workspace.client.get(CLOSURES, headers=agent)).json()["data"]) == 2
    item = f"{CLOSURES}/{made['id']}"
    refused = (
        await workspace.client.post(CLOSURES, json={"date": "2030-01-01"}, headers=agent),
        await workspace.client.delete(item, headers=agent),
        await workspace.client.put(HOLIDAYS, json={"block_holidays": True}, headers=agent),
    )
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert (await neighbour.client.delete(item)).status_code == 404
    assert [(await workspace.client.delete(item)).status_code for _ in range(2)] == [204, 404]
    assert [day["date"] for day in await _closed(workspace)] == ["2030-05-06"]


@pytest.mark.spec(259)
async def test_closing_a_closed_day_gives_the_closure_that_is_there(workspace: Workspace) -> None:
    answers = [
        await workspace.client.post(CLOSURES, json={"date": "2031-02-03", "reason": reason}) for reason in ("a", "b")
    ]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert len(await _closed(workspace)) == 1


@pytest.mark.spec(261)
@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, "date"),
        ({"date": None}, "date"),
        ({"date": "2031-02-30"}, "date"),
        ({"date": "03/02/2031"}, "date"),
        ({"date": "2031-02-03T10:00:00"}, "date"),
        ({"date": 1}, "date"),
        ({"date": "2031-02-03", "reason": "x" * 256}, "reason"),
    ],
)
async def test_a_day_is_a_date_and_a_reason_is_short(workspace: Workspace, body: Json, wrong: str) -> None:
    answer = await workspace.client.post(CLOSURES, json=body)
    assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, [wrong])
    longest = await workspace.post(CLOSURES, {"date": "2031-02-03", "reason": "x" * 255})
    assert len(longest["reason"]) == 255


@pytest.mark.spec(232)
@pytest.mark.spec(233)
@pytest.mark.spec(234)
@pytest.mark.spec(236)
async def test_holidays_are_closures_while_the_owner_wants_that(workspace: Workspace, tables: Tables) -> None:
    off = (await workspace.get(HOLIDAYS))["data"]
    assert off == {"block_holidays": False, "country_code": "BR", "synced": True, "message": None}
    assert (await workspace.client.put(HOLIDAYS, json={})).status_code == 422
    assert await workspace.put(HOLIDAYS, {"block_holidays": True}) == {**off, "block_holidays": True}
    closed = await _closed(workspace)
    year = datetime.now(UTC).year
    christmas = [day for day in closed if day["date"] == f"{year + 1}-12-25"]
    assert [(day["reason"], day["source"]) for day in christmas] == [("Christmas Day", "holiday")]  # an English house
    pushed = (await workspace.get("/v1/events"))["data"]
    [synced] = [event["data"] for event in pushed if event["type"] == "holidays.synced"]
    assert synced == {"closures": closed, "opened_closure_ids": []}
    timers = await tables.rows("select name from timers where tenant_id = $1", workspace.tenant)
    assert "holidays" in [row["name"] for row in timers]
    await workspace.client.delete(f"{CLOSURES}/{christmas[0]['id']}")
    await workspace.put(HOLIDAYS, {"block_holidays": True})
    assert christmas[0]["date"] not in [day["date"] for day in await _closed(workspace)]
    await workspace.put(HOLIDAYS, {"block_holidays": False})
    today = datetime.now(UTC).date().isoformat()
    assert [day for day in await _closed(workspace) if day["date"] > today] == []


@pytest.mark.spec(235)
async def test_where_holidays_are_not_known_the_wish_is_saved_and_that_is_said(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "is_country", lambda _: True)  # the library knows all that there are today
    async with harness.registered(node.services.public_url, country="ZZ") as house:
        saved = await house.put(HOLIDAYS, {"block_holidays": True})
        assert (saved["block_holidays"], saved["synced"]) == (True, False)
        assert "ZZ" in saved["message"]
        assert (await house.get(HOLIDAYS))["data"] == saved
        assert await _closed(house) == []


@pytest.mark.spec(256)
async def test_a_promise_waits_for_a_day_that_closes_and_not_for_one_that_opens_again(chat: Chat) -> None:
    client = chat.workspace.client
    await client.put("/v1/business-hours-config", json=ALWAYS)
    await client.put("/v1/sla-config", json={"first_response_seconds": 3600})
    conversation_id = (await chat.written("oi"))["conversation_id"]

    def due() -> datetime:
        sla: Any = chat.inbox.conversations[conversation_id]["sla"]
        return datetime.fromisoformat(sla["first_response"]["due_at"])

    first = due()
    today = datetime.now(UTC).date()
    for day in (today, today + timedelta(days=1)):
        made = await chat.workspace.post(CLOSURES, {"date": day.isoformat()})
    await chat.inbox.until(lambda: due().date() == today + timedelta(days=2))
    assert timedelta(seconds=3500) < due() - datetime.combine(due().date(), datetime.min.time(), UTC)
    found = (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]
    assert found["sla"]["first_response"]["paused"] is True
    await client.delete(f"{CLOSURES}/{made['id']}")
    await chat.inbox.until(lambda: due().date() == today + timedelta(days=1))
    for day in await _closed(chat.workspace):
        await client.delete(f"{CLOSURES}/{day['id']}")
    await chat.inbox.until(lambda: abs(due() - first) < timedelta(seconds=30))
    await chat.inbox.agrees()
    shown = {event["type"] for event in chat.inbox.events}
    assert {"closure.created", "closure.deleted"} <= shown


@pytest.mark.spec(256)
async def test_on_a_closed_day_the_closed_message_goes_out_and_the_ai_knows_the_day(chat: Chat) -> None:
    client, today = chat.workspace.client, datetime.now(UTC).date()
    await client.put("/v1/business-hours-config", json={**ALWAYS, "message": "Hoje não abrimos."})
    await client.put("/v1/ai-config", json={"prompt": "Padaria", "enabled": True})
    await client.put("/v1/inbox-config", json={"quiet_seconds": 0})
    later = f"{(today + timedelta(days=100)).isoformat()}"
    await chat.workspace.post(CLOSURES, {"date": later, "reason": "Inventario"})
    told = await _preview(chat, "que horas voces abrem?")
    assert "Every day: 24 hours" in told
    assert "Inventario" not in told, "nobody asked for a day so far away"
    assert "Inventario" in await _preview(chat, "voces abrem no inventario?")
    await chat.workspace.post(CLOSURES, {"date": today.isoformat(), "reason": "Mudanca"})
    told = await _preview(chat, "que horas voces abrem?")
    assert f"{today.day} {today:%B} (Mudanca)" in told
    assert "We are closed now" in told
    await chat.written("que horas voces abrem?")
    await chat.inbox.message(body="Hoje não abrimos.")


@pytest.mark.spec(256)
async def test_a_day_is_closed_also_where_no_weekly_hours_are_kept(chat: Chat) -> None:
    client, today = chat.workspace.client, datetime.now(UTC).date()
    message = "Hoje não abrimos."
    await client.put("/v1/business-hours-config", json={**ALWAYS, "enabled": False, "message": message})
    await client.put("/v1/inbox-config", json={"quiet_seconds": 0})
    await client.put("/v1/welcome-config", json={"enabled": True, "message": "Bem-vindo!", "delay_seconds": 0})
    await chat.written("oi")
    await chat.inbox.message(body="Bem-vindo!")
    await chat.workspace.post(CLOSURES, {"date": today.isoformat()})
    await chat.written("e agora?", phone="5511900007777")
    await chat.inbox.message(body=message)


async def _preview(chat: Chat, question: str) -> str:
    answer = await chat.workspace.post("/v1/ai/preview", {"prompt": "Padaria", "message": question})
    return str(answer["reply"])
