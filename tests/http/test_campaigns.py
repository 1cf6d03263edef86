"""Campaigns: each address once, nobody who left, and nothing that a crash could double."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import trio
from tests.harness import Json, Workspace
from tests.http.mails import mailed, mails
from tests.http.tables import Tables
from tests.http.test_staff import Desk, signed_in
from werkzeug.datastructures import Headers

from plixa.compose import Node
from plixa.http.campaigns.leaving import address_hash, hash_of, token_of
from plixa.http.campaigns.letters import Person, letter
from plixa.http.campaigns.resend import heard, is_signed, keys_of
from plixa.http.campaigns.sending import Sending, brake
from plixa.http.clients.mail.errors import BadAddress, MailLater, MailUncertain
from plixa.http.clients.mail.port import Mail
from plixa.storage.campaigns import recipients
from plixa.storage.campaigns.recipients import STATES
from plixa.storage.eventlog.sealing import ApplicationKey

PATH = "/v1/admin/campaigns"
NEWS: Json = {"subject": "News for {{first_name}}", "body": "Hello **{{name}}** of {{company}}", "audience": {}}
KEY = ApplicationKey("a key of tests that is long enough for this")


@pytest.fixture
async def desk(node: Node, workspace: Workspace) -> Desk:
    """Rita of staff."""
    return await signed_in(node, workspace)


async def _over(desk: Desk, campaign: int) -> Json:
    with trio.fail_after(30):
        while (await desk.get(f"{PATH}/{campaign}"))["status"] != "sent":  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.1)
    whole: Json = await desk.get(f"{PATH}/{campaign}")
    return whole


@pytest.mark.spec(40)
@pytest.mark.spec(41)
@pytest.mark.spec(42)
async def test_each_owner_gets_one_mail_and_each_has_a_state(
    node: Node, workspace: Workspace, neighbour: Workspace, desk: Desk
) -> None:
    assert (await desk.post(f"{PATH}/audience", {}))["size"] == 2
    made = await desk.post(PATH, NEWS, 201)
    whole = await _over(desk, made["id"])
    assert (whole["size"], whole["counts"]["sent"]) == (2, 2)
    found = await mailed(node, count=2, tag="campaign")
    assert {mail.to for mail in found} == {workspace.email, neighbour.email}
    assert found[0].subject == "News for Ana"
    assert "<strong>Ana</strong>" in found[0].html
    rows = await desk.get(f"{PATH}/{made['id']}/recipients", status="sent")
    assert {row["email"] for row in rows} == {workspace.email, neighbour.email}
    acts = [each["act"] for each in await desk.deeds(target="campaign", target_id=made["id"])]
    assert "campaign.created" in acts


async def test_what_cannot_be_sent_is_refused_when_it_is_written(desk: Desk) -> None:
    for wrong in (
        {"body": "{{password}}"},
        {"subject": "{{x}}"},
        {"body": "[x](javascript:alert(1)) ![x](https://tracker.example/p.gif)"},
        {"audience": {"plans": ["business"]}},
        {"scheduled_at": "2020-01-01T00:00:00Z"},
        {"subject": "a\r\nBcc: b@c.example"},
    ):
        await desk.post(PATH, {**NEWS, **wrong}, 422)
    assert await desk.get(PATH) == []


@pytest.mark.spec(43)
@pytest.mark.spec(44)
async def test_a_test_goes_to_one_address_at_once_and_leaves_nothing(node: Node, desk: Desk, tables: Tables) -> None:
    sent = await desk.post(f"{PATH}/test", {"subject": "Hi", "body": "x", "email": "me@plixa.example"})
    assert sent == {"sent": True, "reason": None}
    [mail] = await mails(node, tag="campaign")
    assert (mail.to, mail.subject) == ("me@plixa.example", "[Test] Hi")
    assert await tables.rows("select 1 from campaigns union all select 1 from campaign_recipients") == []


async def test_a_campaign_waits_for_its_time_and_is_cancelled_before_it(desk: Desk, node: Node) -> None:
    later = (node.services.clock.now() + timedelta(hours=1)).isoformat()
    made = await desk.post(PATH, {**NEWS, "scheduled_at": later}, 201)
    assert made["status"] == "scheduled"
    await desk.call("DELETE", f"{PATH}/{made['id']}", 204)
    assert (await desk.get(f"{PATH}/{made['id']}"))["status"] == "cancelled"
    await desk.call("DELETE", f"{PATH}/{made['id']}", 204)
    await desk.call("GET", f"{PATH}/{made['id']}", 404)
    assert await mails(node, tag="campaign") == []


# -- leaving -----------------------------------------------------------------------------------------------------------


async def test_one_click_ends_it_for_ever_and_following_the_link_does_not(
    node: Node, workspace: Workspace, desk: Desk, tables: Tables
) -> None:
    token = token_of(node.services.store.keyring.application_key, _hash(node, workspace.email.upper()))
    path = f"/v1/unsubscribe/{token}"
    for method in ("GET", "HEAD", "OPTIONS"):
        await workspace.client.request(method, path, headers={"Authorization": ""})
    assert await tables.rows("select 1 from mail_suppressions") == []
    sent: list[Json] = [
        {"content": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"x", "headers": {"Content-Type": "text/plain", "Cookie": "a=b"}},
    ]
    for each in sent:
        answer = await workspace.client.post(path, follow_redirects=False, **each)
        assert answer.status_code == 200
    assert len(await tables.rows("select 1 from mail_suppressions")) == 1
    assert (await desk.post(PATH, NEWS, 201))["status"] in ("freezing", "sent")
    assert (await workspace.client.post("/v1/unsubscribe/forged")).status_code == 200
    assert len(await tables.rows("select 1 from mail_suppressions")) == 1
    await trio.sleep(0.5)
    assert await mails(node, tag="campaign") == []


def _hash(node: Node, email: str) -> bytes:
    return address_hash(node.services.store.keyring.application_key, email)


def test_a_token_is_not_to_be_forged() -> None:
    hashed = address_hash(KEY, "Ana@Example.com ")
    token = token_of(KEY, hashed)
    assert hash_of(KEY, token) == hashed == address_hash(KEY, "ana@example.com")
    for wrong in ("", "x", token[:-1], token[::-1], "é" * 40, "A" * 43, token + "AA"):
        assert hash_of(KEY, wrong) is None, wrong


def test_a_mail_can_be_left_with_one_click_where_we_speak_https() -> None:
    person = Person("ana@example.com", "Ana <b>Lima</b>", "Café & Co", "pt")
    mail = letter("Oi {{name}}", ("<p>{{company}}</p>", "{{company}}"), person, "https://plixa.example/u/1", "c-1")
    assert mail.unsubscribe_url == "https://plixa.example/u/1"
    assert "<p>Café &amp; Co</p>" in mail.html
    assert "Cancelar a inscrição: https://plixa.example/u/1" in mail.text
    assert letter("Oi", ("x", "x"), person, "http://127.0.0.1/u", "c-2").unsubscribe_url == ""


# -- nobody twice ------------------------------------------------------------------------------------------------------


class FarEnd:
    """A way out that does what it is told, and counts."""

    def __init__(self, repeatable: timedelta) -> None:
        self.repeatable = repeatable
        self.does: list[Exception | None] = []
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> str:
        trouble = self.does.pop(0) if self.does else None
        if trouble is not None:
            raise trouble
        self.sent.append(mail)
        return f"mail-{len(self.sent)}"


@pytest.fixture
async def campaign(node: Node, workspace: Workspace, neighbour: Workspace, desk: Desk, tables: Tables) -> int:
    """One that is under way, with two people who wait; nobody but the test sends it."""
    later = (node.services.clock.now() + timedelta(hours=1)).isoformat()
    made = await desk.post(PATH, {**NEWS, "scheduled_at": later}, 201)
    await tables.rows(
        "insert into campaign_recipients (tenant_id, campaign_id, user_id, email, email_hash, name, company, locale, "
        f"status, updated_at) select 1, {made['id']}, n, n || '@a.example', convert_to(n::text, 'UTF8'), 'A', 'B', "
        "'en', 'queued', now() from generate_series(1, 2) n returning 1"
    )
    return int(made["id"])


async def _states(tables: Tables) -> list[str]:
    return [row["status"] for row in await tables.rows("select status from campaign_recipients order by id")]


@pytest.mark.parametrize(("repeatable", "ends"), [(timedelta(0), "unknown"), (timedelta(hours=24), "sent")])
async def test_what_a_crash_left_is_sent_again_only_where_that_makes_no_second(
    node: Node, campaign: int, tables: Tables, repeatable: timedelta, ends: str
) -> None:
    await tables.rows(
        "update campaign_recipients set status = 'sending', claimed_at = now() - interval '5 minutes' "
        "where user_id = 1 returning 1"
    )
    far = FarEnd(repeatable)
    await Sending(node.services, far)._take_up(campaign)
    assert await _states(tables) == [ends, "queued"]
    first = await tables.rows("select id from campaign_recipients order by id limit 1")
    ids = [mail.idempotency_id for mail in far.sent]
    assert ids == ([f"campaign-{campaign}-{first[0]['id']}"] if ends == "sent" else [])


async def test_what_is_on_its_way_is_nobody_elses(node: Node, campaign: int, tables: Tables) -> None:
    await tables.rows("update campaign_recipients set status = 'sending', claimed_at = now() returning 1")
    far = FarEnd(timedelta.max)
    await Sending(node.services, far)._take_up(campaign)
    assert (far.sent, await _states(tables)) == ([], ["sending", "sending"])


@pytest.mark.parametrize(
    ("trouble", "repeatable", "state", "goes_on"),
    [
        (BadAddress("none"), timedelta(0), "failed", True),
        (MailUncertain("?"), timedelta(0), "unknown", True),
        (MailUncertain("?"), timedelta(hours=24), "sending", False),
        (MailLater("away"), timedelta(0), "queued", False),
    ],
)
async def test_what_becomes_of_a_mail_that_does_not_go_out(
    node: Node,
    campaign: int,
    tables: Tables,
    trouble: Exception,
    repeatable: timedelta,
    state: str,
    goes_on: bool,
) -> None:
    far = FarEnd(repeatable)
    far.does = [trouble]
    sending = Sending(node.services, far)
    row = await sending._read(recipients.claim, campaign, node.services.clock.now())
    assert await sending._send(await sending._state(campaign), row) is goes_on
    assert (await _states(tables))[0] == state


async def test_who_leaves_between_freezing_and_their_turn_gets_nothing(
    node: Node, campaign: int, tables: Tables
) -> None:
    database, now = node.services.database, node.services.clock.now()
    await database.run(recipients.suppress, b"1", "marketing", "unsubscribed", now)
    row = await database.run(recipients.claim, campaign, now)
    assert (row["email"], await _states(tables)) == ("2@a.example", ["skipped", "sending"])
    assert await database.run(recipients.claim, campaign, now) is None


async def test_who_has_left_is_in_no_audience(node: Node, workspace: Workspace, tables: Tables) -> None:
    database, now = node.services.database, node.services.clock.now()
    chosen = recipients.Chosen(["owner"], ["active"], [], [])
    assert await database.run(recipients.freeze, 1, chosen, now, str.encode) == 1
    await database.run(recipients.suppress, workspace.email.encode(), "marketing", "unsubscribed", now)
    assert await database.run(recipients.freeze, 2, chosen, now, str.encode) == 0


def test_many_bounces_and_complaints_are_a_brake() -> None:
    none = dict.fromkeys(STATES, 0)
    assert brake(none | {"sent": 100, "bounced": 99}) is None  # too few to tell
    assert brake(none | {"sent": 290, "bounced": 10}) is None
    paused, stopped = brake(none | {"sent": 280, "bounced": 20}), brake(none | {"sent": 990, "complained": 10})
    assert paused is not None
    assert stopped is not None
    assert (paused.hard, stopped.hard) == (False, True)


# -- what the far end reports ------------------------------------------------------------------------------------------

SECRET = "whsec_ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3"
ID, AT = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1779710400
BODY = (
    b'{"type":"email.bounced","created_at":"2026-05-25T12:00:00.000Z","data":{"email_id":"56761188-7520-42d8-8898-'
    b'ff6fc54ce618","created_at":"2026-05-25T11:59:58.000Z","from":"Plixa <hello@plixa.app>","to":["ana@example.com"],'
    b'"subject":"Novidades","tags":{"campaign":"12","recipient":"345"},"bounce":{"diagnosticCode":["smtp; 550 5.1.1 '
    b'user unknown"],"message":"The recipient\'s mail server rejected the message.","subType":"General","type":'
    b'"Permanent"}}}'
)
RIGHT = "v1,RnoNVrrSliFlyDHHLZ6HLICbnc9hsPGgR4zJi0yeo7w="


def _headers(signature: str, at: object = AT, id_: str = ID) -> Headers:
    return Headers([("svix-id", id_), ("svix-timestamp", str(at)), ("svix-signature", signature)])


def test_a_report_is_resends_or_nobodys() -> None:
    keys = keys_of(SECRET)
    assert is_signed(keys, _headers(RIGHT), BODY, AT)
    assert is_signed(keys, _headers(f"v1,AAAA {RIGHT}"), BODY, AT + 300)
    later = _headers("v1,u2BAGJON/9Vkt/j5FWS238T2vgV4cRJf+oYpRbKgeAQ=", AT + 5)
    assert is_signed(keys, later, BODY, AT)
    new = f"whsec_{'/' * 32}"
    other = _headers("v1,3BgoRh/8in7dqKhqw0AXDklq1SokHsUh6sqE4osbvSk=")
    assert is_signed(keys_of(f"{SECRET},{new}"), other, BODY, AT)
    assert not is_signed(keys, other, BODY, AT)
    assert not is_signed([], _headers(RIGHT), BODY, AT)
    for wrong in ("v1,BhstMjzpZSp8u8QBOJ6jYKD/kTK2YTFrHbCYBVqkrIM=", RIGHT.replace("v1", "v1a"), "", "v1", "v1,é"):
        assert not is_signed(keys, _headers(wrong), BODY, AT), wrong
    for now in (AT - 301, AT + 301):
        assert not is_signed(keys, _headers(RIGHT), BODY, now)
    for at in ("1e9", f" {AT}", "-1", AT + 301, AT - 301, "9" * 30):
        assert not is_signed(keys, _headers(RIGHT, at), BODY, AT), at
    assert not is_signed(keys, _headers(RIGHT), BODY.replace(b",", b", "), AT)
    assert not is_signed(keys, _headers(RIGHT, id_=""), BODY, AT)
    assert not is_signed(keys, Headers([*_headers(RIGHT), ("svix-id", ID)]), BODY, AT)


async def test_reports_only_raise_a_state_and_count_once(node: Node, campaign: int, tables: Tables) -> None:
    await tables.rows("update campaign_recipients set status = 'sent', mail_id = 'm' || user_id returning 1")

    async def tell(id_: str, kind: str, **more: Any) -> bool:
        body = str({"type": f"email.{kind}", "data": {"email_id": "m1", "to": ["1@a.example"], **more}})
        return await heard(node.services, id_, body.replace("'", '"').encode())

    for id_, kind, state in (("a", "delivered", "delivered"), ("b", "delivery_delayed", "delivered")):
        assert await tell(id_, kind)
        assert (await _states(tables))[0] == state
    for _ in range(3):
        assert await tell("c", "bounced", bounce={"type": "Permanent", "subType": "General", "message": "no"})
    assert (await _states(tables))[0] == "bounced"
    assert len(await tables.rows("select 1 from mail_suppressions")) == 1
    for nothing in (b"", b"[]", b"{}", b'{"type":"email.opened"}', b"\xff", b'{"type":7,"data":{"email_id":[]}}'):
        assert await heard(node.services, f"x{nothing!r}", nothing)


async def test_a_report_that_is_quicker_than_the_answer_comes_again(node: Node, campaign: int, tables: Tables) -> None:
    await tables.rows("update campaign_recipients set status = 'sending' returning 1")
    body = b'{"type":"email.delivered","data":{"email_id":"new"}}'
    assert await heard(node.services, "a", body) is False
    await tables.rows("update campaign_recipients set status = 'sent', mail_id = 'new' where user_id = 1 returning 1")
    assert await heard(node.services, "a", body) is True
    assert (await _states(tables))[0] == "delivered"


async def test_a_webhook_without_a_good_signature_is_refused(workspace: Workspace) -> None:
    """Without a secret in the settings nobody can sign."""
    assert (await workspace.client.post("/v1/webhooks/resend", content=BODY)).status_code == 401
