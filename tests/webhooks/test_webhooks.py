"""Outbound webhooks end to end: endpoints, what they hear, how it is signed, what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import trio
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tests.clients.far_end import Reply
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.webhooks.receiver import ALL, ENDPOINTS, TAKEN, Receiver, open_receiver

from plixa.actors.staff.stays import Reactivate, Suspend
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.http.webhooks import courier, signing
from plixa.http.webhooks.attempt import Post, Said
from plixa.http.webhooks.happened import body_of
from plixa.http.webhooks.parts import COURIER, FEEDING

DELIVERIES = "/v1/webhook-deliveries"


async def delivery(workspace: Workspace, **wanted: Any) -> Json:
    """Wait for a delivery that is like this; returns it."""
    with trio.fail_after(10):
        while True:
            found: list[Json] = (await workspace.get(DELIVERIES))["data"]
            if same := [each for each in found if wanted.items() <= each.items()]:
                return same[0]
            await trio.sleep(0.02)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """How a request was refused."""
    return answer.status_code, answer.json()["errors"][0]["code"]


# -- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(300)
async def test_an_endpoint_hears_of_messages_and_conversations_as_get_gives_them(
    chat: Chat, receiver: Receiver
) -> None:
    message = await chat.written("Bom dia!")
    [created], [inbound] = await receiver.told("conversation.created"), await receiver.told("message.inbound")
    [stored] = await chat.inbox.stored(message["conversation_id"])
    assert inbound["data"] == stored
    assert inbound["tenant_id"] == chat.workspace.tenant
    assert set(inbound) == {"id", "type", "offset", "created_at", "tenant_id", "data"}
    await chat.change(message["conversation_id"], notes="VIP")
    await receiver.until(lambda: [e for e in receiver.of("conversation.updated") if e["data"]["notes"] == "VIP"])
    last = receiver.of("conversation.updated")[-1]
    found = (await chat.workspace.get(f"/v1/conversations/{message['conversation_id']}"))["data"]
    assert last["data"] == {**found, "unread_by_me": None, "updated_at": last["data"]["updated_at"]}
    assert created["data"].keys() == last["data"].keys()


@pytest.mark.spec(300)
async def test_the_offset_is_the_logs_and_an_answer_is_told_until_it_is_delivered(
    chat: Chat, receiver: Receiver
) -> None:
    message = await chat.written()
    answer = await chat.answer(message["conversation_id"], "Oi!")
    await chat.ticked(answer["id"], "delivered")
    await receiver.until(lambda: [e for e in receiver.of("message.outbound") if e["data"]["status"] == "delivered"])
    told = {event["offset"] for event in receiver.events}
    await chat.inbox.poll(0)
    live = {event["offset"] for event in chat.inbox.events if "conversation_id" in event["data"]}
    assert told <= live
    offsets = [event["offset"] for event in receiver.events]
    assert offsets == sorted(offsets)  # one conversation: in the order of the log
    assert len({event["id"] for event in receiver.events}) == len(receiver.events)


@pytest.mark.spec(300)
async def test_an_endpoint_hears_only_what_it_subscribes_to_and_only_while_it_is_active(
    chat: Chat, nursery: trio.Nursery, receiver: Receiver
) -> None:
    picky, off = await open_receiver(nursery), await open_receiver(nursery)
    await picky.subscribe(chat.workspace, ["message.inbound"])
    await off.subscribe(chat.workspace, is_active=False)
    message = await chat.written("um")
    await receiver.told("message.inbound")
    await picky.told("message.inbound")
    await chat.workspace.put(f"{ENDPOINTS}/{off.endpoint['id']}", {"is_active": True})
    await chat.written("dois")
    heard = await off.told("message.inbound")
    assert [event["data"]["body"] for event in heard] == ["dois"]
    assert {event["type"] for event in picky.events} == {"message.inbound"}
    assert message["id"] in [event["data"]["id"] for event in picky.events]


@pytest.mark.spec(300)
async def test_a_deleted_conversation_is_told_and_what_was_told_of_it_is_erased(
    chat: Chat, receiver: Receiver, tables: Tables
) -> None:
    message = await chat.written("segredo")
    await receiver.told("message.inbound")
    await delivery(chat.workspace, type="message.inbound", status="delivered")
    path = f"/v1/conversations/{message['conversation_id']}"
    assert (await chat.workspace.client.delete(path)).status_code == 204
    [gone] = await receiver.told("conversation.deleted")
    assert gone["data"] == {"id": message["conversation_id"], "merged_into": None}
    await tables.swept()
    assert [row["type"] for row in await tables.rows("select type from webhook_events")] == ["conversation.deleted"]
    kept = await delivery(chat.workspace, type="message.inbound")
    assert (kept["erased"], kept["status"]) == (True, "delivered")
    assert (await chat.workspace.get(f"{DELIVERIES}/{kept['id']}"))["data"]["body"] is None
    answer = await chat.workspace.client.post(f"{DELIVERIES}/{kept['id']}/retry")
    assert refusal(answer) == (409, "DELIVERY_NOT_FAILED")


async def test_what_waits_to_be_told_of_an_erased_conversation_is_not_told(chat: Chat, nursery: trio.Nursery) -> None:
    receiver = await open_receiver(nursery, lambda _: Reply(500))
    await receiver.subscribe(chat.workspace)
    message = await chat.written("segredo")
    await delivery(chat.workspace, type="conversation.created", attempts=1)
    receiver.answer = lambda _: TAKEN
    await chat.workspace.client.delete(f"/v1/conversations/{message['conversation_id']}")
    await receiver.told("conversation.deleted")
    assert {event["type"] for event in receiver.events} <= {"conversation.deleted", "conversation.created"}
    assert (await delivery(chat.workspace, type="message.inbound"))["status"] == "cancelled"


async def test_nothing_that_was_told_is_readable_in_the_tables(chat: Chat, receiver: Receiver, tables: Tables) -> None:
    receiver.answer = lambda _: Reply(200, b"gostei do segredo")
    await chat.written("segredo")
    await receiver.told("message.inbound")
    told = await delivery(chat.workspace, type="message.inbound", status="delivered")
    assert told["response_body"] == "gostei do segredo"
    found = await tables.dump()
    assert not [name for name in found if name.startswith("webhook") and "segredo" in "".join(found[name])]


# -- signatures -------------------------------------------------------------------------------------------------------

SECRET = "whsec_" + b64encode(bytes(range(32))).decode()
OLD = "whsec_" + b64encode(bytes(range(32, 64))).decode()
BODY = body_of(
    "evt_7_41",
    "message.inbound",
    41,
    datetime.fromisoformat("2026-05-25T12:00:00+00:00"),
    7,
    {"id": 3, "body": "Olá, açaí 🍇"},
)


@pytest.mark.spec(301)
def test_a_signature_is_as_the_vectors_say() -> None:
    """Computed apart from this program, and verified with the official library."""
    assert hashlib.sha256(BODY).hexdigest() == "734a06a41016d4d3da8077a0df0265143c83cd0e47cd850e015004897462ea45"
    found = signing.headers("evt_7_41", "message.inbound", 5, BODY, 1779710400, [SECRET, OLD])
    assert found["x-plixa-signature"] == (
        "sha256=d1c29ae7b232c80a2f2e0e0da2a29b4323f3d484494b3e5091e7b02bf936082c,"
        "sha256=846847228df324369a68795624a007bf17ccf25659152fbe493183a942a56f60"
    )
    assert found["webhook-signature"] == (
        "v1,9uX1uoj1nXNBPURcnshFF8qUFlnKZHzCzotlXzlzsdo= v1,S6Ca2zFA3g887WOOsu01WjfNIEgy87uJ0k9Ozlkiq+s="
    )
    assert (found["x-plixa-event"], found["x-plixa-delivery"]) == ("message.inbound", "5")


@pytest.mark.spec(301)
async def test_the_official_library_takes_what_is_sent_and_nothing_that_was_changed(
    chat: Chat, receiver: Receiver
) -> None:
    await chat.written()
    await receiver.told("message.inbound")  # the receiver verifies each
    headers = receiver.headers[0]
    raw = json.dumps(receiver.events[0], ensure_ascii=False, separators=(",", ":")).encode()
    ours = hmac.new(receiver.endpoint["secret"].encode(), raw, hashlib.sha256).hexdigest()
    assert headers["x-plixa-signature"] == f"sha256={ours}"
    assert headers["webhook-id"] == receiver.events[0]["id"]
    assert headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook(receiver.endpoint["secret"]).verify(raw + b" ", headers)


@pytest.mark.spec(302)
@pytest.mark.spec(303)
async def test_a_secret_is_shown_once_and_a_new_one_signs_beside_it_for_a_day(
    node: Node, chat: Chat, receiver: Receiver, tables: Tables
) -> None:
    first, path = receiver.endpoint["secret"], f"{ENDPOINTS}/{receiver.endpoint['id']}"
    assert len(Webhook(first)._whsecret) == 32
    [listed] = (await chat.workspace.get(ENDPOINTS))["data"]
    assert "secret" not in listed
    assert (await chat.workspace.put(path, {"description": "CRM"}))["secret"] is None
    second = (await chat.workspace.put(path, {"rotate_secret": True}))["secret"]
    assert second.startswith("whsec_")
    assert second != first
    await chat.written()
    await receiver.told("message.inbound")  # it still checks with the first one
    assert receiver.headers[0]["webhook-signature"].count("v1,") == 2
    dump = "".join((await tables.dump())["webhook_secrets"]) + "".join((await tables.dump())["events"])
    assert first[6:] not in dump
    await tables.rows(
        "update webhook_secrets set expires_at = now() - interval '1 second' where expires_at is not null"
    )
    receiver.endpoint["secret"] = second
    await chat.written("mais")
    await receiver.told("message.inbound", 2)
    assert receiver.headers[-1]["webhook-signature"].count("v1,") == 1


# -- endpoints --------------------------------------------------------------------------------------------------------


@pytest.mark.spec(299)
async def test_endpoints_are_the_owners_and_there_are_twenty_at_most(node: Node, workspace: Workspace) -> None:
    body = {"url": "https://hooks.example.com/x", "events": ["message.inbound", "message.inbound"]}
    agent = await people.agent(node, workspace)
    for method, path in (("POST", ENDPOINTS), ("GET", ENDPOINTS), ("GET", DELIVERIES)):
        answer = await workspace.client.request(method, path, json=body, headers={"Authorization": agent.bearer})
        assert refusal(answer) == (403, "FORBIDDEN")
    made = [await workspace.post(ENDPOINTS, {**body, "is_active": False}) for _ in range(20)]
    assert made[0]["events"] == ["message.inbound"]
    assert refusal(await workspace.client.post(ENDPOINTS, json=body)) == (409, "TOO_MANY")
    assert (await workspace.client.delete(f"{ENDPOINTS}/{made[0]['id']}")).status_code == 204
    await workspace.post(ENDPOINTS, body)
    assert len((await workspace.get(ENDPOINTS))["data"]) == 20
    missing = await workspace.client.put(f"{ENDPOINTS}/{made[0]['id']}", json={"is_active": True})
    assert refusal(missing) == (404, "NOT_FOUND")


@pytest.mark.spec(299)
async def test_a_repeated_request_makes_one_endpoint_and_tells_its_secret_again(workspace: Workspace) -> None:
    body = {"url": "https://hooks.example.com/x", "events": ["message.inbound"]}
    one = await workspace.post(ENDPOINTS, body, **{"Idempotency-Key": "k"})
    assert await workspace.post(ENDPOINTS, body, **{"Idempotency-Key": "k"}) == one
    assert len((await workspace.get(ENDPOINTS))["data"]) == 1


# -- tries ------------------------------------------------------------------------------------------------------------


def test_the_tries_take_three_days_and_the_last_is_not_before_their_end() -> None:
    began = datetime.fromisoformat("2026-05-25T12:00:00+00:00")
    for chance, ends in ((0.0, 72), (0.5, 72.6), (1.0, 87.1)):
        now, tries = began, 0
        while (again := courier.next_try(began, now, tries := tries + 1, None, chance)) is not None:
            assert again > now
            now = again
        assert tries == 10
        assert (now - began) / timedelta(hours=1) == pytest.approx(ends, abs=0.05)
    assert courier.next_try(began, began, 1, 600.0, 0.5) == began + timedelta(seconds=600)


async def test_what_is_not_taken_is_tried_again_under_the_same_id_with_a_new_time(
    chat: Chat, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "PAUSES", (timedelta(seconds=1.1),) * 9)
    receiver = await open_receiver(nursery, lambda _: Reply(503) if len(receiver.tried) < 3 else TAKEN)
    await receiver.subscribe(chat.workspace, ["message.inbound"])
    await chat.written()
    await receiver.told("message.inbound")
    assert len({event["id"] for event in receiver.tried}) == 1
    told = await delivery(chat.workspace, type="message.inbound", status="delivered")
    assert (told["attempts"], told["response_status"], told["error"]) == (3, 204, None)
    assert told["delivered_at"] is not None


@pytest.mark.spec(305)
@pytest.mark.spec(306)
@pytest.mark.spec(307)
async def test_what_has_failed_for_good_can_be_retried_and_nothing_else(
    chat: Chat, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "PAUSES", ())
    receiver = await open_receiver(nursery, lambda _: Reply(500, b"\xff\x00" + b"x" * 5000))
    await receiver.subscribe(chat.workspace, ["message.inbound"])
    await chat.written()
    failed = await delivery(chat.workspace, type="message.inbound", status="failed")
    assert (failed["attempts"], failed["response_status"], failed["error"]) == (1, 500, "It answered 500.")
    assert failed["response_body"].startswith("\ufffd\ufffdx")
    assert len(failed["response_body"]) == 2048
    receiver.answer = lambda _: TAKEN
    path = f"{DELIVERIES}/{failed['id']}/retry"
    again = await chat.workspace.post(path)
    assert (again["id"], again["attempts"]) == (failed["id"], 0)
    await receiver.told("message.inbound")
    assert receiver.tried[0] == receiver.tried[-1]
    told = await delivery(chat.workspace, id=failed["id"], status="delivered")
    assert told["attempts"] == 1
    assert refusal(await chat.workspace.client.post(path)) == (409, "DELIVERY_NOT_FAILED")


@pytest.mark.spec(304)
async def test_a_test_is_sent_at_once_also_to_what_is_switched_off(chat: Chat, nursery: trio.Nursery) -> None:
    receiver = await open_receiver(nursery)
    await receiver.subscribe(chat.workspace, is_active=False)
    path = f"{ENDPOINTS}/{receiver.endpoint['id']}/test"
    told = await chat.workspace.post(path)
    assert (told["type"], told["status"], told["attempts"]) == ("webhook.test", "delivered", 1)
    assert receiver.events == [told["body"]]
    assert told["body"]["data"] == {"endpoint_id": receiver.endpoint["id"]}
    receiver.answer = lambda _: Reply(302, b"", (("location", "http://127.0.0.1:1/"),))
    failed = await chat.workspace.post(path)
    assert (failed["status"], failed["response_status"]) == ("failed", 302)
    assert "redirect" in failed["error"]
    assert (await chat.workspace.get(DELIVERIES, type="webhook.test"))["data"][1]["id"] == told["id"]


async def test_an_endpoint_that_is_gone_is_switched_off_and_the_owner_hears_of_it(
    chat: Chat, nursery: trio.Nursery, tables: Tables
) -> None:
    receiver = await open_receiver(nursery, lambda _: Reply(410))
    await receiver.subscribe(chat.workspace)
    await chat.written()
    told = await chat.inbox.until(lambda: [e for e in chat.inbox.events if e["type"] == "webhook_endpoint.disabled"])
    assert told[0]["data"]["webhook_endpoint"]["disabled_reason"] == "gone"
    await delivery(chat.workspace, type="message.inbound", status="cancelled")
    [endpoint] = (await chat.workspace.get(ENDPOINTS))["data"]
    assert (endpoint["is_active"], endpoint["disabled_reason"]) == (False, "gone")
    [mail] = await tables.rows("select request::text from outbox where request->>'template' = 'webhook_gone'")
    assert "/hook" not in mail["request"]
    receiver.answer = lambda _: TAKEN
    path = f"{ENDPOINTS}/{endpoint['id']}"
    back = await chat.workspace.put(path, {"is_active": True})
    assert (back["is_active"], back["disabled_at"], back["disabled_reason"]) == (True, None, None)
    await chat.written("de novo")
    await receiver.told("message.inbound")
    assert [event["data"]["body"] for event in receiver.of("message.inbound")] == ["de novo"]


async def test_a_removed_endpoint_gets_nothing_more_and_its_deliveries_stay_to_be_read(
    chat: Chat, nursery: trio.Nursery
) -> None:
    receiver = await open_receiver(nursery, lambda _: Reply(500))
    await receiver.subscribe(chat.workspace)
    await chat.written()
    await delivery(chat.workspace, status="pending", attempts=1)
    path = f"{ENDPOINTS}/{receiver.endpoint['id']}"
    assert (await chat.workspace.client.delete(path)).status_code == 204
    gone = await delivery(chat.workspace, type="message.inbound", status="cancelled")
    assert gone["error"] == "The endpoint was removed."


# -- suspension -------------------------------------------------------------------------------------------------------


async def _decided(node: Node, tenant: int, command: Suspend | Reactivate) -> None:
    """Staff have decided this."""
    await node.services.bus.ask(Address(tenant, "workspace", tenant), command, actor="admin:1", cause="test")


async def test_a_suspended_workspace_tells_nothing_and_all_of_it_once_it_is_back(
    node: Node, chat: Chat, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Suspended between two deliveries of one conversation: the second one waits, and so does what comes after it."""
    tenant, poster = chat.workspace.tenant, node.services[COURIER].poster
    once = poster.post

    async def post(what: Post) -> Said:
        said = await once(what)
        monkeypatch.setattr(poster, "post", once)
        await _decided(node, tenant, Suspend(reason="unpaid"))
        return said

    monkeypatch.setattr(poster, "post", post)
    await chat.written("um")
    await receiver.told("conversation.created")
    with trio.fail_after(10):
        while node.services[COURIER].size:  # noqa: ASYNC110  # until the lane is given back
            await trio.sleep(0.01)
    await chat.number.post(chat.workspace.client, chat.number.message("5511987650001", "dois", "SUSPENDED"))
    await node.services[FEEDING].feed(tenant)
    await node.services[COURIER].look()
    assert [event["type"] for event in receiver.tried] == ["conversation.created"]
    await _decided(node, tenant, Reactivate(reason="paid"))
    told = await receiver.told("message.inbound", 2, within=20)
    assert [event["data"]["body"] for event in told] == ["um", "dois"]
    offsets = [event["offset"] for event in receiver.events]
    assert offsets == sorted(offsets)


