"""What the tests of the simulator share: a receiver that keeps every webhook, and a client that says things shortly."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import trio

from plixa.http.simulator import WebhookPolicy

KEY = "global-key"
CUSTOMER = "5511900004431"
JID = f"{CUSTOMER}@s.whatsapp.net"
FAST = WebhookPolicy(initial_delay=0.02, max_delay=0.08, attempts=4, timeout=2)


@dataclass
class Receiver:
    """Keeps every POST. `answers` are the statuses of the next ones; when they run out it is 200."""

    url: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    _changed: trio.Event = field(default_factory=trio.Event)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.posts]

    def events(self, name: str) -> list[Any]:
        return [body["data"] for body in self.bodies if body["event"] == name]

    async def wait_for(self, name: str, count: int = 1) -> list[Any]:
        """The data of that many events of this name."""
        with trio.fail_after(5):
            while len(self.events(name)) < count:
                await self._changed.wait()
        return self.events(name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.posts.append((scope["path"], headers, body))
        self._changed.set()
        self._changed = trio.Event()
        status = self.answers.pop(0) if self.answers else 200
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Gateway:
    """A client of a running simulator, with what tests say again and again."""

    client: httpx.AsyncClient
    receiver: Receiver

    async def create(self, name: str = "acme", **fields: Any) -> httpx.Response:
        hook = {"url": self.receiver.url, "events": [], "headers": {"x-hook-secret": "s3"}}
        body = {"instanceName": name, "integration": "WHATSAPP-BAILEYS", "qrcode": True, "webhook": hook}
        asked = {key: value for key, value in (body | fields).items() if value is not None}
        return await self.client.post("/instance/create", json=asked)

    async def link(self, name: str = "acme", **fields: Any) -> str:
        """An open instance; returns its token."""
        created = await self.create(name, **fields)
        assert created.status_code == 201, created.text
        assert (await self.client.post(f"/sim/scan/{name}")).status_code == 200
        return str(created.json()["hash"])

    async def send(self, text: str = "Olá", number: str = CUSTOMER, **fields: Any) -> httpx.Response:
        return await self.client.post("/message/sendText/acme", json={"number": number, "text": text, **fields})

    async def write(self, phone: str = CUSTOMER, **fields: Any) -> dict[str, Any]:
        """The customer does something; returns the record."""
        body = {"instance": "acme", **fields}
        answer = await self.client.post(f"/sim/customers/{phone}/messages", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["record"])

    async def screen(self, phone: str = CUSTOMER) -> list[dict[str, Any]]:
        answer = await self.client.get(f"/sim/customers/{phone}/messages")
        return list(answer.json()["messages"])

    async def faults(self, **faults: Any) -> None:
        answer = await self.client.put("/sim/faults", json=faults)
        assert answer.status_code == 200, answer.text

    async def counters(self) -> dict[str, Any]:
        return dict((await self.client.get("/sim/webhooks")).json())

    async def wait_until(self, **counters: int) -> None:
        with trio.fail_after(5):
            seen = await self.counters()
            while not counters.items() <= seen.items():
                await trio.sleep(0.01)
                seen = await self.counters()


def message_of(answer: httpx.Response) -> Any:
    """The `message` of an error, whose shape is checked on the way."""
    body = answer.json()
    assert set(body) == {"status", "error", "response"}
    assert body["status"] == answer.status_code
    return body["response"]["message"]


Start = Callable[..., Awaitable[Gateway]]
