"""Carrying, between nodes that are nothing but an application: what is said when a step raises, hangs or is cut."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
import trio.testing

from plixa.engine.errors import Elsewhere
from plixa.engine.network import Network
from plixa.engine.ownership import Owners
from plixa.engine.ports import Owner
from plixa.engine.registry import told_elsewhere
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import Tracing
from plixa.engine.wire import Wires
from plixa.http.api import auth
from plixa.http.realtime.crowd import Crowd
from plixa.http.relay import kept
from plixa.http.relay.edge import Edge
from plixa.http.relay.home import Home
from plixa.http.relay.whose import Whose
from plixa.http.server import ops

A, B, C = Owner("a", "1"), Owner("b", "1"), Owner("c", "1")
Message = dict[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Nodes:
    """A is asked; `where` says whose tenant 7 is, `apps` what each node makes of a request."""

    def __init__(self) -> None:
        self.network = Network()
        self.where: Owner | None = B
        self.wished: Owner | None = None
        self.apps: dict[Owner, App] = {each: saying(each.node) for each in (A, B, C)}
        self.looks = 0
        self.seen: list[Message] = []

    async def find(self, _: int) -> Owner | None:
        self.looks += 1
        return self.where

    def edge(self, wires: Wires) -> Edge:
        self.services = SimpleNamespace(
            owners=Owners(A, self.find, lambda _: False, lambda _: self.wished), telemetry=Telemetry(), crowd=Crowd(),
            sockets=set(), draining=trio.Event(), settings=SimpleNamespace(trusted_proxies=0), public_url="http://127.0.0.1",
        )  # fmt: skip
        services = cast("Any", self.services)
        whose = Whose(services, {"/v1/webhooks/": _seven})
        whose._tokens[1] = 7
        return Edge(self._app(A), services, wires, whose)

    def _app(self, owner: Owner) -> App:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            self.seen.append({"by": owner.node, **scope})
            await self.apps[owner](scope, receive, send)

        return app

    async def run(self, nursery: trio.Nursery) -> Edge:
        wires = {each: Wires(self.network.carrier(*each)) for each in (A, B, C)}
        for each, of_it in wires.items():
            await nursery.start(of_it.run, Home(self._app(each), each.node, Tracing()))
        self.wires = wires
        return self.edge(wires[A])


async def _seven(_: str) -> int:
    return 7


def saying(text: str, status: int = 200) -> App:
    async def app(_scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (event := await receive())["type"] == "http.request":
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        await send({"type": "http.response.start", "status": status, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": text.encode() + b":" + body})

    return app


def elsewhere(owner: Owner, tenant: int = 7) -> App:
    """Touches a tenant that is not here, and makes something else of the error, as any code may."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if (told := told_elsewhere.get()) is not None:
            told(Elsewhere(tenant, *owner))
        await saying("trouble", 503)(_scope, receive, send)

    return app


class Asked:
    """One request to A. `sent` is what its client got."""

    def __init__(self, edge: Edge, method: str = "POST", path: str = "/v1/x", **more: Any) -> None:
        self.edge = edge
        headers = [(b"authorization", b"Bearer 1|secret"), *more.pop("headers", [])]
        if more.pop("stranger", False):
            headers = headers[1:]
        self.scope = {
            "type": "http", "method": method, "path": path, "headers": headers, "query_string": b"",
            "client": ("192.0.2.7", 4711), "server": None, "extensions": {}, **more,
        }  # fmt: skip
        self.sent: list[Message] = []
        self.bodies = [b"one", b"two"]
        self.client_goes = trio.Event()

    async def receive(self) -> Message:
        if self.bodies:
            return {"type": "http.request", "body": self.bodies.pop(0), "more_body": bool(self.bodies)}
        await self.client_goes.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Message) -> None:
        self.sent.append(event)

    async def answer(self) -> tuple[int, bytes]:
        with trio.fail_after(120):
            await self.edge(self.scope, self.receive, self.send)
        return self.status, b"".join(event.get("body", b"") for event in self.sent)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


@asynccontextmanager
async def nodes() -> AsyncGenerator[tuple[Nodes, Edge]]:
    some = Nodes()
    async with trio.open_nursery() as nursery:
        yield some, await some.run(nursery)
        nursery.cancel_scope.cancel()


