"""Streams over a real nats-server: the same promises as in memory, and what happens when it goes away."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.clients.far_end import FAR_OFF, LONG_AGO

from plixa.engine import wire
from plixa.engine.ports import Owner
from plixa.engine.wire import CHUNK, Broken, NobodyThere, Stream, Wires
from plixa.http.relay.nats import PING, SILENT, Nats
from plixa.http.relay.natsd import NatsServer

Key = ec.EllipticCurvePrivateKey
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
        assert not a.carrier.connected
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


async def test_a_server_is_not_begun_in_a_thread_whose_end_would_be_its_own() -> None:
    server = NatsServer()
    with pytest.raises(RuntimeError, match="thread"):
        await trio.to_thread.run_sync(server.start)
    server.stop()


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


class Guarded(NatsServer):
    """As one of another machine: with a certificate of an authority of one's own, and a user."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.issued = issued(folder, "localhost")

    def configured(self) -> str:
        certificate, key = self.issued
        return (
            f'listen: "127.0.0.1:{self.port}"\ntls {{ cert_file: "{certificate}", key_file: "{key}" }}\n'
            'authorization { user: "plixa", password: "a pass/word?" }\n'
        )


def issued(folder: Path, name: str) -> tuple[Path, Path]:
    """A server's certificate and its key; the authority is in `ca.pem` beside them."""
    (folder / "other").mkdir()
    for place in (folder / "other", folder):
        authority, authority_key = _signed("authority", None, None)
        (place / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    certificate, key = _signed(name, authority.subject, authority_key)
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "server.pem", folder / "server.key"


def _signed(name: str, by: x509.Name | None, by_key: Key | None) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    number = x509.random_serial_number()
    return (
        x509.CertificateBuilder(by or subject, subject, key.public_key(), number, LONG_AGO, FAR_OFF)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .sign(by_key or key, hashes.SHA256())
    ), key


async def test_one_of_another_machine_is_believed_by_its_certificate_alone(tmp_path: Path) -> None:
    server = Guarded(tmp_path)
    server.start()
    at, user = f"localhost:{server.port}?ca={tmp_path}", "plixa:a%20pass%2Fword%3F"
    urls = {
        f"tls://{user}@{at}/ca.pem": True,
        f"tls://{user}@{at}/other/ca.pem": False,
        f"tls://{user}@{at.replace('localhost', '127.0.0.1')}/ca.pem": False,
        f"tls://plixa:guess@{at}/ca.pem": False,
        f"tls://{user}@localhost:{server.port}": False,
        f"nats://{user}@localhost:{server.port}": False,  # not even if it is not asked for
    }

    async def echo(stream: Stream) -> None:
        await stream.send(await stream.receive() or b"", last=True)

    try:
        for url, well in urls.items():
            async with trio.open_nursery() as nursery:
                ends = [Wires(Nats(each, [urlsplit(url)])) for each in (A, B)]
                for each in ends:
                    await nursery.start(each.run, echo)
                assert [each.carrier.connected for each in ends] == [well, well], url
                if well:
                    message = random.Random(1).randbytes(3 * CHUNK)
                    async with ends[0].open(B, message, last=True) as stream:
                        assert await stream.receive() == message
                nursery.cancel_scope.cancel()
    finally:
        server.stop()


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
