"""The digest by e-mail: when it goes out, to whom, and what it counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trio
from tests import harness
from tests.harness import Phones, Workspace, pair
from tests.http import people
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.later import LaterNode, later_node
from tests.http.mails import mailed, mails
from tests.http.tables import Tables

PATH = "/v1/digest-config"
REGIONAL = {"timezone": "America/Sao_Paulo", "locale": "pt-BR", "currency": "BRL"}


@pytest.fixture
async def later(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[LaterNode]:
    async with later_node(database_url, simulator.url, tmp_path) as later:
        yield later


@pytest.fixture
async def house(later: LaterNode) -> AsyncIterator[Workspace]:
    async with harness.registered(later.node.services.public_url) as house:
        yield house


async def _due(later: LaterNode, house: Workspace) -> datetime | None:
    rows = await Tables(later.node.services.database).rows(
        "select due_at from timers where tenant_id = $1 and name = 'digest'", house.tenant
    )
    due: datetime | None = rows[0]["due_at"] if rows else None
    return due


@pytest.mark.spec(152)
@pytest.mark.spec(153)
@pytest.mark.spec(154)
@pytest.mark.spec(311)
async def test_it_is_due_at_nine_where_the_workspace_is(later: LaterNode, house: Workspace) -> None:
    assert (await house.get(PATH))["data"] == {"enabled": False, "frequency": "daily"}
    assert await _due(later, house) is None
    await house.put(PATH, {"enabled": True})
    due = await _due(later, house)
    assert due is not None
    assert (due.hour, due.minute) == (9, 0)
    await house.put("/v1/workspace-config", REGIONAL)
    for frequency in ("daily", "weekly", "monthly"):
        await house.put(PATH, {"enabled": True, "frequency": frequency})
        due = await _due(later, house)
        assert due is not None
        local = due.astimezone(ZoneInfo("America/Sao_Paulo"))
        assert (local.hour, local.minute) == (9, 0)
        assert (
            timedelta() < due - datetime.now(UTC) <= timedelta(days={"daily": 1, "weekly": 7, "monthly": 31}[frequency])
        )
        assert frequency != "weekly" or local.weekday() == 0
        assert frequency != "monthly" or local.day == 1
    await house.put(PATH, {"enabled": False})
    assert await _due(later, house) is None
    assert (await house.client.put(PATH, json={"enabled": True, "frequency": "hourly"})).status_code == 422


@pytest.mark.spec(152)
@pytest.mark.spec(157)
async def test_owners_get_the_figures_and_a_quiet_workspace_gets_nothing(
    later: LaterNode, house: Workspace, simulator: Phones
) -> None:
    await people.agent(later.node, house)
    await house.put("/v1/workspace-config", REGIONAL)
    await house.put(PATH, {"enabled": True})
    number = await pair(house, simulator)
    chat = Chat(house, simulator, number, Inbox(house))
    message = await chat.written("Bom dia!")
    await chat.answer(message["conversation_id"], "Bom dia, Bia!")
    await chat.change(message["conversation_id"], status="resolved")
    due = await _due(later, house)
    assert due is not None
    # Before nine it is due today, and tells of yesterday; a day later the missed one and the next are one digest.
    later.forward(seconds=(due - later.clock.now()).total_seconds() + 1, days=1)
    [mail] = await mailed(later.node, tag="daily_digest")
    assert mail.to == house.email
    assert "Padaria" in mail.subject
    for line in ("Conversas", "1"):
        assert line in mail.text
    again = await _due(later, house)
    assert again is not None
    assert again > later.clock.now()
    later.forward(days=2)
    await trio.sleep(0.5)
    assert len(await mails(later.node, tag="daily_digest")) == 1  # nothing happened since


@pytest.mark.spec(155)
@pytest.mark.spec(156)
@pytest.mark.spec(157)
async def test_a_test_goes_to_whoever_asks_even_where_nothing_happened(later: LaterNode, house: Workspace) -> None:
    sent = await house.post(f"{PATH}/test")
    assert sent == {"email": house.email}
    [mail] = await mailed(later.node, tag="daily_digest")
    assert mail.to == house.email
    answers = [await house.client.post(f"{PATH}/test") for _ in range(6)]
    assert answers[-1].status_code == 429
    member = await people.agent(later.node, house)
    refused = await house.client.post(f"{PATH}/test", headers={"Authorization": member.bearer})
    assert refused.status_code == 403
