"""`plixa listen`: a workspace's events to a developer's machine."""

from __future__ import annotations

from functools import partial

import pytest
import trio
from tests.clients.far_end import Reply
from tests.http.chat import Chat
from tests.webhooks.receiver import TAKEN, Receiver, open_receiver
from tests.webhooks.replica import by_webhook, snapshot

from plixa import listening
from plixa.compose import Node
from plixa.engine.errors import Invalid, NotFound
from plixa.http.webhooks.signing import is_secret, new_secret


async def test_it_sends_what_endpoints_hear_from_an_offset_on_signed(
    node: Node, chat: Chat, receiver: Receiver, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "AGAIN", 0.05)
    await chat.written("um")
    await receiver.told("message.inbound")
    laptop = await open_receiver(nursery, lambda _: TAKEN if len(laptop.tried) > 2 else Reply(500))
    laptop.endpoint = {"secret": new_secret()}  # it verifies each
    said, services = list[str](), node.services
    work = partial(listening.listen, services.database, services.store.keyring, chat.workspace.tenant)
    nursery.start_soon(work, f"{laptop.far.url}/hook", laptop.endpoint["secret"], 0, said.append)
    await laptop.told("message.inbound")
    await chat.written("dois")
    await laptop.told("message.inbound", 2)
    await receiver.told("message.inbound", 2)
    await laptop.until(lambda: {each["id"] for each in receiver.events} <= {each["id"] for each in laptop.events})
    assert [event["offset"] for event in laptop.events] == sorted(event["offset"] for event in laptop.events)
    assert by_webhook(laptop.events) == await snapshot(chat.workspace)
    assert "500" in said[0]


async def test_it_says_what_is_wrong(node: Node, chat: Chat) -> None:
    services, tenant = node.services, chat.workspace.tenant
    work = partial(listening.listen, services.database, services.store.keyring)
    with pytest.raises(NotFound):
        await work(tenant + 77, "http://127.0.0.1:1/", new_secret(), None, print)
    with pytest.raises(Invalid):
        await work(tenant, "http://10.0.0.1/", new_secret(), None, print)


def test_a_secret_is_what_a_verifier_takes() -> None:
    assert is_secret(new_secret())
    assert not any(map(is_secret, ("", "whsec_", "whsec_ä", "abc")))
