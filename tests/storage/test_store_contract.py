"""What the engine relies on in a store, held by Postgres and by the one in memory that its own tests run on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.engine.memory import Memory, MemoryStore
from tests.engine.talker import KINDS, START, Said, Talk
from tests.harness import SECRET_KEY

from plixa.engine.errors import Fenced
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Booking, Commit, DeadLetter, DueTimer, Effect, EffectMark, Look
from plixa.engine.telemetry import Telemetry
from plixa.storage.postgres.bridge import open_database
from plixa.storage.store import open_store

TALK, OTHER = Address(1, "talk", 7), Address(2, "talk", 7)
Nodes = dict[str, Any]


@pytest.fixture(params=["memory", "postgres"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Of a database; None: in memory."""
    return request.getfixturevalue("database_url") if request.param == "postgres" else None


@pytest.fixture
async def nodes(url: str | None) -> AsyncIterator[Nodes]:
    """The stores of two nodes on one database."""
    if url is None:
        memory = Memory()
        yield {node: MemoryStore(memory, node) for node in ("here", "there")}
        return
    async with AsyncExitStack() as stack:

        async def opened(node: str) -> Any:
            database = await stack.enter_async_context(open_database(url, size=2))
            return await stack.enter_async_context(
                open_store(database, secret_key=SECRET_KEY, node=node, kinds=KINDS, telemetry=Telemetry())
            )

        yield {node: await opened(node) for node in ("here", "there")}


@pytest.fixture
async def store(nodes: Nodes) -> Any:
    store = nodes["here"]
    await store.own(1)
    return store


def commit(*texts: str, address: Address = TALK, revision: int = 0, epoch: int = 1, **more: Any) -> Commit:
    """What a turn in which these were said wants to be true."""
    events = [Said(text=text) for text in texts]
    return Commit(
        address, revision, Talk(), Talk(texts), events, START, actor="test", cause="test", epoch=epoch, **more
    )


def texts(recorded: list[Recorded]) -> list[str]:
    return [each.event.text for each in recorded if isinstance(each.event, Said)]


async def test_a_commit_is_read_back_as_it_was(store: Any) -> None:
    recorded = await store.commit(commit("a", "b"))
    assert [(each.position, each.revision, each.stream) for each in recorded] == [(1, 1, "talk-7"), (2, 2, "talk-7")]
    loaded = await store.load(TALK)
    assert (loaded.state, loaded.revision) == (None, 0)
    assert list(loaded.events) == recorded
    assert (await store.load(Address(1, "talk", 8))).events in ([], ())


async def test_positions_are_the_tenants_and_revisions_the_streams(store: Any) -> None:
    await store.own(2)
    await store.commit(commit("a"))
    [second] = await store.commit(commit("b", address=Address(1, "talk", 8)))
    [third] = await store.commit(commit("c", revision=1))
    [theirs] = await store.commit(commit("d", address=OTHER))
    assert [(each.position, each.revision) for each in (second, third, theirs)] == [(2, 1), (3, 2), (1, 1)]


async def test_a_stale_revision_fails_and_changes_nothing(store: Any) -> None:
    await store.commit(commit("a"))
    with pytest.raises(Fenced):
        await store.commit(commit("b", timers_set={"remind": START}))
    assert texts((await store.load(TALK)).events) == ["a"]
    assert await store.due_timers(START, 10) == []


async def test_a_commit_of_an_earlier_ownership_fails(store: Any) -> None:
    head = await store.own(1)
    assert head.epoch == 2
    with pytest.raises(Fenced):
        await store.commit(commit("late", epoch=1))
    await store.commit(commit("in time", epoch=2))


async def test_nothing_is_written_for_a_tenant_that_was_never_owned(nodes: Nodes) -> None:
    with pytest.raises(Fenced):
        await nodes["here"].commit(commit("a"))


