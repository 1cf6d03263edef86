"""The address book over the API: who may do what, one contact a number, labels, values, search, and erasing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import trio
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER, typed

from plixa.actors.contacts.records import ForgetField, ForgetLabel
from plixa.actors.contacts.state import address_book
from plixa.actors.workspace.events import WorkspaceFounded
from plixa.compose import Node
from plixa.engine.ports import Address

PHONE = "5511987650001"
SECRET = "Beatriz Quixadá Segredo"


@dataclass
class Book:
    """A workspace's address book, and the owner's client."""

    node: Node
    workspace: Workspace

    @property
    def client(self) -> httpx.AsyncClient:
        """The owner's."""
        return self.workspace.client

    async def add(self, phone: str = PHONE, name: str | None = None, status: int = 201) -> Json:
        """POST a contact."""
        answer = await self.client.post("/v1/contacts", json={"contact_phone": phone, "contact_name": name})
        assert answer.status_code == status, answer.text
        made: Json = answer.json()["data"]
        return made

    async def get(self, contact_id: int) -> Json:
        """GET a contact."""
        found: Json = (await self.workspace.get(f"/v1/contacts/{contact_id}"))["data"]
        return found

    async def names(self, **query: Any) -> list[str | None]:
        """The names of a list, all its pages."""
        found: list[str | None] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.workspace.get("/v1/contacts", **query, **cursor)
            found += [each["contact_name"] for each in page["data"]]
            if page["meta"]["next_cursor"] is None:
                return found
            cursor = {"cursor": page["meta"]["next_cursor"]}

    async def label(self, name: str = "VIP") -> int:
        """A new label."""
        made: Json = await self.workspace.post("/v1/labels", {"name": name, "color": "#ff0000"})
        return int(made["id"])

    async def field(self, name: str, type_: str = "text", **more: Any) -> int:
        """A new custom field."""
        made: Json = await self.workspace.post("/v1/custom-field-definitions", {"name": name, "type": type_, **more})
        return int(made["id"])

    async def put(self, contact_id: int, values: Json, status: int = 200, **more: Any) -> Any:
        """PUT values of custom fields."""
        path = f"/v1/contacts/{contact_id}/custom-fields"
        answer = await self.client.put(path, json={"values": values}, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def values(self, contact_id: int) -> dict[int, str | None]:
        """The values of custom fields by definition."""
        found = (await self.workspace.get(f"/v1/contacts/{contact_id}/custom-fields"))["data"]
        return {each["definition_id"]: each["value"] for each in found}

    async def tell(self, command: Any) -> None:
        """A command that comes from elsewhere in the program."""
        address = address_book(self.workspace.tenant)
        await self.node.services.bus.ask(address, command, actor="system", cause="test")


@pytest.fixture
async def book(node: Node, workspace: Workspace) -> Book:
    """An empty address book."""
    return Book(node, workspace)


@pytest.mark.spec(113)
@pytest.mark.spec(115)
async def test_a_number_is_one_contact_however_it_is_spelt(book: Book) -> None:
    first = await book.add("+5511987650001", "Bia")
    assert (first["contact_phone"], first["contact_name"]) == (PHONE, "Bia")
    assert (await book.add("551187650001", "Other", 200)) == await book.get(first["id"])
    assert (await book.get(first["id"]))["contact_name"] == "Bia"
    for wrong in ("1234567", "1" * 19, "+", "abc", "++5511987650001", "55 11 98765", "", "²" * 9):
        answer = await book.client.post("/v1/contacts", json={"contact_phone": wrong, "contact_name": "x" * 121})
        assert set(answer.json()["errors"][0]["details"]) == {"contact_phone", "contact_name"}, wrong


@pytest.mark.spec(113)
async def test_one_number_from_many_sides_at_once_makes_one_contact(book: Book) -> None:
    answers: list[httpx.Response] = []

    async def post() -> None:
        answers.append(await book.client.post("/v1/contacts", json={"contact_phone": PHONE}))

    async with trio.open_nursery() as nursery:
        for _ in range(12):
            nursery.start_soon(post)
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1


async def test_an_idempotency_key_gives_the_first_answer_again(book: Book) -> None:
    body = {"contact_phone": PHONE}
    answers = [await book.client.post("/v1/contacts", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


@pytest.mark.spec(110)
@pytest.mark.spec(111)
@pytest.mark.spec(114)
@pytest.mark.spec(117)
async def test_members_add_and_label_and_the_owner_writes(book: Book) -> None:
    agent = {"headers": {"Authorization": (await people.agent(book.node, book.workspace)).bearer}}
    made = (await book.client.post("/v1/contacts", json={"contact_phone": PHONE}, **agent)).json()["data"]
    path, label = f"/v1/contacts/{made['id']}", await book.label()
    for allowed in ("/v1/contacts", path, f"{path}/custom-fields"):
        assert (await book.client.get(allowed, **agent)).status_code == 200
    assert (await book.client.post(f"{path}/labels/{label}", **agent)).status_code == 200
    assert (await book.client.delete(f"{path}/labels/{label}", **agent)).status_code == 204
    refused = [
        await book.client.patch(path, json={"notes": "x"}, **agent),
        await book.client.delete(path, **agent),
        await book.client.put(f"{path}/custom-fields", json={"values": {}}, **agent),
        await book.client.post(f"{path}/merge", json={"from_id": 1}, **agent),
        await book.client.post(f"{path}/unmerge", json={"merge_id": 1}, **agent),
        await book.client.get("/v1/contacts/export.csv", **agent),
        await book.client.post("/v1/contacts/import", files={"file": b"phone"}, **agent),
    ]
    assert {answer.status_code for answer in refused} == {403}


@pytest.mark.spec(110)
async def test_another_workspaces_contact_does_not_exist(book: Book, neighbour: Workspace) -> None:
    made, label = await book.add(), await book.label()
    path = f"/v1/contacts/{made['id']}"
    theirs = (await neighbour.client.post("/v1/contacts", json={"contact_phone": PHONE})).json()["data"]
    assert (await neighbour.get("/v1/contacts"))["data"][0]["id"] == theirs["id"]
    for _ in range(5):  # ids are the tenant's own: ours must be one that they do not have
        made = await book.add(f"55119876600{_:02}")
    path = f"/v1/contacts/{made['id']}"
    answers = [
        await neighbour.client.get(path),
        await neighbour.client.patch(path, json={"notes": "x"}),
        await neighbour.client.delete(path),
        await neighbour.client.post(f"{path}/labels/{label}"),
        await neighbour.client.delete(f"{path}/labels/{label}"),
        await neighbour.client.get(f"{path}/custom-fields"),
        await neighbour.client.put(f"{path}/custom-fields", json={"values": {}}),
        await neighbour.client.post(f"{path}/merge", json={"from_id": theirs["id"]}),
        await neighbour.client.post(f"{path}/unmerge", json={"merge_id": 1}),
        await neighbour.client.get(f"/v1/contacts/imports/{made['id']}"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    merge = await neighbour.client.post(f"/v1/contacts/{theirs['id']}/merge", json={"from_id": made["id"]})
    assert list(merge.json()["errors"][0]["details"]) == ["from_id"]


@pytest.mark.spec(119)
async def test_details_change_and_are_cleared(book: Book) -> None:
    made = await book.add(PHONE, "Bia")
    path = f"/v1/contacts/{made['id']}"
    changed = (await book.client.patch(path, json={"notes": "sem glúten\n"})).json()["data"]
    assert (changed["contact_name"], changed["notes"]) == ("Bia", "sem glúten\n")
    assert changed["updated_at"] > made["updated_at"]
    cleared = (await book.client.patch(path, json={"contact_name": None, "notes": ""})).json()["data"]
    assert (cleared["contact_name"], cleared["notes"]) == (None, None)
    wrong = await book.client.patch(path, json={"contact_name": "x" * 121, "notes": "x" * 4001})
    assert set(wrong.json()["errors"][0]["details"]) == {"contact_name", "notes"}


@pytest.mark.spec(116)
@pytest.mark.spec(118)
async def test_a_label_is_attached_once_and_detached(book: Book, tables: Tables) -> None:
    made, label = await book.add(), await book.label()
    path = f"/v1/contacts/{made['id']}/labels/{label}"
    first = (await book.client.post(path)).json()["data"]
    assert first["labels"] == [label]
    await tables.settled()
    before = await tables.tenant(book.workspace.tenant)
    assert (await book.client.post(path)).json()["data"] == first
    assert await tables.tenant(book.workspace.tenant) == before
    for _ in range(2):
        assert (await book.client.delete(path)).status_code == 204
    assert (await book.get(made["id"]))["labels"] == []
    for nothing in (f"/v1/contacts/{made['id']}/labels/{label + 9000}", f"/v1/contacts/987654/labels/{label}"):
        assert (await book.client.post(nothing)).status_code == 404


async def test_a_label_that_is_gone_is_on_no_contact(book: Book, tables: Tables) -> None:
    label, other = await book.label(), await book.label("Novo")
    for n in range(3):
        made = await book.add(f"551198765000{n}")
        for each in (label, other):
            await book.client.post(f"/v1/contacts/{made['id']}/labels/{each}")
    assert (await book.client.delete(f"/v1/labels/{label}")).status_code == 204
    assert (await book.get(made["id"]))["labels"] == [other]
    await book.tell(ForgetLabel(label_id=label))
    await tables.swept()
    left = await tables.rows("select distinct label_id from contact_labels")
    assert [row["label_id"] for row in left] == [other]


@pytest.mark.spec(112)
@pytest.mark.spec(122)
@pytest.mark.spec(123)
@pytest.mark.spec(124)
async def test_values_are_set_and_cleared_in_one_shot(book: Book) -> None:
    made = await book.add()
    size, born = await book.field("Size", "number"), await book.field("Born", "date")
    kind = await book.field("Kind", "select", options=["A", "B"])
    await book.put(made["id"], {size: "12,5", born: "2001-02-03", kind: "A", "987654": "x", "x": "y", "-1": "z"})
    assert await book.values(made["id"]) == {size: "12.5", born: "2001-02-03", kind: "A"}
    assert (await book.get(made["id"]))["custom_fields"] == {str(size): "12.5", str(born): "2001-02-03", str(kind): "A"}
    await book.put(made["id"], {size: "", born: None})
    assert await book.values(made["id"]) == {size: None, born: None, kind: "A"}
    wrong = await book.put(made["id"], {size: "many", born: "soon", kind: "C"}, 422)
    assert set(wrong["errors"][0]["details"]) == {f"values.{id_}" for id_ in (size, born, kind)}
    long = await book.put(made["id"], {kind: "x" * 1001}, 422)
    assert set(long["errors"][0]["details"]) == {f"values.{kind}"}
    assert await book.values(made["id"]) == {size: None, born: None, kind: "A"}


@pytest.mark.spec(128)
async def test_a_field_that_is_gone_has_no_values(book: Book, tables: Tables) -> None:
    made, field, other = await book.add(), await book.field("Size"), await book.field("Born")
    await book.put(made["id"], {field: "12", other: "then"})
    assert (await book.client.delete(f"/v1/custom-field-definitions/{field}")).status_code == 204
    assert await book.values(made["id"]) == {other: "then"}
    await book.tell(ForgetField(definition_id=field))
    await tables.swept()
    assert await tables.rows("select definition_id from contact_values") == [{"definition_id": other}]


@pytest.mark.spec(112)
@pytest.mark.spec(125)
async def test_without_the_plan_values_are_read_and_not_written(book: Book) -> None:
    made, field = await book.add(), await book.field("Size")
    await book.put(made["id"], {field: "12"})
    ends = book.node.services.clock.now()
    house = await book.node.services.bus.workspace(book.workspace.tenant)
    await people.append(book.node, _workspace(book), _founded(house, ends))
    refused = await book.put(made["id"], {field: "13"}, 403)
    assert refused["errors"][0]["code"] == "CUSTOM_FIELDS_PLAN_REQUIRED"
    assert await book.values(made["id"]) == {field: "12"}


def _workspace(book: Book) -> Any:
    return Address(book.workspace.tenant, "workspace", book.workspace.tenant)


def _founded(house: Any, trial_ends_at: Any) -> Any:
    return WorkspaceFounded(
        founded_at=house.founded_at,
        name=house.name,
        slug=house.slug,
        country_code=house.country_code,
        timezone=house.timezone,
        locale="en",
        trial_ends_at=trial_ends_at,
    )


async def test_contacts_are_found_by_words_and_digits_in_any_spelling(book: Book) -> None:
    names = ["José d'Ávila", "Maria das Graças", "maria clara", "Zoë 3000", "李雷", None]
    for n, name in enumerate(names):
        await book.add(f"55119876500{n:02}", name)
    everybody = ["José d'Ávila", "maria clara", "Maria das Graças", "Zoë 3000", "李雷", None]
    assert await book.names() == everybody
    assert await book.names(limit=2) == everybody
    assert await book.names(sort="latest", limit=4) == names[::-1]
    for q, found in {
        "jose": ["José d'Ávila"],
        "AVI": ["José d'Ávila"],
        "graç mar": ["Maria das Graças"],
        "MARIA": ["maria clara", "Maria das Graças"],
        "zoe 30": ["Zoë 3000"],
        "李": ["李雷"],
        "98765-0001": ["Maria das Graças"],
        "+55 (11) 8765-0002": ["maria clara"],
        "50003": ["Zoë 3000"],
        "ose": [],
        "!!": [],
        "' & | : * ( \\": [],
        "%": [],
    }.items():
        assert await book.names(q=q) == found, q
    assert await book.names(q="119876", limit=1) == everybody
    label = await book.label()
    chosen = (await book.workspace.get("/v1/contacts", q="clara"))["data"][0]
    await book.client.post(f"/v1/contacts/{chosen['id']}/labels/{label}")
    assert await book.names(label=label) == await book.names(label=label, q="mar", sort="latest") == ["maria clara"]
    assert await book.names(label=label, q="jose") == []
    name_cursor = (await book.workspace.get("/v1/contacts", limit=1))["meta"]["next_cursor"]
    answer = await book.client.get("/v1/contacts", params={"cursor": name_cursor, "sort": "latest"})
    assert list(answer.json()["errors"][0]["details"]) == ["cursor"]


@pytest.mark.spec(120)
async def test_erasing_leaves_no_word_and_no_key(book: Book, tables: Tables) -> None:
    made, field, label = await book.add("+5511912345678", SECRET), await book.field("Size"), await book.label()
    path = f"/v1/contacts/{made['id']}"
    await book.client.patch(path, json={"notes": SECRET})
    await book.put(made["id"], {field: SECRET})
    await book.client.post(f"{path}/labels/{label}")
    keyed = {"Idempotency-Key": "1"}
    await book.client.post("/v1/contacts", json={"contact_phone": "5511912345679"}, headers=keyed)
    before = await tables.dump()
    assert SECRET in "".join(before["contacts"])
    assert not [name for name in ("events", "answers") if SECRET in "".join(before[name])]
    assert (await book.client.delete(path)).status_code == 204
    assert (await book.client.delete(path)).status_code == 404
    assert (await book.client.get(path)).status_code == 404
    after = await tables.dump()
    for text in (SECRET, "11912345678", "quixada"):
        assert not [name for name, lines in after.items() if text in "".join(lines)]
    assert not [line for line in after["stream_keys"] if f"contact-{made['id']}" in line]
    assert (after["contact_values"], after["contact_labels"], after["answers"]) == ([], [], [])
    assert set(before["events"]) < set(after["events"])
    again = await book.add("+5511912345678")
    assert again["id"] != made["id"]
    assert again["contact_name"] is None


async def test_odd_requests_are_refused_in_words(book: Book) -> None:
    made = await book.add()
    for values in ([], "x", None, {"1": 5}, {"1": ["x"]}, {"1": "\x00"}):
        await book.put(made["id"], values, 422)  # type: ignore[arg-type]
    for query in ({"q": "x" * 201}, {"q": "\x00"}, {"label": "0"}, {"sort": "id"}, {"cursor": "bnVsbA"}):
        assert (await book.client.get("/v1/contacts", params=query)).status_code == 422, query


# -- one name in the address book and in the inbox --------------------------------------------------------------------


async def _shown(chat: Chat, conversation_id: int) -> Any:
    return (await chat.workspace.get(f"/v1/conversations/{conversation_id}"))["data"]["contact_name"]


async def test_the_name_that_the_house_gave_is_shown_and_found_and_follows_its_changes(chat: Chat) -> None:
    added = await chat.workspace.post("/v1/contacts", {"contact_phone": CUSTOMER, "contact_name": "Mariana Souza"})
    message = await chat.written("oi")
    assert await _shown(chat, message["conversation_id"]) == "Mariana Souza"
    found = await chat.workspace.get("/v1/conversations", q="mariana")
    assert [each["id"] for each in found["data"]] == [message["conversation_id"]]
    path, there = f"/v1/contacts/{added['id']}", chat.inbox.conversations[message["conversation_id"]]
    for name in ("Mariana Lima", "Mari", "Mariana Lima"):
        await chat.workspace.client.patch(path, json={"contact_name": name})
        await chat.inbox.until(lambda name=name: there["contact_name"] == name)
    await chat.written("de novo")
    assert there["contact_name"] == "Mariana Lima"
    await chat.inbox.agrees()


@pytest.mark.parametrize("first", ["send", "typed", "added"])
async def test_who_was_there_without_a_name_takes_the_one_they_call_themselves(chat: Chat, first: str) -> None:
    if first == "send":
        await chat.workspace.post("/v1/messages/send", {"phone": CUSTOMER, "body": "Olá"})
    elif first == "typed":
        await chat.post(typed(chat.number, "Olá", "TYPED"))
    else:
        await chat.workspace.post("/v1/contacts", {"contact_phone": CUSTOMER})
    message = await chat.written("oi")
    assert await _shown(chat, message["conversation_id"]) == "Bia"
    with trio.fail_after(5):
        while not (found := (await chat.workspace.get("/v1/contacts", q="bia"))["data"]):
            await chat.inbox.poll(1)
    assert found[0]["contact_name"] == "Bia"
    await chat.write("mudei", name="Bia ✨")  # and it goes on being called as in the address book there
    await chat.inbox.message(body="mudei")
    [contact] = (await chat.workspace.get("/v1/contacts"))["data"]
    assert contact["contact_name"] == "Bia"


async def test_a_name_of_the_address_book_goes_with_its_contact(chat: Chat) -> None:
    added = await chat.workspace.post("/v1/contacts", {"contact_phone": CUSTOMER, "contact_name": "Mariana Souza"})
    message = await chat.written("oi")
    there = chat.inbox.conversations[message["conversation_id"]]
    await chat.workspace.client.delete(f"/v1/contacts/{added['id']}")
    await chat.inbox.until(lambda: there["contact_id"] is None and there["contact_name"] is None)
    await chat.inbox.agrees()
