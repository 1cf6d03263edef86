"""What is put aside unread goes with whoever is erased, and with nobody else; our files are nobody else's to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER, edit, reaction, tick

from plixa.compose import Node
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.parts import DIRECTORY
from plixa.http.whatsapp.unreadable import sealed_as
from plixa.http.whatsapp.whose import MOST, whose_body
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.whatsapp import unreadable as table

CANARY = "ERASECANARY"
OTHER = "5511900000099"
SEAL = ApplicationKey("a key of the tests that is long enough")
NUMBER = NumberKey(1, 3, b"")


def unreadable(chat: Chat, phone: str, words: str) -> Json:
    """A webhook of this customer that no release understands."""
    body = chat.number.message(phone, words, f"BROKEN-{words}")
    del body["data"]["key"]["id"]
    body["sender"] = "5511333344445@s.whatsapp.net"
    return body


async def opened(node: Node, tables: Tables) -> list[str]:
    """Everything that is put aside and opens with the application key."""
    seal = node.services.store.keyring.application_key
    found = [
        seal.unseal(row["body"], sealed_as(row["tenant_id"], row["number_id"])).decode()
        for row in await tables.rows("select * from kept_bodies order by id")
    ]
    for row in await tables.rows("select * from held_updates order by seq"):
        belongs = f"held {row['tenant_id']}/{row['number_id']}/{row['key_id']}"
        found.append(seal.unseal(row["body"], belongs).decode(errors="replace"))
    return found


def _files_with(folder: Path, words: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


async def put_aside(chat: Chat) -> None:
    """Something of either customer, and updates of messages that never come."""
    await chat.post(
        unreadable(chat, CUSTOMER, f"{CANARY} broken"),
        unreadable(chat, OTHER, "outro"),
        edit(chat.number, "NEVER", f"{CANARY} heldedit"),
        reaction(chat.number, "NEVER", "👍"),
        tick(chat.number, "NEVER", "READ"),
    )


@pytest.mark.parametrize("erased", ["conversation", "contact"])
async def test_what_could_not_be_read_goes_with_whoever_is_erased(
    chat: Chat, node: Node, tables: Tables, tmp_path: Path, erased: str
) -> None:
    message = await chat.written(f"{CANARY} read", type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    await chat.written("outra pessoa", phone=OTHER)
    await put_aside(chat)
    assert sum(CANARY in each for each in await opened(node, tables)) == 2
    conversation_id = message["conversation_id"]
    client = chat.workspace.client
    contact_id = chat.inbox.conversations[conversation_id]["contact_id"]
    if erased == "contact":
        assert (await client.delete(f"/v1/contacts/{contact_id}")).status_code == 204
    assert (await client.delete(f"/v1/conversations/{conversation_id}")).status_code == 204
    dumped = await tables.dump()  # once all is swept
    left = await opened(node, tables)
    assert not [each for each in left if CANARY in each]
    assert len(left) == 2  # the other customer's body, and a tick, which has no words
    assert "outro" in left[0]
    assert not [name for name, lines in dumped.items() if CANARY in "".join(lines)]
    await chat.inbox.until(lambda: not [path for path in (tmp_path / "media").rglob("*") if path.is_file()])
    assert not _files_with(tmp_path, CANARY)


async def test_erasing_the_contact_alone_takes_along_what_nobody_could_read(
    chat: Chat, node: Node, tables: Tables
) -> None:
    message = await chat.written("oi")
    await put_aside(chat)
    contact_id = chat.inbox.conversations[message["conversation_id"]]["contact_id"]
    assert (await chat.workspace.client.delete(f"/v1/contacts/{contact_id}")).status_code == 204
    await tables.swept()
    assert not [each for each in await opened(node, tables) if CANARY in each]


async def test_what_comes_for_an_erased_message_is_not_kept_either(chat: Chat, node: Node, tables: Tables) -> None:
    message = await chat.written("apague")
    key_id = message["evolution_message_id"]
    assert (await chat.workspace.client.delete(f"/v1/conversations/{message['conversation_id']}")).status_code == 204
    assert await chat.post(edit(chat.number, key_id, CANARY), reaction(chat.number, key_id, "👍")) == ["ignored"] * 2
    node.services[DIRECTORY].forget_tenant(chat.workspace.tenant)  # as after a restart
    assert await chat.post(edit(chat.number, key_id, CANARY)) == ["ignored"]
    assert await opened(node, tables) == []


async def test_the_newest_of_a_number_are_that_numbers(
    node: Node, chat: Chat, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "KEPT_OF_A_NUMBER", 3)
    tenant = chat.workspace.tenant

    async def keep(number_id: int, why: str) -> None:
        await node.services.database.run(table.keep_body, tenant, number_id, why, 0, b"", None)

    await keep(1, "first")
    for n in range(5):
        await keep(2, f"of the other number {n}")
    await keep(1, "second")
    rows = await tables.rows("select number_id, reason from kept_bodies order by id")
    assert [row["reason"] for row in rows if row["number_id"] == 1] == ["first", "second"]
    assert [row["reason"][-1] for row in rows if row["number_id"] == 2] == ["2", "3", "4"]


def test_addresses_are_found_in_every_form() -> None:
    one = whose_body(SEAL, NUMBER, b'"5511987650001@s.whatsapp.net"')
    assert one is not None
    assert one == whose_body(SEAL, NUMBER, b'"551187650001:75@s.whatsapp.net"')  # as it was before the ninth digit
    assert one == whose_body(SEAL, NUMBER, b'"5511987650001_1:2@c.us" {{{ "sender" : "5599@s.whatsapp.net"')
    assert one != whose_body(SEAL, NUMBER, b'"5511987650001@lid"')
    assert one != whose_body(SEAL, NumberKey(1, 4, b""), b'"5511987650001@s.whatsapp.net"')


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00 nobody",
        b'{"sender": "5511333344445@s.whatsapp.net"}',
        b" ".join(b"%d@lid" % n for n in range(MOST + 1)),
    ],
)
def test_where_nobody_can_say_whose_it_is_it_goes_with_anybody(body: bytes) -> None:
    assert whose_body(SEAL, NUMBER, body) is None


async def test_what_customers_send_is_readable_for_the_servers_user_alone(chat: Chat, tmp_path: Path) -> None:
    await chat.written(type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    media = tmp_path / "media"
    modes = {path.stat().st_mode & 0o777 for path in [media, *media.rglob("*")]}
    assert modes == {0o700, 0o600}
