"""A number that is down says so, to everybody and soon; one call repairs it; it can be renamed and removed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import trio
from tests.harness import Json, Number, Phones, Workspace, pair
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa import doctor
from plixa.actors.conversation import sending
from plixa.actors.whatsapp.gateway import QrSeen
from plixa.actors.whatsapp.number import Number as State
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.http.whatsapp import watch
from plixa.http.whatsapp.evolution.errors import GatewayRefused
from plixa.http.whatsapp.parts import GATEWAY, INGRESS, QR

POLL = 0.1


@pytest.fixture(autouse=True)
def poll_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks ten times a second, at nodes that are opened from now on."""
    monkeypatch.setattr(watch, "POLL_SECONDS", POLL)


async def shown(workspace: Workspace, number: Number) -> Json:
    answer: Json = (await workspace.get(f"/v1/phone-instances/{number.id}"))["data"]
    return answer


async def until(workspace: Workspace, number: Number, **fields: Any) -> Json:
    """Wait until the API shows the number so."""
    with trio.fail_after(20):
        while not fields.items() <= (found := await shown(workspace, number)).items():  # noqa: ASYNC110
            await trio.sleep(0.1)  # a token may ask ten times a second
    return found


async def forget(simulator: Phones, number: Number) -> None:
    assert (await simulator.client.post(f"/sim/forget/{number.instance}")).is_success


async def scanned(workspace: Workspace, number: Number) -> None:
    """Ask for the code as the panel does, until the phone (which scans by itself here) is linked."""
    with trio.fail_after(10):
        while (await workspace.get(f"/v1/phone-instances/{number.id}/qr"))["data"]["status"] != "connected":  # noqa: ASYNC110
            await trio.sleep(0.1)


async def farewell(number: Number, client: httpx.AsyncClient, event: str, **headers: str) -> httpx.Response:
    body = {"event": event, "instance": number.instance, "data": None}
    return await client.post(number.url, json=body, headers={**number.headers, **headers})


# -- lost by the gateway ----------------------------------------------------------------------------------------------


