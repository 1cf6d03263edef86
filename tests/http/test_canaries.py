"""Erasure, looked for everywhere: in every table of the schema, in what is sealed, and in every file we write.

Each table is here by hand: it held the customer's words before the erasure, or it never does. A new table is neither,
and the test is red until somebody has thought about it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import trio
from tests.clients.far_end import Reply
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.house import PICTURE, furnish
from tests.http.tables import LIVING, Tables
from tests.http.test_put_aside import put_aside
from tests.http.webhooks import CUSTOMER
from tests.webhooks.receiver import open_receiver

from plixa.compose import Node
from plixa.engine.ports import Address, DeadLetter
from plixa.features import schema
from plixa.http.webhooks.parts import COURIER
from plixa.storage.tools import rekey as tool

CANARY = "ERASECANARY"
HELD = {
    "answers",
    "contact_values",
    "contacts",
    "conversation_facets",
    "conversations",
    "csat_ratings",
    "held_updates",
    "kept_bodies",
    "messages",
    "parked",
    "summaries",
    "webhook_deliveries",
    "webhook_events",
}
"""Tables in which a customer's words are to be read, in the clear or with the application key, until the erasure."""
CERTAIN = HELD - {"conversation_facets", "conversations", "csat_ratings", "held_updates", "kept_bodies"}
SEALED_BY_THE_STREAM = {"events", "snapshots", "state_snapshots"}
"""Tables in which they are sealed with a key that erasure destroys."""


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _all(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_socket()]


async def readable(node: Node, tables: Tables) -> dict[str, str]:
    """By table, all that whoever has the database and the application key can read."""
    found = {name: "\n".join(lines) for name, lines in (await tables.dump()).items()}
    key = node.services.store.keyring.application_key
    for table in schema().tables.values():
        for sealed in table.sealed:
            rows = await tables.rows(f"select * from {table.name}")
            there = [row for row in rows if row[sealed.column] is not None]
            opened = [key.unseal(row[sealed.column], tool._belongs(sealed, row)) for row in there]
            found[table.name] += "\n".join(each.decode("utf-8", "replace") for each in opened)
    return found


def holding(found: dict[str, str]) -> set[str]:
    """The tables that tell of the customer."""
    return {name for name, text in found.items() if CANARY in text}


async def _park(chat: Chat, node: Node, conversation_id: int) -> None:
    letter = DeadLetter(
        address=Address(chat.workspace.tenant, "conversation", conversation_id),
        command=json.dumps({"words": f"{CANARY} parked"}).encode(),
        command_type="TakeMessage",
        actor="contact",
        cause="test",
        error="test",
        at=node.services.clock.now(),
    )
    await node.services.store.keep_dead_letter(letter)


async def _write_everywhere(chat: Chat, node: Node, nursery: trio.Nursery) -> Json:
    """The customer's words, in every place that they come to; a server of the house's own says them back."""
    workspace = chat.workspace
    theirs = await open_receiver(nursery, lambda event: Reply(200, json.dumps(event["data"]).encode()))
    await theirs.subscribe(workspace)
    field: Json = await workspace.post(
        "/v1/custom-field-definitions", {"name": "Fruta", "key": "fruta", "type": "text"}
    )
    message = await chat.written(f"{CANARY} oi", type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    id_ = message["conversation_id"]
    contact_id = chat.inbox.conversations[id_]["contact_id"]
    await chat.change(id_, notes=f"{CANARY} notes")
    contact = await workspace.client.put(
        f"/v1/contacts/{contact_id}/custom-fields", json={"values": {str(field["id"]): f"{CANARY} field"}}
    )
    assert contact.status_code == 200, contact.text
    renamed = await workspace.client.patch(f"/v1/contacts/{contact_id}", json={"contact_name": f"{CANARY} Bia"})
    assert renamed.status_code == 200, renamed.text
    path = f"/v1/conversations/{id_}"
    await workspace.post(f"{path}/messages", {"body": f"{CANARY} reply"}, **{"Idempotency-Key": "k"})
    await workspace.post(f"{path}/messages", {"body": f"{CANARY} note", "type": "note"})
    later = {"body": f"{CANARY} later", "send_at": "2099-01-02T03:04:05Z", "only_if_silent": False}
    await workspace.post(f"{path}/scheduled-messages", later)
    await workspace.post(f"{path}/summary")
    await put_aside(chat)
    await _park(chat, node, id_)
    await theirs.told("message.outbound")
    with trio.fail_after(10):
        while node.services[COURIER].size:  # noqa: ASYNC110  # until what it answered is written down
            await trio.sleep(0.01)
    return {"conversation": id_, "contact": contact_id}


async def test_nothing_of_who_is_erased_is_to_be_read_in_any_table_or_file(
    chat: Chat, node: Node, tables: Tables, tmp_path: Path, nursery: trio.Nursery
) -> None:
    ids = await _write_everywhere(chat, node, nursery)
    found = await readable(node, tables)
    assert {*found, *LIVING} == schema().tables.keys() | {"events"}
    assert CERTAIN <= holding(found) <= HELD
    assert not holding(found) & SEALED_BY_THE_STREAM
    client = chat.workspace.client
    assert (await client.delete(f"/v1/conversations/{ids['conversation']}")).status_code == 204
    assert (await client.delete(f"/v1/contacts/{ids['contact']}")).status_code == 204
    await tables.settled()
    left = await readable(node, tables)
    assert holding(left) == set()
    assert {name for name, text in left.items() if CUSTOMER in text} <= set()
    await chat.inbox.until(lambda: not _files(tmp_path / "media"))
    assert not [path for path in _files(tmp_path) if CANARY.encode() in path.read_bytes()]


async def test_every_file_and_folder_that_we_write_is_nobody_elses_to_read(
    chat: Chat, node: Node, tmp_path: Path
) -> None:
    """Whatever the umask: media, thumbnails, logos, mails, what outlives the process."""
    before = os.umask(0)
    try:
        await furnish(node, chat)
        files = {"file": PICTURE}
        id_ = (await chat.written(type="image"))["conversation_id"]
        sent = await chat.workspace.client.post(f"/v1/conversations/{id_}/media-messages", files=files)
        assert sent.status_code == 201, sent.text
    finally:
        os.umask(before)
    written = _all(tmp_path)
    assert {path.relative_to(tmp_path).parts[0] for path in written} >= {"media", "pictures"}
    assert [f"{path}: {path.stat().st_mode & 0o777:o}" for path in written if path.stat().st_mode & 0o077] == []
