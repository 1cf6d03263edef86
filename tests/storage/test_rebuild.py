"""`plixa rebuild` gives the read models that were there, and erasure leaves nothing behind."""

from __future__ import annotations

import contextlib
import gc
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from tests.harness import SECRET_KEY
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.actors.contacts.actor import Resolve, Unroute
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.people import team
from plixa.actors.whatsapp.gateway import (
    Content,
    DeleteSeen,
    EditSeen,
    Menu,
    MessageKind,
    Option,
    Peer,
    ReactionSeen,
    StatusSeen,
)
from plixa.actors.workspace.actor import AddNumber, ChangeMember
from plixa.engine.actor import EffectDone, EffectStarting
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.storage.contacts import statements as sql
from plixa.storage.eventlog.batches import Rounds
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.tools import rebuild as rebuilding
from plixa.storage.tools.rebuild import Rebuilder

NEIGHBOUR = 2


async def dump(engine: Engine) -> dict[str, list[str]]:
    """Every read model, row by row, as text, once all that is to go is gone."""
    await engine.swept()
    tables: dict[str, list[str]] = {}
    for table in schema().read_models:
        rows = await engine.rows(f"select t::text from {table} t")
        tables[table] = sorted(row for (row,) in rows)
    return tables


async def rebuild(engine: Engine) -> int:
    rebuilder = Rebuilder(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema())
    return await engine.database.run(rebuilder.run)


async def live_a_little(engine: Engine, chance: random.Random, steps: int) -> None:
    """Random but repeatable traffic over a few conversations, everything that makes a row included."""
    await engine.found()
    await engine.ask("workspace", TENANT, AddNumber(instance="plixa-1-x", name="front"))
    await engine.ask("workspace", TENANT, ChangeMember(user_id=TENANT, fields=("name",), name="Ana Maria"))
    for n in range(4):
        peer = Peer(f"55119999900{n:02}", None if n % 2 else f"77{n}", "jid")
        await engine.ask("contacts", 1, Resolve(number_id=3, peer=peer, name=f"Cliente {n}"))
    for step in range(steps):
        conversation = chance.randrange(100, 106)
        try:
            await do_something(engine, chance, conversation, step)
        except NotFound:
            continue
    await engine.ask("contacts", 1, Unroute(conversation_id=100))


async def do_something(engine: Engine, chance: random.Random, conversation: int, step: int) -> None:
    now = datetime.now(UTC)
    match chance.randrange(12):
        case 0 | 1 | 2:
            await engine.write(conversation, f"K{conversation}-{step}", f"mensagem {step}")
        case 3 | 4:
            await send(engine, conversation, step)
        case 5:
            await tell(engine, conversation, chance, step)
        case 6:
            command = cmd.Update(fields=("contact_name", "notes"), name=f"Nome {step}", notes=f"nota {step}", by=1)
            await engine.ask("conversation", conversation, command)
        case 7:
            until = now + timedelta(hours=1) if step % 2 else None
            await engine.ask("conversation", conversation, cmd.Snooze(until=until))
        case 8:
            status: Any = chance.choice(["open", "resolved"])
            await engine.ask("conversation", conversation, cmd.Update(fields=("status",), status=status, by=1))
        case 9:
            note = Content(MessageKind.NOTE, f"nota {step}", "note")
            await engine.ask("conversation", conversation, cmd.AddNote(author=ev.Author("user", 1), content=note))
        case 10:
            await engine.ask("conversation", conversation, cmd.MarkRead(user_id=1))
        case _:
            if step % 7 == 0:
                await engine.ask("conversation", conversation, cmd.Delete())


async def send(engine: Engine, conversation: int, step: int) -> None:
    menu = Menu("buttons", (Option("a", "Sim"), Option("b", "Não")), "Opções", "") if step % 3 else None
    content = Content(MessageKind.TEXT, f"resposta {step}", "conversation", menu=menu)
    command = cmd.Send(author=ev.Author("user", 1, "Ana"), content=content)
    queued = (await engine.ask("conversation", conversation, command)).first(ev.MessageQueued)
    effect = f"send-{queued.message_id}"
    await engine.ask("conversation", conversation, EffectStarting(effect_id=effect))
    if step % 3 == 1:
        fallen = cmd.SendNumbered(message_id=queued.message_id, why="The gateway refused the buttons.")
        await engine.ask("conversation", conversation, fallen)
    await engine.ask("conversation", conversation, EffectDone(effect_id=effect, result={"key_id": f"S{step}"}))


async def tell(engine: Engine, conversation: int, chance: random.Random, step: int) -> None:
    state = await engine.registry.state(Address(TENANT, "conversation", conversation))
    keys = [message.key_id for message in state.recent if message.key_id]
    if not keys:
        return
    key, now = chance.choice(keys), datetime.now(UTC)
    update: Any = chance.choice(
        [
            StatusSeen(key, "delivered"),
            StatusSeen(key, "read"),
            EditSeen(key, f"editada {step}", now),
            DeleteSeen(key),
            ReactionSeen(key, f"R{step}", chance.choice(["👍", ""]), step % 2 == 0, now),
        ]
    )
    await engine.ask("conversation", conversation, cmd.TakeUpdate(update=update))


