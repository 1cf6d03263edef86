"""`PLIXA_SECRET_KEY`: another one starts nothing, and `plixa rekey` seals all with a new one, wherever it is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests import harness
from tests.harness import PASSWORD, SECRET_KEY, Phones
from tests.http.chat import Chat
from tests.http.house import House, furnish
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.http.test_put_aside import put_aside

from plixa import doctor
from plixa.compose import Node, open_node
from plixa.engine.settings import Settings
from plixa.features import schema
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.notifications import push
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.tools import rekey as tool
from plixa.storage.tools.rekey import StillSealing, UnknownKey, accept, check, rekey

NEW_KEY = "the new secret key of the tests, longer than 32 characters"
OLD, NEW, BOTH = ApplicationKey(SECRET_KEY), ApplicationKey(NEW_KEY), ApplicationKey(NEW_KEY, SECRET_KEY)
PLAIN = {
    "answers.body_hash",
    "application_keys.id",
    "calendar_channels.secret",
    "calendar_consents.state",
    "calendar_events.account",
    "calendar_feeds.secret",
    "calendar_links.account",
    "campaign_recipients.email_hash",
    "erased_keys.key_hash",
    "guesses.subject",
    "mail_suppressions.email_hash",
    "media_files.sha256",
    "number_secrets.secret_hash",
    "one_time_secrets.hash",
    "push_subscriptions.endpoint_hash",
    "recovery_codes.hash",
    "snapshots.state",
    "spent_secrets.hash",
    "state_snapshots.state",
    "ticket_files.data",
    "tokens.hash",
}
"""Columns of bytes that are no seal of the application key: hashes, what a stream's key seals, files of tickets."""


class CutOff(Exception):
    """The process is gone."""


def settings(node: Node, **more: str) -> Settings:
    """Those of the node, with these keys."""
    known = node.services.settings
    return harness.settings(known.database_url, known.evolution_url, known.data_dir, **more)


async def values(database: Database, key: ApplicationKey) -> dict[str, tuple[int, int]]:
    """Of each sealed column: how many values there are, and how many of them open with this key."""

    async def count(connection: Any) -> dict[str, tuple[int, int]]:
        found = {}
        for table in schema().tables.values():
            for sealed in table.sealed:
                rows = await connection.fetch(f"select * from {table.name} where {sealed.column} is not null")
                opens = [tool._opens(key, row[sealed.column], tool._belongs(sealed, row)) for row in rows]
                found[f"{table.name}.{sealed.column}"] = len(opens), sum(opens)
        return found

    return await database.run(count)


async def execute(database: Database, query: str, *args: object) -> None:
    async def work(connection: Any) -> None:
        await connection.execute(query, *args)

    await database.run(work)


async def fill(house: House) -> None:
    """Something in every column that is sealed with the application key."""
    services, chat = house.node.services, house.chat
    await put_aside(chat)
    await chat.workspace.post("/v1/me/2fa/setup", {"password": PASSWORD})
    await chat.workspace.post(
        f"/v1/conversations/{house.ids['conversations']}/messages", {"body": "oi"}, **{"Idempotency-Key": "k"}
    )
    await chat.workspace.post(f"/v1/conversations/{house.ids['conversations']}/summary")
    key, tenant, hashed = services.store.keyring.application_key, chat.workspace.tenant, push.endpoint_hash("https://a")
    pushed = key.seal(b"{}", push.belongs(tenant, 7, hashed))
    await services.database.run(push.save, tenant, 7, hashed, pushed, services.clock.now())
    file = key.seal(b"name,phone", f"import {tenant}/77")
    await execute(services.database, "insert into contact_import_files values ($1, 77, $2)", tenant, file)
    totp = key.seal(b"secret", "second factor of staff 77")
    staff = "insert into admins (id, email, name, password_hash, created_at, totp) values (77, 's', 's', '', now(), $1)"
    await execute(services.database, staff, totp)
    listed = key.seal(b"[]", f"broadcast {tenant}/77")
    await execute(services.database, "insert into broadcast_lists values ($1, 77, $2, now())", tenant, listed)
    link = key.seal(b"1//token", f"calendar link {tenant} 7 1")
    linked = "insert into calendar_links (tenant_id, user_id, connection, account, sealed, next_at) "
    await execute(services.database, f"{linked} values ($1, 7, 1, '', $2, 'infinity')", tenant, link)
    delivery = house.ids["webhook-deliveries"]
    answered = key.seal(b"no", f"webhook answer {tenant}/{delivery}")
    await execute(
        services.database, "update webhook_deliveries set response_body = $1 where id = $2", answered, delivery
    )
    parked = (
        "insert into parked (tenant_id, stream, command_type, command, cause, error, parked_at) "
        "values ($1, 'conversation-7', 'x', $2, '', '', now())"
    )
    await execute(services.database, parked, tenant, key.seal(b"{}", "parked"))


async def test_every_column_of_bytes_is_sealed_anew_or_known_to_be_no_seal(database_url: str) -> None:
    async with open_database(database_url, size=1) as database:
        found = await Tables(database).rows(
            "select table_name || '.' || column_name as name from information_schema.columns "
            "where table_schema = 'public' and data_type = 'bytea' and table_name not like 'events\\__'"
        )
    sealed = {f"{table.name}.{each.column}" for table in schema().tables.values() for each in table.sealed}
    assert {row["name"] for row in found} == sealed | PLAIN
    assert not sealed & PLAIN


