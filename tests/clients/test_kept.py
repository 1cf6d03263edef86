"""Connections that are kept open: used again while they are good, and never once they are not."""

from __future__ import annotations

import httpcore
import pytest
import trio
import trio.testing
from tests.clients.far_end import Asked, FarEnd, HangUp, Reply, open_far_end

from plixa.http.clients.kept import Kept
from plixa.http.clients.tls import trusted


def kept(far: FarEnd, *, most: int = 10, wait: float = 5.0, keep: float = 5.0) -> Kept:
    return Kept(httpcore.URL(far.url).origin, trusted(), most=most, wait=wait, keep=keep)


async def ask(connections: Kept, far: FarEnd, path: str = "/") -> bytes:
    request = httpcore.Request("GET", f"{far.url}{path}", headers={"host": "far"})
    async with connections.exchange(request) as response:
        return await response.aread()


async def yes(_: Asked) -> Reply:
    return Reply(200, b"yes")


class Slow:
    """Answers when it is told to; `/bad` hangs up."""

    def __init__(self) -> None:
        self.may_answer = trio.Event()

    async def __call__(self, asked: Asked) -> Reply:
        if asked.target == "/bad":
            raise HangUp
        await self.may_answer.wait()
        return Reply(200, b"yes")


async def test_one_after_another_use_one_and_those_at_once_have_their_own(nursery: trio.Nursery) -> None:
    slow = Slow()
    far = await open_far_end(nursery, slow)
    connections = kept(far)
    async with trio.open_nursery() as asking:
        for _ in range(3):
            asking.start_soon(ask, connections, far)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert len(connections) == 3
        slow.may_answer.set()
    for _ in range(5):
        assert await ask(connections, far) == b"yes"
    assert len(connections) == 3
    await connections.aclose()
    assert len(connections) == 0


async def test_one_whose_time_is_over_is_let_go(nursery: trio.Nursery) -> None:
    slow = Slow()
    far = await open_far_end(nursery, slow)
    connections = kept(far, keep=0.5)
    async with trio.open_nursery() as asking:
        for _ in range(2):
            asking.start_soon(ask, connections, far)
        slow.may_answer.set()
    [_, newer] = connections._idle
    with trio.fail_after(10):
        while len(connections) == 2:
            await trio.sleep(0.1)
            await ask(connections, far)
    assert connections._open == {newer}  # which was used all the time
    await trio.sleep(0.6)
    await ask(connections, far)
    assert len(connections) == 1
    assert newer not in connections._open
    await connections.aclose()


async def test_what_went_wrong_is_not_used_again_and_leaves_its_place(nursery: trio.Nursery) -> None:
    slow = Slow()
    far = await open_far_end(nursery, slow)
    connections = kept(far, most=1)
    with pytest.raises(httpcore.RemoteProtocolError):
        await ask(connections, far, "/bad")
    assert len(connections) == 0
    with trio.move_on_after(0.1):
        await ask(connections, far)
    assert len(connections) == 0
    slow.may_answer.set()
    assert await ask(connections, far) == b"yes"
    await connections.aclose()


async def test_one_that_the_server_has_closed_meanwhile_costs_nobody_a_request(nursery: trio.Nursery) -> None:
    async with trio.open_nursery() as server:
        far = await open_far_end(server, yes)
        connections = kept(far)
        await ask(connections, far)
        server.cancel_scope.cancel()
    with pytest.raises(httpcore.ConnectError):  # it was not even tried on the old one
        await ask(connections, far)
    assert len(connections) == 0


async def test_where_all_are_at_work_nobody_waits_for_ever(nursery: trio.Nursery) -> None:
    slow = Slow()
    far = await open_far_end(nursery, slow)
    connections = kept(far, most=1, wait=0.1)
    nursery.start_soon(ask, connections, far)
    await trio.testing.wait_all_tasks_blocked(0.05)
    with pytest.raises(httpcore.PoolTimeout):
        await ask(connections, far)
    slow.may_answer.set()
    await trio.testing.wait_all_tasks_blocked(0.05)
    await connections.aclose()
