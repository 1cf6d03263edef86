"""Dashboard, reports, ratings, auto-assignment: what happened, counted."""

from __future__ import annotations

import codecs
import json
from datetime import timedelta
from pathlib import Path

import pytest
import trio
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.test_flows import until

from plixa.compose import Node
from plixa.storage.notifications import push
from plixa.storage.reports.digest import digest_stats

REPORTS = ("volume", "sla", "agents", "csat", "flows", "ai")


async def test_every_report_answers_as_json_and_as_csv(chat: Chat) -> None:
    for name in REPORTS:
        report = (await chat.workspace.get(f"/v1/reports/{name}"))["data"]
        assert report["timezone"] == "UTC"
        answer = await chat.workspace.client.get(f"/v1/reports/{name}", params={"format": "csv"})
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.content.startswith(codecs.BOM_UTF8), "Excel reads what has no mark as Latin-1"
        assert answer.content.decode("utf-8-sig").splitlines()[0].replace(",", "_").islower()


WITH_A_MARK = {"contacts/routes/files.py", "reports/reporting.py", "staff/routes/audit_logs.py"}
"""What answers with a file for a spreadsheet; that each begins with a mark is shown beside what it is for."""


def test_no_other_module_answers_with_a_spreadsheet() -> None:
    http = Path(__file__).resolve().parents[2] / "http"
    found = {str(path.relative_to(http)) for path in http.rglob("*.py") if '"text/csv; charset' in path.read_text()}
    assert found == WITH_A_MARK


@pytest.mark.spec(205)
async def test_what_happened_today_is_in_the_figures(chat: Chat) -> None:
    await chat.workspace.client.put("/v1/sla-config", json={"first_response_seconds": 60, "resolution_seconds": 600})
    message = await chat.written("oi")
    await chat.answer(message["conversation_id"], "olá")
    await chat.change(message["conversation_id"], status="resolved")
    volume = (await chat.workspace.get("/v1/reports/volume"))["data"]
    assert len(volume["rows"]) == 30
    today = volume["rows"][-1]
    assert (today["inbound"], today["outbound"], today["opened"], today["resolved"]) == (1, 1, 1, 1)
    sla = (await chat.workspace.get("/v1/reports/sla"))["data"]["rows"]
    assert [(row["kind"], row["met"], row["breached"]) for row in sla[-2:]] == [
        ("first_response", 1, 0),
        ("resolution", 1, 0),
    ]
    agents = (await chat.workspace.get("/v1/reports/agents"))["data"]["rows"]
    assert agents[0]["messages"] == 1
    board = (await chat.workspace.get("/v1/dashboard"))["data"]
    assert board["now"]["open"] == 0
    assert board["today"]["inbound"] == 1


async def test_a_span_that_makes_no_sense_is_refused(chat: Chat) -> None:
    spans = (
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"to": "0001-01-05"},
        {"from": "0001-01-01", "to": "0001-01-02"},  # both are endless ones to the database's driver
        {"from": "9999-12-01", "to": "9999-12-31"},
    )
    for span in spans:
        answer = await chat.workspace.client.get("/v1/reports/volume", params=span)
        assert answer.status_code == 422


@pytest.mark.spec(106)
@pytest.mark.spec(109)
async def test_ratings_are_listed_and_hidden_from_agents_where_the_house_wants_that(chat: Chat, node: Node) -> None:
    client = chat.workspace.client
    await client.put("/v1/csat-config", json={"enabled": True})
    message = await chat.written("oi")
    await chat.answer(message["conversation_id"], "olá")
    await chat.change(message["conversation_id"], status="resolved")
    await until(lambda: _asked(chat), "the question")
    await chat.written("5")
    ratings = (await chat.workspace.get("/v1/csat/ratings"))["data"]
    assert [(rating["rating"], rating["contact_name"]) for rating in ratings] == [(5, "Bia")]
    found = (await chat.workspace.get(f"/v1/conversations/{message['conversation_id']}"))["data"]
    assert (found["csat"]["rating"], found["status"]) == (5, "resolved")
    await client.put("/v1/csat-config", json={"enabled": True, "visible_to_agents": False})
    headers = {"Authorization": (await people.agent(node, chat.workspace)).bearer}
    assert (await client.get("/v1/csat/ratings", headers=headers)).json()["data"] == []
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await client.get(path, headers=headers)).json()["data"]["csat"] is None


