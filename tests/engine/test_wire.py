"""Streams between nodes: in order, once, bounded, and over in time; see `engine/wire.py`."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing

from plixa.engine import wire
from plixa.engine.errors import Overloaded
from plixa.engine.network import Network
from plixa.engine.ports import Owner
from plixa.engine.wire import CHUNK, DATA, SILENCE, WINDOW, Broken, NobodyThere, Stream, Wires

A, B = Owner("a", "1"), Owner("b", "1")


class Pair:
    """Two nodes; what is opened to B is in `taken`, and echoed while `echoes`."""

    def __init__(self, network: Network, **bounds: Any) -> None:
        self.network = network
        self.a, self.b = Wires(network.carrier("a")), Wires(network.carrier("b"), **bounds)
        self.taken: list[Stream] = []
        self.errors: list[BaseException] = []
        self.over = trio.Event()

    async def echo(self, stream: Stream) -> None:
        self.taken.append(stream)
        try:
            while (message := await stream.receive()) is not None:
                await stream.send(message)
            await stream.send(b"bye", last=True)
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            self.over.set()


@asynccontextmanager
async def pair(handler: Any = None, **bounds: Any) -> AsyncGenerator[Pair]:
    both = Pair(Network(), **bounds)
    async with trio.open_nursery() as nursery:
        await nursery.start(both.a.run, both.echo)
        await nursery.start(both.b.run, handler or both.echo)
        yield both
        nursery.cancel_scope.cancel()


def types_of(frame: bytes) -> int:
    return frame[0]


async def test_messages_come_in_order_whole_and_once(autojump_clock: trio.testing.MockClock) -> None:
    sent = [random.Random(n).randbytes(n * 100_003) for n in (0, 1, 2, 3, 9, 30)]
    async with pair() as both:
        async with both.a.open(B, b"first") as stream, trio.open_nursery() as nursery:
            assert await stream.receive() == b"first"

            async def send() -> None:
                for message in sent:
                    await stream.send(message)
                await stream.send(b"", last=True)

            nursery.start_soon(send)
            assert [await stream.receive() for _ in sent] == sent
            assert [await stream.receive() for _ in range(3)] == [b"", b"bye", None]
        await both.over.wait()
        await trio.testing.wait_all_tasks_blocked()
        assert both.errors == []
        assert (both.a.in_flight, both.b.in_flight, len(both.a.streams), len(both.b.streams)) == (0, 0, 0, 0)
        assert (+both.a._count, +both.b._count) == ({}, {})


async def test_a_first_message_may_be_larger_than_a_chunk(autojump_clock: trio.testing.MockClock) -> None:
    large = bytes(3 * CHUNK + 5)
    async with pair() as both, both.a.open(B, large, last=True) as stream:
        assert [await stream.receive() for _ in range(3)] == [large, b"bye", None]


async def test_who_sends_waits_while_the_other_end_does_not_take(autojump_clock: trio.testing.MockClock) -> None:
    go_on = trio.Event()

    async def slow(stream: Stream) -> None:
        await go_on.wait()
        while await stream.receive() is not None:
            pass

    async with pair(slow) as both, both.a.open(B, b"first") as stream:
        for _ in range(WINDOW - 1):
            await stream.send(bytes(CHUNK))
        with trio.move_on_after(10 * SILENCE) as patience:  # slow is not silent: it beats
            await stream.send(b"one too many")
        assert patience.cancelled_caught
        assert both.b.in_flight == (WINDOW - 1) * CHUNK + len(b"first")
        go_on.set()
        await stream.send(b"now")


async def _five_echoes(both: Pair) -> None:
    async with both.a.open(B, b"0") as stream:
        assert await stream.receive() == b"0"
        for n in range(1, 6):
            await stream.send(b"%d" % n)
            assert await stream.receive() == b"%d" % n


@pytest.mark.parametrize("lost", [1, 2, 5])
async def test_a_lost_frame_ends_the_stream_at_both_ends(autojump_clock: trio.testing.MockClock, lost: int) -> None:
    seen = 0

    def loses(_from: Owner, to: Owner, frame: bytes) -> bool:
        nonlocal seen
        seen += types_of(frame) == DATA and to == B
        return types_of(frame) == DATA and to == B and seen == lost + 1

    async with pair() as both:
        both.network.loses = loses
        with pytest.raises(Broken):
            await _five_echoes(both)
        await both.over.wait()
        assert [type(error) for error in both.errors] == [Broken]


async def test_lost_credit_is_made_good_by_a_beat(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        both.network.loses = lambda _from, _to, frame: types_of(frame) == wire.CREDIT
        received = trio.Event()

        async def take(stream: Stream) -> None:
            for _ in range(3 * WINDOW):
                await stream.receive()
            received.set()
            await trio.sleep_forever()

        both.b._handler = take
        async with both.a.open(B, b"0") as stream:
            for _ in range(3 * WINDOW - 1):
                await stream.send(b"x")
            await received.wait()


async def test_nobody_there_is_told_and_nothing_was_heard(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        with pytest.raises(NobodyThere):
            async with both.a.open(Owner("b", "another life"), b"x") as stream:
                await stream.receive()
        assert trio.current_time() < 1


async def test_who_is_killed_is_found_within_a_call(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both, both.a.open(B, b"x", "socket") as stream:
        await stream.receive()
        both.network.leave(B)
        began = trio.current_time()
        with pytest.raises(Broken) as broken:
            await stream.receive()
        assert not isinstance(broken.value, NobodyThere)
        assert trio.current_time() - began <= wire.CALL + 0.1


async def test_silence_ends_it(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        async with both.a.open(B, b"x") as stream:
            await stream.receive()
            await trio.sleep(10 * SILENCE)  # nobody says anything but that they are there
            assert both.a.streams
            both.network.loses = lambda origin, _to, _frame: origin == B
            began = trio.current_time()
            with pytest.raises(Broken):
                await stream.receive()
            assert trio.current_time() - began <= SILENCE + wire.BEAT + 2
        await both.over.wait()
        assert [type(error) for error in both.errors] == [Broken]


async def test_leaving_the_block_tells_the_other_end(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        async with both.a.open(B, b"x") as stream:
            await stream.receive()
        await both.over.wait()
        assert [type(error) for error in both.errors] == [Broken]
        assert trio.current_time() < 1


async def test_a_handler_that_raises_ends_its_stream_alone(autojump_clock: trio.testing.MockClock) -> None:
    async def fails(stream: Stream) -> None:
        if await stream.receive() == b"fail":
            raise ValueError("a bug")
        await stream.send(b"well", last=True)

    async with pair(fails) as both:
        with pytest.raises(Broken):
            async with both.a.open(B, b"fail") as stream:
                await stream.receive()
        async with both.a.open(B, b"x", last=True) as stream:
            assert await stream.receive() == b"well"


async def test_sockets_and_requests_have_bounds_apart(autojump_clock: trio.testing.MockClock) -> None:
    async with pair(most={"request": 1, "socket": 1}) as both, both.a.open(B, b"x") as stream:
        await stream.receive()
        with pytest.raises(Overloaded):
            async with both.a.open(B, b"x") as another:
                await another.receive()
        async with both.a.open(B, b"x", "socket") as another:
            assert await another.receive() == b"x"


async def test_bytes_that_wait_are_bounded_over_all_streams(autojump_clock: trio.testing.MockClock) -> None:
    async def never(_: Stream) -> None:
        await trio.sleep_forever()

    async with pair(never, most_in_flight=3 * CHUNK) as both, both.a.open(B, b"x") as one, both.a.open(B, b"x") as two:
        for _ in range(3):
            await one.send(bytes(CHUNK))
        await two.send(bytes(CHUNK))
        with pytest.raises(Broken):
            await two.receive()
        assert both.b.in_flight <= 4 * CHUNK
        with pytest.raises(Overloaded):
            async with both.a.open(B, b"x") as three:
                await three.receive()


async def test_what_came_before_the_end_is_taken_first(autojump_clock: trio.testing.MockClock) -> None:
    async def curt(stream: Stream) -> None:
        await stream.send(b"no", last=True)  # without having heard all

    async with pair(curt) as both, both.a.open(B, b"x") as stream:
        await trio.sleep(1)
        assert [await stream.receive(), await stream.receive()] == [b"no", None]
        with pytest.raises(Broken):
            await stream.send(b"more")


async def test_a_cut_way_ends_all_and_takes_nothing_new(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        async with both.a.open(B, b"x") as stream:
            await stream.receive()
            await trio.sleep(60)
            both.network.leave(A)
            both.a.cut()
            with pytest.raises(Broken):
                await stream.receive()
        with pytest.raises(NobodyThere):
            async with both.a.open(B, b"x"):
                pass
        await trio.sleep(12)
        assert (both.a.away_for, both.b.away_for) == (pytest.approx(12, abs=1.1), 0)


async def test_whose_way_was_cut_tells_the_other_end_once_it_is_back(autojump_clock: trio.testing.MockClock) -> None:
    async with pair() as both:
        for end in (both.b, both.a):
            async with both.a.open(B, b"x") as stream:
                assert await stream.receive() == b"x"
                end.cut()
                end.mended()
                with trio.fail_after(0.1), pytest.raises(Broken):
                    await stream.receive()
                await trio.sleep(0.1)
                assert not both.a.streams
                assert not both.b.streams


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_is_lost_a_stream_gives_the_truth_or_breaks(
    autojump_clock: trio.testing.MockClock, seed: int
) -> None:
    chance = random.Random(seed)
    async with pair() as both:
        both.network.loses = lambda *_: chance.random() < 0.03
        sent = [b"%d" % n * chance.randrange(1, 4) for n in range(40)]
        came: list[bytes | None] = []
        try:
            async with both.a.open(B, sent[0]) as stream:
                came.append(await stream.receive())
                for message in sent[1:]:
                    await stream.send(message)
                    came.append(await stream.receive())
        except Broken:
            pass
        assert came == sent[: len(came)]
        await trio.sleep(3 * SILENCE)
        assert (both.a.in_flight, both.b.in_flight, len(both.a.streams), len(both.b.streams)) == (0, 0, 0, 0)
