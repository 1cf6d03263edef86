"""Addresses that customers give: what is refused before a byte goes out, and that a checked address is the one used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import trio
from hypothesis import given, strategies as st
from tests.clients.far_end import Asked, Certificates, FarEnd, HangUp, Reply, open_far_end

from plixa.actors.hosts import is_public
from plixa.http.clients.bounded import NoAnswer, exchange, retry_after
from plixa.http.clients.safe_http import UnsafeAddress, problem_with, safe_client

NOT_PUBLIC = (
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "3fff::1", "", "localhost", "1.2.3", "0x7f000001",
)  # fmt: skip


async def fine(asked: Asked) -> Reply:
    return Reply(200, b"fine")


class Names:
    """A resolver that knows only these. A name's addresses: with commas all at once, with spaces one look-up each."""

    def __init__(self, **addresses: str) -> None:
        self._turns = {name: text.split() for name, text in addresses.items()}
        self.looked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.looked.append(host)
        turns = self._turns.get(host.partition(".")[0])
        if turns is None:
            raise OSError("unknown name")
        return (turns.pop(0) if len(turns) > 1 else turns[0]).split(",")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"])
def test_what_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_no_address_is_public_that_the_standard_library_calls_private(address: object) -> None:
    if is_public(str(address)) and not str(address).startswith("64:ff9b:"):
        assert not address.is_private  # type: ignore[attr-defined]
        assert not address.is_link_local  # type: ignore[attr-defined]


