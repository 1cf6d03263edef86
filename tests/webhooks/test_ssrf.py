"""No way inward: addresses that lead into our own network, in every spelling that is known, as customers' endpoints.

Each is tried at creation and at the send, where names resolve to what an attacker would make them: none gets a
connection, seen at the socket, and each refusal says why.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpcore
import pytest
import trio
from tests.clients.far_end import Reply
from tests.harness import Workspace
from tests.webhooks.receiver import ENDPOINTS, open_receiver

from plixa.compose import Node
from plixa.engine.clock import SystemClock
from plixa.http.clients.safe_http import safe_client
from plixa.http.webhooks.attempt import KEPT, Post, Poster
from plixa.http.webhooks.parts import COURIER
from plixa.http.webhooks.signing import new_secret

INWARD = """
127.0.0.1 localhost LOCALHOST localhost. foo.localhost 127.1 127.0.1 0 0.0.0.0 2130706433 0x7f000001 0x7f.0x0.0x0.0x1
017700000001 0177.0.0.1 127.000.000.001 127.127.127.127 ①②⑦.⓪.⓪.① 127。0。0。1 127%2e0%2e0%2e1 [::1] [0:0:0:0:0:0:0:1]
[::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::169.254.169.254] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1]
[64:ff9b::a9fe:a9fe] [64:ff9b:1::a9fe:a9fe] [2002:7f00:1::] [2002:a9fe:a9fe::1] [2001:0:a9fe:a9fe::1] [fe80::1]
[fe80::1%25eth0] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1] [100::1] [2001:db8::1] [3fff::1] [5f00::1]
169.254.169.254 169.254.170.2 169.254.170.23 169.254.169.253 2852039166 0xa9fea9fe 0251.0376.0251.0376 425.510.425.510
metadata.google.internal metadata instance-data 100.100.100.200 192.0.0.192 168.63.129.16 100.64.0.1 10.0.0.5
172.16.0.1 192.168.1.1 172.17.0.1 198.18.0.1 192.0.2.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.250
233.252.0.1 240.0.0.1 255.255.255.255 host.docker.internal user:pass@example.com example.com@127.0.0.1
127.0.0.1#@example.com example.com\\@127.0.0.1 127.0.0.1\\@example.com example.com%00.127.0.0.1 exa%0d%0ample.com
example.com:22 example.com:25 example.com:6379 example.com:9200 example.com:0 example.com:65536 example.com:99999
example.com:-1 xn-- xn--a xn--0.com xn--ls8h.la [::1]:443@example.com - a..b 0.0.0.0.0
"""
"""Hosts, as they stand behind `https://`."""
WHOLE = (
    "http://example.com/", "ftp://example.com/", "gopher://example.com/", "file:///etc/passwd", "unix:///run/x.sock",
    "//example.com/", "https:example.com", "https:///example.com", "https://exa mple.com/", "https://example.com/a\x00b",
    "https://example.com/a\nb", f"https://{'a' * 64}.com/", f"https://example.com/{'a' * 2048}",
    "https://hooks.plixa.example/", "https://HOOKS.plixa.example./x",
)  # fmt: skip
NAMES: dict[str, Sequence[str]] = {
    "10.0.0.1.nip.io": ["10.0.0.1"],
    "localtest.me": ["127.0.0.1", "::1"],
    "kubernetes.default.svc": ["10.96.0.1"],
    "both.example.com": ["93.184.216.34", "192.168.1.1"],
    "six.example.com": ["2606:2800:220:1::1", "::1"],
    "alias.example.com": ["169.254.169.254"],
    "xn--caf-dma.example.org": ["127.0.0.1"],
    "example.com": ["93.184.216.34"],
}
"""What names resolve to; public ones only together with one that is not."""


class Sockets:
    """Every connection that is begun, none of which is made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[str] = []

        async def connect(_: Any, host: str, *_args: Any, **_named: Any) -> Any:
            self.begun.append(host)
            raise httpcore.ConnectError("not in a test")

        monkeypatch.setattr(httpcore.TrioBackend, "connect_tcp", connect)


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Sockets:
    return Sockets(monkeypatch)


async def resolve(host: str, port: int) -> Sequence[str]:
    """As a system does: numbers in all their spellings, and the names above."""
    if host in NAMES:
        return NAMES[host]
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]
    except socket.gaierror:
        return ["127.0.0.1"]  # whatever else there is may resolve inside


@pytest.fixture
async def poster() -> AsyncIterator[Poster]:
    """The way out as it is in production."""
    async with safe_client(resolve=resolve) as client:
        yield Poster(SystemClock(), client, allow_loopback=False, forbidden=frozenset({"hooks.plixa.example"}))


def post(url: str) -> Post:
    return Post(url, "evt_7_1_message", "message.inbound", 1, b"{}", [new_secret()])


def urls() -> list[str]:
    return [*(f"https://{host}/hook" for host in INWARD.split()), *WHOLE]


@pytest.mark.parametrize("url", urls())
async def test_what_leads_inward_is_refused_when_it_is_made_and_when_it_is_sent_to(
    url: str, poster: Poster, sockets: Sockets
) -> None:
    problem = poster.problem_with(url)
    assert problem is not None
    assert len(problem) > 20
    said = await poster.post(post(url))
    assert said.error is not None
    assert len(said.error) > 20
    assert sockets.begun == []


