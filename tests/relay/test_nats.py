"""Streams over a real nats-server: the same promises as in memory, and what happens when it goes away."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import trio

from plixa.engine import wire
from plixa.engine.ports import Owner
from plixa.engine.wire import CHUNK, Broken, NobodyThere, Stream, Wires
from plixa.http.relay.nats import PING, SILENT, Nats
from plixa.http.relay.natsd import NatsServer

A, B = Owner("node.1 *>", "1"), Owner("nó-2", "life.2")
"""Names are anybody's choice; subjects are not."""


@pytest.fixture(scope="module")
def server() -> Iterator[NatsServer]:
    server = NatsServer()
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def pair(server: NatsServer) -> AsyncGenerator[tuple[Wires, Wires]]:
    async def echo(stream: Stream) -> None:
        while (message := await stream.receive()) is not None:
            await stream.send(message)
        await stream.send(b"bye", last=True)

    a, b = (Wires(Nats(each, [urlsplit(server.url)])) for each in (A, B))
    async with trio.open_nursery() as nursery:
        await nursery.start(a.run, echo)
        await nursery.start(b.run, echo)
        yield a, b
        nursery.cancel_scope.cancel()


async def test_messages_come_in_order_whole_and_once(server: NatsServer) -> None:
    sent = [random.Random(n).randbytes(n * 100_003) for n in (0, 1, 2, 3, 9, 30)]
    async with pair(server) as (a, _), a.open(B, b"first") as stream, trio.open_nursery() as nursery:
        assert await stream.receive() == b"first"

        async def send() -> None:
            for message in sent:
                await stream.send(message)
            await stream.send(b"\r\nPUB x 1\r\n", last=True)

        nursery.start_soon(send)
        assert [await stream.receive() for _ in sent] == sent
        assert [await stream.receive() for _ in range(3)] == [b"\r\nPUB x 1\r\n", b"bye", None]


async def test_many_at_once_are_kept_apart(server: NatsServer) -> None:
    async with pair(server) as (a, b):

        async def one(n: int) -> None:
            async with a.open(B, b"%d" % n, last=True) as stream:
                assert [await stream.receive(), await stream.receive(), await stream.receive()] == [
                    b"%d" % n, b"bye", None
                ]  # fmt: skip

        async with trio.open_nursery() as nursery:
            for n in range(300):
                nursery.start_soon(one, n)
        with trio.fail_after(5):
            while b.streams:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert (a.in_flight, b.in_flight, len(a.streams)) == (0, 0, 0)


async def test_nobody_there_is_told_at_once(server: NatsServer) -> None:
    async with pair(server) as (a, _):
        with trio.fail_after(2), pytest.raises(NobodyThere):
            async with a.open(Owner("nobody", "1"), b"x") as stream:
                await stream.receive()


async def test_a_node_that_ends_is_found_within_a_call(server: NatsServer) -> None:
    async with pair(server) as (a, _):
        late = Wires(Nats(Owner("late", "1"), [urlsplit(server.url)]))
        begun, end = trio.Event(), trio.CancelScope()

        async def hold(stream: Stream) -> None:
            await stream.send(b"here")
            begun.set()
            await trio.sleep_forever()

        async with trio.open_nursery() as nursery:

            async def live(*, task_status: trio.TaskStatus[None]) -> None:
                with end:
                    await late.run(hold, task_status=task_status)

            await nursery.start(live)
            async with a.open(Owner("late", "1"), b"x", "socket") as stream:
                assert await stream.receive() == b"here"
                end.cancel()
                with trio.fail_after(wire.CALL + 2), pytest.raises(Broken):
                    await stream.receive()


async def test_a_server_that_is_killed_ends_streams_and_is_back_when_it_is_back(server: NatsServer) -> None:
    async with pair(server) as (a, _):
        async with a.open(B, b"x") as stream:
            assert await stream.receive() == b"x"
            server.kill()
            with trio.fail_after(2), pytest.raises(Broken):
                await stream.receive()
        with pytest.raises(NobodyThere):
            async with a.open(B, b"x"):
                pass
        server.start()
        with trio.fail_after(5):
            while True:
                try:
                    async with a.open(B, b"again", last=True) as stream:
                        assert await stream.receive() == b"again"
                        break
                except NobodyThere:
                    await trio.sleep(0.02)


async def test_a_server_that_hangs_is_left(server: NatsServer) -> None:
    async with pair(server) as (a, _), a.open(B, b"x") as stream:
        assert await stream.receive() == b"x"
        os.kill(server.pid, signal.SIGSTOP)
        try:
            with trio.fail_after(SILENT + 2 * PING + 2), pytest.raises(Broken):
                await stream.receive()
        finally:
            os.kill(server.pid, signal.SIGCONT)


async def test_who_does_not_know_the_secret_is_not_let_in(server: NatsServer) -> None:
    stranger = Wires(Nats(A, [urlsplit(f"nats://guess@127.0.0.1:{server.port}")]))

    async def never(_: Stream) -> None:
        raise AssertionError

    async with trio.open_nursery() as nursery:
        await nursery.start(stranger.run, never)
        with pytest.raises(NobodyThere):
            async with stranger.open(B, b"x"):
                pass
        nursery.cancel_scope.cancel()


async def test_a_stream_that_is_not_read_holds_up_no_other_and_little_memory(server: NatsServer) -> None:
    slow = trio.Event()

    async def never(stream: Stream) -> None:
        if await stream.receive() == b"quick":
            await stream.send(b"well", last=True)
        await slow.wait()

    b = Wires(Nats(Owner("slow", "1"), [urlsplit(server.url)]))
    async with pair(server) as (a, _), trio.open_nursery() as nursery:
        await nursery.start(b.run, never)

        async def pour() -> None:
            async with a.open(Owner("slow", "1"), b"slow") as stream:
                while True:
                    await stream.send(bytes(CHUNK))

        for _ in range(4):
            nursery.start_soon(pour)
        await trio.sleep(0.3)
        assert b.in_flight <= 4 * wire.WINDOW * CHUNK
        with trio.fail_after(2):
            async with a.open(Owner("slow", "1"), b"quick", last=True) as stream:
                assert await stream.receive() == b"well"
        nursery.cancel_scope.cancel()
