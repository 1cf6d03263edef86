"""HTTP to addresses that customers give us: web push endpoints, their own webhooks.

Such an address may be chosen to make this server talk to its own network. Invariants of `safe_client`:
- only https; plain http and loopback addresses only where `allow_loopback` says so (development, tests);
- a name is resolved once per connection, all its addresses must be public, and the connection goes to exactly the
  addresses that were checked: a name that resolves differently a moment later gains nothing. TLS still checks the
  certificate against the name;
- no redirects, no proxies of the environment, no cookies, no compressed answers.
What is refused is refused before anything is sent, with `UnsafeAddress`.
"""

from __future__ import annotations

import socket
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast

import httpcore
import httpx
import trio

from plixa.actors.hosts import PRIVATE, host_problem, is_loopback, is_numeric, is_public
from plixa.http.clients.tls import trusted

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""A name and a port to numeric addresses; raises OSError for an unknown name."""

_AT_ONCE = 100
_KEPT_OPEN, _KEPT_FOR = 20, 30.0  # connections, and seconds: a name is resolved and checked anew after that
_POOL_KEPT_FOR = 60.0  # seconds
_LOOK_UPS = trio.CapacityLimiter(64)
"""Names that are resolved at once. Threads of their own: a name server that hangs holds up nothing else."""
_TRIES = 4  # addresses of one name
_CONNECT = 10.0  # seconds, when the request sets no limit
_LONGEST = 2048  # characters of a URL
_PORTS = (443, 8443)


class UnsafeAddress(httpx.UnsupportedProtocol):
    """The request would leave the public internet, or go out unprotected. It was not made, and never will be."""


def problem_with(url: str, *, allow_loopback: bool = False) -> str | None:
    """What is wrong with a URL that a customer gave, for people, or None. Resolves nothing: see `safe_client`."""
    try:
        parsed = httpx.URL(url)
        parsed.host.encode("idna")  # `xn--` alone is a host that cannot be read, and says so only when it is
    except (httpx.InvalidURL, UnicodeError):
        return "This is not a URL. Give one that starts with https://."
    if len(url) > _LONGEST:
        return f"This URL is too long. At most {_LONGEST} characters are allowed."
    if parsed.userinfo:
        return "This URL holds a user name or a password. Give it without them."
    return _unsafe(parsed, allow_loopback=allow_loopback) or _no_use(parsed, allow_loopback=allow_loopback)


def _unsafe(url: httpx.URL, *, allow_loopback: bool) -> str | None:
    host = url.host
    if not host:
        return "This URL names no host. Give one that starts with https://."
    if allow_loopback and is_loopback(host):
        return None if url.scheme in ("http", "https") else "This URL must start with http:// or https://."
    if url.scheme != "https":
        return "This URL must start with https://."
    return PRIVATE if is_loopback(host) or (is_numeric(host) and not is_public(host)) else None


def _no_use(url: httpx.URL, *, allow_loopback: bool) -> str | None:
    """What is plain from the spelling alone, so that nobody keeps an address that nothing will ever be sent to."""
    if allow_loopback and is_loopback(url.host.rstrip(".")):
        return None
    if (problem := host_problem(url.host if is_numeric(url.host) else url.raw_host.decode())) is not None:
        return problem
    port = 443 if url.port is None else url.port
    return None if port in _PORTS else "This URL's port is not allowed. Use 443 or 8443."


def safe_client(
    *,
    allow_loopback: bool = False,
    resolve: Resolve | None = None,
    tls: ssl.SSLContext | None = None,
    at_once: int = _AT_ONCE,
) -> httpx.AsyncClient:
    """A client that keeps the invariants above; close it. at_once: connections to one host. `resolve` and `tls` are for
    tests."""
    return httpx.AsyncClient(
        transport=SafeTransport(allow_loopback=allow_loopback, resolve=resolve, tls=tls, at_once=at_once),
        headers={"accept-encoding": "identity", "user-agent": "Plixa"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # theirs are not kept for the next customer
        trust_env=False,
        follow_redirects=False,
    )


class SafeTransport(httpx.AsyncHTTPTransport):
    """The transport of `safe_client`, for clients of one's own making."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
        at_once: int = _AT_ONCE,
    ) -> None:
        context = tls or trusted()
        super().__init__(verify=context, trust_env=False)
        self._allow_loopback = allow_loopback
        if not hasattr(self, "_pool"):
            raise RuntimeError("httpx keeps its connections elsewhere now: requests would go out unguarded.")
        pools: Any = _Pools(
            partial(
                httpcore.AsyncConnectionPool,
                ssl_context=context,
                max_connections=at_once,
                max_keepalive_connections=_KEPT_OPEN,
                keepalive_expiry=_KEPT_FOR,
                network_backend=_PinnedBackend(resolve or resolve_all, allow_loopback=allow_loopback),
            )
        )
        self._pool = pools  # it is asked for no more than they can

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx's. Raises `UnsafeAddress` too."""
        problem = _unsafe(request.url, allow_loopback=self._allow_loopback)
        if problem is not None:
            raise UnsafeAddress(problem)
        return await super().handle_async_request(request)


