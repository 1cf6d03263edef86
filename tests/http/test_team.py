"""Members, invitations and who is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.later import later_node
from tests.http.mails import mailed, mails
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.features import kinds, schema
from plixa.http.realtime import presence
from plixa.storage.tools.rebuild import Rebuilder

PASSWORD = "another horse 8"
INVITATIONS = "/v1/team/invitations"


async def _invite(workspace: Workspace, email: str, **more: Any) -> Json:
    made: Json = await workspace.post(INVITATIONS, {"email": email, **more})
    return made


def _token(invitation: Json) -> str:
    return str(invitation["accept_url"]).partition("token=")[2]


async def _accept(client: httpx.AsyncClient, token: str, name: str = "Téo") -> httpx.Response:
    body = {"token": token, "name": name, "password": PASSWORD}
    return await client.post(f"{INVITATIONS}/accept", json=body, headers={"Authorization": ""})


def _code(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    code: str = answer.json()["errors"][0]["code"]
    return code


# -- invitations ------------------------------------------------------------------------------------------------------


UNDELIVERABLE = ["josé@x.example", "a..b@x.example", '"a b"@x.example', "a@b", "a@-b.example", "@x.example"]


@pytest.mark.parametrize("email", UNDELIVERABLE)
async def test_an_address_that_no_mail_can_be_sent_to_is_refused(email: str, workspace: Workspace) -> None:
    answer = await workspace.client.post(INVITATIONS, json={"email": email})
    assert list(answer.json()["errors"][0]["details"]) == ["email"]


@pytest.mark.spec(275)
@pytest.mark.spec(276)
@pytest.mark.spec(277)
@pytest.mark.spec(283)
@pytest.mark.spec(284)
async def test_whoever_is_invited_gets_a_link_and_joins_with_it(node: Node, workspace: Workspace) -> None:
    made = await _invite(workspace, " Teo@Plixa.Example ")
    assert (made["email"], made["role"], made["status"]) == ("teo@plixa.example", "agent", "pending")
    assert made["accept_url"].startswith(f"{node.services.public_url}/panel/#/accept?token=")
    [listed] = (await workspace.get(INVITATIONS))["data"]
    assert listed == {name: value for name, value in made.items() if name != "accept_url"}
    [mail] = await mailed(node, tag="invitation", to="teo@plixa.example")
    assert made["accept_url"] in mail.text
    assert "Ana" in mail.subject
    joined = await _accept(workspace.client, _token(made))
    assert joined.status_code == 201, joined.text
    session = joined.json()["data"]
    assert (session["user"]["role"], session["tenant"]["id"]) == ("agent", workspace.tenant)
    me = await workspace.client.get("/v1/me", headers={"Authorization": f"Bearer {session['token']}"})
    assert me.json()["data"]["user"] == session["user"]
    login = {"email": "teo@plixa.example", "password": PASSWORD}
    assert (await workspace.client.post("/v1/auth/login", json=login)).status_code == 200
    members = (await workspace.get("/v1/team/members"))["data"]
    assert [(m["name"], m["role"], m["two_factor_enabled"]) for m in members] == [
        ("Ana", "owner", False),
        ("Téo", "agent", False),
    ]
    assert all(member["joined_at"] for member in members)
    [listed] = (await workspace.get(INVITATIONS))["data"]
    assert listed["status"] == "accepted"


@pytest.mark.spec(278)
@pytest.mark.spec(279)
async def test_an_invitation_is_sent_again_with_the_same_link_and_the_same_end(
    node: Node, workspace: Workspace
) -> None:
    made = await _invite(workspace, "teo@plixa.example")
    again = await workspace.post(f"{INVITATIONS}/{made['id']}/resend")
    assert again == made
    sent = await mailed(node, 2, tag="invitation")
    assert {re.findall(r"token=(\w+)", mail.text)[0] for mail in sent} == {_token(made)}


async def test_who_may_not_be_invited(workspace: Workspace, neighbour: Workspace) -> None:
    await _invite(workspace, "teo@plixa.example")
    for email in ("teo@plixa.example", workspace.email, neighbour.email, neighbour.email.upper()):
        answer = await workspace.client.post(INVITATIONS, json={"email": email})
        assert _code(answer, 422) == "VALIDATION_FAILED"
        assert list(answer.json()["errors"][0]["details"]) == ["email"]


@pytest.mark.spec(280)
async def test_a_link_that_is_not_good_says_always_the_same(
    node: Node, workspace: Workspace, neighbour: Workspace
) -> None:
    cancelled, used = [await _invite(workspace, f"{n}@plixa.example") for n in ("a", "b")]
    answer = await workspace.client.delete(f"{INVITATIONS}/{cancelled['id']}")
    assert answer.status_code == 204
    assert (await _accept(workspace.client, _token(used))).status_code == 201
    assert _code(await workspace.client.delete(f"{INVITATIONS}/{used['id']}"), 409) == "INVITATION_ACCEPTED"
    assert _code(await workspace.client.post(f"{INVITATIONS}/{used['id']}/resend"), 409) == "INVITATION_ACCEPTED"
    assert _code(await workspace.client.delete(f"{INVITATIONS}/{cancelled['id']}"), 404) == "NOT_FOUND"
    answers = [await _accept(workspace.client, token) for token in (_token(cancelled), _token(used), "x" * 40, "\0")]
    assert {_code(answer, 404) for answer in answers} == {"INVITATION_INVALID"}
    assert len({answer.content for answer in answers}) == 1


async def test_a_link_that_is_too_old_is_not_good(node: Node, workspace: Workspace, tables: Tables) -> None:
    made = await _invite(workspace, "teo@plixa.example")
    await tables.rows("update one_time_secrets set expires_at = now() returning 1")
    assert _code(await _accept(workspace.client, _token(made)), 404) == "INVITATION_INVALID"


async def test_an_invitations_secret_is_in_no_log(workspace: Workspace, tables: Tables) -> None:
    made = await _invite(workspace, "teo@plixa.example")
    await _accept(workspace.client, _token(made))
    everything = str(await tables.dump())
    assert _token(made) not in everything
    assert PASSWORD not in everything


async def test_guessing_links_is_stopped(workspace: Workspace) -> None:
    answers = [await _accept(workspace.client, f"{n:040}") for n in range(22)]
    assert _code(answers[-1], 429) == "RATE_LIMITED"


async def test_there_are_no_more_invitations_than_seats(workspace: Workspace) -> None:
    made = [await _invite(workspace, f"agent{n}@plixa.example") for n in range(9)]
    full = await workspace.client.post(INVITATIONS, json={"email": "one@too.many"})
    assert _code(full, 409) == "SEAT_LIMIT_REACHED"
    await workspace.client.delete(f"{INVITATIONS}/{made[0]['id']}")
    await _invite(workspace, "one@too.many")


async def test_of_many_who_accept_at_once_as_many_join_as_there_are_seats(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    async with (
        later_node(database_url, simulator.url, tmp_path) as later,
        harness.registered(later.node.services.public_url) as house,
    ):
        later.forward(days=13)
        made = [await _invite(house, f"agent{n}@plixa.example") for n in range(6)]
        later.forward(days=2)  # the trial is over: three seats are left of ten
        answers: list[httpx.Response] = []

        async def accept(invitation: Json) -> None:
            answers.append(await _accept(house.client, _token(invitation)))

        async with trio.open_nursery() as nursery:
            for invitation in [*made, *made]:
                nursery.start_soon(accept, invitation)
        members = (await house.get("/v1/team/members"))["data"]
        assert len(members) == 3
        assert sorted(answer.status_code for answer in answers)[:2] == [201, 201]
        refused = {answer.json()["errors"][0]["code"] for answer in answers if answer.status_code != 201}
        assert refused <= {"SEAT_LIMIT_REACHED", "INVITATION_INVALID"}
        rows = await Tables(later.node.services.database).rows("select user_id from credentials")
        assert {row["user_id"] for row in rows} == {member["id"] for member in members}


# -- leaving ----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(281)
@pytest.mark.spec(282)
async def test_a_member_who_is_removed_is_out_at_once(chat: Chat, node: Node, tables: Tables) -> None:
    workspace = chat.workspace
    made = await _invite(workspace, "teo@plixa.example")
    session = (await _accept(workspace.client, _token(made))).json()["data"]
    bearer, user_id = {"Authorization": f"Bearer {session['token']}"}, session["user"]["id"]
    message = await chat.written("Bom dia!")
    conversation_id = message["conversation_id"]
    await chat.change(conversation_id, assigned_user_id=user_id)
    answer = await workspace.client.delete(f"/v1/team/members/{user_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await workspace.client.get("/v1/me", headers=bearer)).status_code == 401
    login = {"email": "teo@plixa.example", "password": PASSWORD}
    assert (await workspace.client.post("/v1/auth/login", json=login)).status_code == 401
    await chat.inbox.conversation(id=conversation_id, assigned_user_id=None)
    revoked = await tables.rows("select revoked_at from tokens where user_id = $1", user_id)
    assert all(row["revoked_at"] for row in revoked)
    assert [m["name"] for m in (await workspace.get("/v1/team/members"))["data"]] == ["Ana"]
    again = await _invite(workspace, "teo@plixa.example")
    assert (await _accept(workspace.client, _token(again))).status_code == 201


@pytest.mark.spec(282)
async def test_the_owner_cannot_remove_themselves(workspace: Workspace, neighbour: Workspace) -> None:
    answer = await workspace.client.delete(f"/v1/team/members/{workspace.user_id}")
    assert _code(answer, 409) == "CANNOT_REMOVE_YOURSELF"
    assert _code(await workspace.client.delete(f"/v1/team/members/{neighbour.user_id}"), 404) == "NOT_FOUND"


# -- who is there -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(30)
@pytest.mark.spec(31)
@pytest.mark.spec(32)
@pytest.mark.spec(33)
async def test_members_say_whether_they_take_conversations_and_that_they_are_there(
    node: Node, workspace: Workspace, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await people.agent(node, workspace)
    bearer = {"Authorization": member.bearer}
    first = (await workspace.client.get("/v1/me/availability", headers=bearer)).json()["data"]
    assert first == {"is_available": True, "is_online": False, "last_seen_at": None}
    by_people = "select count(*) from events where actor like 'user:%'"  # a mail may go out meanwhile
    before = await tables.rows(by_people)
    for _ in range(3):
        beat = await workspace.client.post("/v1/me/availability/heartbeat", headers=bearer)
        assert beat.json()["data"]["is_online"]
    assert await tables.rows(by_people) == before
    body = {"is_available": False}
    answer = await workspace.client.put("/v1/me/availability", json=body, headers=bearer)
    assert answer.json()["data"]["is_available"] is False
    assert await tables.rows(by_people) == [{"count": before[0]["count"] + 1}]
    team = (await workspace.get("/v1/dashboard/team-availability"))["data"]
    assert [(each["user_id"], each["is_available"], each["is_online"]) for each in team] == [
        (workspace.user_id, True, False),
        (member.user_id, False, True),
    ]
    refused = await workspace.client.get("/v1/dashboard/team-availability", headers=bearer)
    assert _code(refused, 403) == "FORBIDDEN"
    monkeypatch.setattr(presence, "ONLINE_FOR", presence.ONLINE_FOR * 0)
    team = (await workspace.get("/v1/dashboard/team-availability"))["data"]
    assert not any(each["is_online"] for each in team)


async def test_the_mails_can_be_looked_at_in_development(node: Node, workspace: Workspace) -> None:
    assert await mails(node, tag="invitation") == []
    await _invite(workspace, "teo@plixa.example")
    [mail] = await mailed(node, tag="invitation")
    page = await workspace.client.get("/dev/mail")
    assert mail.subject in page.text
    one = await workspace.client.get(f"/dev/mail/{mail.id}")
    assert "accept?token=" in one.text
    assert (await workspace.client.get("/dev/mail/nothing")).status_code == 404


async def test_what_the_team_did_can_be_read_again_from_the_log(node: Node, workspace: Workspace) -> None:
    database = node.services.database
    for name in ("teo", "bia", "rui"):
        made = await _invite(workspace, f"{name}@plixa.example")
        joined = (await _accept(workspace.client, _token(made), name)).json()["data"]
    await workspace.client.delete(f"/v1/team/members/{joined['user']['id']}")
    await workspace.put("/v1/me/availability", {"is_available": False})
    shown = [(await workspace.get(path))["data"] for path in ("/v1/team/members", INVITATIONS, "/v1/audit")]
    before = {name: rows for name, rows in (await Tables(database).dump()).items() if name in schema().read_models}
    assert len(before["members"]) == 4
    await database.run(Rebuilder(node.services.store.keyring, kinds(), schema()).run)
    after = {name: rows for name, rows in (await Tables(database).dump()).items() if name in schema().read_models}
    assert after == before
    scope = await node.services.bus.supervisor.scope(workspace.tenant)
    scope.root.forget()
    await scope.root.load()
    assert [(await workspace.get(path))["data"] for path in ("/v1/team/members", INVITATIONS, "/v1/audit")] == shown
