"""One HTTP exchange with the gateway: a request out, its JSON back, every failure as one of `errors`.

Invariants: no retry is made here; every wait has an end; at most `limit` bytes of an answer are held; what is not an
answer is judged by whether the request can have reached the gateway.
"""

from __future__ import annotations

from base64 import b64encode

import httpx
import trio

from plixa.http.clients.bounded import Straight
from plixa.http.clients.tls import trusted
from plixa.http.whatsapp.evolution.answers import doubt, failure
from plixa.http.whatsapp.evolution.errors import GatewayDown, TooLarge
from plixa.http.whatsapp.evolution.payload import NotJson, decode

_CONNECT = 5.0  # seconds, to connect and to get a free connection
_WRITE = 30.0  # seconds without a byte taken
_SLACK = 30.0  # seconds on top of the read timeout before a trickling exchange is cut
_CLOSE = 1.0  # seconds to give a connection back
_KEEP_ALIVE = 3.0  # seconds; below Node's 5, or a request now and then meets a connection being closed
_ANSWER = 32 * 1024 * 1024  # bytes

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


class Transport:
    """Holds the connections. Safe to use from many tasks."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base = base_url.rstrip("/")
        self._headers = {"apikey": api_key, "accept-encoding": "identity", **_signing_in(httpx.URL(base_url))}
        # Of the environment nothing is heard: the key goes to the gateway, and to no proxy that it names.
        limits = httpx.Limits(max_connections=100, keepalive_expiry=_KEEP_ALIVE)
        self._http = Straight(httpx.AsyncHTTPTransport(verify=trusted(), limits=limits, trust_env=False))

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._http.aclose()

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: dict[str, str] | None = None,
        timeout: float = 20.0,
        once: bool = False,
        prepares: bool = False,
        limit: int = _ANSWER,
    ) -> object:
        """The decoded answer of a 2xx. timeout: seconds to wait for the answer. limit: bytes of it to read.

        once: it must not happen twice, so what leaves it open raises `GatewayUncertain` instead of `GatewayDown`.
        prepares: see `failure`.
        """
        waits = {"connect": _CONNECT, "read": timeout, "write": _WRITE, "pool": _CONNECT}
        request = httpx.Request(
            method, self._base + path, json=body, params=params, headers=self._headers, extensions={"timeout": waits}
        )
        status, content = await self._exchange(request, timeout + _SLACK, limit, once=once)
        try:
            answer = decode(content) if content else None
        except NotJson:
            answer = None
            if 200 <= status < 300:
                raise doubt(f"What answered {status} is not the gateway", once=once, answered=status) from None
        if not 200 <= status < 300:
            raise failure(status, answer, once=once, prepares=prepares)
        return answer

    async def _exchange(self, request: httpx.Request, within: float, limit: int, *, once: bool) -> tuple[int, bytes]:
        try:
            with trio.fail_after(within):
                return await self._send(request, limit)
        except _NEVER_SENT as error:
            message = f"The gateway cannot be reached ({type(error).__name__}). Try again later."
            raise GatewayDown(message, away=True) from error
        except (httpx.RequestError, trio.TooSlowError) as error:
            raise doubt(f"The gateway did not answer ({type(error).__name__})", once=once) from error
        except TooLarge as error:
            if once:
                raise doubt("The gateway's answer was too long to read", once=True, answered=error.answered) from error
            raise

    async def _send(self, request: httpx.Request, limit: int) -> tuple[int, bytes]:
        response = await self._http.send(request, stream=True)
        try:
            content = await _read(response, limit)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE):
                await response.aclose()
        return response.status_code, content


def _signing_in(url: httpx.URL) -> dict[str, str]:
    """The header for a proxy before the gateway, where the URL has a name and a password for one."""
    if not url.userinfo:
        return {}
    return {"authorization": f"Basic {b64encode(f'{url.username}:{url.password}'.encode()).decode()}"}


async def _read(response: httpx.Response, limit: int) -> bytes:
    content = bytearray()
    with trio.CancelScope() as reading:
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > limit:
                # Not `break`: that would leave httpx's nested generators to the garbage collector, half run.
                reading.cancel()
    if len(content) > limit:
        raise TooLarge(f"The answer is over the limit of {limit} bytes.", answered=response.status_code)
    return bytes(content)