class _Pools:
    """A pool of connections for each host. One for all looks at every connection of every host at each request, and
    keeps too few of them open where hosts are many."""

    def __init__(self, make: Callable[[], httpcore.AsyncConnectionPool]) -> None:
        self._make = make
        self._pools: OrderedDict[tuple[bytes, bytes, int], tuple[httpcore.AsyncConnectionPool, float]] = OrderedDict()
        """With when each was last used, which is their order."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """By the pool of its host."""
        origin = request.url.origin
        host = origin.scheme, origin.host, origin.port
        pool, _ = self._pools.pop(host) if host in self._pools else (self._make(), 0.0)
        self._pools[host] = pool, trio.current_time()
        await self._let_go()
        return await pool.handle_async_request(request)

    async def _let_go(self) -> None:
        """Close the pool that nobody has used for longest, if that is long."""
        host, (pool, used) = next(iter(self._pools.items()))
        if trio.current_time() - used > _POOL_KEPT_FOR and all(each.is_idle() for each in pool.connections):
            del self._pools[host]
            await pool.aclose()

    async def __aenter__(self) -> _Pools:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close them all."""
        while self._pools:
            _, (pool, _) = self._pools.popitem()
            await pool.aclose()


async def resolve_all(host: str, port: int) -> Sequence[str]:
    """All addresses of a name, by the system's resolver."""
    found = await trio.to_thread.run_sync(
        partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM), abandon_on_cancel=True, limiter=_LOOK_UPS
    )
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class _PinnedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses only. httpcore asks it with the name, and keeps connections by name."""

    def __init__(self, resolve: Resolve, *, allow_loopback: bool) -> None:
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._network = cast("httpcore.AsyncNetworkBackend", httpcore.TrioBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with trio.fail_after(_CONNECT if timeout is None else timeout):
                addresses = await self._checked(host, port)
                return await self._first(addresses, port, local_address, socket_options)
        except trio.TooSlowError as error:
            raise httpcore.ConnectTimeout(f"{host} did not answer") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise UnsafeAddress("This URL leads to a socket of this machine.")

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        for address in addresses:
            if not (is_public(address) or (self._allow_loopback and is_loopback(address))):
                raise UnsafeAddress(f"{host} leads into a private network. Give one that is reachable from outside.")
        return addresses[:_TRIES]

    async def _first(
        self,
        addresses: Sequence[str],
        port: int,
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        """Try one address after the other; each but the last gets 3 s."""
        failure = httpcore.ConnectError("no address")
        for left, address in zip(range(len(addresses) - 1, -1, -1), addresses, strict=True):
            try:
                return await self._network.connect_tcp(
                    address, port, 3.0 if left else None, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = httpcore.ConnectError(str(error))
        raise failure