@pytest.mark.parametrize("host", [name for name in NAMES if name != "example.com"])
async def test_a_name_that_leads_inward_by_any_of_its_addresses_gets_no_connection(
    host: str, poster: Poster, sockets: Sockets
) -> None:
    said = await poster.post(post(f"https://{host}/hook"))
    assert said.status is None
    assert "private network" in str(said.error)
    assert sockets.begun == []


async def test_a_name_that_changes_in_between_is_checked_at_each_try(sockets: Sockets) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34"]])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    async with safe_client(resolve=rebinding) as client:
        poster = Poster(SystemClock(), client, allow_loopback=False)
        said = [await poster.post(post("https://rebind.example.com/hook")) for _ in range(3)]
    assert sockets.begun == ["93.184.216.34", "93.184.216.34"]
    assert said[1].error == "The host leads into a private network."


async def test_the_port_and_what_is_encoded_in_a_path_are_no_way_around(poster: Poster, sockets: Sockets) -> None:
    assert poster.problem_with("https://example.com/%0d%0aX: 1") is None
    assert poster.problem_with("https://example.com:8443/hook") is None
    await poster.post(post("https://example.com:8443/hook"))
    assert sockets.begun == ["93.184.216.34"]


async def test_the_api_refuses_them_when_made_and_when_changed(
    node: Node, workspace: Workspace, poster: Poster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node.services[COURIER], "poster", poster)
    made = await workspace.post(ENDPOINTS, {"url": "https://example.com/hook", "events": ["message.inbound"]})
    for url in urls()[::9]:
        bodies: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", ENDPOINTS, {"url": url, "events": ["message.inbound"]}),
            ("PUT", f"{ENDPOINTS}/{made['id']}", {"url": url}),
        ]
        for method, path, body in bodies:
            answer = await workspace.client.request(method, path, json=body)
            assert answer.status_code == 422, url
            assert answer.json()["errors"][0]["details"]["url"], url


# -- what an answer may do --------------------------------------------------------------------------------------------

Answers = Callable[[trio.SocketStream], Any]


async def _endless(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
    while True:
        await stream.send_all(b"x" * 65_536)


async def _drops(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\n")
    while True:
        await stream.send_all(b"x: y\r\n"[:1])
        await trio.sleep(0.01)


async def _headers(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\n")
    while True:
        await stream.send_all(b"x-y: " + b"z" * 1000 + b"\r\n")


async def _hundreds(stream: trio.SocketStream) -> None:
    while True:
        await stream.send_all(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


async def _switch(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")
    await trio.sleep_forever()


async def _silence(_stream: trio.SocketStream) -> None:
    await trio.sleep_forever()


@pytest.mark.parametrize("answer", [_endless, _drops, _headers, _hundreds, _switch, _silence])
async def test_an_answer_takes_no_more_than_its_time_and_its_bytes(
    answer: Answers, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plixa.http.webhooks.attempt.WITHIN", 1.0)

    async def talk(stream: trio.SocketStream) -> None:
        async with stream:
            try:
                await stream.receive_some(65_536)
                await answer(stream)
            except trio.BrokenResourceError:
                pass

    listeners = await nursery.start(trio.serve_tcp, talk, 0)
    port = listeners[0].socket.getsockname()[1]
    async with safe_client(allow_loopback=True) as client:
        with trio.fail_after(5):
            said = await Poster(SystemClock(), client, allow_loopback=True).post(post(f"http://127.0.0.1:{port}/"))
    assert len(said.answer) <= KEPT
    assert said.taken is (answer is _endless)
    nursery.cancel_scope.cancel()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int, nursery: trio.Nursery) -> None:
    target = await open_receiver(nursery)
    location = (("location", f"{target.far.url}/inside"), ("refresh", f"0;url={target.far.url}"))
    receiver = await open_receiver(nursery, lambda _: Reply(status, b"", location))
    async with safe_client(allow_loopback=True) as client:
        said = await Poster(SystemClock(), client, allow_loopback=True).post(post(f"{receiver.far.url}/hook"))
    assert said.status == status
    assert not said.taken
    assert target.far.asked == []


async def test_what_an_answer_sets_is_not_kept_for_the_next_one(nursery: trio.Nursery) -> None:
    theirs = (("set-cookie", "a=b"), ("strict-transport-security", "max-age=9"), ("alt-svc", 'h2="127.0.0.1:1"'))
    receiver = await open_receiver(nursery, lambda _: Reply(200, b"", theirs))
    async with safe_client(allow_loopback=True) as client:
        poster = Poster(SystemClock(), client, allow_loopback=True)
        for _ in range(2):
            assert (await poster.post(post(f"{receiver.far.url}/hook"))).taken
    assert [asked.headers.get("cookie") for asked in receiver.far.asked] == [None, None]


async def test_no_proxy_of_the_environment_is_asked(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = await open_receiver(nursery), await open_receiver(nursery)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy.far.url)
    async with safe_client(allow_loopback=True) as client:
        assert (await Poster(SystemClock(), client, allow_loopback=True).post(post(f"{receiver.far.url}/h"))).taken
    assert proxy.far.asked == []


def test_the_list_is_as_long_as_the_research() -> None:
    assert len({*urls(), *NAMES}) > 110
