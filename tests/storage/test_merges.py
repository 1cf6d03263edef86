"""Conversations that are merged: the rows are those that the log gives, and a crash between any two steps changes
nothing of what comes out."""

from __future__ import annotations

import random
from typing import Any

import pytest
import trio
from tests.actors.given import NOON
from tests.actors.test_conversation import PEER
from tests.harness import SECRET_KEY
from tests.storage.engines import TENANT, Engine, open_engine
from tests.storage.test_rebuild import do_something, dump, rebuild

from plixa.actors.contacts.actor import PeerRouted, Resolve
from plixa.actors.contacts.joining import MergeConversations, MergeDecided
from plixa.actors.contacts.merging import Merge
from plixa.actors.contacts.records import AddContact, ContactAdded
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.state import Conversation
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind, MessageSeen, Peer
from plixa.actors.workspace import upkeep
from plixa.engine.actor import EffectDone
from plixa.engine.errors import Refused
from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.http.conversation.merging import Joining
from plixa.storage.conversation.moving import AT_ONCE
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.lifetime import rules
from plixa.storage.lifetime.sweeping import Sweeper
from plixa.storage.tools.replay import replay

CONTACT = 5
CONVERSATIONS = range(100, 124)
HANGING = (
    "messages",
    "media_files",
    "sla_clocks",
    "resolutions",
    "csat_ratings",
    "conversation_seen",
    "conversation_facets",
)


class Crash(Exception):
    """The process is gone."""


class Dying:
    """A bus whose process dies once it has asked `after` times; what it asked for has happened."""

    def __init__(self, engine: Engine, after: int) -> None:
        self._registry = engine.registry
        self._left = after

    async def ask(self, *args: Any, **named: Any) -> Any:
        if self._left == 0:
            raise Crash
        self._left -= 1
        return await self._registry.ask(*args, **named)

    async def state(self, address: Address) -> Any:
        return await self._registry.state(address)


def joining(engine: Engine, bus: Any = None) -> Joining:
    return Joining(engine.database, bus or engine.registry, TENANT, "test")


async def found(engine: Engine) -> None:
    """A workspace that asks for ratings, and the contact whose conversations these are."""
    await engine.found()
    targets = {"first_response_seconds": 60, "resolution_seconds": 600}
    for config, values in (("csat", {"enabled": True}), ("sla", targets)):
        await engine.ask("workspace", TENANT, upkeep.Configure(config=config, values=values, by=TENANT))
    n, made = 0, 0
    while made < CONTACT:
        n += 1
        added = await engine.ask("contacts", 1, AddContact(phone=f"55119999900{n:02}"))
        made = added.first(ContactAdded).contact_id
    assert made == CONTACT


async def merge(engine: Engine, into_id: int, from_id: int) -> None:
    await engine.ask("contacts", 1, MergeConversations(into_id=into_id, from_id=from_id, by=TENANT))


async def a_rebuild_changes_nothing(engine: Engine) -> None:
    """The log gives the very rows that are there, once all have moved."""
    await engine.swept()
    before = await dump(engine)
    await rebuild(engine)
    assert await dump(engine) == before


async def state_of(engine: Engine, id_: int) -> Conversation:
    state: Conversation = await engine.registry.state(Address(TENANT, "conversation", id_))
    return state


async def rate(engine: Engine, id_: int, step: int) -> None:
    """An episode from its beginning to its end, with a rating."""
    await engine.write(id_, f"E{step}", "oi")
    await engine.ask("conversation", id_, cmd.Update(fields=("status",), status="resolved", by=TENANT))
    await engine.write(id_, f"R{step}", "5")


async def live(engine: Engine, chance: random.Random, steps: int) -> None:
    """Random but repeatable: people write, answer, resolve, rate, delete and merge."""
    await found(engine)
    for step in range(steps):
        one, other = chance.sample(CONVERSATIONS, 2)
        try:
            if step % 11 == 10:
                await merge(engine, one, other)
                await joining(engine).finish(other)
            elif step % 5 == 0:
                await rate(engine, one, step)
            elif step % 47 == 0:
                deleted = (await engine.ask("conversation", one, cmd.Delete())).first(ev.ConversationDeleted)
                await joining(engine).erase(deleted.parts)
            else:
                await do_something(engine, chance, one, step)
        except Refused:
            continue


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_rebuild_gives_exactly_what_was_there(database_url: str, seed: int) -> None:
    async with open_engine(database_url) as engine:
        await live(engine, random.Random(seed), 360)
        before = await dump(engine)
        for table in ("conversation_merges", "conversation_seen", "csat_ratings", "messages"):
            assert before[table], table
        types = {row[0] for row in await engine.rows("select distinct type from events")}
        assert {"conversation.absorbed", "conversation.deleted"} <= types
        for table in HANGING:
            lost = f"select * from {table} where conversation_id not in (select id from conversations)"
            assert await engine.rows(lost) == [], table
        await rebuild(engine)
        assert await dump(engine) == before
        replayed = await engine.database.run(replay, Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema())
        assert replayed.wrong == []


