"""How the SDK reaches Stripe: over httpx under trio, trusting whom all our clients trust, bounded in time and size.

The SDK never tries again by itself: a retry is ours to decide, with the same key.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

import httpx
import trio

import stripe
from plixa.http.clients.bounded import FarAnswer, NoAnswer, exchange
from plixa.http.clients.tls import trusted

WITHIN = 10.0
LARGEST = 8 * 1024 * 1024


class NotWhole(Exception):
    """The answer was longer than is read."""


class Transport(stripe.HTTPClient):
    """One connection pool for all calls. ahead: by how many seconds Stripe's clock was ahead of ours when it last
    answered; the second that it rounds down to is within it."""

    name = "plixa"

    def __init__(self, within: float = WITHIN) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
        self._within = within
        self.ahead = 0.0
        self._client = httpx.AsyncClient(verify=trusted(), trust_env=False, timeout=within, follow_redirects=False)

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One exchange. Raises `stripe.APIConnectionError`, whose cause says what happened."""
        sent = {**headers, "accept-encoding": "identity"}
        try:
            request = self._client.build_request(method, url, headers=sent, content=post_data or None)
            answer = await exchange(self._client, request, within=self._within, limit=LARGEST)
        except NoAnswer as error:
            _broken(error)
        self.ahead = _ahead(answer.headers.get("date"), time.time())
        return _whole(answer), answer.status, answer.headers

    async def sleep_async(self, secs: float) -> None:
        """The SDK's pauses."""
        await trio.sleep(secs)

    async def close_async(self) -> None:
        """Give the connections back."""
        await self._client.aclose()


def _ahead(date: str | None, now: float) -> float:
    """Seconds; 0 where nothing can be said."""
    try:
        return parsedate_to_datetime(date).timestamp() - now if date else 0.0
    except ValueError:
        return 0.0


def _whole(answer: FarAnswer) -> bytes:
    if not answer.whole:
        _broken(NotWhole())
    return answer.content


def _broken(error: Exception) -> NoReturn:
    failed: Any = stripe.APIConnectionError  # the SDK has no types for how it is made
    raise failed("no answer", should_retry=False) from error