async def _asked(chat: Chat) -> bool:
    return any("How would you rate" in text for text in await chat.screen())


@pytest.mark.spec(76)
@pytest.mark.spec(79)
async def test_a_rule_assigns_a_brand_new_conversation_and_says_why(chat: Chat) -> None:
    rule = {
        "priority": 1,
        "condition_type": "keyword",
        "condition_value": "orçamento",
        "action_type": "least_busy",
    }
    made = await chat.workspace.post("/v1/auto-assignment-rules", rule)
    message = await chat.written("Bom dia, queria um ORCAMENTO", phone="5511987650009")
    conversation = chat.inbox.conversations[message["conversation_id"]]
    await chat.inbox.until(lambda: conversation.get("assigned_user_id") == chat.workspace.user_id)
    timeline = (await chat.workspace.get(f"/v1/conversations/{message['conversation_id']}/timeline"))["data"]
    assigned = next(entry for entry in timeline if entry["type"] == "conversation.assigned")
    assert assigned["details"]["rule_id"] == made["id"]
    assert "looks after it now" in assigned["text"]
    again = await chat.written("Bom dia", phone="5511987650010")
    await trio.sleep(0.5)
    assert chat.inbox.conversations[again["conversation_id"]].get("assigned_user_id") is None


@pytest.mark.spec(83)
@pytest.mark.spec(84)
@pytest.mark.spec(85)
async def test_a_preview_says_who_would_get_it_and_assigns_nothing(chat: Chat) -> None:
    label = await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#112233"})
    by_label = {"condition_type": "label", "condition_value": str(label["id"]), "action_type": "round_robin"}
    rule = await chat.workspace.post("/v1/auto-assignment-rules", {"priority": 2, **by_label})
    path = "/v1/auto-assignment-rules/preview"
    nothing = await chat.workspace.post(path, {"message": "oi"})
    assert (nothing["rule_id"], nothing["user_id"]) == (None, None)
    for _ in range(2):
        found = await chat.workspace.post(path, {"label_id": label["id"]})
        assert (found["rule_id"], found["user_id"]) == (rule["id"], chat.workspace.user_id)
        assert found["candidates"][0]["name"]


async def test_a_message_at_midnight_is_of_the_day_that_begins_and_who_was_answered_late_waits_no_more(
    chat: Chat, tables: Tables
) -> None:
    id_ = (await chat.written("oi"))["conversation_id"]
    await tables.settled()
    await tables.rows("update messages set created_at = date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'")
    days = (await chat.workspace.get("/v1/reports/volume"))["data"]["rows"]
    assert [day["inbound"] for day in days[-2:]] == [0, 1]
    for answered, waiting in ((None, 1), ("2026-01-01T00:00:00+00:00", 0)):
        clock = {"first_response": {"breached_at": "2026-01-01T00:00:00+00:00", "met_at": answered}}
        sla = json.dumps(clock)
        await tables.rows(f"update conversations set sla = '{sla}'::jsonb where id = $1", id_)
        assert (await chat.workspace.get("/v1/dashboard"))["data"]["now"]["waiting_too_long"] == waiting


async def test_an_answer_of_before_the_question_is_none_and_what_was_deleted_rings_nobody(
    chat: Chat, node: Node, tables: Tables
) -> None:
    """What a look-back brought late may be older than the question; a message may go within the pause before a push."""
    message, run, tenant = await chat.written("oi"), node.services.database.run, chat.workspace.tenant
    answer = await chat.answer(message["conversation_id"], "olá")
    await chat.ticked(answer["id"], "sent")
    await tables.settled()
    today = node.services.clock.now().date()
    for seconds, has_answered in ((30, True), (-30, False)):
        moved = "update messages set created_at = $1::timestamptz + make_interval(secs => $2) where id = $3"
        await tables.rows(moved, node.services.clock.now(), seconds, answer["id"])
        stats = await run(digest_stats, tenant, "UTC", today, today + timedelta(days=1))
        assert (stats["first_response_median"] is not None) == has_answered
    assert (await run(push.alert, tenant, message["id"]))["body"] == "oi"
    await tables.rows("update messages set deleted_at = now() where id = $1", message["id"])
    assert await run(push.alert, tenant, message["id"]) is None