async def test_after_a_rebuild_its_addresses_lead_to_the_survivor(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        phone, lid = Peer("5511999990001", None, "jid"), Peer(None, "77", "jid")
        routes: list[PeerRouted] = []
        for peer in (lid, phone, Peer("5511999990001", "77", "jid"), Peer("5511999990002", None, "jid")):
            routes.append((await engine.ask("contacts", 1, Resolve(number_id=3, peer=peer))).first(PeerRouted))
        for route in routes:
            await engine.write(route.conversation_id, f"K{route.conversation_id}", contact_id=route.contact_id)
        await engine.ask("contacts", 1, Merge(contact_id=routes[3].contact_id, from_id=routes[1].contact_id))
        await merge(engine, routes[3].conversation_id, routes[1].conversation_id)
        led = "select jid, conversation_id from peers order by jid"
        survivor = routes[3].conversation_id
        before = await engine.rows(led)
        assert before == [("l:77", survivor), ("p:5511999990001", survivor), ("p:5511999990002", survivor)]
        await rebuild(engine)
        assert await engine.rows(led) == before


async def test_promises_and_ratings_of_both_are_kept(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for step, id_ in enumerate((100, 100, 101, 101, 101)):
            await rate(engine, id_, step)
        clocks = "select kind, started_at, met_at from sla_clocks order by 1, 2"
        ratings = "select rating, rated_at from csat_ratings order by rated_at"
        before = [await engine.rows(clocks), await engine.rows(ratings)]
        assert [len(rows) for rows in before] == [10, 5]
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        assert [await engine.rows(clocks), await engine.rows(ratings)] == before
        await rate(engine, 100, 9)
        episodes = await engine.rows("select conversation_id, episode from csat_ratings order by episode")
        assert episodes == [(100, n) for n in range(1, 7)]


@pytest.mark.parametrize("under_way", ["the survivor", "the part", "both", "neither"])
async def test_no_resolution_takes_the_place_of_another(database_url: str, under_way: str) -> None:
    """Whichever of the two is in the middle of an episode when they become one."""
    async with open_engine(database_url) as engine:
        await found(engine)
        for step, id_ in enumerate((100, 100, 101, 101)):
            await rate(engine, id_, step)
        if under_way in ("the survivor", "both"):
            await engine.write(100, "A", "voltei")
        if under_way in ("the part", "both"):
            await engine.write(101, "B", "voltei")
        resolved = "select resolved_at, reopened_at is not null from resolutions order by 1"
        before = await engine.rows(resolved)
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        if under_way == "the part":  # which opens the survivor again
            before = [(at, reopened or at == max_of(before[:2])) for at, reopened in before]
        assert await engine.rows(resolved) == before
        await rate(engine, 100, 9)
        rated = [number for _, number in await engine.rows("select 1, episode from csat_ratings order by episode")]
        assert await engine.rows("select conversation_id, episode from resolutions order by 2") == [
            (100, number) for number in rated
        ]
        assert len(rated) == 5
        await a_rebuild_changes_nothing(engine)


def max_of(rows: list[tuple[Any, ...]]) -> Any:
    return max(at for at, *_ in rows)


async def two(engine: Engine) -> None:
    """Two conversations of one contact, the second with a part already and something under way."""
    await found(engine)
    for id_ in (100, 101, 102):
        await engine.write(id_, f"A{id_}", f"oi {id_}")
    await merge(engine, 101, 102)
    await joining(engine).finish(102)
    await engine.answer(101, "a caminho")
    await merge(engine, 100, 101)


async def facts(engine: Engine) -> Any:
    """What came out, but for times and the offsets of the log."""
    messages = await engine.rows("select id, conversation_id, body, status from messages order by id")
    survivor, part, first = [await state_of(engine, id_) for id_ in (100, 101, 102)]
    shown = (survivor.parts, survivor.unread_count, survivor.labels, len(survivor.pending), len(part.pending))
    listed = await engine.rows("select id, unread_count, last_message_id from conversations")
    return messages, shown, listed, part.merged_into, first.merged_into


async def test_a_crash_between_any_two_steps_changes_nothing_of_what_comes_out(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await two(engine)
        queued = "select request->>'from_id', state from outbox where kind = 'conversation.merge' order by position"
        assert await engine.rows(queued) == [("102", "queued"), ("101", "queued")]
        died = 0
        for after in range(20):
            try:
                await joining(engine, Dying(engine, after)).finish(101)
            except Crash:
                died += 1
            else:
                break
        assert died >= 3, "it did not even get far enough to crash"
    async with open_engine(database_url) as engine:  # nothing in memory any more
        await joining(engine).finish(101)
        again = await facts(engine)
        messages, (parts, unread, _, _, under_way), [(id_, *_)], *merged = again
        assert {conversation_id for _, conversation_id, *_ in messages} == {100} == {id_, *merged}
        assert (parts, unread, under_way) == ((101, 102), 1, 1)
        [(events,)] = await engine.rows("select count(*) from events")
        for from_id in (101, 102):
            await joining(engine).finish(from_id)
        assert await engine.rows("select count(*) from events") == [(events,)]
        assert await facts(engine) == again
        await a_rebuild_changes_nothing(engine)


@pytest.mark.parametrize("erased", [100, 101])
async def test_what_is_erased_before_it_hears_of_the_merge_takes_the_other_one_not_along(
    database_url: str, erased: int
) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for id_ in (100, 101):
            await engine.write(id_, f"A{id_}", f"oi {id_}")
        await merge(engine, 100, 101)
        await engine.ask("conversation", erased, cmd.Delete())
        await joining(engine).finish(101)
        assert await engine.rows("select * from conversation_merges") == []
        other = 201 - erased
        await engine.swept()
        assert await engine.rows("select conversation_id, body from messages") == [(other, f"oi {other}")]
        assert (await state_of(engine, other)).merged_into is None


async def test_a_survivor_that_is_erased_before_it_took_the_other_one_takes_it_along(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for id_ in (100, 101):
            await engine.write(id_, f"A{id_}", f"oi {id_}")
        await merge(engine, 100, 101)
        with pytest.raises(Crash):
            await joining(engine, Dying(engine, 1)).finish(101)
        assert (await state_of(engine, 101)).merged_into == 100
        await engine.ask("conversation", 100, cmd.Delete())
        await joining(engine).finish(101)
        await engine.swept()
        assert await engine.rows("select 1 from messages union all select 1 from conversation_merges") == []
        assert await engine.rows("select stream from stream_keys where stream like 'conversation-%'") == []


async def test_merges_that_cross_are_decided_one_after_the_other(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for id_ in (100, 101, 102):
            await engine.write(id_, f"A{id_}")
        await merge(engine, 100, 101)
        for into_id, from_id in ((101, 100), (101, 102), (102, 101)):
            with pytest.raises(Refused) as refused:
                await merge(engine, into_id, from_id)
            assert refused.value.code == "CONVERSATION_MERGED"
        await merge(engine, 102, 100)  # decided before 100 has heard that 101 is a part of it
        await joining(engine).finish(100)
        assert (await state_of(engine, 102)).parts == (100, 101)
        assert [each.event.from_id for each in engine.told if isinstance(each.event, MergeDecided)] == [101, 100]
        assert await engine.rows("select distinct conversation_id from messages") == [(102,)]


async def test_a_file_that_comes_while_the_survivor_is_being_erased_goes_with_it(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        picture = Content(MessageKind.IMAGE, None, "imageMessage", Media("image/jpeg"))
        seen = MessageSeen("A101", PEER, False, "contact", picture, NOON)
        await engine.write(100, "A100")
        taken = await engine.ask("conversation", 101, cmd.TakeMessage(seen=seen, contact_id=CONTACT, number_id=3))
        message_id = taken.first(ev.MessageReceived).message_id
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        deleted = (await engine.ask("conversation", 100, cmd.Delete())).first(ev.ConversationDeleted)
        await engine.swept()
        came = EffectDone(
            effect_id=f"media-{message_id}", result={"mime": "image/jpeg", "bytes": 3, "sha256": "00" * 32}
        )
        await engine.ask("conversation", 101, came)
        assert await engine.rows("select message_id from media_files") == [(message_id,)]
        await joining(engine).erase(deleted.parts)
        await engine.swept()
        assert await engine.rows("select 1 from media_files") == []
        assert await engine.rows("select stored_as from erased_files") == [(str(message_id),)]
        await a_rebuild_changes_nothing(engine)


@pytest.mark.parametrize("read", [100, 101])
async def test_what_was_read_in_one_of_them_does_not_keep_the_rest_from_being_read(
    database_url: str, read: int
) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for id_ in (201 - read, read):  # the newest is the one that was read
            await engine.write(id_, f"A{id_}")
        reading = cmd.MarkRead(user_id=TENANT, tell_contact=True)
        await engine.ask("conversation", read, reading)
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        told = (await engine.ask("conversation", 100, reading)).first(ev.ConversationRead)
        assert told.keys == (f"A{201 - read}",)
        assert len(await engine.rows("select 1 from outbox where kind = 'gateway.read'")) == 2


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing moves but with the commit itself, until this is undone."""

    async def later(_self: Sweeper, _row: Any) -> None:
        await trio.lowlevel.checkpoint()

    monkeypatch.setattr(Sweeper, "_sweep", later)
    return monkeypatch


async def _wrote_much(engine: Engine, conversation_id: int, messages: int) -> None:
    """Somebody has written with us for years."""
    await engine.write(conversation_id, f"A{conversation_id}")
    copies = f"""
        insert into messages
            (tenant_id, id, conversation_id, number_id, direction, type, body, author, status, created_at)
        select
            tenant_id, id - 1000000 - n, conversation_id, number_id, direction, type, 'before', author, status,
            created_at
        from messages cross join generate_series(1, {messages}) n where conversation_id = {conversation_id}
    """
    await engine.database.run(lambda connection: connection.execute(copies))


async def _held(engine: Engine) -> dict[int, int]:
    """How many messages each conversation has."""
    found = await engine.rows("select conversation_id, count(*) from messages group by 1 order by 1")
    return {int(id_): int(count) for id_, count in found}


async def test_a_merge_moves_the_newest_at_once_and_the_rest_in_chunks(
    database_url: str, held_up: pytest.MonkeyPatch
) -> None:
    """Years of messages in one statement would hold up the commits of all workspaces."""
    async with open_engine(database_url) as engine:
        await found(engine)
        await engine.write(100, "A100")
        await _wrote_much(engine, 101, AT_ONCE + 40)
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        assert await _held(engine) == {100: 1 + AT_ONCE, 101: 41}
        assert await engine.rows("select 1 from messages where conversation_id = 101 and body <> 'before'") == []
        held_up.undo()
        held_up.setattr(rules, "CHUNK", 7)
        engine.store.sweeper.nudge()
        await engine.swept()
        assert await _held(engine) == {100: 1 + AT_ONCE + 41}


async def test_what_is_still_on_its_way_goes_on_to_whoever_takes_the_survivor(
    database_url: str, held_up: pytest.MonkeyPatch
) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        for id_ in (100, 102):
            await engine.write(id_, f"A{id_}")
        await _wrote_much(engine, 101, AT_ONCE + 40)
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        await merge(engine, 102, 100)
        with pytest.raises(Crash):  # 102 has not taken it yet
            await joining(engine, Dying(engine, 4)).finish(100)
        assert await engine.rows("select 1 from conversations where id = 100") == []
        held_up.undo()
        engine.store.sweeper.nudge()
        with trio.move_on_after(0.3):
            await engine.swept()
        assert (await _held(engine))[101] == 41, "nobody knows yet whose they are"
        await joining(engine).finish(100)
        await engine.swept()
        assert await _held(engine) == {102: 2 + AT_ONCE + 41}


async def test_what_is_still_on_its_way_is_erased_with_the_survivor(
    database_url: str, held_up: pytest.MonkeyPatch
) -> None:
    async with open_engine(database_url) as engine:
        await found(engine)
        await engine.write(100, "A100")
        await _wrote_much(engine, 101, AT_ONCE + 40)
        await merge(engine, 100, 101)
        await joining(engine).finish(101)
        deleted = (await engine.ask("conversation", 100, cmd.Delete())).first(ev.ConversationDeleted)
        held_up.undo()
        engine.store.sweeper.nudge()
        with trio.move_on_after(0.3):
            await engine.swept()
        await joining(engine).erase(deleted.parts)
        await engine.swept()
        assert await _held(engine) == {}
