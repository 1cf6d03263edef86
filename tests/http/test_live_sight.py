"""What a member may see of the live push is decided in memory, and is what the log says."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
import pytest
import trio
from tests.http import people
from tests.http.chat import Chat
from tests.http.sockets import Socket, signed_in

from plixa.actors.conversation import events as ev
from plixa.compose import Node
from plixa.engine.errors import Unavailable
from plixa.engine.fanout import FACTS, Channel, Eyes, Facts, Joined, ShownEvent, Unknown
from plixa.engine.ports import Address
from plixa.http.api import Caller
from plixa.http.realtime.feed import Feed
from plixa.http.realtime.holders import GONE, PartOf, holder_of
from plixa.http.realtime.live_sight import LiveSight
from plixa.http.realtime.shown_events import About
from plixa.storage.postgres.bridge import Database

PHONES = [f"551198765000{n}" for n in range(5)]
_texts = count(1)


# -- memory and log ---------------------------------------------------------------------------------------------------


@dataclass
class History:
    """A house in which things happen by chance."""

    chat: Chat
    node: Node
    agents: list[people.Member]
    chance: random.Random

    def readers(self) -> list[Caller]:
        """The owner and the agents, as their tokens would be."""
        tenant, owner = self.chat.workspace.tenant, self.chat.workspace.user_id
        agents = [Caller(tenant, each.user_id, "agent", "Téo", 2, frozenset("*")) for each in self.agents]
        return [Caller(tenant, owner, "owner", "Lia", 1, frozenset("*")), *agents]

    async def go_on(self) -> None:
        """One thing more."""
        happens: dict[Callable[[int], Awaitable[Any]], float] = {
            self._write: 4,
            self._assign: 8,
            self._rate: 2,
            self._reply: 3,
            self._merge: 1.5,
            self._delete: 0.7,
            self._switch: 2,
        }
        there = [id_ for id_, each in self.chat.inbox.conversations.items() if not each.get("deleted")]
        if len(there) < 2:
            await self._write(0)
        else:
            [thing] = self.chance.choices(list(happens), list(happens.values()))
            await thing(self.chance.choice(there))
        await self.chat.inbox.poll(0)

    async def _write(self, _: int) -> None:
        await self.chat.written(f"oi {next(_texts)}", phone=self.chance.choice(PHONES))

    async def _reply(self, id_: int) -> None:
        await self.chat.answer(id_, "olá", type="note")

    async def _assign(self, id_: int) -> None:
        whose = [None, self.chat.workspace.user_id, *(each.user_id for each in self.agents)]
        await self.chat.change(id_, assigned_user_id=self.chance.choice(whose))

    async def _rate(self, id_: int) -> None:
        event = ev.CsatRated(rating=2, rated_at=self.node.services.clock.now(), episode=1, stage="done")
        await people.append(self.node, Address(self.chat.workspace.tenant, "conversation", id_), event)

    async def _merge(self, id_: int) -> None:
        there = self.chat.inbox.conversations
        others = [each for each, known in there.items() if each != id_ and not known.get("deleted")]
        other, client = self.chance.choice(others), self.chat.workspace.client
        into, from_ = there[id_]["contact_id"], there[other]["contact_id"]
        if into != from_:
            await client.post(f"/v1/contacts/{into}/merge", json={"from_id": from_})
            with trio.move_on_after(1):
                await self.chat.inbox.until(lambda: there[other]["contact_id"] == into)
        await client.post(f"/v1/conversations/{id_}/merge", json={"from_id": other})

    async def _delete(self, id_: int) -> None:
        await self.chat.workspace.client.delete(f"/v1/conversations/{id_}")

    async def _switch(self, _: int) -> None:
        restricted, seen = self.chance.random() < 0.8, self.chance.random() < 0.5
        client = self.chat.workspace.client
        await client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": restricted})
        await self.chat.workspace.put("/v1/csat-config", {"enabled": False, "visible_to_agents": seen})


@pytest.mark.parametrize("seed", range(4))
async def test_memory_and_log_show_the_same_to_everybody_whatever_happened(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    agents = [await people.agent(node, chat.workspace) for _ in range(2)]
    history = History(chat, node, agents, random.Random(seed))
    compared = hidden = 0
    channel = await node.services.fanout.open(chat.workspace.tenant)
    try:
        for _ in range(30):
            await history.go_on()
            for caller in history.readers():
                after = history.chance.randint(channel.start, channel.head)
                memory, log = await _both(node, channel, caller, after, history.chance.choice((3, 500)), monkeypatch)
                assert memory == log
                await _nothing_kept_from_them_is_in_it(node, caller, memory)
                compared += memory.shown
                hidden += memory.upto - after > memory.shown
    finally:
        node.services.fanout.close(channel)
    assert compared > 100
    assert hidden > 10


async def _nothing_kept_from_them_is_in_it(node: Node, caller: Caller, chunk: Joined) -> None:
    """By what the tables say, and the rules as they are told to people."""
    house = await node.services.bus.workspace(caller.tenant)
    holders = await node.services.database.run(_holders, caller.tenant)
    events = msgspec.json.decode(b"[" + chunk.events + b"]")
    if caller.role == "agent" and not house.csat.visible_to_agents:
        assert not [each for each in events if each["type"] == "csat.rated"]
    if caller.role == "agent" and house.security.agent_restricted_to_own_conversations:
        for each in events:
            id_ = each["data"].get("conversation_id")
            if holders.get(id_) not in (None, caller.user_id):
                assert each["data"] == {"conversation_id": id_, "conversation": {"id": id_, "deleted": True}}


async def _holders(connection: Any, tenant: int) -> dict[int, int | None]:
    rows = await connection.fetch("select id, assigned_user_id from conversations where tenant_id = $1", tenant)
    return {row["id"]: row["assigned_user_id"] for row in rows}


@pytest.mark.spec(109)
async def test_a_rating_that_agents_are_not_to_see_is_in_no_live_push(chat: Chat, node: Node) -> None:
    agent, id_ = await people.agent(node, chat.workspace), (await chat.written())["conversation_id"]
    for visible in (False, True):
        await chat.workspace.put("/v1/csat-config", {"enabled": True, "visible_to_agents": visible})
        async with signed_in(node, agent.bearer.removeprefix("Bearer ")) as socket:
            await socket.resume(0)  # from the log, and then from memory
            event = ev.CsatRated(rating=2, rated_at=node.services.clock.now(), episode=1, stage="done")
            await people.append(node, Address(chat.workspace.tenant, "conversation", id_), event)
            last = await chat.answer(id_, "fim", type="note")
            while not any(each["data"].get("message", {}).get("id") == last["id"] for each in socket.events):
                await socket.receive()
            seen = sum(each["type"] == "csat.rated" for each in socket.events)
            assert seen == (2 if visible else 0)


async def _both(
    node: Node, channel: Channel, caller: Caller, after: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[Joined, Joined]:
    """From memory and from the log, at a moment at which nothing happens."""
    while True:
        head, after = channel.head, max(after, channel.start)
        feed = Feed(node.services, channel, caller, after)
        memory = await feed.read(limit)
        assert not feed.from_log
        with monkeypatch.context() as patched:
            patched.setattr(Channel, "covers", lambda _self, _after: False)
            log = await Feed(node.services, channel, caller, after).read(limit)
        if channel.head == head:
            return memory, log


def test_what_a_channel_does_not_know_is_looked_up_and_never_guessed() -> None:
    sight = LiveSight(7, ratings=True, members={7: None, 8: None}, as_of=0)
    channel = Channel(1)
    channel.settle(0)
    channel.publish([ShownEvent(1, b"{}", about=About(5))], {})
    with pytest.raises(Unknown):
        channel.since(0, 10, Eyes(7, sight))
    assert channel.since(0, 10, Eyes(7)) == (b"{}", 1, 1)
    for holder, seen in ((7, 1), (8, 0), (None, 1), (99, 1), (GONE, 0), (PartOf(6), 0)):
        channel.publish([], {5: holder, 6: 8})
        assert channel.since(0, 10, Eyes(7, sight)).shown == seen


def test_facts_are_bounded_and_what_was_noted_meanwhile_is_newer_than_a_look_up() -> None:
    facts = Facts()
    facts.note(1, 7)
    facts.look_up(1, 8)
    assert facts.of(1) == 7
    for id_ in range(2, FACTS + 2):
        facts.note(id_, None)
    with pytest.raises(Unknown):
        facts.of(1)
    for id_ in range(2, 200):
        facts.note(id_, PartOf(id_ + 1))
    with pytest.raises(Unknown):  # however long the way, or whatever way round
        holder_of(facts, 2)


# -- what it costs ----------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """Two sockets of a restricted house, and the queries that run meanwhile."""

    chat: Chat
    owner: Socket
    agent: Socket
    agent_id: int
    queries: list[str]

    async def given(self, assignee: int | None) -> int:
        """A new conversation that is theirs."""
        id_: int = (await self.chat.written("oi", phone=f"55119876{next(_texts):05}"))["conversation_id"]
        await self.chat.change(id_, assigned_user_id=assignee)
        return id_


@pytest.fixture
async def watched(chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    member = await people.agent(node, chat.workspace)
    await chat.workspace.client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
    queries: list[str] = []
    run = Database.run

    async def counted(self: Database, query: Any, *args: Any, **named: Any) -> Any:
        queries.append(query.__name__)
        return await run(self, query, *args, **named)

    token = member.bearer.removeprefix("Bearer ")
    async with signed_in(node, chat.workspace.token) as owner, signed_in(node, token) as agent:
        for socket in (owner, agent):
            await socket.resume(0)
        await chat.inbox.poll(0)  # from here on that reads from memory, too
        monkeypatch.setattr(Database, "run", counted)
        yield Watched(chat, owner, agent, member.user_id, queries)


NOWHERE = 987_654_321
ASKED = {"read_range", "whereabouts", "former_assignees"}


async def test_a_restricted_agents_frames_cost_no_query(watched: Watched) -> None:
    chat = watched.chat
    others, mine = [await watched.given(assignee) for assignee in (chat.workspace.user_id, watched.agent_id)]
    for id_ in (others, mine):
        await chat.answer(id_, "olá", type="note")
    last = await chat.answer(mine, "fim", type="note")
    while not any(each["data"].get("message", {}).get("id") == last["id"] for each in watched.agent.events):
        await watched.agent.receive()
    about = [each["data"] for each in watched.agent.events if each["data"].get("conversation_id") == others]
    assert about[-1] == {"conversation_id": others, "conversation": {"id": others, "deleted": True}}
    assert not ASKED & set(watched.queries)


@pytest.mark.spec(269)
async def test_who_types_is_a_comparison_in_memory_for_all_who_hear_and_for_the_one_who_says(watched: Watched) -> None:
    others, mine = [await watched.given(each) for each in (watched.chat.workspace.user_id, watched.agent_id)]
    del watched.queries[:]
    for id_ in (others, NOWHERE, NOWHERE, mine):
        frame = {"op": "ephemeral", "type": "typing", "conversation_id": id_, "state": "on"}
        await watched.owner.send(frame)
        if id_ != NOWHERE:
            await watched.agent.send(frame)
    for socket in (watched.owner, watched.agent):
        seen = set[Any]()
        with suppress(trio.TooSlowError), trio.fail_after(1):
            while True:
                frame = await socket.until("ephemeral")
                seen.add((frame["conversation_id"], frame["user_id"]))
        owner, agent = watched.chat.workspace.user_id, watched.agent_id
        theirs = {(mine, owner), (mine, agent)}
        assert seen == (theirs | {(others, owner)} if socket is watched.owner else theirs)
    assert [each for each in watched.queries if each in ASKED] == ["whereabouts"]  # once, of what nobody knew


async def test_trouble_with_the_database_stops_ephemeral_frames_and_nothing_else(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_args: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("plixa.http.realtime.feed.whereabouts", gone)
    id_ = await watched.given(watched.agent_id)
    for about in (NOWHERE, id_):
        await watched.owner.send({"op": "ephemeral", "type": "typing", "conversation_id": about})
    assert (await watched.agent.until("ephemeral"))["conversation_id"] == id_
