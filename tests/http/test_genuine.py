"""What the genuine gateway (2.3.7) posted goes through the ingress: all of it is taken, nothing is not understood."""

from __future__ import annotations

import json
from pathlib import Path

from tests.http.chat import Chat

GENUINE = Path(__file__).parents[1] / "fixtures" / "evolution" / "genuine" / "bodies-2.3.7.jsonl"
ACTS = ("albumMessage", "pinInChatMessage", "secretEncryptedMessage")
CONNECTION = {"connection.update", "qrcode.updated", "remove.instance", "logout.instance"}


async def test_every_genuine_body_is_taken(chat: Chat) -> None:
    bodies = [json.loads(line) for line in GENUINE.read_text().splitlines()]
    answers = await chat.post(*(body for body in bodies if body["event"] not in CONNECTION))
    assert set(answers) == {"stored", "early", "ignored", "applied"}
    written = {body["data"]["key"]["id"] for body in bodies if body["event"] == "messages.upsert"}
    no_words = ("reactionMessage", *ACTS)
    acts = {each["data"]["key"]["id"] for each in bodies if any(name in str(each["data"]) for name in no_words)}
    for key_id in written - acts:
        message = await chat.inbox.message(evolution_message_id=key_id)
        assert message["body"] or message["media"], message
    answers = await chat.post(*(body for body in bodies if body["event"] in CONNECTION))
    assert set(answers) == {"applied"}
