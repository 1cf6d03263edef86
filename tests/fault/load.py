"""The traffic under which things are broken, and a ledger of what was promised meanwhile.

Customers write numbered messages. Half of them write one after the other: each is posted until it is answered 200, the
same body every time. The others write through the simulated WhatsApp, which does that by itself, does not keep the
order, and is asked for what was missed when the server comes back. An agent answers with numbered replies, each asked
for with its Idempotency-Key until it is accepted. What was answered with success is in the ledger, and is what `checks`
holds the system to.
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import trio

from tests.harness import Number, Phones, Workspace

AGAIN_AFTER = 0.1
TIMEOUT = 10.0
TWICE = 0.1
"""How many webhooks are posted once more after they were answered, as a gateway that missed the answer does."""
_customers = count(1)


@dataclass
class Chat:
    """A customer's conversation, and what was promised about it: `acknowledged` and `accepted` in this order.

    ordered: each message was written when the one before had arrived.
    """

    workspace: Workspace
    number: Number
    phone: str
    conversation_id: int = 0
    ordered: bool = True
    acknowledged: list[str] = field(default_factory=list)
    accepted: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Acknowledged:
    """A message that was answered with success: when it was sent, when that was known, by which port, and by whom."""

    phone: str
    text: str
    sent: float
    at: float
    port: int
    node: str = ""
    """Who has answered, wherever it came in; empty where that is not said."""


@dataclass(frozen=True)
class Read:
    """What a node showed of something that counts, and what had been acknowledged before it was asked."""

    node: str
    expected: int
    shown: int


@dataclass
class Ledger:
    """All chats, and how hard it was."""

    chats: list[Chat] = field(default_factory=list)
    tries: int = 0
    failures: int = 0
    snoozes: int = 0
    acks: list[Acknowledged] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)

    @property
    def acknowledged(self) -> int:
        """Webhooks answered 200."""
        return sum(len(chat.acknowledged) for chat in self.chats)

    @property
    def accepted(self) -> int:
        """Replies answered 201."""
        return sum(len(chat.accepted) for chat in self.chats)


class Load:
    """Runs until `finish` is called; whatever was begun by then is carried through."""

    def __init__(
        self,
        tenants: list[tuple[Workspace, Number]],
        whatsapp: Phones,
        *,
        pause: float = 0.05,
        transport: httpx.AsyncBaseTransport | None = None,
        patience: float = TIMEOUT,
    ) -> None:
        """transport: how webhooks reach a node; with one of its own, all are posted by hand."""
        self.ledger = Ledger()
        self._whatsapp = whatsapp
        self._tenants = tenants
        self._pause = pause
        self._transport = transport
        self._patience = patience
        self._finishing = False

    @property
    def number(self) -> Number:
        """That of the first workspace."""
        return self._tenants[0][1]

    def finish(self) -> None:
        """Begin nothing any more."""
        self._finishing = True

    async def run(self, *, chatty: int, quiet_every: float) -> None:
        """`chatty` conversations are kept going; every so often a customer writes once and is then snoozed."""
        async with (
            httpx.AsyncClient(timeout=self._patience, trust_env=False, transport=self._transport) as gateway,
            trio.open_nursery() as nursery,
        ):
            for each in range(chatty):
                chat = self._new_chat(ordered=each % 2 == 0 or self._transport is not None)
                nursery.start_soon(self._customer, gateway, chat)
                nursery.start_soon(self._agent, chat)
            while not self._finishing:
                nursery.start_soon(self._quiet_customer, gateway, self._new_chat())
                await trio.sleep(quiet_every * random.uniform(0.5, 1.5))

    def _new_chat(self, *, ordered: bool = True) -> Chat:
        number = next(_customers)
        tenant = self._tenants[number // 2 % len(self._tenants)]
        chat = Chat(*tenant, phone=f"551196{number:07d}", ordered=ordered)
        self.ledger.chats.append(chat)
        return chat

    async def _customer(self, gateway: httpx.AsyncClient, chat: Chat) -> None:
        while not self._finishing:
            await (self._write(gateway, chat) if chat.ordered else self._write_by_phone(chat))
            await trio.sleep(self._pause * random.uniform(0.2, 2))

    async def _write_by_phone(self, chat: Chat) -> None:
        text = f"in {chat.phone} {len(chat.acknowledged) + 1}"
        await self._whatsapp.write(chat.number, chat.phone, text)
        chat.acknowledged.append(text)

    async def _write(self, gateway: httpx.AsyncClient, chat: Chat) -> None:
        serial = len(chat.acknowledged) + 1
        text = f"in {chat.phone} {serial}"
        body = chat.number.message(chat.phone, text, f"3EB0{chat.phone[-7:]}{serial:09d}")
        sent = time.time()
        answer = await self._insist(lambda: chat.number.post(gateway, body))
        port, node = answer.request.url.port or 0, answer.headers.get("x-plixa-node", "")
        self.ledger.acks.append(Acknowledged(chat.phone, text, sent, time.time(), port, node))
        chat.acknowledged.append(text)
        if random.random() < TWICE:
            await self._insist(lambda: chat.number.post(gateway, body))

    async def _agent(self, chat: Chat) -> None:
        while not self._finishing:
            if chat.acknowledged:
                await self._reply(chat)
            await trio.sleep(self._pause * random.uniform(1, 4))

    async def _reply(self, chat: Chat) -> None:
        serial = len(chat.accepted) + 1
        text, key = f"out {chat.phone} {serial}", {"Idempotency-Key": f"{chat.phone}-{serial}"}
        if not await self._find(chat):
            return
        path = f"/v1/conversations/{chat.conversation_id}/messages"
        answer = await self._insist(lambda: chat.workspace.client.post(path, json={"body": text}, headers=key))
        chat.accepted.append((text, answer.json()["data"]["id"]))

    async def _quiet_customer(self, gateway: httpx.AsyncClient, chat: Chat) -> None:
        """One message (greeted by a timer), then a short snooze (ended by another)."""
        await self._write(gateway, chat)
        until = datetime.now(UTC) + timedelta(seconds=random.uniform(3, 6))
        if not await self._find(chat):
            return
        path = f"/v1/conversations/{chat.conversation_id}/snooze"
        answer = await self._insist(
            lambda: chat.workspace.client.post(path, json={"until": until.isoformat()}), done=(200, 422)
        )
        self.ledger.snoozes += answer.status_code == 200  # 422: it took so long that the time has passed

    async def _find(self, chat: Chat) -> bool:
        """Learn the conversation's id. False: there is none, which `checks` will object to."""
        if not chat.conversation_id:
            client = chat.workspace.client
            answer = await self._insist(lambda: client.get("/v1/conversations", params={"q": chat.phone}))
            chat.conversation_id = next((found["id"] for found in answer.json()["data"]), 0)
        return chat.conversation_id > 0

    async def _insist(
        self, request: Callable[[], Awaitable[httpx.Response]], done: tuple[int, ...] = (200, 201)
    ) -> httpx.Response:
        """Ask the same again until it is done. Raises AssertionError for a refusal, which no retry would mend."""
        while True:
            self.ledger.tries += 1
            try:
                answer = await request()
            except httpx.TransportError:
                self.ledger.failures += 1
            else:
                if answer.status_code in done:
                    return answer
                assert answer.status_code in (429, 503), f"{answer.url}: {answer.status_code} {answer.text}"
                assert "retry-after" in answer.headers, f"{answer.url}: {answer.status_code} without Retry-After"
                self.ledger.failures += 1
            await trio.sleep(AGAIN_AFTER)
