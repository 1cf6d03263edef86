"""Points of the contract that newcomers found broken, each by what a client sees."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import trio
from tests.harness import PASSWORD, Json, Phones, Workspace, pair
from tests.http import people
from tests.http.chat import Chat
from tests.http.second_factor import bearer, open_desk, refused
from tests.http.tables import Tables

from plixa import features
from plixa.compose import Node

DAY = {"open": "09:00", "close": "18:00", "enabled": True}
ONLY_ASKS = {
    "POST /v1/admin/auth/2fa-challenge",
    "POST /v1/admin/auth/login",
    "POST /v1/admin/auth/logout",
    "POST /v1/admin/campaigns/audience",
    "POST /v1/admin/kb/preview",
    "POST /v1/admin/push/subscriptions",
    "POST /v1/ai/extract-business-hours",
    "POST /v1/ai/improve-prompt",
    "POST /v1/ai/preview",
    "POST /v1/ai/shorten",
    "POST /v1/auth/2fa-challenge",
    "POST /v1/auth/email/verify",
    "POST /v1/auth/login",
    "POST /v1/auth/logout",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
    "POST /v1/billing/checkout",
    "POST /v1/billing/portal",
    "POST /v1/broadcasts/preview",
    "POST /v1/me/2fa/confirm",
    "POST /v1/me/2fa/recovery-codes",
    "POST /v1/me/2fa/recovery-codes/revoke",
    "POST /v1/me/2fa/setup",
    "POST /v1/me/availability/heartbeat",
    "POST /v1/me/email/verification",
    "POST /v1/payments/connect",
    "POST /v1/payments/dashboard-link",
    "POST /v1/push/subscriptions",
    "POST /v1/scheduling/calendar/feed",
    "POST /v1/webhooks/google-calendar",
    "POST /v1/webhooks/stripe",
}
"""POSTs without an Idempotency-Key among those that are known: they ask, sign in, answer with an address that works
once, or are the same done twice."""


def details(answer: httpx.Response) -> Json:
    found: Json = refused(answer, 422, "VALIDATION_FAILED")["details"]
    return found


# -- texts and days ---------------------------------------------------------------------------------------------------


@pytest.mark.spec(104)
@pytest.mark.parametrize("lacks", ["open", "close", "enabled"])
async def test_a_day_says_all_of_itself(workspace: Workspace, lacks: str) -> None:
    hours = [DAY] * 6 + [{name: value for name, value in DAY.items() if name != lacks}]
    answer = await workspace.client.put("/v1/business-hours-config", json={"enabled": True, "hours": hours})
    assert list(details(answer)) == [f"hours.6.{lacks}"]


@pytest.mark.spec(104)
async def test_days_that_say_which_they_are_land_on_their_own(workspace: Workspace) -> None:
    days = [{**DAY, "weekday": each % 7, "open": f"0{each % 7}:00"} for each in range(1, 8)]
    stored = await workspace.put("/v1/business-hours-config", {"enabled": True, "hours": days})
    assert [each["open"] for each in stored["hours"]] == [f"0{each}:00" for each in range(7)]
    for wrong in ([{**DAY, "weekday": 1}] * 7, [{**DAY, "weekday": 0}, *[DAY] * 6]):
        answer = await workspace.client.put("/v1/business-hours-config", json={"enabled": True, "hours": wrong})
        assert list(details(answer)) == ["hours"]


@pytest.mark.spec(8)
async def test_a_preview_of_nothing_names_the_message(workspace: Workspace) -> None:
    answer = await workspace.client.post("/v1/ai/preview", json={"prompt": "p"})
    assert details(answer) == {"message": ["Send a message, or a history."]}
    both = details(await workspace.client.post("/v1/ai/preview", json={}))
    assert set(both) == {"prompt", "message"}


async def test_a_text_that_is_too_long_is_told_in_characters(workspace: Workspace) -> None:
    answer = await workspace.client.put("/v1/welcome-config", json={"message": "x" * 1001})
    assert details(answer) == {"message": ["The message may have at most 1000 characters."]}
    answer = await workspace.client.post("/v1/api-tokens", json={"name": "", "abilities": ["read"]})
    assert details(answer)["name"] == ["The name must have at least 1 character."]


@pytest.mark.spec(14)
@pytest.mark.parametrize("blank", ["", "   ", "\n"])
async def test_what_is_on_says_something(workspace: Workspace, blank: str) -> None:
    for path, field, rest in (
        ("/v1/ai-config", "prompt", {"enabled": True}),
        ("/v1/welcome-config", "message", {"enabled": True}),
    ):
        assert list(details(await workspace.client.put(path, json={field: blank, **rest}))) == [field]
    assert (await workspace.client.put("/v1/ai-config", json={"prompt": blank, "enabled": False})).status_code == 200


@pytest.mark.spec(143)
@pytest.mark.parametrize("blank", ["   ", "\n\t", "\u200b", "\u3000\ufeff"])
async def test_a_body_that_nobody_would_see_is_sent_to_nobody(chat: Chat, node: Node, blank: str) -> None:
    id_ = (await chat.written())["conversation_id"]
    later = {"send_at": "2099-01-02T03:04:05Z", "only_if_silent": False}
    for path, body in (
        (f"/v1/conversations/{id_}/messages", {"body": blank}),
        (f"/v1/conversations/{id_}/messages", {"body": blank, "type": "note"}),
        (f"/v1/conversations/{id_}/scheduled-messages", {"body": blank, **later}),
        ("/v1/messages/send", {"phone": "5511987650001", "body": blank}),
    ):
        headers = {"Authorization": await people.token(node, chat.workspace, ["write"])} if "phone" in body else {}
        assert list(details(await chat.workspace.client.post(path, json=body, headers=headers))) == ["body"]


# -- once -------------------------------------------------------------------------------------------------------------


def test_every_post_that_makes_or_sends_may_be_repeated() -> None:
    """Of the rest each is known to be no such one; what one asks of an object that is there is done once anyway."""
    posts = {route.key for route in features.routes() if route.method == "POST" and not route.idempotent}
    assert {key for key in posts if "{" not in key and key.count("/") < 5} - ONLY_ASKS <= OF_A_LIST


def test_every_post_that_makes_something_in_something_else_may_be_repeated() -> None:
    made = {route.key for route in features.routes() if route.method == "POST" and route.status == 201}
    kept = {route.key for route in features.routes() if route.idempotent}
    assert made - kept - ONLY_ASKS == {"POST /v1/webhook-endpoints/{endpoint}/test"}  # each is a delivery of its own


OF_A_LIST = {
    "POST /v1/auth/session",
    "POST /v1/conversations/bulk",
    "POST /v1/auto-assignment-rules/preview",
    "POST /v1/auto-assignment-rules/reorder",
    "POST /v1/ai-faqs/reorder",
    "POST /v1/custom-field-definitions/reorder",
    "POST /v1/onboarding/dismiss",
    "POST /v1/saved-replies/reorder",
    "POST /v1/scheduling/default-schedule/import",
    "POST /v1/views/reorder",
    "POST /v1/workspace-config/logo",
}
"""Those that put in order, look, or take the place of what was there; a kept session is the one that there is."""


@pytest.mark.parametrize("path", ["/v1/waitlist", "/v1/digest-config/test"])
async def test_the_same_key_gives_the_first_answer_again(workspace: Workspace, tables: Tables, path: str) -> None:
    body = {"email": "a@plixa.example"} if path == "/v1/waitlist" else {}
    answers = [await workspace.client.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].is_success
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"
    other = await workspace.client.post(path, json={**body, "locale": "pt"}, headers={"Idempotency-Key": "k"})
    refused(other, 409, "IDEMPOTENCY_KEY_REUSED")
    if path == "/v1/digest-config/test":
        assert len(await tables.rows("select 1 from events where type = 'digest.due'")) == 1


@pytest.mark.spec(278)
async def test_an_invitation_is_sent_again_and_accepted_once_however_often_it_is_asked(
    workspace: Workspace, tables: Tables
) -> None:
    made = await workspace.post("/v1/team/invitations", {"email": "bia@plixa.example", "role": "agent"})
    path, key = f"/v1/team/invitations/{made['id']}/resend", {"Idempotency-Key": "k"}
    answers = [await workspace.client.post(path, headers=key) for _ in range(2)]
    assert answers[0].json()["data"]["accept_url"] == made["accept_url"]
    assert answers[0].content == answers[1].content
    assert len(await tables.rows("select 1 from events where type = 'invitation.resent'")) == 1
    token = made["accept_url"].partition("token=")[2]
    body = {"token": token, "name": "Bia", "password": PASSWORD, "password_confirmation": PASSWORD}
    headers = {"Authorization": "", **key}
    joined = [await workspace.client.post("/v1/team/invitations/accept", json=body, headers=headers) for _ in range(2)]
    assert [each.status_code for each in joined] == [201, 201], joined[0].text
    assert joined[0].content == joined[1].content
    session = bearer(joined[1].json()["data"]["token"])
    me = (await workspace.client.get("/v1/me", headers=session)).json()["data"]
    assert me["user"] == joined[0].json()["data"]["user"]


# -- security, deletion -----------------------------------------------------------------------------------------------


@pytest.mark.spec(268)
async def test_an_owner_without_a_second_factor_turns_the_demand_off_and_nothing_else(
    database_url: str, simulator: Phones, tmp_path: Any
) -> None:
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        await desk.enrol()
        await desk.workspace.put("/v1/security-config", {"require_two_factor": True})
        again = {"json": {"password": PASSWORD}}
        assert (await desk.client.request("DELETE", "/v1/me/2fa", **again)).status_code == 204
        refused(await desk.client.get("/v1/labels"), 403, "TWO_FACTOR_REQUIRED")
        other = await desk.client.put("/v1/security-config", json={"agent_restricted_to_own_conversations": True})
        refused(other, 403, "TWO_FACTOR_REQUIRED")
        await desk.workspace.put("/v1/security-config", {"require_two_factor": False})
        assert (await desk.client.get("/v1/labels")).status_code == 200


@pytest.mark.own_door("windows are forgotten at the node that counts, which is where somebody signs in")
async def test_nobody_signs_in_to_what_is_deleted_at_this_moment(
    database_url: str, simulator: Phones, tmp_path: Any
) -> None:
    async with open_desk(database_url, simulator.url, tmp_path) as desk:
        await desk.workspace.post("/v1/account/deletion", {"password": PASSWORD})
        statuses: set[int] = set()

        async def sign_in() -> int:
            body = {"email": desk.workspace.email, "password": PASSWORD}
            headers = {"Authorization": ""}
            status = (await desk.client.post("/v1/auth/login", json=body, headers=headers)).status_code
            desk.later.node.services.limits.__init__()  # type: ignore[misc]
            return status

        assert await sign_in() == 200
        desk.later.clock.shift = desk.later.clock.shift.__class__(days=31)  # and the timer has not fired yet
        with trio.move_on_after(2):
            while True:
                statuses.add(await sign_in())
        assert statuses == {401}


# -- greetings, drafts ------------------------------------------------------------------------------------------------


async def _greetings(tables: Tables) -> int:
    return len(await tables.rows("select 1 from events where type = 'welcome.planned'"))


@pytest.mark.spec(308)
async def test_a_contact_is_greeted_once_over_all_numbers_and_after_an_erasure(
    chat: Chat, tables: Tables, simulator: Phones
) -> None:
    await chat.workspace.put("/v1/welcome-config", {"enabled": True, "message": "Bem-vindo!"})
    first = await chat.written("oi")
    assert await _greetings(tables) == 1
    assert (await chat.workspace.client.delete(f"/v1/conversations/{first['conversation_id']}")).status_code == 204
    again = await chat.written("oi de novo")
    assert again["conversation_id"] != first["conversation_id"]
    second = await pair(chat.workspace, simulator)
    record = await simulator.write(second, "5511987650001", "oi, outra loja", name="Bia")
    await chat.inbox.message(evolution_message_id=record["key"]["id"])
    assert await _greetings(tables) == 1
    await chat.written("oi", phone="5511987650077")
    assert await _greetings(tables) == 2


@pytest.mark.spec(166)
@pytest.mark.parametrize(
    "wish", ["add an option for the reception hours", "mude o menu de recepção", "recepção: mais uma"]
)
async def test_without_a_model_a_wish_for_a_change_leaves_the_draft_as_it_is(workspace: Workspace, wish: str) -> None:
    flow = await workspace.post("/v1/flows", {"name": "oi", "template": "reception"})
    path = f"/v1/flows/{flow['id']}"
    before = (await workspace.get(path))["data"]
    answer = await workspace.client.post(f"{path}/ai-build", json={"history": [{"role": "user", "content": wish}]})
    assert list(details(answer)) == ["history"]
    assert (await workspace.get(path))["data"] == before
    new = {"history": [{"role": "user", "content": "create a reception menu"}]}
    assert (await workspace.client.post(f"{path}/ai-build", json=new)).status_code == 200
