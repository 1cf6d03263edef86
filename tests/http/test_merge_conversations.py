"""A customer who shows up under a hidden id and under a phone number, and then is one: their conversations are, too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import SECRET_KEY, Json, Phones, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa.actors.contacts.actor import PeerRoute
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.actors.workspace.events import NumberRemoved
from plixa.compose import Node, open_node
from plixa.engine.errors import Unavailable
from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.http.ai.parts import ANSWERER
from plixa.http.conversation.merging import Joining
from plixa.http.whatsapp.directory import NumberKey
from plixa.http.whatsapp.parts import DIRECTORY, INGRESS
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.tools.rebuild import Rebuilder

SECRET = "meu cartão é 4111-1111-1111-1111"
HIDDEN = {"addressing": "lid_only"}
_keys = count(1)


async def by_phone(chat: Chat, text: str) -> Json:
    """They write, and the gateway does not say that there is a hidden id, too."""
    await chat.post(chat.number.message(CUSTOMER, text, f"PHONE{next(_keys)}"))
    return await chat.inbox.message(body=text)


async def strangers(chat: Chat) -> tuple[int, int]:
    """The same customer writes by phone and by LID, before it is known that they are one: two conversations."""
    one = (await by_phone(chat, "pelo número"))["conversation_id"]
    other = (await chat.written("pelo id", **HIDDEN))["conversation_id"]
    assert one != other
    return one, other


async def merge_contacts(chat: Chat, one: int, other: int) -> None:
    """It is learnt that they are."""
    into, from_ = (chat.inbox.conversations[id_]["contact_id"] for id_ in (one, other))
    await chat.workspace.post(f"/v1/contacts/{into}/merge", {"from_id": from_})
    await chat.inbox.until(lambda: chat.inbox.conversations[other]["contact_id"] == into)


async def twins(chat: Chat) -> tuple[int, int]:
    """Two conversations of one contact."""
    one, other = await strangers(chat)
    await merge_contacts(chat, one, other)
    return one, other


async def merge(chat: Chat, into: int, from_id: int, **headers: str) -> httpx.Response:
    path = f"/v1/conversations/{into}/merge"
    return await chat.workspace.client.post(path, json={"from_id": from_id}, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errors"][0]["code"]


async def bodies(chat: Chat, conversation_id: int) -> list[str]:
    """The texts of a thread, oldest first."""
    return [message["body"] for message in reversed(await chat.inbox.stored(conversation_id))]


async def dump(tables: Tables) -> dict[str, list[str]]:
    """Every read model."""
    return {
        name: sorted(row["t"] for row in await tables.rows(f"select t::text from {name} t"))
        for name in schema().read_models
    }


async def settled(condition: Callable[[], Awaitable[Any]]) -> None:
    with trio.fail_after(10):
        while not await condition():  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)


# -- one thread -------------------------------------------------------------------------------------------------------


async def test_their_conversations_become_one_thread_and_the_customer_goes_on_in_it(
    chat: Chat, node: Node, tables: Tables
) -> None:
    one, other = await twins(chat)
    await chat.answer(other, "olá, id")
    await by_phone(chat, "e de novo pelo número")
    await chat.answer(one, "anotado", type="note")
    answer = await merge(chat, one, other)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["id"] == one
    whole = ["pelo número", "pelo id", "olá, id", "e de novo pelo número", "anotado"]
    assert await bodies(chat, one) == whole
    for text, more in (("agora pelo id", HIDDEN), ("agora pelo número", {})):
        assert (await chat.written(text, **more))["conversation_id"] == one
        whole.append(text)
    await chat.ticked((await chat.answer(one, "até logo"))["id"], "delivered")
    assert await bodies(chat, one) == [*whole, "até logo"]
    assert [each["id"] for each in (await chat.workspace.get("/v1/conversations"))["data"]] == [one]
    await chat.inbox.agrees()
    await rebuilt(chat, node, tables)


async def rebuilt(chat: Chat, node: Node, tables: Tables) -> None:
    """The log gives the very rows."""
    await settled(lambda: _quiet(tables))
    before = await dump(tables)
    assert before["conversation_merges"]
    await node.services.database.run(Rebuilder(Keyring(ApplicationKey(SECRET_KEY)), kinds(), schema()).run)
    assert await dump(tables) == before


async def _quiet(tables: Tables) -> bool:
    return not await tables.rows("select 1 from outbox where state in ('queued', 'attempting', 'unknown')")


async def test_it_is_found_read_and_explained_as_one(chat: Chat) -> None:
    one, other = await twins(chat)
    before = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
    shown = (await merge(chat, one, other)).json()["data"]
    assert (shown["unread_count"], shown["unread_by_me"], shown["last_message"]["body"]) == (2, 2, "pelo id")
    found = (await chat.workspace.get("/v1/messages/search", q="id"))["data"]
    assert [(each["conversation_id"], each["body"]) for each in found] == [(one, "pelo id")]
    assert (await chat.workspace.get("/v1/conversations", unread="mine"))["data"][0]["id"] == one
    contact = (await chat.workspace.get(f"/v1/contacts/{shown['contact_id']}"))["data"]
    assert contact["conversations"] == [one]
    assert (await chat.workspace.post(f"/v1/conversations/{one}/read"))["unread_by_me"] == 0
    entries = (await chat.workspace.get(f"/v1/conversations/{one}/timeline"))["data"]
    assert {entry["conversation_id"] for entry in entries} == {one, other}
    assert [entry["offset"] for entry in entries] == sorted(entry["offset"] for entry in entries)
    [said] = [entry for entry in entries if entry["type"] == "conversation.absorbed"]
    assert said["text"] == f"Conversation {other} was merged into this one by Ana: they are one customer's."
    then = (await chat.workspace.get(f"/v1/conversations/{one}/at/{before}"))["data"]
    now = (await chat.workspace.get(f"/v1/conversations/{one}/at/{said['offset']}"))["data"]
    assert (then["unread_count"], now["unread_count"]) == (1, 2)
    deeds = (await chat.workspace.get("/v1/audit"))["data"]
    assert "merged two conversations" in [deed["summary"] for deed in deeds]


async def test_what_comes_late_for_a_message_of_the_merged_one_reaches_it(chat: Chat) -> None:
    one, other = await twins(chat)
    theirs = (await chat.inbox.message(body="pelo id"))["evolution_message_id"]
    ours = await chat.answer(other, "resposta")
    await chat.ticked(ours["id"], "delivered")
    await merge(chat, one, other)
    await chat.write("editado", type="edit", to=theirs)
    await chat.write("👍", type="reaction", to=theirs)
    await chat.inbox.message(body="editado", reactions={"contact": "👍"})
    await chat.write("", type="delete", to=theirs)
    await chat.inbox.until(lambda: next(iter(chat.inbox.having(body="editado")))["deleted_at"])
    answered = await chat.written("sobre isso", quoted=theirs)
    assert answered["quoted_message_id"] == (await chat.inbox.message(body="editado"))["id"]
    assert next(m for m in await chat.inbox.stored(one) if m["id"] == ours["id"])["status"] == "delivered"
    await chat.inbox.agrees()


async def test_what_is_thought_to_be_in_the_merged_one_is_led_on(chat: Chat, node: Node) -> None:
    one, other = await twins(chat)
    theirs = await chat.inbox.message(body="pelo id")
    await merge(chat, one, other)
    key, number = theirs["evolution_message_id"], chat.number
    node.services[DIRECTORY].remember_message(
        chat.workspace.tenant, number.id, key, other
    )  # as a look-up that was late
    await chat.write("👍", type="reaction", to=key)
    await chat.inbox.message(id=theirs["id"], reactions={"contact": "👍"})
    peer = Peer(None, "4711", "4711@lid")
    stale = PeerRoute(chat.inbox.conversations[one]["contact_id"], other)
    node.services[DIRECTORY]._routes.put((chat.workspace.tenant, number.id, "l:4711"), stale)
    content = Content(MessageKind.TEXT, "atrasada", "conversation")
    seen = MessageSeen("LATE", peer, False, "contact", content, node.services.clock.now(), push_name="Bia")
    route = await node.services[DIRECTORY].route(chat.workspace.tenant, number.id, peer, None, "test")
    assert route == stale
    intake = node.services[INGRESS]._intake
    assert await intake.take(NumberKey(chat.workspace.tenant, number.id, b""), seen, "test") == "stored"
    assert (await chat.inbox.message(body="atrasada"))["conversation_id"] != other


async def test_who_sends_to_a_phone_as_it_is_merged_does_not_notice(chat: Chat, node: Node) -> None:
    one, other = await twins(chat)
    route = await node.services[DIRECTORY].route(
        chat.workspace.tenant, chat.number.id, Peer(CUSTOMER, None, f"{CUSTOMER}@s.whatsapp.net"), None, "test"
    )
    assert route.conversation_id == one
    await merge(chat, other, one)
    node.services[DIRECTORY]._routes.put(
        (chat.workspace.tenant, chat.number.id, f"p:{CUSTOMER}"), route
    )  # taken before
    sent = await chat.workspace.post("/v1/messages/send", {"phone": CUSTOMER, "body": "no meio"})
    assert sent["conversation_id"] == other
    assert (await bodies(chat, other))[-1] == "no meio"


@pytest.mark.parametrize("what", ["merged", "erased"])
async def test_a_summary_that_was_under_way_is_not_kept(
    chat: Chat, node: Node, tables: Tables, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    one, other = await twins(chat)
    await by_phone(chat, "e esta é a mais nova")
    summarise = node.services[ANSWERER].summarise

    async def meanwhile(*words: Any) -> Any:
        if what == "merged":
            await merge(chat, one, other)
        else:
            await chat.workspace.client.delete(f"/v1/conversations/{one}")
        return await summarise(*words)

    monkeypatch.setattr(node.services[ANSWERER], "summarise", meanwhile)
    assert (await chat.workspace.client.post(f"/v1/conversations/{one}/summary")).status_code == 200
    assert await tables.rows("select 1 from summaries") == []


async def test_a_file_is_the_survivors(chat: Chat) -> None:
    one, other = await twins(chat)
    message = await chat.written(type="image", **HIDDEN)
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    path = f"/v1/conversations/{{}}/messages/{message['id']}/media"
    before = (await chat.workspace.client.get(path.format(other))).content
    await merge(chat, one, other)
    assert (await chat.workspace.client.get(path.format(one))).content == before != b""


async def test_a_send_that_is_under_way_is_reported_truthfully(chat: Chat) -> None:
    one, other = await twins(chat)
    await chat.simulator.faults(slow_ms=700)
    quoted = await chat.inbox.message(body="pelo id")
    first = await chat.answer(other, "a caminho")
    second = await chat.answer(other, "na fila", quoted_message_id=quoted["id"])
    await chat.ticked(first["id"], "sending")
    assert (await merge(chat, one, other)).status_code == 200
    assert next(m for m in await chat.inbox.stored(one) if m["id"] == second["id"])["status"] in ("queued", "sending")
    head = chat.inbox.head
    for message in (first, second):
        await chat.ticked(message["id"], "delivered")
    told = [e["data"] for e in chat.inbox.events if e["offset"] > head and "status" in e["data"].get("message", {})]
    assert {data["conversation_id"] for data in told} == {one}
    assert await bodies(chat, one) == ["pelo número", "pelo id", "a caminho", "na fila"]
    ours = [bubble for bubble in await chat.simulator.screen(CUSTOMER) if bubble["text"] in ("a caminho", "na fila")]
    assert [(bubble["text"], (bubble["quoted"] or {}).get("text")) for bubble in ours] == [
        ("a caminho", None),
        ("na fila", "pelo id"),
    ]
    await chat.inbox.agrees()


async def test_the_echo_of_what_was_under_way_settles_it(chat: Chat) -> None:
    one, other = await twins(chat)
    await chat.simulator.faults(drop_after_send=1.0, silence=1.0)
    message = await chat.answer(other, "saiu?")
    await chat.ticked(message["id"], "unknown")
    await merge(chat, one, other)
    await chat.simulator.faults()
    await chat.ticked(message["id"], "sent")
    typed = await chat.write("digitado no telefone", from_me=True)
    await chat.inbox.message(evolution_message_id=typed["key"]["id"], conversation_id=one)
    assert (await bodies(chat, one)).count("saiu?") == 1
    await chat.inbox.agrees()


async def test_scheduled_messages_go_out_from_the_survivor(chat: Chat) -> None:
    one, other = await twins(chat)
    later = {"body": "lembrete", "send_at": "2099-01-01T00:00:00Z"}
    made = await chat.workspace.post(f"/v1/conversations/{other}/scheduled-messages", later)
    await merge(chat, one, other)
    kept = (await chat.workspace.get(f"/v1/conversations/{one}/scheduled-messages"))["data"]
    assert [each["id"] for each in kept] == [made["id"]]
    await chat.written("voltei", **HIDDEN)
    assert (await chat.workspace.get(f"/v1/conversations/{one}/scheduled-messages"))["data"] == []


async def test_who_has_read_what_is_told_apart_as_before(chat: Chat, node: Node) -> None:
    one, other = await twins(chat)
    agent = await people.agent(node, chat.workspace)
    await by_phone(chat, "e outra")
    await chat.workspace.post(f"/v1/conversations/{one}/read")
    headers = {"Authorization": agent.bearer}
    for id_ in (one, other):
        await chat.workspace.client.post(f"/v1/conversations/{id_}/read", headers=headers)
    await by_phone(chat, "mais uma")
    await merge(chat, one, other)
    path = f"/v1/conversations/{one}"
    mine = (await chat.workspace.get(path))["data"]["unread_by_me"]
    theirs = (await chat.workspace.client.get(path, headers=headers)).json()["data"]["unread_by_me"]
    assert (mine, theirs) == (3, 1), "from the first on that they have not read"


# -- what is refused --------------------------------------------------------------------------------------------------


async def test_different_contacts_are_merged_first_and_none_into_itself(chat: Chat) -> None:
    one, other = await strangers(chat)
    assert code(await merge(chat, one, other)) == (409, "DIFFERENT_CONTACTS")
    assert code(await merge(chat, one, one)) == (422, "VALIDATION_FAILED")
    assert code(await merge(chat, one, 987_654_321)) == (404, "NOT_FOUND")
    assert await bodies(chat, other) == ["pelo id"]


async def test_two_numbers_of_the_house_stay_two_conversations(chat: Chat, node: Node) -> None:
    second = await harness.pair(chat.workspace, chat.simulator)
    one = (await chat.written("no primeiro"))["conversation_id"]
    await chat.simulator.write(second, CUSTOMER, "no segundo", name="Bia")
    other = (await chat.inbox.message(body="no segundo"))["conversation_id"]
    assert code(await merge(chat, one, other)) == (409, "DIFFERENT_NUMBERS")
    tenant = chat.workspace.tenant
    await people.append(node, Address(tenant, "workspace", tenant), NumberRemoved(number_id=second.id))
    assert (await merge(chat, one, other)).status_code == 200
    assert await bodies(chat, one) == ["no primeiro", "no segundo"]


async def test_what_was_merged_says_where_it_went(chat: Chat) -> None:
    one, other = await twins(chat)
    first = await merge(chat, one, other)
    assert (await merge(chat, one, other)).json()["data"] == first.json()["data"], "the same request again"
    client, path = chat.workspace.client, f"/v1/conversations/{other}"
    for answer in (
        await client.get(path),
        await client.get(f"{path}/messages"),
        await client.get(f"{path}/timeline"),
        await client.post(f"{path}/messages", json={"body": "x"}),
        await client.patch(path, json={"notes": "x"}),
        await client.delete(path),
        await merge(chat, other, one),
    ):
        assert code(answer) == (409, "CONVERSATION_MERGED"), answer.request.url
        assert answer.json()["errors"][0]["details"] == {"into_id": [str(one)]}
    body = {"action": "close", "ids": [one, other]}
    assert (await chat.workspace.post("/v1/conversations/bulk", body))["affected"] == 1
    contact = chat.inbox.conversations[one]["contact_id"]
    [merged] = (await chat.workspace.get(f"/v1/contacts/{contact}"))["data"]["merges"]
    apart = await client.post(f"/v1/contacts/{contact}/unmerge", json={"merge_id": merged["id"]})
    assert code(apart) == (409, "CONVERSATIONS_MERGED")


async def test_of_two_merges_that_cross_one_comes_first(chat: Chat) -> None:
    one, other = await twins(chat)
    answers: dict[int, httpx.Response] = {}

    async def ask(into: int, from_id: int) -> None:
        answers[into] = await merge(chat, into, from_id)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask, one, other)
        nursery.start_soon(ask, other, one)
    [survivor] = [into for into, answer in answers.items() if answer.status_code == 200]
    [refused] = [answer for answer in answers.values() if answer.status_code != 200]
    assert code(refused) == (409, "CONVERSATION_MERGED")
    assert set(await bodies(chat, survivor)) == {"pelo número", "pelo id"}
    await chat.inbox.agrees()


async def test_a_survivor_may_be_merged_again(chat: Chat) -> None:
    one, other = await twins(chat)
    third = (await chat.written("outro número", phone="5511987650002"))["conversation_id"]
    await merge_contacts(chat, third, one)
    await merge(chat, one, other)
    assert (await merge(chat, third, one)).status_code == 200
    gone = await chat.workspace.client.get(f"/v1/conversations/{other}")
    assert gone.json()["errors"][0]["details"] == {"into_id": [str(third)]}
    for text, more in (("a", HIDDEN), ("b", {}), ("c", {"phone": "5511987650002"})):
        assert (await chat.written(text, **more))["conversation_id"] == third
    assert await bodies(chat, third) == ["pelo número", "pelo id", "outro número", "a", "b", "c"]
    await chat.inbox.agrees()


async def test_another_workspaces_are_not_there(chat: Chat, neighbour: Workspace) -> None:
    one, other = await twins(chat)
    answer = await neighbour.client.post(f"/v1/conversations/{one}/merge", json={"from_id": other})
    assert code(answer) == (404, "NOT_FOUND")
    await merge(chat, one, other)
    assert (await neighbour.client.get(f"/v1/conversations/{other}")).status_code == 404


async def test_an_agent_merges_what_they_see_and_hears_of_nothing_else(chat: Chat, node: Node) -> None:
    one, other = await twins(chat)
    agent = await people.agent(node, chat.workspace)
    headers = {"Authorization": agent.bearer}
    await chat.change(one, assigned_user_id=chat.workspace.user_id)
    await chat.workspace.put("/v1/security-config", {"agent_restricted_to_own_conversations": True})
    for into, from_id in ((one, other), (other, one)):
        assert code(await merge(chat, into, from_id, **headers)) == (404, "NOT_FOUND")
    seen = Inbox(chat.workspace)
    assert (await merge(chat, one, other)).status_code == 200
    client = chat.workspace.client
    assert (await client.get(f"/v1/conversations/{other}", headers=headers)).status_code == 404
    told = (await client.get("/v1/events", params={"after": 0, "limit": 500}, headers=headers)).json()["data"]
    [gone] = [event["data"] for event in told if event["type"] == "conversation.merged"]
    assert gone == {"conversation_id": other, "conversation": {"id": other, "deleted": True}}
    assert "pelo número" not in str(told)
    await chat.change(one, assigned_user_id=agent.user_id)
    told = (await client.get("/v1/events", params={"after": 0, "limit": 500}, headers=headers)).json()["data"]
    assert {"pelo número", "pelo id"} <= {event["data"].get("message", {}).get("body") for event in told}
    await seen.agrees()


# -- erasing ----------------------------------------------------------------------------------------------------------


async def test_erasing_the_survivor_erases_what_was_merged_into_it(chat: Chat, tables: Tables) -> None:
    one, other = await twins(chat)
    await chat.written(SECRET, **HIDDEN)
    await chat.written(type="image", **HIDDEN)
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    await merge(chat, one, other)
    assert (await chat.workspace.client.delete(f"/v1/conversations/{one}")).status_code == 204
    after = await tables.dump()
    assert not [name for name, lines in after.items() if SECRET in "".join(lines)]
    assert not [line for line in after["stream_keys"] if "conversation-" in line]
    for table in ("conversations", "messages", "media_files", "conversation_merges", "conversation_seen", "peers"):
        assert after[table] == [], table
    answer = await chat.workspace.client.get("/v1/events", params={"after": 0, "limit": 500})
    assert SECRET not in answer.text
    assert (await chat.workspace.client.get(f"/v1/conversations/{other}")).status_code == 404
    assert (await chat.written("de novo", **HIDDEN))["conversation_id"] not in (one, other)


async def test_a_contact_that_is_erased_leaves_the_merged_conversation(chat: Chat) -> None:
    one, other = await twins(chat)
    await merge(chat, one, other)
    contact = chat.inbox.conversations[one]["contact_id"]
    assert (await chat.workspace.client.delete(f"/v1/contacts/{contact}")).status_code == 204
    assert (await chat.written("ainda aqui", **HIDDEN))["conversation_id"] == one
    assert await bodies(chat, one) == ["pelo número", "pelo id", "ainda aqui"]


# -- crashes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["_join", "_absorb"])
async def test_what_a_crash_interrupts_is_finished_by_the_next_start(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path)

    async def away(*_: Any) -> None:
        raise Unavailable("The server is stopping.")

    async with open_node(settings) as node, harness.registered(node.services.public_url) as workspace:
        chat = Chat(workspace, simulator, await harness.pair(workspace, simulator), Inbox(workspace))
        one, other = await twins(chat)
        with monkeypatch.context() as patched:
            patched.setattr(Joining, step, away)
            assert code(await merge(chat, one, other)) == (503, "OVERLOADED")
            token, email = workspace.token, workspace.email
    async with open_node(settings) as node, harness.registered(node.services.public_url) as stranger:
        client = stranger.client
        client.headers["Authorization"] = f"Bearer {token}"
        workspace = Workspace(client, chat.workspace.tenant, chat.workspace.user_id, token, email)
        chat = Chat(workspace, simulator, chat.number, Inbox(workspace))
        await chat.inbox.until(lambda: any(e["type"] == "conversation.absorbed" for e in chat.inbox.events))
        assert await bodies(chat, one) == ["pelo número", "pelo id"]
        assert (await workspace.get("/v1/conversations"))["data"][0]["unread_count"] == 2
        await chat.inbox.agrees()
