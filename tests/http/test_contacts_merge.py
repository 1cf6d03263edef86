"""Merging contacts and taking it back; what becomes of their conversations, and of those of erased contacts."""

from __future__ import annotations

import random
from typing import Any

import pytest
import trio
from tests.harness import SECRET_KEY, Json
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER
from tests.storage.engines import TENANT, Engine, open_engine

from plixa.actors.contacts import importing, merging, records
from plixa.actors.contacts.actor import PeerRouted, Resolve
from plixa.actors.whatsapp.gateway import Peer
from plixa.actors.workspace import upkeep
from plixa.engine.errors import Refused
from plixa.features import kinds, schema
from plixa.storage.contacts import reads
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.tools.rebuild import Rebuilder

OTHER = "5511987650002"


async def _person(chat: Chat, phone: str) -> Json:
    """The contact of this number."""
    answer = await chat.workspace.client.post("/v1/contacts", json={"contact_phone": phone})
    person: Json = answer.json()["data"]
    return person


async def _post(chat: Chat, path: str, body: Json | None = None, status: int = 200) -> Json:
    answer = await chat.workspace.client.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    data: Json = answer.json()
    return data


async def test_merged_contacts_are_one_and_come_apart_exactly(chat: Chat, tables: Tables) -> None:
    first, second = await chat.written(), await chat.written(phone=OTHER)
    bia, ana = await _person(chat, CUSTOMER), await _person(chat, OTHER)
    label = (await chat.workspace.post("/v1/labels", {"name": "VIP", "color": "#ff0000"}))["id"]
    field = (await chat.workspace.post("/v1/custom-field-definitions", {"name": "Size", "type": "text"}))["id"]
    client = chat.workspace.client
    await client.patch(f"/v1/contacts/{ana['id']}", json={"notes": "sem glúten"})
    await client.post(f"/v1/contacts/{ana['id']}/labels/{label}")
    await client.put(f"/v1/contacts/{ana['id']}/custom-fields", json={"values": {str(field): "12"}})
    before = [await _person(chat, phone) for phone in (CUSTOMER, OTHER)]

    path = f"/v1/contacts/{bia['id']}"
    merged = (await _post(chat, f"{path}/merge", {"from_id": ana["id"]}))["data"]
    assert merged["phones"] == [CUSTOMER, OTHER]
    assert set(merged["conversations"]) == {first["conversation_id"], second["conversation_id"]}
    assert (merged["labels"], merged["custom_fields"], merged["notes"]) == ([label], {str(field): "12"}, "sem glúten")
    [merge] = merged["merges"]
    assert (merge["from_id"], merge["contact_phone"]) == (ana["id"], OTHER)
    assert (await _post(chat, f"{path}/merge", {"from_id": ana["id"]}))["data"] == merged
    assert (await client.get(f"/v1/contacts/{ana['id']}")).status_code == 404
    assert [each["id"] for each in (await chat.workspace.get("/v1/contacts"))["data"]] == [bia["id"]]
    assert (await _person(chat, OTHER))["id"] == bia["id"]
    again = await chat.written("de novo", phone=OTHER)
    assert again["conversation_id"] == second["conversation_id"]
    wrong = await _post(chat, f"{path}/merge", {"from_id": bia["id"]}, 422)
    assert list(wrong["errors"][0]["details"]) == ["from_id"]

    apart = (await _post(chat, f"{path}/unmerge", {"merge_id": merge["id"]}))["data"]
    assert apart["merges"] == []
    await _post(chat, f"{path}/unmerge", {"merge_id": merge["id"]}, 404)
    after = [await _person(chat, phone) for phone in (CUSTOMER, OTHER)]
    assert [_lasting(each) for each in after] == [_lasting(each) for each in before]
    led = await tables.rows("select jid, contact_id from peers where jid like 'p:%' order by jid")
    assert [row["contact_id"] for row in led] == [bia["id"], ana["id"]]


def _lasting(contact: Json) -> Json:
    """All but what the cascade brings up in a moment, and the time of the change."""
    return {name: value for name, value in contact.items() if name not in ("updated_at", "conversations")}


async def _belongs(chat: Chat, conversation_id: int, contact_id: int | None) -> None:
    """Wait until a conversation is this contact's: it follows through the outbox."""
    found: Any = 0
    with trio.move_on_after(8):
        while found != contact_id:
            found = (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]["contact_id"]
            await trio.sleep(0.05)
    assert found == contact_id


@pytest.mark.spec(121)
async def test_conversations_follow_their_contact(chat: Chat) -> None:
    own, moved = [(await chat.written(phone=phone))["conversation_id"] for phone in (CUSTOMER, OTHER)]
    bia, ana = [(await _person(chat, phone))["id"] for phone in (CUSTOMER, OTHER)]
    merged = (await _post(chat, f"/v1/contacts/{bia}/merge", {"from_id": ana}))["data"]
    await _belongs(chat, moved, bia)
    apart = {"merge_id": merged["merges"][0]["id"]}
    assert (await _post(chat, f"/v1/contacts/{bia}/unmerge", apart))["data"]["conversations"] != []
    await _belongs(chat, moved, ana)
    await _belongs(chat, own, bia)
    assert (await chat.workspace.client.delete(f"/v1/contacts/{ana}")).status_code == 204
    await _belongs(chat, moved, None)
    await _belongs(chat, own, bia)