async def test_a_rebuild_gives_exactly_what_was_there(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(7), 400)
        before = await dump(engine)
        wanted = ("workspaces", "members", "numbers", "contacts", "peers", "messages", "resolutions")
        assert all(before[table] for table in wanted)
        kinds = await engine.rows("select distinct extra->'menu'->>'shown' from messages where extra is not null")
        assert set(kinds) == {("buttons",), ("numbers",)}
        indexes = await engine.rows("select indexdef from pg_indexes order by indexname")
        await rebuild(engine)
        assert await dump(engine) == before
        assert await engine.rows("select indexdef from pg_indexes order by indexname") == indexes


async def test_a_rebuild_mends_rows_that_somebody_changed_by_hand(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(8), 60)
        before = await dump(engine)
        await engine.rows("update messages set body = 'tampered' returning 1")
        await engine.rows("delete from conversations returning 1")
        assert await dump(engine) != before
        await rebuild(engine)
        assert await dump(engine) == before


@pytest.mark.parametrize("chunk", [1, 7])
async def test_a_rebuild_is_the_same_however_the_log_is_cut(
    database_url: str, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", chunk)
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(9), 80)
        await engine.found(NEIGHBOUR)
        await engine.write(100, "A", "the neighbour's customer", NEIGHBOUR)
        before = await dump(engine)
        [(events,)] = await engine.rows("select count(*) from events")
        assert await rebuild(engine) == events
        assert await dump(engine) == before


async def test_a_drop_takes_what_came_before_it_and_nothing_of_what_comes_after(database_url: str) -> None:
    rounds = Rounds()
    rounds.add((sql.PEER, (TENANT, 3, "p:1", 5, 100)))
    rounds.add((sql.PEERS_DROPPED, (TENANT, 100)))
    rounds.add((sql.PEER, (TENANT, 3, "p:2", 5, 100)))
    async with open_engine(database_url) as engine:
        await engine.database.run(rounds.write)
        assert await engine.rows("select jid from peers") == [("p:2",)]


async def test_an_address_that_goes_from_one_member_to_another_is_the_last_ones(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        for tenant in (NEIGHBOUR, TENANT):
            await engine.found(tenant)
        for tenant, user_id in ((NEIGHBOUR, 11), (TENANT, 12), (TENANT, 13)):
            invite = team.Invite(email="rui@plixa.example", role="agent", by=tenant)
            invited = (await engine.ask("workspace", tenant, invite, tenant)).first(team.InvitationCreated)
            accept = team.Accept(invitation_id=invited.invitation_id, user_id=user_id, name="Rui")
            await engine.ask("workspace", tenant, accept, tenant)
            if user_id != 13:
                await engine.ask("workspace", tenant, team.RemoveMember(user_id=user_id, by=tenant), tenant)
        before = await dump(engine)
        await rebuild(engine)
        assert await dump(engine) == before


@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_a_rebuild_that_is_broken_off_leaves_what_was_there(
    database_url: str, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(rebuilding, "CHUNK", 10)
    async with open_engine(database_url) as engine:
        await live_a_little(engine, random.Random(10), 60)
        before = await dump(engine)
        rebuilder = Rebuilder(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema())
        with trio.CancelScope() as scope, contextlib.suppress(ZeroDivisionError):

            def break_off(events: int) -> None:
                if events == 30:
                    scope.cancel() if how == "cancelled" else 1 / 0

            await engine.database.run(rebuilder.run, break_off)
        assert 30 <= rebuilder.events < 60
        assert await dump(engine) == before
        assert gc.isenabled()


async def test_erasure_leaves_the_log_whole_and_nothing_to_read(database_url: str) -> None:
    secret = "only Bia and the bakery know this"
    async with open_engine(database_url) as engine:
        await engine.found()
        await engine.write(100, "A", secret)
        await engine.write(101, "B", "someone else")
        [(events,)] = await engine.rows("select count(*) from events")
        assert not await anywhere(engine, secret, but=("messages",))
        await engine.ask("conversation", 100, cmd.Delete())
        assert not await anywhere(engine, secret)
        assert await engine.rows("select 1 from stream_keys where stream = 'conversation-100'") == []
        assert await engine.rows("select count(*) from events") == [(events + 1,)]
        before = await dump(engine)
    async with open_engine(database_url) as engine:  # nothing in memory any more
        recorded = await engine.store.read_range(TENANT, 0, 100)
        received = [each.event for each in recorded if isinstance(each.event, ev.MessageReceived)]
        assert [event.content.body for event in received] == [None, "someone else"]
        await rebuild(engine)
        assert await dump(engine) == before


async def anywhere(engine: Engine, text: str, but: tuple[str, ...] = ()) -> list[str]:
    """The tables in which this text stands, in any column."""
    tables = await engine.rows("select tablename::text from pg_tables where schemaname = 'public'")
    found: list[str] = []
    for (table,) in tables:
        if table in but:
            continue
        query = f"select 1 from {table} t where t::text like '%' || $1 || '%' limit 1"
        if await engine.rows(query, text):
            found.append(table)
    return found