# -- replay and lists -------------------------------------------------------------------------------------------------


async def test_a_replay_tells_what_it_never_got_and_what_it_got_with_the_same_ids(
    chat: Chat, receiver: Receiver, nursery: trio.Nursery
) -> None:
    await chat.written("um")
    await receiver.told("message.inbound")
    before = {event["id"]: event for event in receiver.events}
    new = await open_receiver(nursery)
    await new.subscribe(chat.workspace)
    await chat.workspace.post(f"{ENDPOINTS}/{new.endpoint['id']}/replay", {"after": 0})
    await new.until(lambda: before.keys() <= {event["id"] for event in new.events})
    assert [new_event for new_event in new.events if before.get(new_event["id"], new_event) != new_event] == []
    again = await chat.workspace.post(
        f"{ENDPOINTS}/{receiver.endpoint['id']}/replay", {"since": "2020-01-01T00:00:00Z"}
    )
    assert again["after"] == 0
    await receiver.until(lambda: len(receiver.events) >= 2 * len(before))
    nothing = {"since": "2019-01-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"}
    empty = await chat.workspace.post(f"{ENDPOINTS}/{receiver.endpoint['id']}/replay", nothing)
    assert (empty["after"], empty["upto"]) == (0, 0)


async def test_a_replay_needs_an_endpoint_that_is_on_and_one_beginning(chat: Chat, receiver: Receiver) -> None:
    path = f"{ENDPOINTS}/{receiver.endpoint['id']}"
    for body in (
        {},
        {"after": 1, "since": "2020-01-01T00:00:00Z"},
        {"after": 1, "upto": 2, "until": "2020-01-01T00:00:00Z"},
    ):
        assert (await chat.workspace.client.post(f"{path}/replay", json=body)).status_code == 422
    await chat.workspace.put(path, {"is_active": False})
    answer = await chat.workspace.client.post(f"{path}/replay", json={"after": 0})
    assert refusal(answer) == (409, "ENDPOINT_INACTIVE")