HOSTILE = [
    "http://hooks.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.1.2.3:8443/x",
    "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data", "ftp://hooks.example/", "file:///etc/passwd",
    "https://", "hooks.example", "", "https://user:password@hooks.example/", "https://[::1", "gopher://hooks.example/",
    "https://hooks.example/" + "x" * 2048, "https://\x00/", "javascript:alert(1)", "http+unix://%2Frun%2Fdocker.sock/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_a_url_that_can_never_work_is_named_at_once(url: str) -> None:
    assert problem_with(url)


def test_loopback_is_for_development_only() -> None:
    for url in ("http://127.0.0.1:8000/x", "http://localhost:8000/", "https://[::1]/", "http://[::1]:1/"):
        assert problem_with(url, allow_loopback=True) is None
        assert problem_with(url)
    assert problem_with("http://hooks.example/", allow_loopback=True)
    assert problem_with("https://hooks.example/x?y=1") is None


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_url_is_never_called(url: str) -> None:
    resolve = Names(hooks="127.0.0.1")
    async with safe_client(resolve=resolve) as client:
        with pytest.raises((httpx.UnsupportedProtocol, httpx.InvalidURL)):
            await client.get(url)


@pytest.mark.parametrize(
    "addresses", ["127.0.0.1", "10.0.0.7", "::1", "8.8.8.8,127.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"]
)
async def test_a_name_that_leads_inside_is_not_called(nursery: trio.Nursery, addresses: str) -> None:
    far = await open_far_end(nursery, fine)
    async with safe_client(resolve=Names(evil=addresses)) as client:
        with pytest.raises(UnsafeAddress, match="private network"):
            await client.get(f"https://evil.example:{far.port}/")
    assert far.asked == []


async def test_spellings_of_loopback_that_only_the_resolver_knows(nursery: trio.Nursery) -> None:
    far = await open_far_end(nursery, fine)
    async with safe_client() as client:
        for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1", "0"):
            with pytest.raises((UnsafeAddress, httpx.ConnectError, httpx.InvalidURL)):
                await client.get(f"https://{host}:{far.port}/")
    assert far.asked == []


async def secure(nursery: trio.Nursery, folder: Path, *names: str) -> tuple[FarEnd, Certificates]:
    certificates = Certificates(folder, *names)
    return await open_far_end(nursery, fine, certificates.server()), certificates


async def test_the_address_that_was_checked_is_the_one_that_is_called(nursery: trio.Nursery, tmp_path: Path) -> None:
    """The name is resolved once a connection; TLS still checks the certificate against the name."""
    far, certificates = await secure(nursery, tmp_path, "push.example")
    resolve = Names(push="127.0.0.1 10.0.0.1")  # rebinding: the second answer would lead inside
    async with safe_client(allow_loopback=True, resolve=resolve, tls=certificates.client()) as client:
        for _ in range(3):
            assert (await client.get(f"https://push.example:{far.port}/")).text == "fine"
    assert resolve.looked == ["push.example"]
    assert far.asked[0].headers["host"] == f"push.example:{far.port}"


async def test_a_certificate_of_another_name_is_refused(nursery: trio.Nursery, tmp_path: Path) -> None:
    far, certificates = await secure(nursery, tmp_path, "other.example")
    async with safe_client(allow_loopback=True, resolve=Names(push="127.0.0.1"), tls=certificates.client()) as client:
        with pytest.raises(httpx.ConnectError) as caught:
            await client.get(f"https://push.example:{far.port}/")
    assert "CERTIFICATE_VERIFY_FAILED" in _roots(caught.value)
    assert far.asked == []


async def test_a_new_connection_is_checked_anew(nursery: trio.Nursery, tmp_path: Path) -> None:
    far, certificates = await secure(nursery, tmp_path, "push.example")
    resolve = Names(push="127.0.0.1 10.0.0.1")
    async with safe_client(allow_loopback=True, resolve=resolve, tls=certificates.client()) as client:
        await client.get(f"https://push.example:{far.port}/", headers={"connection": "close"})
        with pytest.raises(UnsafeAddress):
            await client.get(f"https://push.example:{far.port}/")


async def test_the_second_address_is_tried_when_the_first_is_dead(nursery: trio.Nursery, tmp_path: Path) -> None:
    far, certificates = await secure(nursery, tmp_path, "push.example")
    resolve = Names(push="::1,127.0.0.1")  # nobody listens at ::1
    async with safe_client(allow_loopback=True, resolve=resolve, tls=certificates.client()) as client:
        assert (await client.get(f"https://push.example:{far.port}/")).text == "fine"


async def test_redirects_are_not_followed_and_would_be_checked(nursery: trio.Nursery) -> None:
    async def elsewhere(asked: Asked) -> Reply:
        return Reply(302, headers=(("location", "https://169.254.169.254/latest"), ("set-cookie", "a=b; Path=/")))

    far = await open_far_end(nursery, elsewhere)
    async with safe_client(allow_loopback=True) as client:
        assert (await client.get(far.url)).status_code == 302
        with pytest.raises(UnsafeAddress):
            await client.get(far.url, follow_redirects=True)
        assert all("cookie" not in asked.headers for asked in far.asked)


async def test_a_proxy_of_the_environment_is_not_used(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    far = await open_far_end(nursery, fine)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, far.url)
    async with safe_client(resolve=Names(hooks="10.0.0.1")) as client:
        with pytest.raises(UnsafeAddress):
            await client.get("https://hooks.example/")
    assert far.asked == []


async def test_an_unknown_name_and_a_dead_port_may_be_tried_again(nursery: trio.Nursery) -> None:
    async with safe_client(allow_loopback=True, resolve=Names(known="127.0.0.1")) as client:
        for url in ("https://unknown.example/", "http://127.0.0.1:1/"):
            with pytest.raises(NoAnswer) as caught:
                await exchange(client, client.build_request("GET", url), within=5, limit=100)
            assert not caught.value.arrived
            assert not caught.value.hopeless


async def test_an_exchange_says_what_may_have_arrived(nursery: trio.Nursery) -> None:
    async def script(asked: Asked) -> Reply:
        if asked.target == "/hang-up":
            raise HangUp
        if asked.target == "/sleep":
            await trio.sleep_forever()
        return Reply(200, b"x" * 100_000)

    far = await open_far_end(nursery, script)
    async with safe_client(allow_loopback=True) as client:
        for path in ("/hang-up", "/sleep"):
            with pytest.raises(NoAnswer) as caught:
                await exchange(client, client.build_request("POST", far.url + path), within=0.3, limit=100)
            assert caught.value.arrived
        answer = await exchange(client, client.build_request("GET", far.url), within=5, limit=100)
        assert (len(answer.content), answer.whole) == (100, False)
        whole = await exchange(client, client.build_request("GET", far.url), within=5, limit=100_000)
        assert (len(whole.content), whole.whole) == (100_000, True)
        with pytest.raises(NoAnswer) as hopeless:
            await exchange(client, client.build_request("GET", "https://10.0.0.1/"), within=5, limit=100)
        assert hopeless.value.hopeless


def _roots(error: BaseException | None) -> str:
    return f"{error!r} {_roots(error.__cause__ or error.__context__)}" if error is not None else ""


def test_retry_after_in_seconds_and_as_a_date() -> None:
    now = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)
    said = {"5": 5.0, "0": 0.0, "1.5": 1.5, "99999999": 86_400.0, "Mon, 25 May 2026 12:01:00 GMT": 60.0}
    said |= {"Mon, 25 May 2020 12:01:00 GMT": 0.0}
    for text, seconds in said.items():
        assert retry_after(httpx.Headers({"retry-after": text}), now) == seconds
    for text in ("", "soon", "-5", "nan", "9" * 400, "1e999", "Mon, 25 May 2026"):
        assert retry_after(httpx.Headers({"retry-after": text}), now) in (None, 86_400.0)


@pytest.mark.parametrize(
    "url",
    [
        "https://xn--/", "https://a.xn--/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.1/", "https://0177.0.0.1/", "https://push.example:22/", "https://push.example:8080/",
        "https://example.0x7f/", "https://printer/", "https://printer.local/", "https://a.internal/",
        "https://push.localhost/",
    ],
)  # fmt: skip
def test_what_would_be_refused_when_used_is_refused_when_given(url: str) -> None:
    assert problem_with(url) is not None


@pytest.mark.parametrize(
    "url",
    ["https://push.example/x", "https://push.example:8443/", "https://8.8.8.8/", "https://xn--bcher-kva.example/"],
)
def test_what_is_reachable_is_taken(url: str) -> None:
    assert problem_with(url) is None