async def test_the_head_goes_on_over_ownerships(store: Any) -> None:
    await store.commit(commit("a", "b", last_id=41))
    head = await store.own(1)
    assert (head.epoch, head.position, head.last_id) == (2, 2, 41)


async def test_a_tenant_has_one_living_owner(nodes: Nodes) -> None:
    here, there = nodes["here"], nodes["there"]
    await here.own(1)
    with pytest.raises(Fenced):
        await there.own(1)
    await here.commit(commit("a"))


async def test_a_snapshot_shortens_the_tail(store: Any) -> None:
    await store.commit(commit("a", snapshot=True))
    await store.commit(commit("b", revision=1))
    loaded = await store.load(TALK)
    assert (loaded.state.said, loaded.revision, texts(loaded.events)) == (("a",), 1, ["b"])
    await store.save_snapshot(TALK, 2, Talk(("a", "b")))
    loaded = await store.load(TALK)
    assert (loaded.state.said, loaded.revision, list(loaded.events)) == (("a", "b"), 2, [])


async def test_timers_are_set_moved_cleared_and_loaded_with_their_stream(store: Any) -> None:
    later = START + timedelta(hours=1)
    await store.commit(commit("a", timers_set={"remind": START, "call": later}))
    assert (await store.load(TALK)).timers == {"remind": START, "call": later}
    assert await store.due_timers(START, 10) == [DueTimer(TALK, "remind", START)]
    assert await store.next_due(START) == later
    await store.commit(commit("b", revision=1, timers_set={"remind": later}, timers_cleared=["call"]))
    assert (await store.load(TALK)).timers == {"remind": later}
    assert await store.due_timers(START, 10) == []
    await store.clear_timer(DueTimer(TALK, "remind", START))  # not this due time any more: it stays
    assert await store.next_due(START) == later
    await store.clear_timer(DueTimer(TALK, "remind", later))
    assert await store.next_due(START) is None


async def test_a_commit_without_events_sets_timers_under_the_fence(store: Any) -> None:
    assert await store.commit(commit(timers_set={"remind": START})) == []
    assert (await store.load(TALK)).timers == {"remind": START}
    await store.own(1)
    with pytest.raises(Fenced):
        await store.commit(commit(timers_set={"call": START}))
    assert (await store.load(TALK)).timers == {"remind": START}


async def test_due_timers_come_earliest_first_and_without_whom_one_leaves_out(store: Any) -> None:
    await store.own(2)
    for number in range(3):
        due = START - timedelta(minutes=number)
        await store.commit(commit("a", address=Address(1, "talk", number), timers_set={"remind": due}))
    await store.commit(commit("a", address=OTHER, timers_set={"remind": START}))
    found = await store.due_timers(START, 2)
    assert [timer.address.id for timer in found] == [2, 1]
    assert [timer.address for timer in await store.due_timers(START, 2, {1})] == [OTHER]
    before = START - timedelta(days=1)
    assert await store.next_due(before, {1}) == START
    assert await store.next_due(before, {1, 2}) is None


async def test_timers_of_a_tenant_that_lives_elsewhere_are_left_to_it(nodes: Nodes) -> None:
    here, there = nodes["here"], nodes["there"]
    await here.own(1)
    await here.commit(commit("a", timers_set={"remind": START}))
    assert len(await here.due_timers(START, 10)) == 1
    assert await there.due_timers(START, 10) == []
    assert await there.next_due(START - timedelta(days=1)) is None


LATER = START + timedelta(minutes=5)


def look(**more: Any) -> Look:
    """All that is due by `START`."""
    return replace(Look(10, START, ["gateway.send", "push.send"], ["talk"]), **more)


def effect(id_: str, lane: str = "lane", **more: Any) -> Effect:
    return Effect(id_, more.pop("kind", "push.send"), lane, more.pop("pace", "pace"), {}, **more)


