"""Every body that the simulator emits has the fields and types of its reference body in `tests/fixtures/evolution`."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator_harness import CUSTOMER, Gateway, Receiver

from plixa.http.simulator import samples

FIXTURES = Path(__file__).parents[1] / "fixtures" / "evolution"
VARIABLE = {"scansSidecar", "midQualityFileSha256", "jpegThumbnail", "scanLengths"}
"""Fields that WhatsApp puts into some pictures and not into others."""


def differences(ours: Any, reference: Any, path: str = "") -> Iterator[str]:
    """Where two bodies differ in fields or types. Bytes, written as index maps, count as one value."""
    if not isinstance(ours, dict) or not isinstance(reference, dict):
        if type(ours) is not type(reference):
            yield f"{path} is {type(ours).__name__}, in the reference {type(reference).__name__}"
    elif not (set(ours) | set(reference)) <= {str(index) for index in range(4096)}:
        for name in (ours.keys() ^ reference.keys()) - VARIABLE:
            yield f"{path}.{name} is {'only ours' if name in ours else 'missing'}"
        for name in (ours.keys() & reference.keys()) - VARIABLE:
            yield from differences(ours[name], reference[name], f"{path}.{name}")


async def assert_like(receiver: Receiver, fixture: str) -> None:
    """One event of the fixture's kind looks like the fixture: others may be of another moment."""
    reference = json.loads((FIXTURES / f"{fixture}.json").read_text())
    await receiver.wait_for(reference["event"])
    # The instance's key is in the references, and in no body of a simulator that was not told to expose it.
    ours = [body | {"apikey": ""} for body in receiver.bodies if body["event"] == reference["event"]]
    assert min((list(differences(body, reference)) for body in ours), key=len) == []


@pytest.mark.parametrize(
    ("fixture", "fields"),
    [
        ("messages-upsert.text-conversation", {"text": "x"}),
        ("messages-upsert.text-extended-quoted", {"text": "x", "quoted": "first"}),
        ("messages-upsert.image", {"type": "image", "text": "x"}),
        ("messages-upsert.location", {"type": "location"}),
        ("messages-upsert.contact", {"type": "contact"}),
        ("messages-upsert.reaction-add", {"type": "reaction", "to": "first", "text": "👍"}),
        ("messages-upsert.lid-2.3.7", {"text": "x", "addressing": "lid"}),
        ("messages-upsert.from-me-phone-echo", {"text": "x", "from_me": True}),
        ("messages-edited.by-contact", {"type": "edit", "to": "first", "text": "y"}),
        ("messages-update.edit-2.3.7", {"type": "edit", "to": "first", "text": "y"}),
        ("messages-delete.by-contact-2.3.7", {"type": "delete", "to": "first"}),
        ("messages-edited.revoke-noise", {"type": "delete", "to": "first"}),
    ],
)
async def test_what_customers_do(gateway: Gateway, receiver: Receiver, fixture: str, fields: dict[str, Any]) -> None:
    await gateway.link()
    await gateway.write(id="first", name="Ana", text="first")
    await gateway.wait_until(pending=0)
    receiver.posts.clear()
    await gateway.write(**fields)
    await assert_like(receiver, fixture)


@pytest.mark.parametrize("kind", ["image-base64", "audio-ptt", "document", "sticker"])
async def test_files_with_their_bytes(gateway: Gateway, receiver: Receiver, kind: str) -> None:
    hook = {"url": receiver.url, "events": [], "base64": True}
    await gateway.link(webhook=hook)
    await gateway.write(name="Ana", type=kind.split("-")[0], text="x" if kind == "image-base64" else "")
    await assert_like(receiver, f"messages-upsert.{kind}")


PHOTO = base64.b64encode(samples.photo()).decode()
VOICE = base64.b64encode(samples.voice_note(1)).decode()
KEY = {"id": "first", "remoteJid": f"{CUSTOMER}@s.whatsapp.net", "fromMe": False}


@pytest.mark.parametrize(
    ("fixture", "verb", "fields"),
    [
        ("send-message.text", "sendText", {"text": "x"}),
        ("send-message.text-quoted", "sendText", {"text": "x", "quoted": {"key": {"id": "first"}}}),
        ("send-message.image", "sendMedia", {"mediatype": "image", "media": PHOTO, "caption": "x"}),
        ("send-message.audio-ptt", "sendWhatsAppAudio", {"audio": VOICE}),
        ("send-message.reaction", "sendReaction", {"key": KEY, "reaction": "🙏"}),
        ("messages-update.delivery-ack", "sendText", {"text": "x"}),
    ],
)
async def test_what_is_sent(
    gateway: Gateway, receiver: Receiver, fixture: str, verb: str, fields: dict[str, Any]
) -> None:
    await gateway.link()
    await gateway.write(id="first", text="first")
    answer = await gateway.client.post(f"/message/{verb}/acme", json={"number": CUSTOMER, **fields})
    assert answer.status_code == 201, answer.text
    await assert_like(receiver, fixture)


async def test_edits_and_deletions_by_the_api(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    key = (await gateway.send()).json()["key"]
    await gateway.client.post("/chat/updateMessage/acme", json={"number": CUSTOMER, "key": key, "text": "y"})
    await assert_like(receiver, "send-message-update.edit")
    await gateway.client.request("DELETE", "/chat/deleteMessageForEveryone/acme", json=key)
    await assert_like(receiver, "messages-delete.via-api")


async def test_the_life_of_an_instance(gateway: Gateway, receiver: Receiver) -> None:
    await gateway.link()
    await gateway.wait_until(pending=0)
    await assert_like(receiver, "connection-update.open")
    await gateway.client.post(f"/sim/customers/{CUSTOMER}/presence", json={"instance": "acme"})
    await assert_like(receiver, "presence-update.composing")
    await gateway.client.delete("/instance/delete/acme")
    await gateway.wait_until(pending=0)
    for fixture in ("status-instance.closed", "logout-instance", "remove-instance", "instance-delete"):
        await assert_like(receiver, fixture)
    await assert_like(receiver, "connection-update.close-logged-out")
