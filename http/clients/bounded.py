"""One HTTP exchange with a far end that we do not trust to be quick, brief or honest.

Invariants: no retry is made here; the whole exchange ends within the time that is given; at most `limit` bytes of the
answer are read, undecoded (ask for `accept-encoding: identity`); whatever is not an answer is one error, `NoAnswer`,
which says whether the request may have arrived.
"""

from __future__ import annotations

import math
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, Protocol, Self

import httpx
import trio

_CLOSE = 1.0  # seconds to give a connection back
_LONGEST = 24 * 3600.0  # seconds: nobody may tell us to wait longer
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_HOPELESS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class FarAnswer(NamedTuple):
    """Any answer, whatever its status. `whole` is false when there was more than the limit."""

    status: int
    headers: httpx.Headers
    content: bytes
    whole: bool

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    def start(self, characters: int = 200) -> str:
        """The beginning of the body for an error message: printable, on one line."""
        text = self.content[: characters * 4].decode("utf-8", "replace")
        return "".join(each if each.isprintable() else " " for each in text)[:characters].strip()


class NoAnswer(Exception):
    """The exchange gave no answer.

    arrived: the request may have reached the far end. hopeless: this request can never be made.
    """

    def __init__(self, reason: str, *, arrived: bool, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.arrived = arrived
        self.hopeless = hopeless


class Sends(Protocol):
    """What sends requests: a client, or less than that."""

    async def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """As a client's."""
        ...


class Closes:
    """What holds connections: closed when the block of its `async with` is left, or by hand."""

    async def aclose(self) -> None:
        """Close all connections; what is under way fails."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Straight(Closes):
    """A transport with nothing around it: for requests that are whole as they are, and have neither cookies nor
    redirects, this is a third of what a client costs. Close it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        """Its answer, to be read. Headers are those of the request and no others."""
        assert stream
        response = await self._transport.handle_async_request(request)
        response.request = request
        return response

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._transport.aclose()


async def exchange(client: Sends, request: httpx.Request, *, within: float, limit: int) -> FarAnswer:
    """Send the request and read its answer. within: seconds for all of it. limit: bytes. Raises `NoAnswer`."""
    try:
        with trio.fail_after(within):
            return await _send(client, request, limit)
    except httpx.RequestError as error:
        reason = str(error) or type(error).__name__
        arrived = not isinstance(error, _NEVER_SENT)
        raise NoAnswer(reason, arrived=arrived, hopeless=isinstance(error, _HOPELESS)) from error
    except trio.TooSlowError as error:
        raise NoAnswer(f"no answer within {within:g} s", arrived=True) from error


async def _send(client: Sends, request: httpx.Request, limit: int) -> FarAnswer:
    response = await client.send(request, stream=True)
    try:
        content = await _read(response, limit)
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE):
            await response.aclose()
    return FarAnswer(response.status_code, response.headers, content[:limit], len(content) <= limit)


async def _read(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    with trio.CancelScope() as reading:
        async for chunk in response.aiter_raw(65_536):
            content += chunk
            if len(content) > limit:
                # Not `break`: that would leave httpx's nested generators to the garbage collector, half run.
                reading.cancel()
    return bytes(content)


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds to wait, at most a day, as the header `Retry-After` says it: in seconds or as a date; None if it is not
    there or cannot be understood."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text) if text[:1].isdecimal() else (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
        return None
    return min(max(seconds, 0.0), _LONGEST) if math.isfinite(seconds) else None
