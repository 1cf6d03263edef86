"""The HTTP server and client underneath: odd requests, odd receivers, and an end that does not hang."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from simulator_harness import FAST, KEY, Gateway

from plixa.http.simulator import SimulatorSettings, serve
from plixa.http.simulator.outbound import HttpClient, SendFailed

GET = b"GET /instance/fetchInstances HTTP/1.1\r\nHost: x\r\napikey: " + KEY.encode() + b"\r\n\r\n"


async def talk(gateway: Gateway, data: bytes, *, end: bool = False) -> bytes:
    """Send bytes, then read until the other side closes or is quiet for a moment."""
    stream = await trio.open_tcp_stream("127.0.0.1", gateway.client.base_url.port or 0)
    async with stream:
        await stream.send_all(data)
        if end:
            await stream.send_eof()
        received = b""
        with trio.move_on_after(0.3):
            async for chunk in stream:
                received += chunk
    return received


async def test_requests_in_a_row_are_answered_in_a_row(gateway: Gateway) -> None:
    assert (await talk(gateway, GET * 3)).count(b"HTTP/1.1 200") == 3


async def test_what_is_no_http_gets_400(gateway: Gateway) -> None:
    answer = await talk(gateway, b"\x16\x03\x01 hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b'"status":400' in answer


async def test_a_body_that_breaks_off_does_nothing(gateway: Gateway) -> None:
    await gateway.link()
    head = b"POST /message/sendText/acme HTTP/1.1\r\nHost: x\r\napikey: " + KEY.encode()
    cut = head + b"\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    assert (await talk(gateway, cut, end=True)).startswith(b"HTTP/1.1 400")
    assert await gateway.screen() == []
    assert (await gateway.send()).status_code == 201


async def test_a_client_that_asks_first_may_send(gateway: Gateway) -> None:
    head = b"POST /sim/reset HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert (await talk(gateway, head)).startswith(b"HTTP/1.1 100")


async def test_two_servers_cannot_have_one_port(gateway: Gateway) -> None:
    taken = SimulatorSettings(port=gateway.client.base_url.port or 0)
    with pytest.raises(OSError, match="in use"):
        await serve(taken)


async def test_it_ends_at_once_though_work_is_under_way() -> None:
    with trio.fail_after(2):
        async with trio.open_nursery() as nursery:
            settings = SimulatorSettings(port=0, webhook=FAST)
            port = await nursery.start(serve, settings)
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            await stream.send_all(b"POST /sim/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
        await stream.aclose()


async def receive_with(answers: list[bytes], stream: trio.SocketStream) -> None:
    """A receiver that answers each read with the next of these bytes, and then closes. "%m" becomes the method."""
    async with stream:
        while answers:
            request = await stream.receive_some(65_536)
            if not request:
                return
            await stream.send_all(answers.pop(0).replace(b"%m", request.split()[0]))


@pytest.fixture
async def answering(nursery: trio.Nursery) -> tuple[list[bytes], str]:
    answers: list[bytes] = []
    listeners = await nursery.start(partial(trio.serve_tcp, partial(receive_with, answers), 0, host="127.0.0.1"))
    return answers, f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/"


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
METHOD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%m"


async def test_the_client_follows_redirects_as_axios_does(answering: tuple[list[bytes], str]) -> None:
    answers, url = answering
    answers += [b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n", METHOD]
    client = HttpClient()
    answer = await client.request("POST", url, [], b"{}")
    assert (answer.status, answer.body, answer.complete) == (200, b"GET", True)
    answers += [b"HTTP/1.1 308 Moved\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n", METHOD]
    assert (await client.request("POST", url, [], b"{}")).body == b"POST"
    answers += [b"HTTP/1.1 307 Again\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"] * 9
    with pytest.raises(SendFailed, match="redirects"):
        await client.request("POST", url, [], b"{}")
    await client.aclose()


async def test_the_client_uses_a_new_connection_when_the_old_one_is_closed(answering: tuple[list[bytes], str]) -> None:
    answers, url = answering
    client = HttpClient()
    for _ in range(3):
        answers.append(OK)  # the receiver closes after it, and says nothing about that
        assert (await client.request("POST", url, [], b"{}")).status == 200
    await client.aclose()


@pytest.mark.parametrize("answer", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", b""])
async def test_the_client_says_when_no_answer_came(answering: tuple[list[bytes], str], answer: bytes) -> None:
    answers, url = answering
    answers.append(answer)
    client = HttpClient()
    with pytest.raises(SendFailed):
        await client.request("POST", url, [], b"{}")
    await client.aclose()


async def test_the_client_stops_reading_at_the_limit(answering: tuple[list[bytes], str]) -> None:
    answers, url = answering
    answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n" + b"x" * 90_000)
    client = HttpClient()
    answer = await client.request("GET", url, [], max_answer=100)
    assert (answer.status, answer.complete) == (200, False)
    await client.aclose()
