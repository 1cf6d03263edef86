"""What is told of events: signed, tried again for three days, in disorder, doubled or dropped as the switches say."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import dataclass

import trio

from plixa.http.simulator.outbound import HttpClient, SendFailed

from .settings import Endpoint
from .world import Json, World, visible

WITHIN = 20.0
TRIES = (0, 5, 60, 300, 1_800, 7_200, 18_000, 36_000, 36_000, 36_000, 36_000, 36_000, 36_000)
"""Seconds from one try to the next; three days in all."""
MOST = 20_000


@dataclass(slots=True)
class Delivery:
    """An event on its way to an endpoint. due: unix seconds of the next try."""

    event: Json
    endpoint: Endpoint
    due: int
    tries: int = 0


def signature(body: bytes, secret: str, at: int) -> str:
    """The header `Stripe-Signature`."""
    mac = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Webhooks:
    """Deliveries, oldest first. Where `deliver` is off, nothing is told until `deliver_all` is called."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wake = trio.Event()
        self.waiting: list[Delivery] = []
        self.answers: list[tuple[str, int]] = []
        """What was answered: type of the event, status (0: nothing); the last ones."""
        self.chance = random.Random(7)

    def happened(self, event: Json) -> None:
        """An event is to be told."""
        faults = self._world.faults
        for endpoint in self._world.settings.endpoints:
            if endpoint.connect is not ("account" in event) or self.chance.random() < faults.drop:
                continue
            twice = 2 if self.chance.random() < faults.double else 1
            self.waiting += [Delivery(event, endpoint, self._world.now()) for _ in range(twice)]
        del self.waiting[:-MOST]
        self.hurry()

    def hurry(self) -> None:
        """Look at once."""
        self._wake.set()
        self._wake = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Deliver what is due, until cancelled."""
        task_status.started()
        while True:
            wake = self._wake
            if self._world.settings.deliver:
                await self.deliver_all()
            with trio.move_on_after(1):
                await wake.wait()

    async def deliver_all(self) -> None:
        """One try of all that is due by now."""
        client = HttpClient()
        try:
            while (delivery := self._next()) is not None:
                await self._try(client, delivery)
        finally:
            with trio.CancelScope(shield=True):
                await client.aclose()

    def _next(self) -> Delivery | None:
        due = [each for each in self.waiting if each.due <= self._world.now()]
        if not due:
            return None
        chosen = self.chance.choice(due) if self._world.faults.shuffle else due[0]
        self.waiting.remove(chosen)
        return chosen

    async def _try(self, client: HttpClient, delivery: Delivery) -> None:
        body = json.dumps(visible(delivery.event)).encode()
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Stripe-Signature", signature(body, delivery.endpoint.secret, self._world.now())),
            ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        ]
        status = 0
        with trio.move_on_after(WITHIN):
            try:
                status = (await client.request("POST", delivery.endpoint.url, headers, body)).status
            except SendFailed:
                status = 0
        self.answers.append((delivery.event["type"], status))
        del self.answers[:-MOST]
        delivery.tries += 1
        if not 200 <= status < 300 and delivery.tries < len(TRIES):
            delivery.due = self._world.now() + TRIES[delivery.tries]
            self.waiting.append(delivery)