async def test_what_was_changed_since_a_merge_stays_and_the_latest_goes_first(chat: Chat) -> None:
    people = [await _person(chat, f"551198765000{n}") for n in range(3)]
    path, client = f"/v1/contacts/{people[0]['id']}", chat.workspace.client
    for each in people[1:]:
        await client.patch(f"/v1/contacts/{each['id']}", json={"contact_name": "Ana", "notes": "n"})
        merged = (await _post(chat, f"{path}/merge", {"from_id": each["id"]}))["data"]
    assert (merged["contact_name"], merged["notes"]) == ("Ana", "n")
    await client.patch(path, json={"contact_name": "Ana Maria"})
    older, newer = (each["id"] for each in merged["merges"])
    refused = await _post(chat, f"{path}/unmerge", {"merge_id": older}, 409)
    assert refused["errors"][0]["code"] == "MERGED_SINCE"
    for merge_id in (newer, older):
        apart = (await _post(chat, f"{path}/unmerge", {"merge_id": merge_id}))["data"]
    assert (apart["contact_name"], apart["notes"]) == ("Ana Maria", None)
    assert (await _person(chat, "5511987650002"))["contact_name"] == "Ana"


@pytest.mark.spec(121)
async def test_a_conversation_outlives_its_contact_and_goes_on_with_a_new_one(chat: Chat, tables: Tables) -> None:
    message = await chat.written()
    old = await _person(chat, CUSTOMER)
    assert (await chat.workspace.client.delete(f"/v1/contacts/{old['id']}")).status_code == 204
    path = f"/v1/conversations/{message['conversation_id']}"
    shown = (await chat.workspace.get(path))["data"]
    assert shown["contact_phone"] == CUSTOMER
    led = await tables.rows("select distinct contact_id, conversation_id from peers")
    assert led == [{"contact_id": None, "conversation_id": message["conversation_id"]}]
    again = await chat.written("de novo")
    assert again["conversation_id"] == message["conversation_id"]
    new = await _person(chat, CUSTOMER)
    assert new["id"] != old["id"]


async def test_erasing_a_survivor_erases_all_that_it_is_made_of(chat: Chat, tables: Tables) -> None:
    people = [await _person(chat, f"551198765000{n}") for n in range(3)]
    for one, other in ((1, 2), (0, 1)):
        await _post(chat, f"/v1/contacts/{people[one]['id']}/merge", {"from_id": people[other]["id"]})
    assert len((await _person(chat, "5511987650002"))["phones"]) == 3
    assert (await chat.workspace.client.delete(f"/v1/contacts/{people[0]['id']}")).status_code == 204
    after = await tables.dump()
    assert (after["contacts"], after["contact_merges"]) == ([], [])
    assert not [line for line in after["stream_keys"] if "contact-" in line]


# -- random lives -----------------------------------------------------------------------------------------------------


async def _live(engine: Engine, chance: random.Random, steps: int) -> None:
    """Random but repeatable things that happen to an address book."""
    await engine.found()
    for n in range(3):
        colour = {"name": f"L{n}", "color": "#ffffff"}
        await engine.ask("workspace", TENANT, upkeep.Create(collection="labels", values=colour))
        kind = {"name": f"F{n}", "type": "text"}
        await engine.ask("workspace", TENANT, upkeep.Create(collection="custom_fields", values=kind))
    for step in range(steps):
        try:
            await engine.ask("contacts", 1, await _something(engine, chance, step))
        except Refused:
            continue
        if step % 50 == 0:
            await _replace_one(engine, chance, step)
    await engine.swept()


async def _replace_one(engine: Engine, chance: random.Random, step: int) -> None:
    """A label or a field goes, and another one comes: nothing can be attached any more to what is gone."""
    house = await engine.registry.workspace(TENANT)
    gone: list[tuple[str, dict[int, Any], Any, Json]] = [
        ("labels", house.labels, lambda one: records.ForgetLabel(label_id=one), {"color": "#ffffff"}),
        ("custom_fields", house.custom_fields, lambda one: records.ForgetField(definition_id=one), {"type": "text"}),
    ]
    collection, items, forget, values = chance.choice(gone)
    item = chance.choice(sorted(items))
    await engine.ask("workspace", TENANT, upkeep.Remove(collection=collection, item_id=item))
    await engine.ask("contacts", 1, forget(item))
    await engine.ask("workspace", TENANT, upkeep.Create(collection=collection, values={"name": f"N{step}", **values}))


