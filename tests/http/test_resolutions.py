"""What was resolved, by whom, and what was opened again: the same in reports, on the dashboard and in the digest."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests import harness
from tests.harness import Json, Phones
from tests.http import people
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.later import LaterNode, later_node
from tests.http.tables import Tables
from tests.http.test_flows import GRAPH, live, until
from tests.http.test_reports import REPORTS

from plixa import migrations
from plixa.compose import Node
from plixa.storage.reports.digest import digest_stats

OTHER = "5511987650002"
WAYS = ("members", "integrations", "flows", "ai", "silence")


@pytest.fixture
async def later(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[LaterNode]:
    async with later_node(database_url, simulator.url, tmp_path) as later:
        yield later


@pytest.fixture
async def chat_later(later: LaterNode, simulator: Phones) -> AsyncIterator[Chat]:
    """A chat on a node whose clock can be put forward."""
    async with harness.registered(later.node.services.public_url) as workspace:
        yield Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))


async def _report(chat: Chat, name: str) -> list[Json]:
    rows: list[Json] = (await chat.workspace.get(f"/v1/reports/{name}"))["data"]["rows"]
    return rows


async def _today(chat: Chat) -> Json:
    return (await _report(chat, "volume"))[-1]


def _ways(row: Json) -> dict[str, int]:
    """By what it was resolved; what is 0 is left out."""
    return {way: row[f"resolved_by_{way}"] for way in WAYS if row[f"resolved_by_{way}"]}


async def _resolved(chat: Chat, conversation_id: int) -> bool:
    found = await chat.workspace.get(f"/v1/conversations/{conversation_id}")
    return bool(found["data"]["status"] == "resolved")


async def test_what_was_resolved_on_one_day_and_opened_on_the_next_counts_on_both(
    later: LaterNode, chat_later: Chat
) -> None:
    chat = chat_later
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await chat.change(conversation_id, status="resolved")
    later.forward(days=1)
    await chat.written("mais uma coisa")
    await chat.change(conversation_id, status="resolved")
    await chat.change(conversation_id, status="open")
    yesterday, today = (await _report(chat, "volume"))[-2:]
    assert [(row["resolved"], row["reopened"]) for row in (yesterday, today)] == [(1, 0), (1, 2)]
    assert _ways(today) == {"members": 1}
    board = (await chat.workspace.get("/v1/dashboard"))["data"]
    assert (board["today"]["resolved"], board["today"]["reopened"]) == (1, 2)
    assert [day["resolved"] for day in board["last_7_days"][-2:]] == [1, 1]


async def test_the_one_who_resolved_it_is_not_the_one_whom_it_is_assigned_to(chat: Chat, node: Node) -> None:
    agent = await people.agent(node, chat.workspace)
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await chat.change(conversation_id, assigned_user_id=agent.user_id)
    await chat.change(conversation_id, status="resolved")
    agents = {row["user_id"]: row["resolved"] for row in await _report(chat, "agents")}
    assert agents == {chat.workspace.user_id: 1, agent.user_id: 0}
    await chat.change(conversation_id, status="open")
    bearer = await people.token(node, chat.workspace, ["write"])
    path, done = f"/v1/conversations/{conversation_id}", {"status": "resolved"}
    assert (await chat.workspace.client.patch(path, json=done, headers={"Authorization": bearer})).status_code == 200
    assert _ways(await _today(chat)) == {"members": 1, "integrations": 1}
    agents = {row["user_id"]: row["resolved"] for row in await _report(chat, "agents")}
    assert agents == {chat.workspace.user_id: 1, agent.user_id: 0}


async def test_a_flow_resolved_what_it_ended_and_not_what_a_member_resolved_meanwhile(
    later: LaterNode, chat_later: Chat
) -> None:
    chat = chat_later
    flow = await live(chat, GRAPH)
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await until(lambda: _asked(chat, 1), "the menu")
    await chat.change(conversation_id, status="resolved")
    [row] = await _report(chat, "flows")
    assert (row["resolved"], row["taken_over"]) == (0, 1)
    await chat.written("voltei")
    await until(lambda: _asked(chat, 2), "the menu again")
    await chat.write("1")
    await until(lambda: _resolved(chat, conversation_id), "the end of the flow")
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 0.2, "auto_close_hours": 1})
    await chat.written("de novo")
    await until(lambda: _asked(chat, 3), "the menu once more")
    later.forward(hours=2)
    await until(lambda: _resolved(chat, conversation_id), "the customer fell silent")
    [row] = await _report(chat, "flows")
    assert (row["flow_id"], row["resolved"], row["taken_over"], row["conversations"]) == (flow["id"], 2, 1, 1)
    days = (await _report(chat, "volume"))[-2:]
    assert sum(day["resolved_by_flows"] for day in days) == 2
    assert sum(day["resolved_by_members"] for day in days) == 1
    await _backfill_agrees(later.node)


async def _asked(chat: Chat, times: int) -> bool:
    return sum("Como posso ajudar?" in text for text in await chat.screen()) == times


async def _backfill_agrees(node: Node) -> None:
    """What the migration reads out of a log is what the projection made of it."""
    tables = Tables(node.services.database)
    there = await tables.rows("select * from resolutions order by conversation_id, episode")
    assert there
    sql = next(each.sql for each in migrations.migrations() if "resolutions" in each.name)
    backfill = sql[sql.index("insert into resolutions") :].partition(";")[0]
    await tables.rows("delete from resolutions returning 1")
    await tables.rows(f"{backfill} returning 1")
    read = await tables.rows("select * from resolutions order by conversation_id, episode")
    # In what silence fell only newer events tell; in this log that is the last one.
    by_clock = {**dict(there[-1]), "ended_by": "timer", "flow_id": None}
    assert [dict(row) for row in read] == [*map(dict, there[:-1]), by_clock]


async def test_silence_after_the_ai_s_word_is_the_ai_s_doing_and_else_the_clock_s(
    later: LaterNode, chat_later: Chat
) -> None:
    chat = chat_later
    await chat.workspace.put("/v1/ai-config", {"prompt": "Padaria", "enabled": True})
    await chat.workspace.put("/v1/inbox-config", {"quiet_seconds": 0, "auto_close_hours": 1})
    await chat.workspace.post("/v1/ai-faqs", {"question": "Vocês entregam?", "answer": "Sim, em até 5 km."})
    ids = [
        (await chat.written("Vocês entregam?", phone=phone))["conversation_id"] for phone in ("5511987650001", OTHER)
    ]
    for conversation_id in ids:
        await chat.inbox.until(lambda id_=conversation_id: chat.inbox.conversations[id_].get("mode") == "ai")
    await chat.answer(ids[1], "Posso ajudar?")
    later.forward(hours=2)
    for conversation_id in ids:
        await until(lambda id_=conversation_id: _resolved(chat, id_), "it fell silent")
    days = (await _report(chat, "volume"))[-2:]
    assert sum(day["resolved_by_ai"] for day in days) == 1
    assert sum(day["resolved_by_silence"] for day in days) == 1
    assert [row["resolved"] for row in await _report(chat, "agents")] == [0]


async def test_the_digest_tells_what_the_reports_tell(chat: Chat, node: Node) -> None:
    await chat.workspace.put("/v1/sla-config", {"first_response_seconds": 1, "resolution_seconds": 1})
    await chat.workspace.put("/v1/csat-config", {"enabled": True})
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await chat.inbox.until(lambda: _broken(chat.inbox.conversations[conversation_id]) == 2)
    await chat.answer(conversation_id, "olá")
    await chat.change(conversation_id, status="resolved")
    await until(lambda: _rated(chat), "the question")
    await chat.written("4")
    await chat.change(conversation_id, status="open")  # its clocks begin anew, and it is resolved no more
    volume, sla = await _report(chat, "volume"), await _report(chat, "sla")
    day = datetime.fromisoformat(volume[-1]["day"]).date()
    stats = await node.services.database.run(digest_stats, chat.workspace.tenant, "UTC", day, day)
    assert stats["conversations_resolved"] == volume[-1]["resolved"] == 1
    assert stats["conversations_opened"] == volume[-1]["opened"] == 1
    assert (stats["messages_in"], stats["messages_out"]) == (volume[-1]["inbound"], volume[-1]["outbound"])
    assert stats["sla_breaches"] == sum(row["breaches"] for row in sla) >= 2
    assert (stats["csat_average"], stats["csat_count"]) == (4.0, 1)
    assert stats["busiest"] == [{"name": "Ana", "replies": (await _report(chat, "agents"))[0]["messages"]}]
    before = await node.services.database.run(
        digest_stats, chat.workspace.tenant, "UTC", day - timedelta(days=7), day - timedelta(days=1)
    )
    assert (before["conversations_resolved"], before["csat_average"], before["busiest"]) == (0, None, [])


def _broken(conversation: Json) -> int:
    return sum(1 for clock in (conversation.get("sla") or {}).values() if clock and clock["breached_at"])


async def _rated(chat: Chat) -> bool:
    return any("How would you rate" in text for text in await chat.screen())


async def test_what_is_erased_counts_no_more(chat: Chat, tables: Tables) -> None:
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await chat.change(conversation_id, status="resolved")
    assert (await _today(chat))["resolved"] == 1
    assert (await chat.workspace.client.delete(f"/v1/conversations/{conversation_id}")).status_code == 204
    assert (await _today(chat))["resolved"] == 0
    assert await tables.rows("select * from resolutions") == []


@pytest.mark.spec(269)
async def test_what_others_resolved_is_not_in_the_figures_of_who_may_see_only_their_own(chat: Chat, node: Node) -> None:
    agent = await people.agent(node, chat.workspace)
    for phone, member in (("5511987650001", chat.workspace.user_id), (OTHER, agent.user_id)):
        conversation_id = (await chat.written("oi", phone=phone))["conversation_id"]
        await chat.change(conversation_id, assigned_user_id=member)
        for status in ("resolved", "open", "resolved"):
            await chat.change(conversation_id, status=status)
    await chat.workspace.put("/v1/security-config", {"agent_restricted_to_own_conversations": True})
    for bearer, resolved, reopened in ((agent.bearer, 2, 1), (f"Bearer {chat.workspace.token}", 4, 2)):
        answer = await chat.workspace.client.get("/v1/dashboard", headers={"Authorization": bearer})
        today = answer.json()["data"]["today"]
        assert (today["resolved"], today["reopened"]) == (resolved, reopened)


async def test_a_file_says_what_the_answer_says(chat: Chat) -> None:
    await chat.workspace.put("/v1/sla-config", {"first_response_seconds": 60})
    await live(chat)
    conversation_id = (await chat.written("oi"))["conversation_id"]
    await until(lambda: _asked(chat, 1), "the menu")
    await chat.change(conversation_id, status="resolved")
    for name in REPORTS:
        rows = await _report(chat, name)
        answer = await chat.workspace.client.get(f"/v1/reports/{name}", params={"format": "csv"})
        told = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert told == [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
        assert rows, name
