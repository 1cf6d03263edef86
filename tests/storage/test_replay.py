"""The whole log folds to the states that are kept, and to the very states that earlier versions folded it to."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from tests.harness import SECRET_KEY
from tests.storage import corpus
from tests.storage.engines import TENANT, Engine, open_engine
from tests.storage.test_rebuild import live_a_little

from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.tools.replay import Replayed, replay, state_hash


async def replayed(engine: Engine) -> Replayed:
    """The log, folded anew."""
    return await engine.database.run(replay, Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema())


async def test_the_log_folds_to_what_is_kept(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(5), 200)
        for id_ in range(100, 106):
            scope = await engine.registry.supervisor.scope(TENANT)
            cell = scope.cell(Address(TENANT, "conversation", id_))
            await cell.load()
            await cell.save()
        found = await replayed(engine)
        assert found.wrong == []
        assert found.snapshots >= 4
        assert found.hashes == (await replayed(engine)).hashes


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("update conversations set unread_count = unread_count + 1", "unread_count"),
        ("update state_snapshots set revision = revision - 1 where revision > 1", "snapshot"),
    ],
)
async def test_what_disagrees_is_named(database_url: str, statement: str, what: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(5), 120)
        for id_ in range(100, 106):
            cell = (await engine.registry.supervisor.scope(TENANT)).cell(Address(TENANT, "conversation", id_))
            await cell.load()
            await cell.save()

        async def spoil(connection: Any) -> None:
            await connection.execute(statement)

        await engine.database.run(spoil)
        assert any(what in each for each in (await replayed(engine)).wrong)


def test_the_past_is_not_rewritten() -> None:
    """Each conversation of the corpus folds to the state that it folded to when it was kept."""
    assert corpus.folded() == msgspec.json.decode(corpus.FILE.with_suffix(".hashes.json").read_bytes())


async def test_the_kept_corpus_is_replayed_from_a_log(database_url: str) -> None:
    """As `plixa replay` does it, rows and all: what earlier releases stored leads to what it led to then."""
    kept = corpus.as_rows(TENANT)
    async with open_engine(database_url) as engine:

        async def store(connection: Any) -> None:
            await connection.executemany(corpus.STORE, kept)
            await connection.execute("insert into heads (tenant_id, position) values ($1, $2)", TENANT, len(kept))

        await engine.database.run(store)
        found = await replayed(engine)
        states = {f"conversation-{number}": state for number, state in corpus.states().items()}
        assert (found.events, found.streams, found.wrong) == (len(kept), len(states), [])
        assert found.hashes == {TENANT: state_hash(states)}