async def ids(store: Any, **more: Any) -> list[str]:
    return [each.effect.id for each in (await store.open_effects(look(**more))).effects]


async def test_effects_are_queued_marked_and_over(store: Any) -> None:
    send = Effect("send-1", "gateway.send", "lane", "pace", {"to": "somebody"})
    await store.commit(commit("a", effects=[send]))
    [stored] = (await store.open_effects(look())).effects
    assert (stored.owner, stored.effect, stored.state, stored.attempts) == (TALK, send, "queued", 0)
    due = START - timedelta(minutes=1)
    for revision, (state, at) in enumerate([("attempting", None), ("unknown", None), ("queued", due)], 1):
        await store.commit(commit("b", revision=revision, marks=[EffectMark("send-1", state, at)]))  # type: ignore[arg-type]
        [stored] = (await store.open_effects(look())).effects
        assert stored.state == state
    assert (stored.effect.not_before, stored.attempts) == (due, 1)
    await store.commit(commit("c", revision=4, marks=[EffectMark("send-1", "done")]))
    assert await ids(store) == []


async def test_effects_of_a_tenant_that_lives_elsewhere_are_left_to_it(nodes: Nodes) -> None:
    here, there = nodes["here"], nodes["there"]
    await here.own(1)
    await here.commit(commit("a", effects=[effect("push-1")]))
    for more in ({}, {"only": [1]}):
        assert await ids(here, **more) == ["push-1"]
        assert await ids(there, **more) == []


async def test_effects_come_in_the_order_in_which_they_were_decided(store: Any) -> None:
    await store.commit(commit("a", effects=[effect("send-10"), effect("send-9")]))
    await store.commit(commit("b", revision=1, effects=[effect("send-1")]))
    assert await ids(store) == ["send-10", "send-9", "send-1"]


async def test_of_each_tenant_the_oldest_are_found(store: Any) -> None:
    await store.own(2)
    await store.commit(commit("a", effects=[effect(f"push-{n}", f"lane-{n}") for n in range(5)]))
    await store.commit(commit("a", address=OTHER, effects=[effect("other")]))
    assert sorted(await ids(store, each=2)) == ["other", "push-0", "push-1"]
    assert await ids(store, only=[2]) == ["other"]
    assert await ids(store, without=[1]) == ["other"]


async def test_each_pace_of_a_tenant_has_a_share_of_its_own(store: Any) -> None:
    slow = [effect(f"slow-{n}", f"lane-{n}", pace="slow") for n in range(5)]
    late = [effect(f"late-{n}", f"late-{n}", pace="late", not_before=LATER) for n in range(5)]
    await store.commit(commit("a", effects=[*slow, *late, effect("quick")]))
    found = await store.open_effects(look(each=2))
    assert [each.effect.id for each in found.effects] == ["slow-0", "slow-1", "quick"]
    assert [pace for _, pace, _ in found.held] == ["late", "late"]


async def test_a_lane_is_held_from_its_first_effect_that_is_not_for_now(store: Any) -> None:
    first, late, behind = effect("1"), effect("2", not_before=LATER), effect("3")
    new, strange = effect("4", "new"), effect("5", "new", kind="newfangled")
    await store.commit(
        commit("a", effects=[first, late, behind, new, strange, effect("6", "new"), effect("7", "free")])
    )
    found = await store.open_effects(look())
    assert [each.effect.id for each in found.effects] == ["1", "4", "7"]
    assert sorted(found.held) == [(1, "pace", "lane"), (1, "pace", "new")]
    assert found.unknown == 1
    found = await store.open_effects(look(due_by=LATER, kinds=["push.send", "newfangled"]))
    assert [each.effect.id for each in found.effects] == list("1234567")
    assert (list(found.held), found.unknown) == ([], 0)


