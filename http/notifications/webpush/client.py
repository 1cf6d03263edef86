"""One push to one browser, and what came of it.

Invariants: one call is one request; nothing is retried here, because the outbox does that; the far end is an address
that a browser gave us, so it is called by `safe_http` only; no push raises: every outcome is one of four values.
A message that arrives twice shows one notification if it carries a `topic` or a tag, so doubt is simply `Later`.
"""

from __future__ import annotations

import re
import ssl
from typing import Literal, NamedTuple

import httpx
from py_vapid import VapidException

from plixa.engine.clock import Clock
from plixa.http.clients.bounded import Closes, FarAnswer, NoAnswer, exchange, retry_after
from plixa.http.clients.safe_http import Resolve, safe_client
from plixa.http.notifications.webpush.keys import VapidKeys
from plixa.http.notifications.webpush.subscription import ENCODING, Subscription, encrypt

Urgency = Literal["very-low", "low", "normal", "high"]

_WITHIN = 20.0  # seconds for all of a push
_ANSWER = 16 * 1024  # bytes
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


class Delivered(NamedTuple):
    """The push service took it. Whether the browser shows it is the browser's affair."""


class Gone(NamedTuple):
    """The subscription has ended: remove it."""


class Later(NamedTuple):
    """Not now; `retry_after` is in seconds, if the far end named a time. It may have got through after all."""

    retry_after: float | None
    reason: str


class Refused(NamedTuple):
    """Never: the message, the subscription or our keys are not right."""

    reason: str


Outcome = Delivered | Gone | Later | Refused


class PushClient(Closes):
    """Sends pushes. Close it, or use it as `async with PushClient(keys, subject, clock) as push`.

    subject: "mailto:…" or an https URL, whom a push service may write to. allow_loopback: for development and tests.
    Raises `ValueError` for a subject that push services would not take.
    """

    def __init__(
        self,
        keys: VapidKeys,
        subject: str,
        clock: Clock,
        *,
        allow_loopback: bool = False,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        try:
            keys.authorization("https://push.example", subject, clock.now())
        except VapidException as error:
            raise ValueError(f"{subject!r} is not a VAPID subject: expected mailto:… or an https URL.") from error
        self._keys = keys
        self._subject = subject
        self._clock = clock
        self._http = safe_client(allow_loopback=allow_loopback, resolve=resolve, tls=tls)

    async def aclose(self) -> None:
        """Close all connections; pushes under way fail."""
        await self._http.aclose()

    async def send(
        self,
        subscription: Subscription,
        payload: bytes,
        *,
        ttl: int,
        urgency: Urgency = "normal",
        topic: str | None = None,
    ) -> Outcome:
        """Push `payload`, at most `LONGEST` bytes. ttl: seconds for which it is kept for a browser that is away.

        topic: a later message of this topic replaces one that waits; 1-32 letters, digits, `-` or `_`.
        """
        if topic is not None and not _TOPIC.fullmatch(topic):
            return Refused(f"The topic {topic!r} is not 1-32 letters, digits, - or _.")
        try:
            request = self._request(subscription, payload, max(ttl, 0), urgency, topic)
        except (ValueError, VapidException, httpx.InvalidURL) as error:
            return Refused(f"It cannot be sent: {error}.")
        try:
            answer = await exchange(self._http, request, within=_WITHIN, limit=_ANSWER)
        except NoAnswer as error:
            return Refused(error.reason) if error.hopeless else Later(None, error.reason)
        return self._outcome(answer)

    def _request(
        self, subscription: Subscription, payload: bytes, ttl: int, urgency: Urgency, topic: str | None
    ) -> httpx.Request:
        headers = {
            "authorization": self._keys.authorization(subscription.endpoint, self._subject, self._clock.now()),
            "content-encoding": ENCODING,
            "content-type": "application/octet-stream",
            "ttl": str(ttl),
            "urgency": urgency,
            **({"topic": topic} if topic else {}),
        }
        body = encrypt(subscription, payload)
        return self._http.build_request("POST", subscription.endpoint, content=body, headers=headers, timeout=_TIMEOUT)

    def _outcome(self, answer: FarAnswer) -> Outcome:
        said = f"The push service answered {answer.status}: {answer.start()}"
        if answer.ok:
            return Delivered()
        if answer.status in (404, 410):
            return Gone()
        if answer.status in (408, 425, 429) or answer.status >= 500:
            return Later(retry_after(answer.headers, self._clock.now()), said)
        return Refused(said)
