"""What was given up is found by an operator, and tried again when asked for."""

from __future__ import annotations

from typing import Any

from tests.engine.talker import KINDS, START
from tests.harness import SECRET_KEY
from tests.storage.test_store_contract import commit, effect, ids

from plixa.dead_letters import given_up
from plixa.engine.ports import Booking, EffectMark
from plixa.engine.telemetry import Telemetry
from plixa.storage.eventlog import outbox
from plixa.storage.postgres.bridge import open_database
from plixa.storage.store import open_store


async def test_what_was_given_up_is_listed_and_queued_anew(database_url: str) -> None:
    async with (
        open_database(database_url, size=2) as database,
        open_store(database, secret_key=SECRET_KEY, node="here", kinds=KINDS, telemetry=Telemetry()) as store,
    ):
        await store.own(1)
        sent, lanes = effect("send", kind="gateway.send"), [effect(str(n), f"lane-{n}") for n in range(3)]
        await store.commit(commit("a", effects=[sent, *lanes]))
        await store.commit(commit("b", revision=1, marks=[EffectMark("send", "failed")]))  # its owner's word
        await store.book([Booking(1, str(n), "failed", START, 3, reason="no mailbox") for n in range(2)])

        async def listed(tenant: int | None = None) -> list[Any]:
            return await database.run(outbox.given_up, tenant)

        assert [row["effect_id"] for row in await listed()] == ["0", "1"]
        assert await listed(2) == []
        assert await database.run(outbox.count_given_up) == 2
        [line] = {given_up(row).partition("  ")[2] for row in await listed() if row["effect_id"] == "0"}
        assert line == "workspace 1: 0 (push.send of talk-7), 3 tries: no mailbox"
        assert await database.run(outbox.retry, 2, ["1"]) == 0
        assert await database.run(outbox.retry, 1, ["1"]) == 1
        assert [row["effect_id"] for row in await listed()] == ["0"]
        assert await ids(store) == ["1", "2"]
        assert await database.run(outbox.retry, None, None) == 1
        assert await ids(store) == ["0", "1", "2"]
