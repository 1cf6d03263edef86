"""Tells the world: one POST per event, un-awaited, with the gateway's retries (section 3.1 of its contract).

Invariants: a body is encoded once, so retries are byte-identical; what waits is bounded by number and by bytes, and
what does not fit is dropped and counted; events of one instance may overtake each other, as the gateway's do.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from .faults import Chance
from .outbound import Headers, HttpClient, SendFailed
from .settings import SimulatorSettings
from .wire import JsonObject, encode, iso
from .world import Instance, Webhook

_POINTS = re.compile(r"[._-]")
_SENDABLE = re.compile(r"^https?://")
_LOG_LENGTH = 200
_JWT_SECONDS = 600


@dataclass(eq=False, slots=True)
class Delivery:
    """One event on its way. outcome: pending, an HTTP status, or why there was no answer."""

    instance: str
    event: str
    url: str
    headers: Headers
    body: bytes
    attempts: int = 0
    outcome: int | str = "pending"
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)

    def summary(self) -> JsonObject:
        """For `GET /sim/webhooks`: everything but the body."""
        return {
            "instance": self.instance,
            "event": self.event,
            "url": self.url,
            "attempts": self.attempts,
            "outcome": self.outcome,
        }


@dataclass(slots=True)
class Counters:
    """Since the start or the last reset. emitted = delivered + rejected + given_up + dropped + pending."""

    emitted: int = 0
    delivered: int = 0
    retried: int = 0
    rejected: int = 0
    """Given up at once: the receiver answered a status that is not retried."""
    given_up: int = 0
    """Given up after the last attempt."""
    dropped: int = 0
    """Never sent: too much was waiting."""
    silenced: int = 0
    """Never emitted: the fault `silence`."""


@dataclass(eq=False)
class Courier:
    """Delivers events. `nursery` outlives every delivery; `clock` gives Unix time."""

    settings: SimulatorSettings
    chance: Chance
    nursery: trio.Nursery
    client: HttpClient
    clock: Callable[[], float]
    server_url: str = ""
    counters: Counters = field(default_factory=Counters)
    log: deque[Delivery] = field(default_factory=lambda: deque[Delivery](maxlen=_LOG_LENGTH))
    pending_bytes: int = 0
    _waiting: set[Delivery] = field(default_factory=set[Delivery])

    def __post_init__(self) -> None:
        self._wire = trio.CapacityLimiter(self.settings.webhook.max_parallel)

    @property
    def pending(self) -> int:
        """Events that are not over."""
        return len(self._waiting)

    def emit(self, instance: Instance, event: str, data: object) -> None:
        """Tell the instance's webhook, if it has one that wants this event. Never waits."""
        hook = instance.webhook
        if hook is None or not hook.enabled or not _wants(hook, event) or not _SENDABLE.match(hook.url):
            return
        if self.chance.strikes("silence"):
            self.counters.silenced += 1
            return
        self._launch(self._delivery(instance, hook, event, data))
        if self.chance.strikes("duplicate"):
            self._launch(self._delivery(instance, hook, event, data))

    def reset(self) -> None:
        """Give up all that waits and start counting anew."""
        for delivery in self._waiting:
            delivery.scope.cancel()
        self.counters = Counters()
        self.log.clear()

    def _delivery(self, instance: Instance, hook: Webhook, event: str, data: object) -> Delivery:
        now = self.clock()
        envelope: JsonObject = {"event": event, "instance": instance.name, "data": data, "destination": hook.url}
        envelope["date_time"] = iso(now)
        if instance.sender is not None:
            envelope["sender"] = instance.sender
        envelope["server_url"] = self.server_url
        envelope["apikey"] = instance.token if self.settings.expose_api_key else None
        suffix = "/" + _POINTS.sub("-", event) if hook.by_events else ""
        return Delivery(instance.name, event, hook.url + suffix, _headers(hook, now), encode(envelope))

    def _launch(self, delivery: Delivery) -> None:
        policy, size = self.settings.webhook, len(delivery.body)
        self.counters.emitted += 1
        if self.pending >= policy.max_pending or self.pending_bytes + size > policy.max_pending_bytes:
            self.counters.dropped += 1
            return
        self._waiting.add(delivery)
        self.pending_bytes += size
        self.log.append(delivery)
        self.nursery.start_soon(self._deliver, delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            with delivery.scope:
                if held_back := self.chance.hold_back():
                    await trio.sleep(held_back)
                over = await self._attempt(delivery)
                while not over:
                    await trio.sleep(self._pause(delivery.attempts))
                    over = await self._attempt(delivery)
        finally:
            self._waiting.discard(delivery)
            self.pending_bytes -= len(delivery.body)
            delivery.body = b""  # the log keeps the delivery, not its body

    async def _attempt(self, delivery: Delivery) -> bool:
        """Post once. True when this delivery is over, well or not."""
        delivery.attempts += 1
        delivery.outcome = await self._post(delivery)
        over = self._judge(delivery)
        self.counters.retried += not over
        return over

    async def _post(self, delivery: Delivery) -> int | str:
        async with self._wire:
            with trio.move_on_after(self.settings.webhook.timeout):
                try:
                    answer = await self.client.request("POST", delivery.url, delivery.headers, delivery.body)
                    return answer.status
                except SendFailed as error:
                    return str(error)
        return f"No answer within {self.settings.webhook.timeout} s"

    def _judge(self, delivery: Delivery) -> bool:
        outcome, policy = delivery.outcome, self.settings.webhook
        if isinstance(outcome, int) and 200 <= outcome < 300:
            self.counters.delivered += 1
        elif outcome in policy.non_retryable:
            self.counters.rejected += 1
        elif delivery.attempts >= policy.attempts:
            self.counters.given_up += 1
        else:
            return False
        return True

    def _pause(self, attempts: int) -> float:
        policy = self.settings.webhook
        # The exponent is held down: 2 ** 2000 is no float any more, and the cap is reached long before.
        doubled = policy.initial_delay * 2 ** min(attempts - 1, 60) if policy.exponential else policy.initial_delay
        return max(policy.initial_delay, min(doubled, policy.max_delay) * self.chance.jitter(policy.jitter))


def _wants(hook: Webhook, event: str) -> bool:
    return _POINTS.sub("_", event).upper() in hook.events


def _headers(hook: Webhook, now: float) -> Headers:
    headers = [("Content-Type", "application/json"), ("User-Agent", "axios/1.7.9")]
    for name, value in hook.headers.items():
        if name == "jwt_key":
            headers.append(("Authorization", f"Bearer {_jwt(value, int(now))}"))
        else:
            headers.append((name, value))
    return headers


def _jwt(secret: str, now: int) -> str:
    # Signed before the first attempt: a late retry carries a token that has run out, as the gateway's does.
    claims = {"iat": now, "exp": now + _JWT_SECONDS, "app": "evolution", "action": "webhook"}
    signed = f"{_b64(encode({'alg': 'HS256', 'typ': 'JWT'}))}.{_b64(encode(claims))}"
    return f"{signed}.{_b64(hmac.new(secret.encode(errors='surrogatepass'), signed.encode(), hashlib.sha256).digest())}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
