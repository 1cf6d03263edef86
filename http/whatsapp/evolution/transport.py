"""One HTTP exchange with the gateway: a request out, its JSON back, every failure as one of `errors`.

Invariants: no retry is made here; every wait has an end; at most `limit` bytes of an answer are held; what is not an
answer is judged by whether the request can have reached the gateway.
"""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import urlencode

import httpcore
import httpx
import msgspec
import trio

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
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
)
_NO_ANSWER = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, trio.TooSlowError)


class Transport:
    """Holds the connections. Safe to use from many tasks.

    It is httpx's connections without httpx around them: each message that is sent goes through here, and neither
    redirects, cookies, proxies nor compressed answers are wanted.
    """

    def __init__(self, base_url: str, api_key: str) -> None:
        url = httpx.URL(base_url.rstrip("/"))
        self._scheme, self._host, self._port = url.raw_scheme, url.raw_host, url.port
        self._base = url.raw_path.decode().rstrip("/")
        own = {"host": url.netloc.decode(), "apikey": api_key, "accept-encoding": "identity", **_signing_in(url)}
        self._headers = [(name.encode(), value.encode()) for name, value in own.items()]
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(), max_connections=100, keepalive_expiry=_KEEP_ALIVE
        )

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._pool.aclose()

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
        request = self._request(method, path, params, body, timeout)
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

    def _request(
        self, method: str, path: str, params: dict[str, str] | None, body: object, timeout: float
    ) -> httpcore.Request:
        target = f"{self._base}{path}?{urlencode(params)}" if params else f"{self._base}{path}"
        content = b"" if body is None else msgspec.json.encode(body)
        headers = [*self._headers, (b"content-length", str(len(content)).encode())]
        if content:
            headers.append((b"content-type", b"application/json"))
        url = httpcore.URL(scheme=self._scheme, host=self._host, port=self._port, target=target.encode())
        waits = {"connect": _CONNECT, "read": timeout, "write": _WRITE, "pool": _CONNECT}
        return httpcore.Request(method, url, headers=headers, content=content, extensions={"timeout": waits})

    async def _exchange(self, request: httpcore.Request, within: float, limit: int, *, once: bool) -> tuple[int, bytes]:
        try:
            with trio.fail_after(within):
                return await self._send(request, limit)
        except _NEVER_SENT as error:
            message = f"The gateway cannot be reached ({type(error).__name__}). Try again later."
            raise GatewayDown(message, away=True) from error
        except _NO_ANSWER as error:
            raise doubt(f"The gateway did not answer ({type(error).__name__})", once=once) from error
        except TooLarge as error:
            if once:
                raise doubt("The gateway's answer was too long to read", once=True, answered=error.answered) from error
            raise

    async def _send(self, request: httpcore.Request, limit: int) -> tuple[int, bytes]:
        response = await self._pool.handle_async_request(request)
        try:
            content = await _read(response, limit)
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _CLOSE):
                await response.aclose()
        return response.status, content


def _signing_in(url: httpx.URL) -> dict[str, str]:
    """The header for a proxy before the gateway, where the URL has a name and a password for one."""
    if not url.userinfo:
        return {}
    return {"authorization": f"Basic {b64encode(f'{url.username}:{url.password}'.encode()).decode()}"}


async def _read(response: httpcore.Response, limit: int) -> bytes:
    content = bytearray()
    with trio.CancelScope() as reading:
        async for chunk in response.aiter_stream():
            content += chunk
            if len(content) > limit:
                # Not `break`: that would leave httpcore's nested generators to the garbage collector, half run.
                reading.cancel()
    if len(content) > limit:
        raise TooLarge(f"The answer is over the limit of {limit} bytes.", answered=response.status)
    return bytes(content)