async def test_deliveries_are_filtered_and_come_in_pages(chat: Chat, receiver: Receiver) -> None:
    await chat.written("um")
    await chat.written("dois")
    await receiver.told("message.inbound", 2)
    await delivery(chat.workspace, type="message.inbound", status="delivered")
    inbound = (await chat.workspace.get(DELIVERIES, type="message.inbound"))["data"]
    assert {each["type"] for each in inbound} == {"message.inbound"}
    assert len(inbound) == 2
    assert (await chat.workspace.get(DELIVERIES, endpoint_id=receiver.endpoint["id"] + 1))["data"] == []
    assert (await chat.workspace.get(DELIVERIES, until="2020-01-01T00:00:00Z"))["data"] == []
    every = (await chat.workspace.get(DELIVERIES, limit=100))["data"]
    pages, cursor = list[int](), None
    while True:
        more: Json = {"cursor": cursor} if cursor else {}
        page = await chat.workspace.get(DELIVERIES, limit=2, **more)
        pages += [each["id"] for each in page["data"]]
        if (cursor := page["meta"]["next_cursor"]) is None:
            break
    assert set(pages) >= {each["id"] for each in every}
    assert pages == sorted(pages, reverse=True)


def test_all_that_can_be_subscribed_to_is_known_here() -> None:
    assert len(ALL) == 5
