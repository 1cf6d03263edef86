"""An integrator's server: takes deliveries, checks who they are from, and answers as a test wants it to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import trio
from standardwebhooks.webhooks import Webhook
from tests.clients.far_end import Asked, FarEnd, Reply, open_far_end
from tests.harness import Json, Workspace

ENDPOINTS = "/v1/webhook-endpoints"
ALL = ["message.inbound", "message.outbound", "conversation.created", "conversation.updated", "conversation.deleted"]
TAKEN = Reply(204)


@dataclass
class Receiver:
    """answer: what it says to a delivery; None: it hangs. events: what it has taken, in the order in which it came.
    checks: whether it verifies signatures, for which its clock must be ours."""

    far: FarEnd
    answer: Callable[[Json], Reply | None] = lambda _event: TAKEN
    endpoint: Json = field(default_factory=dict)
    checks: bool = True
    events: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tried: list[Json] = field(default_factory=list)
    _moved: trio.Event = field(default_factory=trio.Event)

    async def subscribe(self, workspace: Workspace, events: list[str] | None = None, **more: Any) -> Json:
        """Have it told of these events."""
        body = {"url": f"{self.far.url}/hook", "events": events or ALL, **more}
        self.endpoint = await workspace.post(ENDPOINTS, body)
        return self.endpoint

    async def take(self, asked: Asked) -> Reply:
        """A delivery comes in."""
        if self.endpoint and self.checks:
            Webhook(self.endpoint["secret"]).verify(asked.body, asked.headers)
        event = json.loads(asked.body)
        self.tried.append(event)
        reply = self.answer(event)
        if reply is None:
            self._move()
            await trio.sleep_forever()
        assert reply is not None
        if 200 <= reply.status < 300:
            self.events.append(event)
            self.headers.append(asked.headers)
        self._move()
        return reply

    def _move(self) -> None:
        self._moved.set()
        self._moved = trio.Event()

    async def until(self, found: Callable[[], Any], within: float = 10.0) -> Any:
        """Wait until this gives something; returns that."""
        with trio.fail_after(within):
            while not (result := found()):
                await self._moved.wait()
        return result

    async def told(self, type_: str, number: int = 1, within: float = 10.0) -> list[Json]:
        """Wait for so many events of this type; returns those there are."""
        return list(await self.until(lambda: found if len(found := self.of(type_)) >= number else None, within))

    def of(self, type_: str) -> list[Json]:
        """The events of this type so far."""
        return [each for each in self.events if each["type"] == type_]


async def open_receiver(
    nursery: trio.Nursery, answer: Callable[[Json], Reply | None] | None = None, *, checks: bool = True
) -> Receiver:
    """A receiver that listens until the nursery is cancelled."""
    made: list[Receiver] = []

    async def script(asked: Asked) -> Reply:
        return await made[0].take(asked)

    receiver = Receiver(await open_far_end(nursery, script), checks=checks)
    if answer is not None:
        receiver.answer = answer
    made.append(receiver)
    return receiver