@pytest.mark.own_door("doctor asks the address of the installation, which is the door's")
async def test_a_number_that_the_gateway_has_lost_is_told_of_and_one_call_repairs_it(
    chat: Chat, node: Node, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RETRY", timedelta(hours=1))  # what waits is put off for as long as it ever is
    workspace, number = chat.workspace, chat.number
    message = await chat.written("antes")
    await forget(chat.simulator, number)
    lost = await until(workspace, number, status="disconnected")
    assert lost["status_detail"] == "unknown_to_gateway"
    assert "has lost this number" in lost["status_text"]
    assert datetime.now(UTC) - datetime.fromisoformat(lost["status_changed_at"]) < timedelta(seconds=10)
    pushed = await chat.inbox.until(lambda: _pushed(chat, "disconnected"))
    assert (pushed["status_detail"], pushed["status_text"]) == (lost["status_detail"], lost["status_text"])
    assert pushed["status_changed_at"]
    queued = [await chat.answer(message["conversation_id"], text) for text in ("um", "dois")]

    assert not await doctor.examine(node.services.settings)
    assert f"({number.instance}): unknown to the gateway. Restart it" in capsys.readouterr().out

    await workspace.post(f"/v1/phone-instances/{number.id}/restart")
    await scanned(workspace, number)
    for each in queued:
        await chat.ticked(each["id"], "sent")
    assert await chat.screen() == ["um", "dois"]  # what was said before is gone with the gateway's store
    await chat.written("depois")
    assert (await shown(workspace, number))["status_text"] is None


def _pushed(chat: Chat, status: str) -> Json | None:
    told = [event["data"].get("phone_instance", {}) for event in chat.inbox.events]
    return next((each for each in told if each.get("status") == status), None)


async def test_a_send_finds_out_before_the_watch_does(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    async def blind(*_: Any) -> None:
        await trio.lowlevel.checkpoint()

    message = await chat.written()
    monkeypatch.setattr(watch.Watch, "_check", blind)
    await forget(chat.simulator, chat.number)
    await chat.answer(message["conversation_id"], "oi")
    await until(chat.workspace, chat.number, status_detail="unknown_to_gateway")


async def test_asking_for_the_code_of_a_lost_number_makes_it_anew_and_once(chat: Chat, tables: Tables) -> None:
    await forget(chat.simulator, chat.number)
    await until(chat.workspace, chat.number, status_detail="unknown_to_gateway")
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(scanned, chat.workspace, chat.number)
    asked = await tables.rows("select data from events where type = 'number.asked'")
    assert len(asked) == 1
    await chat.written("depois")


async def test_one_that_waits_for_its_code_is_asked_about_too(workspace: Workspace, simulator: Phones) -> None:
    """Nobody has fetched its code here, so that no phone is linked."""
    added = await workspace.post("/v1/phone-instances", {"name": "fila"})
    number = Number(added["id"], added["instance"], "", {})
    assert (added["status"], added["status_detail"]) == ("pending_qr", "not_paired")
    await until(workspace, number, status="connected")
    await simulator.client.post(f"/sim/unlink/{number.instance}")
    assert (await until(workspace, number, status="disconnected"))["status_detail"] == "logged_out"
    await forget(simulator, number)
    await until(workspace, number, status_detail="unknown_to_gateway")


# -- late and lost webhooks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", ["logout.instance", "remove.instance"])
async def test_a_farewell_that_is_long_out_of_date_does_not_last(chat: Chat, event: str) -> None:
    assert (await farewell(chat.number, chat.workspace.client, event)).status_code == 200
    await chat.inbox.until(lambda: _pushed(chat, "disconnected"))
    await until(chat.workspace, chat.number, status="connected")
    await chat.written("still here")


@pytest.mark.parametrize("event", ["logout.instance", "remove.instance"])
async def test_a_farewell_is_answered_200_whoever_says_so_and_whatever_our_state(
    chat: Chat, node: Node, event: str
) -> None:
    client, number = chat.workspace.client, chat.number
    stranger = Number(0, "nobody", number.url.replace(number.instance, "nobody"), number.headers)
    assert (await farewell(stranger, client, event)).status_code == 200
    assert (await farewell(number, client, event, **{"x-plixa-secret": "wrong"})).status_code == 200
    node.services[INGRESS].draining = True
    assert (await farewell(number, client, event)).status_code == 200
    assert (await number.post(client, number.message(CUSTOMER, event, "K1"))).status_code == 503
    node.services[INGRESS].draining = False
    assert (await shown(chat.workspace, number))["status"] == "connected", "nobody was believed"
    other = await client.post(stranger.url, content=b'{"event":"messages.upsert","data":"%s"}' % event.encode())
    assert other.status_code == 409
    large = await client.post(stranger.url, content=b'{"event":"%s","x":"%s"}' % (event.encode(), b"x" * 100_000))
    assert large.status_code == 409


async def test_open_at_the_gateway_is_connected_here_though_no_webhook_said_so(chat: Chat) -> None:
    simulator, number = chat.simulator, chat.number
    await simulator.client.post(f"/sim/unlink/{number.instance}")
    await until(chat.workspace, number, status="disconnected")
    await simulator.faults(silence=1.0)
    await simulator.client.get(f"/instance/connect/{number.instance}")
    await until(chat.workspace, number, status="connected")


async def test_a_number_that_was_disconnected_here_is_not_connected_by_an_answer_from_before(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, node: Node
) -> None:
    """The logout waits for the gateway, which says `open` as long."""
    held = trio.Event()
    logout = node.services[GATEWAY].logout

    async def later(name: str) -> None:
        await held.wait()
        await logout(name)

    monkeypatch.setattr(node.services[GATEWAY], "logout", later)
    await chat.workspace.post(f"/v1/phone-instances/{chat.number.id}/disconnect")
    await trio.sleep(5 * POLL)
    found = await shown(chat.workspace, chat.number)
    assert (found["status"], found["status_detail"]) == ("disconnected", "disconnected_by_member")
    held.set()
    with trio.fail_after(5):
        while (await _state(node, chat)).under_way is not None:  # noqa: ASYNC110
            await trio.sleep(0.02)
    await trio.sleep(3 * POLL)
    assert (await shown(chat.workspace, chat.number))["status_detail"] == "disconnected_by_member"


async def _state(node: Node, chat: Chat) -> State:
    state: State = await node.services.bus.state(Address(chat.workspace.tenant, "number", chat.number.id))
    return state


async def test_a_number_whose_gateway_hangs_holds_up_no_other(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, node: Node
) -> None:
    other = await pair(chat.workspace, chat.simulator)
    state, rounds = node.services[GATEWAY].state, 0

    async def hanging(name: str) -> Any:
        nonlocal rounds
        if name == chat.number.instance:
            await trio.sleep_forever()
        rounds += 1
        return await state(name)

    monkeypatch.setattr(node.services[GATEWAY], "state", hanging)
    monkeypatch.setattr(watch, "ANSWER_WITHIN", 0.5)
    with trio.fail_after(10):
        while rounds < 5:  # noqa: ASYNC110
            await trio.sleep(0.05)
    await forget(chat.simulator, other)
    await until(chat.workspace, other, status_detail="unknown_to_gateway")
    assert (await shown(chat.workspace, chat.number))["status"] == "connected"


async def test_a_code_from_before_is_not_shown_to_who_wants_to_pair_again(chat: Chat, node: Node) -> None:
    number, workspace, services = chat.number, chat.workspace, node.services
    await chat.simulator.faults(silence=1.0)  # so that no webhook clears it
    services[QR].put(workspace.tenant, number.id, QrSeen("old", "data:image/png;base64,AA"), services.clock.now())
    await workspace.post(f"/v1/phone-instances/{number.id}/disconnect")
    assert services[QR].get(workspace.tenant, number.id, services.clock.now()) is None


async def test_what_the_gateway_refuses_for_good_is_said(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: Any) -> None:
        raise GatewayRefused("The gateway refuses it.")

    monkeypatch.setattr(node.services[GATEWAY], "create_instance", refused)
    await forget(chat.simulator, chat.number)
    await until(chat.workspace, chat.number, status_detail="unknown_to_gateway")
    await chat.workspace.post(f"/v1/phone-instances/{chat.number.id}/restart")
    await until(chat.workspace, chat.number, status_detail="setup_failed")


# -- renamed and removed ----------------------------------------------------------------------------------------------


async def _delete(workspace: Workspace, number: Number) -> int:
    return (await workspace.client.delete(f"/v1/phone-instances/{number.id}")).status_code


async def test_a_number_is_renamed_and_keeps_its_name(chat: Chat, tables: Tables) -> None:
    path = f"/v1/phone-instances/{chat.number.id}"
    renamed = await chat.workspace.client.patch(path, json={"name": "Balcão"})
    assert renamed.json()["data"]["name"] == "Balcão"
    await chat.simulator.client.post(f"/sim/unlink/{chat.number.instance}")
    assert (await until(chat.workspace, chat.number, status="disconnected"))["name"] == "Balcão"
    await chat.inbox.until(lambda: any(e["type"] == "number.renamed" for e in chat.inbox.events))
    [deed] = (await chat.workspace.get("/v1/audit", type="number.renamed"))["data"]
    assert (deed["summary"], deed["actor"]) == ("renamed a WhatsApp number", f"user:{chat.workspace.user_id}")


async def test_a_removed_number_leaves_the_gateway_and_its_conversations_stay_to_be_read(
    chat: Chat, node: Node, tables: Tables
) -> None:
    workspace, number, client = chat.workspace, chat.number, chat.workspace.client
    conversation = (await chat.written("antes"))["conversation_id"]
    path = f"/v1/conversations/{conversation}"
    later = {"body": "amanhã", "send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    await workspace.post(f"{path}/scheduled-messages", later)
    await chat.simulator.faults(error_rate=1.0)  # so that what is sent now waits
    waiting = await chat.answer(conversation, "espera")
    assert await _delete(workspace, number) == 204
    assert await _delete(workspace, number) == 404
    assert (await client.get(f"/v1/phone-instances/{number.id}")).status_code == 404
    assert (await workspace.get("/v1/phone-instances"))["data"] == []
    await chat.inbox.until(lambda: any(e["type"] == "number.removed" for e in chat.inbox.events))

    failed = await chat.inbox.message(id=waiting["id"], status="failed")
    assert failed["error"] == "Its WhatsApp number was removed from the workspace."
    with trio.fail_after(5):
        while (await workspace.get(f"{path}/scheduled-messages"))["data"]:  # noqa: ASYNC110
            await trio.sleep(0.02)
    for refused in (
        await client.post(f"{path}/messages", json={"body": "oi"}),
        await client.post(f"{path}/media-messages", files={"file": ("a.txt", b"a", "text/plain")}),
        await client.post(f"{path}/scheduled-messages", json=later),
    ):
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "NUMBER_REMOVED"), refused.text
    assert (await client.post(f"{path}/messages", json={"body": "so", "type": "note"})).status_code == 201
    assert [each["body"] for each in (await workspace.get(f"{path}/messages"))["data"]] == ["so", "espera", "antes"]

    assert (await chat.simulator.client.get("/sim/instances")).json(), "the gateway was away"
    await chat.simulator.faults()
    with trio.fail_after(10):
        while (await chat.simulator.client.get("/sim/instances")).json():  # noqa: ASYNC110
            await trio.sleep(0.1)
    words = await number.post(client, number.message(CUSTOMER, "tarde demais", "LATE"))
    assert (words.status_code, words.text) == (200, "ignored")
    await chat.inbox.stays(3 * POLL)
    assert not chat.inbox.having(body="tarde demais")
    assert await tables.rows("select effect_id from outbox where state in ('queued', 'attempting', 'unknown')") == []


async def test_a_removed_number_makes_room_and_the_same_phone_begins_anew(chat: Chat, node: Node) -> None:
    workspace = chat.workspace
    for _ in range(2):  # the trial has room for three
        await workspace.post("/v1/phone-instances", {})
    full = await workspace.client.post("/v1/phone-instances", json={})
    assert full.json()["errors"][0]["code"] == "PHONE_NUMBER_LIMIT_REACHED"
    before = (await chat.written("antes"))["conversation_id"]
    assert await _delete(workspace, chat.number) == 204
    again = await pair(workspace, chat.simulator)
    await chat.simulator.write(again, CUSTOMER, "de novo", name="Bia")
    message = await chat.inbox.message(body="de novo")
    assert message["conversation_id"] != before
    merged = await workspace.client.post(
        f"/v1/conversations/{message['conversation_id']}/merge", json={"from_id": before}
    )
    assert merged.status_code == 200, merged.text


async def test_a_removed_number_is_gone_from_views_that_name_it(chat: Chat) -> None:
    filters = {"phone_instance": chat.number.id}
    view = await chat.workspace.post("/v1/views", {"name": "Balcão", **filters})
    await _delete(chat.workspace, chat.number)
    [kept] = [each for each in (await chat.workspace.get("/v1/views"))["data"] if each["id"] == view["id"]]
    assert kept["phone_instance"] is None


async def test_only_the_owner_removes_and_renames(chat: Chat, node: Node, neighbour: Workspace) -> None:
    agent, path = await people.agent(node, chat.workspace), f"/v1/phone-instances/{chat.number.id}"
    for headers, status in (({"Authorization": agent.bearer}, 403), (dict(neighbour.client.headers), 404)):
        client: Callable[..., Any] = chat.workspace.client.request
        assert (await client("DELETE", path, headers=headers)).status_code == status
        assert (await client("PATCH", path, headers=headers, json={"name": "x"})).status_code == status
