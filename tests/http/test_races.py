"""What happens between two awaits of a request: somebody else's request, which must not be undone by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from tests import harness
from tests.harness import PASSWORD, Phones, Workspace
from tests.http.mails import mailed
from tests.http.tables import Tables

from plixa.compose import Node, open_node
from plixa.http.api import auth
from plixa.http.clients.mail.port import Mail
from plixa.http.notifications.parts import MAILER
from plixa.storage.people import vault

NEW = "another horse 8"
Meanwhile = Callable[[Callable[[], Awaitable[object]]], None]


@pytest.fixture
def after_the_password(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """What is given happens right after the next password was found to be right."""

    def arrange(happens: Callable[[], Awaitable[object]]) -> None:
        waiting = [happens]
        verify = auth.password_is

        async def verified(password: str, hashed: str | None, *lane: str | None) -> bool:
            fits, todo = await verify(password, hashed, *lane), waiting[:]
            waiting.clear()  # what happens may ask for a password itself
            for each in todo:
                await each()
            return fits

        monkeypatch.setattr(auth, "password_is", verified)

    return arrange


async def _login(workspace: Workspace) -> httpx.Response:
    body = {"email": workspace.email, "password": PASSWORD}
    return await workspace.client.post("/v1/auth/login", json=body, headers={"Authorization": ""})


async def _sessions(tables: Tables, workspace: Workspace) -> list[int]:
    rows = await tables.rows("select id from tokens where user_id = $1 and revoked_at is null", workspace.user_id)
    return [row["id"] for row in rows]


async def test_a_sign_in_with_a_password_that_is_changed_meanwhile_leaves_no_session(
    workspace: Workspace, tables: Tables, after_the_password: Meanwhile
) -> None:
    async def change() -> None:
        body = {"current_password": PASSWORD, "password": NEW, "password_confirmation": NEW}
        assert (await workspace.client.put("/v1/me/password", json=body)).status_code == 204

    after_the_password(change)
    assert (await _login(workspace)).status_code == 401
    assert await _sessions(tables, workspace) == [int(workspace.token.partition("|")[0])]


async def test_a_sign_in_does_not_slip_past_a_second_factor_that_is_turned_on_meanwhile(
    workspace: Workspace, node: Node, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = auth.new_session

    async def turned_on(*args: Any) -> auth.NewToken:
        token = await make(*args)
        confirmed = vault.two_factor_confirmed_row(
            workspace.tenant, workspace.user_id, b"sealed", node.services.clock.now(), 1
        )
        await node.services.store.writer.write([confirmed])
        return token

    monkeypatch.setattr(auth, "new_session", turned_on)
    assert (await _login(workspace)).status_code == 401
    assert await _sessions(tables, workspace) == [int(workspace.token.partition("|")[0])]


async def test_the_link_of_one_address_never_proves_another(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A foreign address that is asked for while the link of one's own is under way does not become one's own."""
    mine, foreign = f"mine.{workspace.email}", f"foreign.{workspace.email}"
    await workspace.put("/v1/me/email", {"email": mine, "password": PASSWORD})
    [mail] = await mailed(node, tag="email_verification", to=mine)
    token = mail.text.partition("?token=")[2].split()[0]
    look_up, looked = auth.find_secret, list[str]()

    async def found(call: Any, kind: str, secret: str) -> Any:
        row = await look_up(call, kind, secret)
        looked.append(kind)
        if len(looked) == 2:
            await workspace.put("/v1/me/email", {"email": foreign, "password": PASSWORD})
        return row

    monkeypatch.setattr(auth, "find_secret", found)
    answer = await workspace.client.post("/v1/auth/email/verify", json={"token": token})
    assert answer.status_code == 422, answer.text
    me = (await workspace.get("/v1/me"))["data"]["user"]
    assert (me["email"], me["email_verified"]) == (workspace.email, False)


async def test_a_reset_link_that_went_to_an_earlier_address_is_void(workspace: Workspace, node: Node) -> None:
    await workspace.client.post("/v1/auth/password/forgot", json={"email": workspace.email})
    [reset] = await mailed(node, tag="password_reset", to=workspace.email)
    new = f"new.{workspace.email}"
    await workspace.put("/v1/me/email", {"email": new, "password": PASSWORD})
    [verify] = await mailed(node, tag="email_verification", to=new)
    for mail, path, more, status in (
        (verify, "email/verify", {}, 200),
        (reset, "password/reset", {"password": NEW, "password_confirmation": NEW}, 422),
    ):
        token = mail.text.partition("?token=")[2].split()[0]
        answer = await workspace.client.post(f"/v1/auth/{path}", json={"token": token, **more})
        assert answer.status_code == status, answer.text


async def test_resending_an_invitation_that_is_cancelled_meanwhile_is_not_found(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await workspace.post("/v1/team/invitations", {"email": "teo@plixa.example"})
    look_up = vault.get_secret

    async def cancelled(connection: Any, *args: Any) -> Any:
        await connection.execute("delete from one_time_secrets where kind = 'invitation'")
        return await look_up(connection, *args)

    monkeypatch.setattr(vault, "get_secret", cancelled)
    answer = await workspace.client.post(f"/v1/team/invitations/{made['id']}/resend")
    assert answer.status_code == 404, answer.text


async def test_a_mail_that_went_out_before_a_crash_could_be_told_is_one_mail(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, sent = harness.settings(database_url, simulator.url, tmp_path), list[str]()
    async with open_node(settings) as first, harness.registered(first.services.public_url) as workspace:
        await mailed(first, tag="email_verification")
        send = first.services[MAILER].send

        async def unreported(mail: Mail) -> str:
            sent.append(await send(mail))
            await trio.sleep_forever()
            raise AssertionError

        monkeypatch.setattr(first.services[MAILER], "send", unreported)
        await workspace.post("/v1/team/invitations", {"email": "teo@plixa.example"})
        await mailed(first, tag="invitation")
        first.effects.stop()
    async with open_node(settings) as second:
        with trio.fail_after(10):
            states = "select state from outbox where kind = 'mail.send'"
            while {row["state"] for row in await Tables(second.services.database).rows(states)} != {"done"}:  # noqa: ASYNC110  # a row has no event
                await trio.sleep(0.05)
        assert len(await mailed(second, tag="invitation")) == len(sent) == 1


async def test_a_deletion_that_is_asked_for_twice_by_one_key_is_answered_twice(workspace: Workspace) -> None:
    answers = []
    for _ in range(2):
        headers = {"Idempotency-Key": "the end"}
        answers.append(
            await workspace.client.post("/v1/account/deletion", json={"password": PASSWORD}, headers=headers)
        )

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