async def test_another_key_starts_nothing_and_the_doctor_says_so(
    node: Node, simulator: Phones, capsys: pytest.CaptureFixture[str]
) -> None:
    other = settings(node, PLIXA_SECRET_KEY=NEW_KEY, PLIXA_NODE="node-2")
    with pytest.RaisesGroup(pytest.RaisesExc(UnknownKey, match="plixa rekey"), flatten_subgroups=True):
        async with open_node(other):
            pytest.fail("it started")
    assert not await doctor.examine(other)
    assert "✗ secret key: PLIXA_SECRET_KEY is not the key that this database is sealed with" in capsys.readouterr().out
    await doctor.examine(settings(node))
    assert "✓ secret key: opens what is sealed in the database" in capsys.readouterr().out
    async with open_node(settings(node, PLIXA_NODE="node-2")):
        pass


async def test_a_database_from_before_keys_were_noted_takes_the_one_that_opens_it(node: Node) -> None:
    database = node.services.database
    await execute(database, "delete from application_keys")
    with pytest.raises(UnknownKey):
        await database.run(check, schema(), NEW)
    await database.run(accept, schema(), OLD)
    await execute(database, "delete from application_keys")
    await execute(database, "delete from vapid_keys")
    await execute(database, "insert into stream_keys values (1, 'x', $1)", OLD.seal(b"key", "stream key 1/x"))
    with pytest.raises(UnknownKey):  # by whatever there is
        await database.run(check, schema(), NEW)


async def test_an_empty_database_takes_any_key_and_from_then_on_no_other(database_url: str) -> None:
    async with open_database(database_url, size=1) as database:
        await database.run(accept, schema(), NEW)
        await database.run(accept, schema(), NEW)
        with pytest.raises(UnknownKey):
            await database.run(accept, schema(), OLD)


async def test_all_is_sealed_anew_though_it_is_cut_off_in_the_middle(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        open_node(harness.settings(database_url, simulator.url, tmp_path)) as node,
        harness.registered(node.services.public_url) as workspace,
    ):
        chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))
        house = await furnish(node, chat)
        await fill(house)
        database = node.services.database
        before = await values(database, OLD)
        assert not [column for column, (there, opened) in before.items() if not there or opened < there]
        with pytest.raises(StillSealing):
            await database.run(rekey, schema(), BOTH)

    def cut_off(seen: int) -> None:
        if seen > 20:
            raise CutOff

    monkeypatch.setattr(tool, "CHUNK", 3)
    async with open_database(database_url, size=2) as database:
        with pytest.raises(CutOff):
            await database.run(rekey, schema(), BOTH, cut_off)
        for half in (OLD, NEW):  # neither opens everything now
            with pytest.raises(UnknownKey):
                await database.run(check, schema(), half)
            assert any(opened < there for there, opened in (await values(database, half)).values())
        both = harness.settings(
            database_url, simulator.url, tmp_path, PLIXA_SECRET_KEY=NEW_KEY, PLIXA_SECRET_KEY_OTHER=SECRET_KEY
        )
        async with open_node(both):  # it serves beside a rekey
            found = await database.run(rekey, schema(), BOTH)
        assert found.sealed
        assert not found.closed
        with pytest.raises(UnknownKey):
            await database.run(check, schema(), OLD)
        after = await values(database, NEW)
        assert after.keys() == before.keys()
        assert not [column for column, (there, opened) in after.items() if opened < there]
        assert not any(opened for _, opened in (await values(database, OLD)).values())

    anew = harness.settings(database_url, simulator.url, tmp_path, PLIXA_SECRET_KEY=NEW_KEY)
    async with (
        open_node(anew) as node,
        httpx.AsyncClient(
            base_url=node.services.public_url, headers=workspace.client.headers, trust_env=False
        ) as client,
    ):
        shown = await client.get(f"/v1/conversations/{house.ids['conversations']}/timeline")
        assert shown.json()["data"]


async def test_what_no_key_opens_is_told_and_left(database_url: str) -> None:
    async with open_database(database_url, size=2) as database:
        await database.run(accept, schema(), OLD)
        await execute(database, "insert into stream_keys values (1, 'conversation-7', $1)", b"x" * 60)
        found = await database.run(rekey, schema(), BOTH)
        assert (found.sealed, found.closed) == (0, {"stream_keys": 1})
        await database.run(check, schema(), NEW)


async def test_a_row_that_changed_meanwhile_is_left_as_it_is_now(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    belongs, true = "stream key 1/conversation-7", tool._anew
    async with open_database(database_url, size=2) as database:
        await database.run(accept, schema(), OLD)
        old = OLD.seal(b"older", belongs)
        await execute(database, "insert into stream_keys values (1, 'conversation-7', $1)", old)

        def overtaken(*args: Any) -> Any:
            change = true(*args)
            return change and (b"is not there any more", *change[1:])

        monkeypatch.setattr(tool, "_anew", overtaken)
        await database.run(rekey, schema(), BOTH)
        [row] = await Tables(database).rows("select sealed from stream_keys")
        assert row["sealed"] == old


def test_a_second_key_opens_and_knows_again_what_it_sealed_and_seals_nothing() -> None:
    assert set(BOTH.fingerprints("p:5511")) == {OLD.fingerprint("p:5511"), NEW.fingerprint("p:5511")}
    assert BOTH.unseal(OLD.seal(b"a", "b"), "b") == BOTH.unseal(NEW.seal(b"a", "b"), "b") == b"a"
    assert OLD.resealed(OLD.seal(b"a", "b"), "b") is None
    resealed = BOTH.resealed(OLD.seal(b"a", "b"), "b")
    assert resealed is not None
    assert NEW.unseal(resealed, "b") == b"a"
    with pytest.raises(WrongKey):
        NEW.unseal(OLD.seal(b"a", "b"), "b")