async def test_what_is_due_is_found_behind_much_that_is_not(store: Any) -> None:
    late = [effect(f"late-{n}", f"lane-{n % 7}", not_before=LATER) for n in range(40)]
    await store.commit(commit("a", effects=[*late, effect("behind", "lane-3"), effect("free", "free")]))
    found = await store.open_effects(look(each=2))
    assert ([each.effect.id for each in found.effects], len(found.held)) == (["free"], 2)
    found = await store.open_effects(look(each=20))
    assert sorted(lane for _, _, lane in found.held) == [f"lane-{n}" for n in range(7)]


async def test_of_very_many_paces_fewer_are_found_of_each(store: Any) -> None:
    effects = [effect(f"{pace}-{n}", f"lane-{n}", pace=f"pace-{pace}") for pace in range(5) for n in range(6)]
    await store.commit(commit("a", effects=effects))
    found = await store.open_effects(look(each=6, most=10, least=1))
    assert (found.each, len(found.effects)) == (2, 10)
    found = await store.open_effects(look(each=6, most=1, least=1))
    assert (found.each, [each.effect.id for each in found.effects]) == (1, [f"{pace}-0" for pace in range(5)])


async def test_effects_of_owners_that_are_not_known_are_held(store: Any) -> None:
    await store.commit(commit("a", effects=[effect("1")]))
    found = await store.open_effects(look(owners=["calendar"]))
    assert (list(found.effects), list(found.held), found.unknown) == ([], [(1, "pace", "lane")], 1)


async def test_what_became_of_effects_is_booked(store: Any) -> None:
    await store.commit(commit("a", effects=[effect("1"), effect("2", "other")]))
    again = Booking(1, "1", "queued", START, 2, START - timedelta(minutes=1), "full\0 \ud800")
    await store.book([again, Booking(1, "2", "done", START)])
    [stored] = (await store.open_effects(look())).effects
    assert (stored.effect.id, stored.effect.not_before, stored.attempts) == ("1", again.not_before, 2)


async def test_what_is_over_stays_over(store: Any) -> None:
    await store.commit(commit("a", effects=[effect("1")]))
    await store.commit(commit("b", revision=1, marks=[EffectMark("1", "cancelled")]))
    await store.book([Booking(1, "1", "queued", START)])
    assert await ids(store) == []


async def test_a_booking_is_written_along_with_what_its_owner_decides(store: Any) -> None:
    await store.commit(commit("a", effects=[effect("1")]))
    with pytest.raises(Fenced):
        await store.commit(commit("late", attached=[store.booked(Booking(1, "1", "done", START))]))
    assert await ids(store) == ["1"]
    await store.commit(commit("b", revision=1, attached=[store.booked(Booking(1, "1", "done", START))]))
    assert await ids(store) == []


async def test_what_was_put_off_is_hastened_by_pace(store: Any) -> None:
    slow = Effect("2", "push.send", "other", "slow", {}, LATER)
    await store.commit(commit("a", effects=[effect("1", not_before=LATER), slow]))
    assert await ids(store) == []
    await store.hasten(1, "pace")
    assert await ids(store) == ["1"]


async def test_a_parked_letter_is_found_once_it_is_asked_for(store: Any) -> None:
    letter = DeadLetter(TALK, b"command", "Say", "test", "test", "ZeroDivisionError", START)
    await store.keep_dead_letter(letter)
    assert await store.requested_dead_letters(10) == []
    await _request(store)
    [found] = await store.requested_dead_letters(10)
    assert replace(found, id=0) == letter
    await store.leave_dead_letter(found, "Refused")
    assert await store.requested_dead_letters(10) == []
    await _request(store)
    await store.drop_dead_letter(found)
    assert await store.requested_dead_letters(10) == []


async def _request(store: Any) -> None:
    """As an operator does."""
    if isinstance(store, MemoryStore):
        store.memory.requested |= {letter.id for letter in store.memory.dead_letters}
        return
    from plixa.storage.eventlog.dead_letters import CRASHED

    await store.database.run(CRASHED.request, None)
