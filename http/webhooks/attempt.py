"""One try: a POST to an endpoint, and what its answer means.

Whatever comes back is bounded: 15 s in all, 2 KB of the answer, no redirects, no proxies, no private addresses. A try
that found nobody is one like any other: the address is resolved and checked anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import httpx
import trio

from plixa.engine.clock import Clock
from plixa.http.clients.bounded import NoAnswer, Sends, Straight, exchange, retry_after
from plixa.http.clients.safe_http import SafeTransport, UnsafeAddress, problem_with
from plixa.http.webhooks.signing import headers

WITHIN = 15.0
KEPT = 2048
"""Bytes of an answer."""
ALWAYS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "Plixa"}
LIMITS = dict.fromkeys(("connect", "read", "write", "pool"), WITHIN)
GONE = 410
BUSY = (429, 502, 503, 504)
"""Of these `Retry-After` is heard, and the whole endpoint is left alone for that long."""


@dataclass(frozen=True, slots=True)
class Post:
    """What goes out. good: the secrets that sign it, the newest first."""

    url: str
    event_id: str
    type: str
    delivery_id: int
    body: bytes
    good: Sequence[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it. rest: seconds for which the endpoint asks to be left alone. error: why it was not taken."""

    status: int | None
    answer: bytes
    duration_ms: int
    error: str | None
    rest: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the endpoint has it."""
        return self.error is None

    @property
    def gone(self) -> bool:
        """Whether it says that it wants no more."""
        return self.status == GONE


class _Whole(httpx.AsyncByteStream):
    """A body in one piece. httpx's own is a generator, which is left half run where a far end hangs up on it."""

    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __aiter__(self) -> _Whole:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class Poster:
    """The way out. `forbidden`: hosts of our own, which would tell us of what they are told."""

    def __init__(
        self, clock: Clock, client: Sends, *, allow_loopback: bool, forbidden: frozenset[str] = frozenset()
    ) -> None:
        self._clock = clock
        self._client = client
        self._allow_loopback = allow_loopback
        self._forbidden = forbidden

    def problem_with(self, url: str) -> str | None:
        """Why nothing can be sent there, for people; None where there is nothing to say against it."""
        return _problem_with(url, self._allow_loopback, self._forbidden)

    async def post(self, post: Post) -> Said:
        """One try. Never raises what the far end does."""
        began = trio.current_time()

        def said(status: int | None, answer: bytes, error: str | None, rest: float | None = None) -> Said:
            return Said(status, answer, int((trio.current_time() - began) * 1000), error, rest)

        if (problem := self.problem_with(post.url)) is not None:
            return said(None, b"", problem)
        now = self._clock.now()
        signed = headers(post.event_id, post.type, post.delivery_id, post.body, int(now.timestamp()), post.good)
        try:
            answer = await exchange(self._client, _request(post, signed), within=WITHIN, limit=KEPT)
        except NoAnswer as error:
            return said(None, b"", _told(error))
        rest = retry_after(answer.headers, now) if answer.status in BUSY else None
        return said(answer.status, answer.content, _error(answer.status), rest)


def _request(post: Post, signed: dict[str, str]) -> httpx.Request:
    """The whole request: nothing is added to it on its way."""
    url = _url(post.url)
    head = {"host": url.netloc.decode("ascii"), **ALWAYS, "content-length": str(len(post.body)), **signed}
    return httpx.Request("POST", url, headers=head, stream=_Whole(post.body), extensions={"timeout": LIMITS})


@lru_cache(maxsize=1024)
def _url(url: str) -> httpx.URL:
    return httpx.URL(url)


@lru_cache(maxsize=1024)
def _problem_with(url: str, allow_loopback: bool, forbidden: frozenset[str]) -> str | None:
    problem = problem_with(url, allow_loopback=allow_loopback)
    if problem is None and httpx.URL(url).host.rstrip(".").lower() in forbidden:
        return "This URL leads to this server itself. Give one of your own."
    return problem


def _told(error: NoAnswer) -> str:
    """In the owner's words, without the address that it came to."""
    if isinstance(error.__cause__, UnsafeAddress):
        return "The host leads into a private network."
    return error.reason[:200]


def _error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"It answered {status}, a redirect; those are not followed."
    return f"It answered {status}."


def open_client(*, allow_loopback: bool) -> Straight:
    """Connections to endpoints."""
    return Straight(SafeTransport(allow_loopback=allow_loopback))