async def _something(engine: Engine, chance: random.Random, step: int) -> Any:
    house = await engine.registry.workspace(TENANT)
    ids = [row[0] for row in await engine.rows("select id from contacts order by id")] or [0]
    label, field = chance.choice(sorted(house.labels)), chance.choice(sorted(house.custom_fields))
    one, other, phone = chance.choice(ids), chance.choice(ids), f"55119999900{chance.randrange(20):02}"
    standing = "select into_id, max(id) from contact_merges where undone_at is null group by into_id order by 1"
    into, merge = chance.choice([*await engine.rows(standing), (one, 0)])
    return chance.choice(
        [
            records.AddContact(phone=phone, name=f"Nome {step}"),
            Resolve(number_id=chance.randrange(2), peer=Peer(phone, None, "jid"), name="Ç"),
            Resolve(number_id=1, peer=Peer(f"5511{step:08}" if step % 3 else None, f"7{step % 40}", "jid")),
            records.ChangeContact(contact_id=one, fields=("notes", "name"), name=f"Novo {step}", notes=f"n {step}"),
            records.AttachLabel(contact_id=one, label_id=label),
            records.AttachLabel(contact_id=one, label_id=label),
            records.DetachLabel(contact_id=one, label_id=label),
            records.SetValues(contact_id=one, values={field: chance.choice([f"v{step}", None])}),
            records.SetValues(contact_id=one, values={field: f"v{step}"}),
            merging.Merge(contact_id=one, from_id=other),
            merging.Unmerge(contact_id=into, merge_id=merge),
            records.EraseContact(contact_id=one) if step % 5 == 0 else records.AddContact(phone=phone),
            importing.StartImport(by=1, total=5) if step % 9 == 0 else records.AddContact(phone=phone),
        ]
    )


async def _dump(engine: Engine) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table in schema().read_models:
        found[table] = sorted(row for (row,) in await engine.rows(f"select t::text from {table} t"))
    return found


async def test_a_rebuild_gives_exactly_the_address_book_that_was_there(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await _live(engine, random.Random(3), 500)
        [(import_id,)] = await engine.rows("select max(id) from contact_imports")
        wrong = importing.Problem(3, "fone", "Wrong.", "Mend it.")
        for after, rows in ((0, 2), (2, 3)):
            chunk = tuple(importing.Row(n, f"55119999911{n:02}", f"I {n}") for n in range(after, after + rows))
            rows_ = (importing.Row(9, problems=(wrong,), unusable=True), *chunk[1:])
            await engine.ask("contacts", 1, importing.ImportRows(import_id=import_id, after=after, rows=rows_))
        before = await _dump(engine)
        for table in ("contacts", "peers", "contact_labels", "contact_values", "contact_merges", "contact_imports"):
            assert before[table], table
        types = {row[0] for row in await engine.rows("select distinct type from events")}
        assert {"contact.erased", "contact.unmerged", "contact.identified", "import.finished"} <= types
        await engine.database.run(Rebuilder(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema()).run)
        assert await _dump(engine) == before
    async with open_engine(database_url) as engine:
        await engine.ask("contacts", 1, records.AddContact(phone="5511900000000"))
        assert len((await _dump(engine))["contacts"]) == len(before["contacts"]) + 1


async def test_a_merge_and_its_undoing_leave_every_row_as_it_was(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await _live(engine, random.Random(5), 250)
        free = [row[0] for row in await engine.rows("select id from contacts where merged_into is null order by id")]
        chance, seen = random.Random(6), 0
        for _ in range(30):
            one, other = chance.sample(free, 2)
            before = await _facts(engine)
            merged = (await engine.ask("contacts", 1, merging.Merge(contact_id=one, from_id=other))).first(
                merging.ContactMerged
            )
            seen += bool(merged.gained.labels) + bool(merged.gained.fields)
            assert await _facts(engine) != before
            await engine.ask("contacts", 1, merging.Unmerge(contact_id=one, merge_id=merged.merge_id))
            assert await _facts(engine) == before
        assert seen


async def _facts(engine: Engine) -> list[Any]:
    """All rows of contacts, but for the times of their changes."""
    found: list[Any] = []
    for query in (
        "select id, phone, name, folded, notes, merged_into, tokens::text from contacts",
        "select * from contact_labels",
        "select * from contact_values",
        "select * from peers",
    ):
        found.append(sorted(map(str, await engine.rows(query))))
    return found


async def test_a_lid_that_was_merged_learns_its_own_number(database_url: str) -> None:
    async with open_engine(database_url) as engine:
        await engine.found()
        lid = Resolve(number_id=1, peer=Peer(None, "77", "jid"))
        routed = (await engine.ask("contacts", 1, lid)).first(PeerRouted)
        known = (await engine.ask("contacts", 1, records.AddContact(phone="5511900000000"))).first(records.ContactAdded)
        merge = merging.Merge(contact_id=known.contact_id, from_id=routed.contact_id)
        await engine.ask("contacts", 1, merge)
        both = Resolve(number_id=1, peer=Peer("5511900000001", "77", "jid"))
        learnt = (await engine.ask("contacts", 1, both)).first(PeerRouted)
        assert (learnt.contact_id, learnt.conversation_id) == (known.contact_id, routed.conversation_id)
        cards = await engine.database.run(reads.cards_by_phone, TENANT, ["5511900000000", "5511900000001"])
        assert {card.id for card in cards.values()} == {known.contact_id}
        assert cards["5511900000001"].phone == "5511900000000"
