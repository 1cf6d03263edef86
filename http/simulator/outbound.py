"""A small HTTP/1.1 client on trio and h11, for the POSTs of the webhooks.

Why not httpx, which Plixa uses elsewhere: a webhook costs about a quarter of the CPU here, and in a benchmark the
gateway must not be what is measured. It keeps connections open, follows redirects as axios does (301, 302 and 303 turn
POST into GET), reads an answer up to a limit, and knows neither proxies nor compression nor cookies.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache
from urllib.parse import urljoin, urlsplit

import h11
import trio

_CHUNK = 65_536
_MAX_REDIRECTS = 5
_MAX_IDLE = 200
_BECOMES_GET = frozenset({301, 302, 303})
_REDIRECTS = _BECOMES_GET | {307, 308}
Origin = tuple[str, str, int]
Headers = list[tuple[str, str]]


class SendFailed(Exception):
    """No answer: the address is wrong, nobody listens, the connection broke, or what came back is not HTTP."""


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What came back. Header names are lower case; not `complete`: the body was longer than the caller's limit."""

    status: int
    headers: dict[str, str]
    body: bytes
    complete: bool = True


@dataclass(slots=True)
class _Connection:
    stream: trio.abc.Stream
    http: h11.Connection


@cache
def _trusted() -> ssl.SSLContext:
    """Made when something with https is first called: reading the machine's authorities takes some 80 ms."""
    return ssl.create_default_context()


class HttpClient:
    """Connections by origin. One task at a time uses one connection; idle ones are kept for the next."""

    def __init__(self) -> None:
        self._idle: dict[Origin, list[_Connection]] = {}

    async def aclose(self) -> None:
        """Close the idle connections."""
        idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                await trio.aclose_forcefully(connection.stream)

    async def request(
        self, method: str, url: str, headers: Headers, body: bytes = b"", *, max_answer: int = 65_536
    ) -> PostAnswer:
        """Send one request and read its answer, redirects included. Raises SendFailed; the caller sets a time limit."""
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._send(method, url, headers, body, max_answer)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            url = _join(url, answer.headers["location"])
            if answer.status in _BECOMES_GET:
                method, body = "GET", b""
        raise SendFailed(f"More than {_MAX_REDIRECTS} redirects, the last to {url}")

    async def _send(self, method: str, url: str, headers: Headers, body: bytes, max_answer: int) -> PostAnswer:
        origin, target, host = _parse(url)
        request = _request(method, target, [("Host", host), *headers, ("Content-Length", str(len(body)))])
        if connection := self._take(origin):
            try:
                return await self._exchange(origin, connection, request, body, max_answer)
            except SendFailed:
                pass  # most likely the other side had closed the idle connection: try once more, on a new one
        return await self._exchange(origin, await self._open(origin), request, body, max_answer)

    def _take(self, origin: Origin) -> _Connection | None:
        idle = self._idle.get(origin)
        return idle.pop() if idle else None

    async def _open(self, origin: Origin) -> _Connection:
        scheme, host, port = origin
        try:
            stream: trio.abc.Stream = await trio.open_tcp_stream(host, port)
            if scheme == "https":
                stream = trio.SSLStream(stream, _trusted(), server_hostname=host, https_compatible=True)
        except (OSError, ValueError) as error:
            raise SendFailed(f"Cannot connect to {host}:{port}: {error}") from error
        return _Connection(stream, h11.Connection(our_role=h11.CLIENT))

    async def _exchange(
        self, origin: Origin, connection: _Connection, request: h11.Request, body: bytes, max_answer: int
    ) -> PostAnswer:
        try:
            await _write(connection, request, body)
            answer = await _read(connection, max_answer)
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError, h11.ProtocolError) as error:
            await trio.aclose_forcefully(connection.stream)
            raise SendFailed(str(error) or type(error).__name__) from error
        except BaseException:
            # Cancelled in the middle: what else would come belongs to a request that nobody waits for.
            await trio.aclose_forcefully(connection.stream)
            raise
        await self._give_back(origin, connection)
        return answer

    async def _give_back(self, origin: Origin, connection: _Connection) -> None:
        http, idle = connection.http, self._idle.setdefault(origin, [])
        if http.our_state is h11.DONE and http.their_state is h11.DONE and len(idle) < _MAX_IDLE:
            http.start_next_cycle()
            idle.append(connection)
        else:
            await trio.aclose_forcefully(connection.stream)


def _join(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise SendFailed(f"Redirected to {location!r}, which is no address: {error}") from error


def _parse(url: str) -> tuple[Origin, str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        target, host = (parts.path or "/").encode("ascii"), (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError) as error:
        raise SendFailed(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise SendFailed(f"{url!r} is no address: expected http:// or https:// and a host")
    query = f"?{parts.query}" if parts.query else ""
    named = f"[{host}]" if ":" in host else host
    return (parts.scheme, host, port), target.decode() + query, f"{named}:{port}" if parts.port else named


def _request(method: str, target: str, headers: Headers) -> h11.Request:
    try:
        return h11.Request(method=method, target=target, headers=headers)
    except (h11.ProtocolError, UnicodeError) as error:
        raise SendFailed(f"The address or a header cannot be sent over HTTP: {error}") from error


async def _write(connection: _Connection, request: h11.Request, body: bytes) -> None:
    http = connection.http
    head = http.send(request) or b""
    content = http.send(h11.Data(data=body)) or b"" if body else b""
    end = http.send(h11.EndOfMessage()) or b""
    await connection.stream.send_all(head + content + end)


async def _read(connection: _Connection, max_answer: int) -> PostAnswer:
    status, headers, chunks, size = 0, dict[str, str](), list[bytes](), 0
    while True:
        event = connection.http.next_event()
        if event is h11.NEED_DATA:
            connection.http.receive_data(bytes(await connection.stream.receive_some(_CHUNK)))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size > max_answer:
                # Not read to its end, so the connection will be closed and not given back.
                return PostAnswer(status, headers, b"".join(chunks), complete=False)
            chunks.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
            break
        elif isinstance(event, h11.ConnectionClosed):
            raise h11.RemoteProtocolError("The connection was closed before an answer came")
    return PostAnswer(status, headers, b"".join(chunks))
