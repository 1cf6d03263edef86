"""A far end on loopback for tests of clients: a real HTTP server whose answers a test writes, with or without TLS."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import h11
import trio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
FAR_OFF = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


class Asked(NamedTuple):
    """A request as it came in. Header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class HangUp(Exception):
    """Raised by a script: close the connection without an answer."""


Script = Callable[[Asked], Awaitable[Reply]]


class FarEnd:
    """Where it listens, and what it was asked."""

    def __init__(self, port: int, asked: list[Asked]) -> None:
        self.port = port
        self.asked = asked

    @property
    def url(self) -> str:
        """Its address by number."""
        return f"http://127.0.0.1:{self.port}"


async def open_far_end(nursery: trio.Nursery, script: Script, tls: ssl.SSLContext | None = None) -> FarEnd:
    """Serve until the nursery is cancelled."""
    asked: list[Asked] = []

    async def talk(stream: trio.abc.Stream) -> None:
        if tls is not None:
            stream = trio.SSLStream(stream, tls, server_side=True, https_compatible=True)
        try:
            while await _one(stream, script, asked):
                pass
        except (HangUp, trio.BrokenResourceError, h11.RemoteProtocolError):
            pass
        finally:
            await trio.aclose_forcefully(stream)

    listeners = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
    return FarEnd(listeners[0].socket.getsockname()[1], asked)


async def _one(stream: trio.abc.Stream, script: Script, asked: list[Asked]) -> bool:
    http = h11.Connection(h11.SERVER)
    start: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await stream.receive_some())
        elif isinstance(event, h11.Request):
            start = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return False
    assert start is not None
    headers = {name.decode(): value.decode("latin-1") for name, value in start.headers}
    asked.append(Asked(start.method.decode(), start.target.decode(), headers, bytes(body)))
    reply = await script(asked[-1])
    lines = [*reply.headers, ("content-length", str(len(reply.body)))]
    head = h11.Response(status_code=reply.status, headers=[(n.encode(), v.encode()) for n, v in lines])
    data = b"" if start.method == b"HEAD" or reply.status == 204 else reply.body
    for part in (head, h11.Data(data=data), h11.EndOfMessage()):
        await stream.send_all(http.send(part) or b"")
    return True


class Certificates:
    """A server's certificate for `names`, and a client's context that trusts it and nothing else."""

    def __init__(self, folder: Path, *names: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "far end")])
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), LONG_AGO, FAR_OFF)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._file = folder / "far-end.pem"
        self._file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )

    def server(self) -> ssl.SSLContext:
        """What a server needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        return context

    def client(self) -> ssl.SSLContext:
        """What a client needs."""
        return ssl.create_default_context(cafile=str(self._file))
