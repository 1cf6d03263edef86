"""What a channel keeps, whom it wakes, and when it says that the log must be read. Pure, or on a clock that jumps."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from tests.engine.talker import START, Said, Talk
from trio.testing import MockClock, wait_all_tasks_blocked

from plixa.engine import fanout
from plixa.engine.events import Recorded
from plixa.engine.fanout import Channel, Eyes, Facts, Fanout, ShownEvent, Unknown
from plixa.engine.ports import Address, Commit

ALL = Eyes(1)


def shown(*positions: int) -> list[ShownEvent]:
    return [ShownEvent(position, str(position).encode()) for position in positions]


def channel_at(head: int = 0) -> Channel:
    channel = Channel(1)
    channel.settle(head)
    return channel


def read(channel: Channel, after: int, limit: int = 100, eyes: Eyes = ALL) -> tuple[str, int, int]:
    joined = channel.since(after, limit, eyes)
    return joined.events.decode(), joined.upto, joined.shown


# -- what is in memory ------------------------------------------------------------------------------------------------


def test_a_channel_gives_what_came_after_a_position_in_order() -> None:
    channel = channel_at(10)
    channel.publish(shown(11, 12), {})
    channel.publish(shown(13), {})
    assert read(channel, 10) == ("11,12,13", 13, 3)
    assert read(channel, 12) == ("13", 13, 1)
    assert read(channel, 13) == ("", 13, 0)
    assert read(channel, 10, limit=2) == ("11,12", 12, 2)


def test_a_channel_covers_what_came_since_it_was_opened() -> None:
    unopened, channel = Channel(1), channel_at(10)
    assert not unopened.covers(0)
    assert not unopened.covers(-1)
    channel.publish(shown(11), {})
    assert (channel.covers(9), channel.covers(10), channel.covers(11)) == (False, True, True)
    channel.settle(99)  # a second watcher's look
    assert (channel.start, channel.head) == (10, 11)


def test_a_channel_on_an_empty_log_covers_all_of_it() -> None:
    assert channel_at(0).covers(0)


def test_a_gap_in_what_is_published_sends_whoever_is_behind_it_to_the_log() -> None:
    channel = channel_at()
    channel.publish(shown(1, 2), {7: "known before"})
    channel.publish(shown(5, 6), {})
    assert [channel.covers(after) for after in (0, 1, 2, 3, 4, 5)] == [False] * 4 + [True] * 2
    assert read(channel, 4) == ("5,6", 6, 2)
    with pytest.raises(Unknown):
        channel.facts.of(7)


def test_what_is_here_already_is_skipped() -> None:
    channel = channel_at()
    channel.publish(shown(1, 2), {})
    channel.publish(shown(2, 3), {})
    channel.publish(shown(1), {})
    assert read(channel, 0) == ("1,2,3", 3, 3)


def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "KEEP", 3)
    channel = channel_at()
    channel.publish(shown(1, 2, 3), {})
    assert channel.covers(0)
    channel.publish(shown(4), {})
    assert (channel.covers(0), channel.covers(1)) == (False, True)
    assert read(channel, 1) == ("2,3,4", 4, 3)


def test_what_was_not_published_is_skipped_and_the_rest_goes_on() -> None:
    channel = channel_at()
    channel.publish(shown(1), {})
    channel.skip_to(4)
    assert (channel.head, channel.covers(3), channel.covers(4)) == (4, False, True)
    channel.skip_to(2)  # an older one
    assert channel.head == 4
    channel.publish(shown(5), {})
    assert read(channel, 4) == ("5", 5, 1)


def test_what_is_forgotten_is_in_no_answer_any_more() -> None:
    channel = channel_at()
    channel.publish(shown(1, 2), {7: "known"})
    assert read(channel, 0) == ("1,2", 2, 2)
    facts = channel.facts
    channel.forget()
    assert (channel.head, channel.covers(1), channel.covers(2)) == (2, False, True)
    facts.look_up(8, "looked up for what was there before")
    with pytest.raises(Unknown):
        channel.facts.of(8)


# -- who sees what ----------------------------------------------------------------------------------------------------


class Hides:
    """A sight that leaves out what is about one thing."""

    def __init__(self, about: int) -> None:
        self._about = about

    def __call__(self, each: ShownEvent, facts: Facts) -> bytes | None:
        facts.of(each.about)
        return None if each.about == self._about else each.body


def test_a_member_alone_sees_what_is_their_own() -> None:
    channel = channel_at()
    channel.publish([ShownEvent(1, b"all"), ShownEvent(2, b"others", member=7, own=b"mine"), ShownEvent(3, None)], {})
    channel.publish([ShownEvent(4, b"others", member=7)], {})
    assert read(channel, 0, eyes=Eyes(7)) == ("all,mine", 4, 2)
    assert read(channel, 0, eyes=Eyes(8)) == ("all,others,others", 4, 3)
    assert read(channel, 3, eyes=Eyes(8))[0] == "others"
    assert read(channel, 3, eyes=Eyes(7))[0] == ""


def test_readers_share_the_bytes_of_what_is_nobodys_own() -> None:
    channel, hides = channel_at(), Hides(5)
    channel.publish(shown(1), {})
    assert channel.since(0, 10, Eyes(7)) is channel.since(0, 10, Eyes(8))
    channel.publish([ShownEvent(2, b"others", member=7, own=b"mine")], {})
    channel.publish(shown(3), {})
    assert channel.since(2, 10, Eyes(7)) is channel.since(2, 10, Eyes(8))
    assert channel.since(1, 10, Eyes(7)) is not channel.since(1, 10, Eyes(8))
    assert channel.since(2, 10, Eyes(7)) is not channel.since(2, 10, Eyes(7, hides))
    assert channel.since(2, 10, Eyes(7, hides)) is channel.since(2, 10, Eyes(8, hides))


def test_a_sight_is_asked_only_of_what_is_about_something() -> None:
    channel = channel_at()
    channel.publish(
        [ShownEvent(1, b"all"), ShownEvent(2, b"hidden", about=5), ShownEvent(3, b"open", about=6)], {5: "x", 6: "y"}
    )
    assert read(channel, 0, eyes=Eyes(1, Hides(5))) == ("all,open", 3, 2)
    assert read(channel, 0) == ("all,hidden,open", 3, 3)


def test_what_a_sight_needs_and_nobody_knows_is_to_be_looked_up() -> None:
    channel = channel_at()
    channel.publish([ShownEvent(1, b"a", about=5)], {})
    with pytest.raises(Unknown):
        channel.since(0, 10, Eyes(1, Hides(9)))
    channel.facts.look_up(5, "found")
    assert read(channel, 0, eyes=Eyes(1, Hides(9)))[0] == "a"


def test_what_was_noted_is_newer_than_a_look_up_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout, "FACTS", 2)
    facts = Facts({1: "from the start"})
    facts.note(2, "noted")
    facts.look_up(2, "older")
    assert (facts.of(1), facts.of(2)) == ("from the start", "noted")
    facts.note(1, "again")  # the newest by now
    facts.note(3, "new")
    assert (facts.of(1), facts.of(3)) == ("again", "new")
    with pytest.raises(Unknown):
        facts.of(2)


# -- waking, ephemeral frames, opening -------------------------------------------------------------------------------


async def test_whoever_waits_is_woken_by_what_comes_after_their_position(mock_clock: MockClock) -> None:
    channel, woken = channel_at(3), list[int]()

    async def wait(after: int) -> None:
        await channel.moved(after)
        woken.append(after)

    async with trio.open_nursery() as nursery:
        for after in (2, 3, 5):
            nursery.start_soon(wait, after)
        await wait_all_tasks_blocked()
        assert woken == [2]
        channel.publish(shown(4), {})
        await wait_all_tasks_blocked()
        assert woken == [2, 3]
        channel.skip_to(6)
        await wait_all_tasks_blocked()
        assert woken == [2, 3, 5]


def test_an_ephemeral_frame_reaches_whoever_listens() -> None:
    channel, heard = channel_at(), list[tuple[bytes, int | None]]()

    def hear(frame: bytes, about: int | None) -> None:
        heard.append((frame, about))

    channel.listen(hear)
    channel.publish_ephemeral(b"types", 5)
    channel.unlisten(hear)
    channel.publish_ephemeral(b"types on", 5)
    assert heard == [(b"types", 5)]


def _commit(tenant: int, first: int = 1, count: int = 1) -> tuple[Commit, list[Recorded]]:
    address, events = Address(tenant, "talk", 1), [Said(text="a")] * count
    commit = Commit(address, 0, Talk(), Talk(), events, START, "test", "test", epoch=1)
    recorded = [
        Recorded(tenant, position, "talk-1", position, START, "test", "test", event)
        for position, event in enumerate(events, first)
    ]
    return commit, recorded


def _view(_: Commit, recorded: Any) -> tuple[list[ShownEvent], dict[int, Any]]:
    return shown(*(each.position for each in recorded)), {}


async def _head(_: int) -> int:
    return 0


async def test_a_channel_is_there_while_somebody_watches(mock_clock: MockClock) -> None:
    fan = Fanout(_view, _head)
    fan.publish(*_commit(1))
    assert fan.channel(1) is None
    one, other = await fan.open(1), await fan.open(1)
    assert one is other
    assert fan.channel(2) is None
    fan.publish(*_commit(1))
    assert read(one, 0) == ("1", 1, 1)
    fan.forget(2)  # of nobody
    fan.close(one)
    assert fan.channel(1) is one
    fan.forget(1)
    assert not one.covers(0)
    fan.close(one)
    assert fan.channel(1) is None
    anew = await fan.open(1)
    fan.close(one)  # late, of one that is gone
    assert fan.channel(1) is anew


async def test_what_is_published_while_the_head_is_read_is_not_lost(mock_clock: MockClock) -> None:
    gate = trio.Event()

    async def head(_: int) -> int:
        await gate.wait()
        return 4

    fan, channels = Fanout(_view, head), list[Channel]()

    async def watch() -> None:
        channels.append(await fan.open(1))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch)
        await wait_all_tasks_blocked()
        fan.publish(*_commit(1, first=5))
        gate.set()
    [channel] = channels
    assert (channel.start, channel.head, channel.covers(4)) == (4, 5, True)


async def test_a_watcher_who_gives_up_while_it_opens_leaves_no_channel(mock_clock: MockClock) -> None:
    async def never(_: int) -> int:
        await trio.sleep_forever()
        return 0

    fan = Fanout(_view, never)
    with trio.move_on_after(1):
        await fan.open(1)
    assert fan.channel(1) is None


async def test_what_cannot_be_shown_costs_a_second_read_and_is_told(mock_clock: MockClock) -> None:
    def view(_: Commit, recorded: Any) -> Any:
        raise ZeroDivisionError("a bug in a view")

    fan = Fanout(view, _head)
    channel = await fan.open(1)
    with pytest.raises(ZeroDivisionError):
        fan.publish(*_commit(1, count=3))
    assert (channel.head, channel.covers(2), channel.covers(3)) == (3, False, True)