async def test_a_request_is_answered_where_its_tenant_is(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        asked = Asked(edge)
        assert await asked.answer() == (200, b"b:onetwo")
        assert asked.headers == {b"x": b"y", b"x-plixa-node": b"b"}
        assert [each["by"] for each in some.seen] == ["b"]
        assert some.seen[0]["client"] == ("192.0.2.7", 4711)
        assert not some.wires[A].streams


async def test_what_is_nobodys_is_answered_here(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        for asked in (Asked(edge, stranger=True), Asked(edge, path="/panel/")):
            assert await asked.answer() == (200, b"a:onetwo")
        some.where = None
        assert await Asked(edge).answer() == (200, b"a:onetwo")


async def test_what_nobody_has_is_taken_by_the_node_that_it_wishes_or_else_by_whoever_is_asked(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with nodes() as (some, edge):
        some.where = None
        for some.wished, by in ((C, b"c"), (A, b"a"), (Owner("gone", "1"), b"a")):
            assert await Asked(edge).answer() == (200, by + b":onetwo")


async def test_a_slow_body_is_carried_as_it_comes_and_judged_at_home(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        heard = list[float]()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            heard.append(trio.current_time() - began)
            await saying("b")(scope, receive, send)

        some.apps[B] = app
        asked, began = Asked(edge), trio.current_time()
        asked.bodies = [b"one"]

        async def receive() -> Message:
            if asked.bodies:
                return {"type": "http.request", "body": asked.bodies.pop(), "more_body": True}
            await trio.sleep(30)
            return {"type": "http.request", "body": b"two", "more_body": False}

        asked.receive = receive  # type: ignore[method-assign]
        assert await asked.answer() == (200, b"b:two")
        assert heard == [pytest.approx(1, abs=0.5)]


async def test_what_turns_out_to_be_anothers_is_made_there_with_its_whole_body(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with nodes() as (some, edge):
        some.apps[A] = elsewhere(B)
        asked = Asked(edge, stranger=True)
        assert await asked.answer() == (200, b"b:onetwo")
        assert len([event for event in asked.sent if event["type"] == "http.response.start"]) == 1


async def test_a_header_of_a_clients_making_says_nothing(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.apps[A] = elsewhere(B)
        asked = Asked(edge, stranger=True, headers=[(b"x-plixa-hop", b"1"), (b"x-plixa-node", b"b")])
        assert await asked.answer() == (200, b"b:onetwo")
        assert {name for each in some.seen for name, _ in each["headers"]} <= {b"authorization"}


async def test_not_mine_is_carried_on_by_the_edge_and_never_in_circles(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.apps[B] = elsewhere(C)
        assert await Asked(edge).answer() == (200, b"c:onetwo")
        some.apps[C], some.apps[A] = elsewhere(B), elsewhere(B)
        some.seen.clear()
        assert await Asked(edge).answer() == (503, b"trouble:two")
        assert [each["by"] for each in some.seen] == ["c", "b", "a"]


async def test_nobody_there_is_looked_up_again(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.network.leave(B)

        async def find(_: int) -> Owner | None:
            some.looks += 1
            return B if some.looks == 1 else C

        some.services.owners._find = find
        assert await Asked(edge).answer() == (200, b"c:onetwo")
        assert trio.current_time() < 1


async def test_nobody_there_for_good_is_said_by_this_nodes_own_application(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with nodes() as (some, edge):
        some.network.leave(B)
        some.apps[A] = elsewhere(B)
        assert await Asked(edge).answer() == (503, b"trouble:two")
        assert trio.current_time() < 1


@pytest.mark.parametrize(
    ("method", "path", "twice"), [("GET", "/v1/x", True), ("POST", "/v1/x", False), ("POST", "/v1/webhooks/i", True)]
)
async def test_only_what_may_be_done_twice_is_done_again_after_a_broken_stream(
    autojump_clock: trio.testing.MockClock, method: str, path: str, twice: bool
) -> None:
    async with nodes() as (some, edge):

        async def dies(_scope: Any, receive: Any, _send: Any) -> None:
            await receive()
            some.network.leave(B)
            some.where = C
            await trio.sleep_forever()

        some.apps[B] = dies
        asked = Asked(edge, method, path)
        status, body = await asked.answer()
        if twice:
            assert (status, body) == (200, b"c:onetwo")
        else:
            assert status == 503
            assert asked.headers[b"retry-after"] == b"1"
            assert "It is not known whether" in json.loads(body)["errors"][0]["message"]
        assert [each["by"] for each in some.seen] == (["b", "c"] if twice else ["b"])


async def test_an_answer_that_breaks_in_its_middle_is_not_made_whole(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):

        async def dies(_scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            some.network.leave(B)
            await trio.sleep_forever()

        some.apps[B] = dies
        asked = Asked(edge, "GET")
        assert await asked.answer() == (200, b"half")
        assert asked.sent[-1]["more_body"]  # the server closes the connection


@pytest.mark.parametrize("size", [0, 4, 200_000])
async def test_an_answer_that_said_its_length_is_over_with_its_last_byte(
    autojump_clock: trio.testing.MockClock, size: int
) -> None:
    """Quart says the end by itself. A node that dies in between took its client's next request along."""
    async with nodes() as (some, edge):

        async def dies(_scope: Any, receive: Any, send: Any) -> None:
            await receive()
            length = [(b"content-length", b"%d" % size)]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            await send({"type": "http.response.body", "body": bytes(size), "more_body": True})
            await trio.testing.wait_all_tasks_blocked()
            some.network.leave(B)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        some.apps[B] = dies
        asked = Asked(edge, "GET")
        assert await asked.answer() == (200, bytes(size))
        assert not asked.sent[-1]["more_body"]


async def test_a_client_that_goes_away_is_told_of_at_home(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        heard = trio.Event()

        async def waits(_scope: Any, receive: Any, _send: Any) -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            heard.set()

        some.apps[B] = waits
        asked = Asked(edge)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge, asked.scope, asked.receive, asked.send)
            await trio.sleep(1)
            asked.client_goes.set()
        with trio.fail_after(1):
            await heard.wait()
        assert asked.sent == []


async def test_a_large_body_flows_in_bounds_and_is_not_kept(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.network.delay = 0.001
        taken, most = 0, 0

        async def slowly(_scope: Any, receive: Any, send: Any) -> None:
            nonlocal taken, most
            while (event := await receive()).get("more_body"):
                taken += len(event["body"])
                most = max(most, some.wires[A].in_flight)
                await trio.sleep(0.01)
            ops.carrying(telemetry, some.wires[A])
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        telemetry = Telemetry()
        some.apps[B] = slowly
        asked = Asked(edge)
        asked.bodies = [bytes(64 * 1024)] * 500
        status, _ = await asked.answer()
        assert (status, taken) == (200, 499 * 64 * 1024)
        assert most <= 9 * 64 * 1024 + 4096
        assert b'plixa_wire_streams{kind="request"} 1.0' in telemetry.render()


async def test_a_large_body_that_is_not_kept_is_not_carried_twice(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.apps[B] = elsewhere(C)
        asked = Asked(edge)
        asked.bodies = [bytes(64 * 1024)] * (kept.KEEP // (64 * 1024) + 3)
        assert (await asked.answer())[0] == 503
        assert asked.headers[b"retry-after"] == b"1"
        assert [each["by"] for each in some.seen] == ["b"]


async def test_a_large_answer_comes_whole(autojump_clock: trio.testing.MockClock) -> None:
    large = bytes(range(256)) * 40_000

    async def much(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": large})

    async with nodes() as (some, edge):
        some.apps[B] = much
        status, body = await Asked(edge, "GET").answer()
        assert (status, body == large) == (200, True)


async def test_who_waits_learns_nothing_from_the_time_wherever_it_is_made(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """As `POST /v1/auth/password/forgot`, for an address of a workspace elsewhere and for nobody's."""

    def forgot(owner: Owner | None) -> App:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            async with auth.within(2.0):
                await trio.sleep(0.3)  # what it takes to find out
                if owner is not None and (told := told_elsewhere.get()) is not None:
                    told(Elsewhere(7, *owner))
            await saying("said", 202)(scope, receive, send)

        return app

    async with nodes() as (some, edge):
        took: list[float] = []
        some.network.delay = 0.1
        some.apps[B] = forgot(None)
        for owner in (None, B):
            some.apps[A] = forgot(owner)
            began = trio.current_time()
            assert (await Asked(edge, stranger=True).answer())[0] == 202
            took.append(trio.current_time() - began)
        assert took == [pytest.approx(2.0), pytest.approx(2.0)]


# -- sockets ----------------------------------------------------------------------------------------------------------


class Socket(Asked):
    """A socket to A, whose client says these frames."""

    def __init__(self, edge: Edge, *frames: str, **more: Any) -> None:
        super().__init__(edge, path="/v1/ws", stranger=True, **more)
        self.scope |= {"type": "websocket", "subprotocols": more.get("subprotocols", [])}
        self.frames = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": each} for each in frames)]

    async def receive(self) -> Message:
        if self.frames:
            return self.frames.pop(0)
        await self.client_goes.wait()
        return {"type": "websocket.disconnect", "code": 1001}


HELLO = json.dumps({"op": "auth", "token": "1|secret"})


async def echo(_scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    while (event := await receive())["type"] == "websocket.receive":
        if event["text"] == "bye":
            await send({"type": "websocket.close", "code": 4401, "reason": "sign in again"})
            return
        await send({"type": "websocket.send", "text": event["text"]})


@pytest.mark.parametrize("shown", ["header", "subprotocol", "frame"])
async def test_a_socket_is_carried_home_by_what_it_shows(autojump_clock: trio.testing.MockClock, shown: str) -> None:
    async with nodes() as (some, edge):
        some.apps[B] = echo
        more: dict[str, Any] = {"subprotocols": ["plixa.v1", "bearer.1|secret"]} if shown == "subprotocol" else {}
        socket = Socket(edge, HELLO, "bye", **more)
        if shown == "header":
            socket.scope["headers"] = [(b"authorization", b"Bearer 1|secret")]
        await edge(socket.scope, socket.receive, socket.send)
        assert [event["type"] for event in socket.sent] == ["websocket.accept", "websocket.send", "websocket.close"]
        assert (socket.sent[1]["text"], socket.sent[2]["code"]) == (HELLO, 4401)
        assert [each["by"] for each in some.seen] == ["b"]
        assert not some.services.sockets


@pytest.mark.parametrize("how", ["killed", "nobody", "draining", "elsewhere"])
async def test_a_socket_whose_home_is_lost_is_asked_to_come_back(
    autojump_clock: trio.testing.MockClock, how: str
) -> None:
    async with nodes() as (some, edge):
        some.apps[B] = elsewhere_by_socket if how == "elsewhere" else echo
        if how == "nobody":
            some.network.leave(B)
        socket = Socket(edge, HELLO)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge, socket.scope, socket.receive, socket.send)
            await trio.sleep(0.5)
            if how == "killed":
                some.network.leave(B)
            if how == "draining":
                some.services.draining.set()
        assert socket.sent[0]["type"] == "websocket.accept"
        assert (socket.sent[-1]["type"], socket.sent[-1]["code"]) == ("websocket.close", 4410)
        assert trio.current_time() < 3


async def elsewhere_by_socket(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    if (told := told_elsewhere.get()) is not None:
        told(Elsewhere(7, *C))
    await send({"type": "websocket.close", "code": 4410, "reason": "trouble"})


async def test_a_socket_that_says_nothing_is_let_wait_no_longer_than_anywhere(
    autojump_clock: trio.testing.MockClock,
) -> None:
    async with nodes() as (some, edge):
        socket = Socket(edge)
        await edge(socket.scope, socket.receive, socket.send)
        assert (socket.sent[-1]["type"], socket.sent[-1]["code"]) == ("websocket.close", 4401)
        assert trio.current_time() == pytest.approx(10, abs=1)
        assert some.seen == []


async def test_frames_that_are_not_read_do_not_pile_up(autojump_clock: trio.testing.MockClock) -> None:
    async with nodes() as (some, edge):
        some.network.delay = 0.001
        sent = 0

        async def pours(_scope: Any, _receive: Any, send: Any) -> None:
            nonlocal sent
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            while True:
                await send({"type": "websocket.send", "text": "x" * 100_000})
                sent += 1

        some.apps[B] = pours
        socket, goes_on = Socket(edge, HELLO), trio.Event()

        async def stuck(event: Message) -> None:
            if event["type"] == "websocket.send":
                await goes_on.wait()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(edge, socket.scope, socket.receive, stuck)
            await trio.sleep(60)
            assert sent <= 10
            assert some.wires[B].in_flight <= 1_000_000
            nursery.cancel_scope.cancel()
