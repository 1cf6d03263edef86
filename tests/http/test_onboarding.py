"""The "getting started" checklist."""

from __future__ import annotations

import pytest
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables

from plixa.compose import Node

STEPS = [
    "number_connected",
    "message_received",
    "reply_sent",
    "member_invited",
    "business_hours_set",
    "automation_on",
]


async def _checklist(workspace: Workspace) -> Json:
    checklist: Json = (await workspace.get("/v1/onboarding"))["data"]
    assert [step["key"] for step in checklist["steps"]] == STEPS
    return checklist


async def _done(workspace: Workspace) -> list[str]:
    return [step["key"] for step in (await _checklist(workspace))["steps"] if step["done"]]


@pytest.mark.spec(185)
async def test_each_step_is_done_once_it_is_done(workspace: Workspace, simulator: Phones, inbox: Inbox) -> None:
    assert await _checklist(workspace) == {
        "steps": [{"key": key, "done": False} for key in STEPS],
        "completed": False,
        "dismissed": False,
    }
    chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), inbox)
    assert await _done(workspace) == STEPS[:1]
    conversation_id = (await chat.written())["conversation_id"]
    assert await _done(workspace) == STEPS[:2]
    await chat.answer(conversation_id, "só para nós", type="note")
    assert await _done(workspace) == STEPS[:2]
    await chat.answer(conversation_id, "Bom dia, Bia!")
    assert await _done(workspace) == STEPS[:3]
    await workspace.post("/v1/team/invitations", {"email": "teo@plixa.example"})
    assert await _done(workspace) == STEPS[:4]
    week = [{"open": "09:00", "close": "18:00", "enabled": True}] * 7
    await workspace.put("/v1/business-hours-config", {"enabled": True, "hours": week})
    assert await _done(workspace) == STEPS[:5]
    await workspace.put("/v1/ai-config", {"prompt": "Padaria", "enabled": True})
    assert await _done(workspace) == STEPS
    assert (await _checklist(workspace))["completed"] is True


@pytest.mark.spec(185)
async def test_a_flow_is_automation_too(workspace: Workspace) -> None:
    made = await workspace.post("/v1/flows", {"name": "Recepção", "template": "reception"})
    assert await _done(workspace) == []
    assert (await workspace.client.post(f"/v1/flows/{made['id']}/publish")).is_success
    await workspace.client.post(f"/v1/flows/{made['id']}/toggle", json={"enabled": True})
    assert await _done(workspace) == ["automation_on"]


@pytest.mark.spec(186)
async def test_the_owner_dismisses_it_once_and_nothing_else_is_kept(
    node: Node, workspace: Workspace, tables: Tables
) -> None:
    member = await people.agent(node, workspace)
    refused = await workspace.client.post("/v1/onboarding/dismiss", headers={"Authorization": member.bearer})
    assert refused.status_code == 403
    assert (await _checklist(workspace))["dismissed"] is False
    for _ in range(2):
        answer = await workspace.client.post("/v1/onboarding/dismiss")
        assert answer.status_code == 200
        assert answer.json()["data"]["dismissed"] is True
    assert (await _checklist(workspace))["dismissed"] is True
    rows = await tables.rows("select * from events where tenant_id = $1 and type like 'onboarding%'", workspace.tenant)
    assert [row["type"] for row in rows] == ["onboarding.dismissed"]
