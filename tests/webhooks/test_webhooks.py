"""Outbound webhooks end to end: endpoints, what they hear, how it is signed."""

from __future__ import annotations

import pytest
from tests.http.chat import Chat
from tests.webhooks.receiver import Receiver


@pytest.mark.spec(300)
async def test_an_endpoint_hears_of_messages_and_conversations_as_get_gives_them(
    chat: Chat, receiver: Receiver
) -> None:
    message = await chat.written("Bom dia!")
    [created] = await receiver.told("conversation.created")
    [inbound] = await receiver.told("message.inbound")
    assert inbound["data"]["body"] == "Bom dia!"
    assert inbound["offset"] > created["offset"]
    stored = (await chat.inbox.stored(message["conversation_id"]))[0]
    assert inbound["data"] == stored
