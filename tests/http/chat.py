"""A customer's phone and the house's inbox, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.harness import Json, Number, Phones, Workspace
from tests.http.inbox import Inbox
from tests.http.webhooks import CUSTOMER

TICKS = ("sent", "delivered", "read", "played")


@dataclass
class Chat:
    """What the two sides do, and what each of them sees."""

    workspace: Workspace
    simulator: Phones
    number: Number
    inbox: Inbox

    async def write(self, text: str = "Bom dia!", *, phone: str = CUSTOMER, **fields: Any) -> Json:
        """A customer does something; returns the gateway's record."""
        return await self.simulator.write(self.number, phone, text, **fields)

    async def written(self, text: str = "Bom dia!", *, phone: str = CUSTOMER, **fields: Any) -> Json:
        """A customer writes; returns the message as the inbox has it, which goes on changing as events come."""
        record = await self.write(text, phone=phone, name="Bia", **fields)
        return await self.inbox.message(evolution_message_id=record["key"]["id"])

    async def answer(self, conversation_id: int, text: str, **fields: Any) -> Json:
        """The house answers; returns what the API says at once."""
        path = f"/v1/conversations/{conversation_id}/messages"
        message: Json = await self.workspace.post(path, {"body": text, **fields})
        return message

    async def ticked(self, message_id: int, status: str) -> Json:
        """Wait for a status, or for one that can only come after it; returns the message."""
        messages, enough = self.inbox.messages, TICKS[TICKS.index(status) :] if status in TICKS else (status,)
        await self.inbox.until(lambda: messages.get(message_id, {}).get("status") in enough)
        return messages[message_id]

    async def change(self, conversation_id: int, **fields: Any) -> Json:
        """PATCH the conversation."""
        answer = await self.workspace.client.patch(f"/v1/conversations/{conversation_id}", json=fields)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()["data"]
        return changed

    async def screen(self) -> list[str]:
        """The texts on the customer's screen, oldest first."""
        return [bubble["text"] for bubble in await self.simulator.screen(CUSTOMER)]

    async def bubble(self, text: str) -> Json:
        """One of them."""
        return next(bubble for bubble in await self.simulator.screen(CUSTOMER) if bubble["text"] == text)

    async def post(self, *bodies: Json) -> list[str]:
        """Post webhooks one after the other; returns what was answered."""
        answers = [await self.number.post(self.workspace.client, body) for body in bodies]
        assert {answer.status_code for answer in answers} <= {200}
        return [answer.text for answer in answers]
