"""Support: a member writes to staff, staff answer, and of the staff's own notes nobody else ever hears."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
import trio
from tests.clients.far_end import Asked, Reply, open_far_end
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.house import PICTURE
from tests.http.inbox import Inbox
from tests.http.mails import mailed, mails
from tests.http.sockets import raw
from tests.http.tables import Tables
from tests.http.test_staff import Desk, signed_in
from tests.http.webhooks import CUSTOMER
from tests.storage.samples import stored

from plixa import features
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.desk import shared, ticket as tickets
from plixa.compose import Node
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.errors import Conflict, Invalid
from plixa.engine.events import Recorded, event_class
from plixa.http.campaigns.resend import heard
from plixa.http.desk.inbound import TicketMail, new_words, reply_address, ticket_of
from plixa.http.desk.replay import HIDDEN, replayed, unnumbered
from plixa.http.desk.routes.staff import filled
from plixa.http.desk.settings import SUPPORT_INBOUND
from plixa.http.notifications.settings import RESEND_API_KEY, RESEND_URL

PATH = "/v1/support/tickets"
STAFF_PATH = "/v1/admin/support/tickets"
NOTE = "between us: a marker that nobody of the workspace may read"


@pytest.fixture
async def desk(node: Node, workspace: Workspace) -> Desk:
    """Rita of staff."""
    return await signed_in(node, workspace)


async def _opened(workspace: Workspace, **more: Any) -> Json:
    made: Json = await workspace.post(PATH, {"subject": "It is slow", "body": "Since Monday", **more})
    return made


# -- a conversation that is shown --------------------------------------------------------------------------------------

WORDS = "my secret is 42 and I am Bia"


async def test_staff_see_of_a_conversation_what_a_member_shows_them_and_each_look_is_told(
    chat: Chat, node: Node, tables: Tables
) -> None:
    desk, workspace = await signed_in(node, chat.workspace), chat.workspace
    shown, other = await chat.written(WORDS), await chat.written("hush", phone="5511987650002")
    made = await _opened(workspace)
    mine, theirs = (f"{path}/{made['id']}/replays/{shown['conversation_id']}" for path in (PATH, STAFF_PATH))
    await desk.call("GET", theirs, 403)
    granted = await workspace.put(mine, {})
    assert [each["clear"] for each in granted["replays"]] == [False]
    masked = await desk.get(theirs)
    received = next(each for each in masked if each["type"] == "message.received")
    assert received["details"]["content"] == {
        "kind": "text",
        "body": f"{HIDDEN} {len(WORDS)}",
        "raw_type": "conversation",
    }
    for word in ("secret", "Bia", CUSTOMER):
        assert word not in str(masked), word
    await desk.call("GET", f"{STAFF_PATH}/{made['id']}/replays/{other['conversation_id']}", 403)
    await workspace.put(mine, {"clear": True})
    assert WORDS in str(await desk.get(theirs))
    [replay] = (await workspace.get(f"{PATH}/{made['id']}"))["data"]["replays"]
    assert (replay["looks"], replay["clear"]) == (2, True)
    told = [each["summary"] for each in (await workspace.get("/v1/audit", limit=100))["data"]]
    looked = f"looked at conversation {shown['conversation_id']}"
    assert [f"{looked}, with what people wrote, as Plixa's staff" in told, len([x for x in told if looked in x])] == [
        True,
        2,
    ]
    assert [each["outcome"] for each in await desk.deeds(act="replay.looked_at")] == [
        "ok",
        "REPLAY_NOT_GRANTED",
        "ok",
        "REPLAY_NOT_GRANTED",
    ]
    assert len(await tables.rows("select 1 from events where type = 'ticket.replay_looked_at'")) == 2


@pytest.mark.parametrize("end", ["closed", "taken back", "erased"])
async def test_what_was_shown_is_not_shown_any_more_once(chat: Chat, node: Node, end: str) -> None:
    desk, workspace = await signed_in(node, chat.workspace), chat.workspace
    conversation = (await chat.written(WORDS))["conversation_id"]
    made = await _opened(workspace)
    mine, theirs = (f"{path}/{made['id']}/replays/{conversation}" for path in (PATH, STAFF_PATH))
    await workspace.put(mine, {"clear": True})
    assert await desk.get(theirs)
    if end == "closed":
        await workspace.post(f"{PATH}/{made['id']}/close")
        assert (await workspace.client.put(mine, json={})).json()["errors"][0]["code"] == "TICKET_CLOSED"
        await workspace.post(f"{PATH}/{made['id']}/reopen")  # which gives nothing back
    elif end == "taken back":
        assert (await workspace.client.delete(mine)).json()["data"]["replays"] == []
    else:
        assert (await workspace.client.delete(f"/v1/conversations/{conversation}")).status_code == 204
    await desk.call("GET", theirs, 404 if end == "erased" else 403)


async def test_nobody_shows_what_they_may_not_see(node: Node, chat: Chat, neighbour: Workspace) -> None:
    workspace, member = chat.workspace, await people.agent(node, chat.workspace)
    conversation = (await chat.written(WORDS))["conversation_id"]
    await chat.change(conversation, assigned_user_id=workspace.user_id)
    await workspace.put(
        "/v1/security-config", {"agent_restricted_to_own_conversations": True, "require_two_factor": False}
    )
    theirs = {"Authorization": member.bearer}
    made = await workspace.client.post(PATH, json={"subject": "Mine", "body": "x"}, headers=theirs)
    path = f"{PATH}/{made.json()['data']['id']}/replays/{conversation}"
    assert (await workspace.client.put(path, json={}, headers=theirs)).status_code == 404
    assert (await workspace.client.put(path, json={})).status_code == 200  # the owner, of the same ticket
    elsewhere = await _opened(neighbour)
    assert (await neighbour.client.put(f"{PATH}/{elsewhere['id']}/replays/{conversation}", json={})).status_code == 404


def test_of_every_event_of_a_conversation_nothing_personal_is_shown() -> None:
    tried, house = set[str](), features.kinds()["workspace"].initial(1)
    for sample in stored():
        cls = event_class(sample.type)
        if cls not in CONVERSATION.evolve.cases or not cls.personal:
            continue
        said = {name: _full(value) if name in cls.personal else value for name, value in sample.reads.items()}
        event = msgspec.convert(said, cls, str_keys=True)
        assert "hush" in str(event), sample.type
        recorded = Recorded(1, 1, "conversation-1", 1, datetime(2026, 11, 30, tzinfo=UTC), "system", "", event)
        assert "hush" not in str(replayed(recorded, house, clear=False)), sample.type
        tried.add(sample.type)
    assert len(tried) > 15


def _full(value: Any, name: str = "") -> Any:
    """The same with a word in each of its texts."""
    if isinstance(value, dict):
        return {key: _full(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_full(each) for each in value]
    return "hush" if value == "text" and name not in ("kind", "raw_type") else value


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("5511987650001 is not on WhatsApp", "▒▒▒ is not on WhatsApp"),
        ("+55 (11) 98765-0001: nobody", "▒▒▒: nobody"),
        ("98765 of 12345", "98765 of 12345"),
        ("2026-11-30T12:00:00.123456+00:00", "2026-11-30T12:00:00.123456+00:00"),
    ],
)
def test_a_number_that_may_be_somebodys_is_left_out_of_whatever_is_told(said: str, shown: str) -> None:
    assert unnumbered({"why": [said]}) == {"why": [shown]}


# -- answers by mail ---------------------------------------------------------------------------------------------------


@pytest.fixture
def inbound(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers by mail are taken."""
    own = {**node.services.settings.own, SUPPORT_INBOUND.name: "Help@in.plixa.example"}
    monkeypatch.setattr(node.services, "settings", replace(node.services.settings, own=own))


async def test_a_mail_that_tells_of_an_answer_asks_for_replies_only_where_they_are_read(
    node: Node, workspace: Workspace, desk: Desk, inbound: None
) -> None:
    made = await _opened(workspace)
    await desk.post(f"{STAFF_PATH}/{made['id']}/messages", {"body": "restart your phone"}, 201)
    [mail] = await mailed(node, tag="ticket_reply_by_mail")
    assert "restart" not in mail.text + mail.html
    eml = (node.services.settings.data_dir / "mail" / f"{mail.id}.eml").read_text()
    assert f"Reply-To: {reply_address(node.services, made['id'])}\n" in eml
    assert ticket_of(node.services, [f"x <{reply_address(node.services, made['id'])}>"]) == made["id"]


async def test_without_the_setting_nothing_goes_in_by_mail(node: Node, workspace: Workspace) -> None:
    assert reply_address(node.services, 7) == ""
    assert ticket_of(node.services, ["help+7-" + "0" * 32 + "@in.plixa.example", "+7-@", ""]) is None


async def test_an_answer_by_mail_is_its_openers_words_once(
    node: Node, workspace: Workspace, inbound: None, monkeypatch: pytest.MonkeyPatch, tables: Tables
) -> None:
    made = await _opened(workspace)
    ours = reply_address(node.services, made["id"])
    text = "Still slow\n\nOn Mon, Rita wrote:\n> the answer"

    async def said(_: TicketMail, mail_id: str) -> str:
        return text if mail_id == "m1" else ""

    monkeypatch.setattr(TicketMail, "_text", said)

    async def received(id_: str, to: str, sender: str, mail_id: str = "m1") -> bool:
        data = {"email_id": mail_id, "from": sender, "to": [to]}
        return await heard(node.services, id_, msgspec.json.encode({"type": "email.received", "data": data}))

    mine = f"Ana <{workspace.email.upper()}>"
    for n, (to, sender, mail_id) in enumerate(
        [
            (ours, "mallory@evil.example", "m1"),
            (ours.replace("+", "+9"), mine, "m1"),
            (ours.replace("-", "-0", 1), mine, "m1"),
            (ours, mine, "../admin"),
            (ours, mine, "empty"),
        ]
    ):
        assert await received(f"x{n}", to, sender, mail_id)
    assert (await workspace.get(f"{PATH}/{made['id']}"))["data"]["messages_count"] == 1
    for _ in range(2):
        assert await received("once", f"Help <{ours.upper()}>", mine)
    messages = (await workspace.get(f"{PATH}/{made['id']}"))["data"]["messages"]
    assert [(each["body"], each["author"]["id"]) for each in messages[1:]] == [("Still slow", workspace.user_id)]
    await workspace.post(f"{PATH}/{made['id']}/close")
    assert await received("later", ours, mine)  # passed over
    assert (await workspace.get(f"{PATH}/{made['id']}"))["data"]["status"] == "closed"


HTML = (
    "<html><head><style>p{color:red}</style></head><body><div dir='ltr'>Still slow &amp; <b>late</b><br>since Monday"
    "<script>alert(1)</script></div><div class='gmail_quote'><div class='gmail_attr'>On Mon, Rita wrote:<br></div>"
    "<blockquote><p>restart your phone</p></blockquote></div></body></html>"
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"object": "email", "text": "Still slow", "html": "<p>other</p>"}, "Still slow"),
        ({"object": "email", "text": None, "html": HTML}, "Still slow & late\nsince Monday"),
        ({"object": "email", "text": " \n", "html": "<p>a</p><p>b</p>"}, "a\n\nb"),
        ({"object": "email", "text": None, "html": None}, ""),
        ({"object": "email", "html": "<div>" * 50_000 + "deep"}, "deep"),
        ({"object": "email", "text": 7}, ""),
        ([], ""),
    ],
)
async def test_what_a_mail_says_is_asked_for_at_resend_as_its_documentation_has_it(
    node: Node, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch, answer: Any, words: str
) -> None:
    """https://resend.com/docs/api-reference/emails/retrieve-received-email: `text` is null where there is only HTML."""

    async def script(_: Asked) -> Reply:
        return Reply(200, msgspec.json.encode(answer))

    far = await open_far_end(nursery, script)
    own = {**node.services.settings.own, RESEND_URL.name: far.url, RESEND_API_KEY.name: "re_key"}
    monkeypatch.setattr(node.services, "settings", replace(node.services.settings, own=own))
    assert new_words(await TicketMail(node.services)._text("56761188-7520-42d8-8898-ff6fc54ce618")) == words
    (asked,) = far.asked
    target = "/emails/receiving/56761188-7520-42d8-8898-ff6fc54ce618?html_format=cid"
    assert (asked.method, asked.target, asked.headers["authorization"]) == ("GET", target, "Bearer re_key")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Oi\n\nEm seg., Rita escreveu:\n> x", "Oi"),
        ("Hola\r\nEl lun, Rita escribió:\r\nfoo", "Hola"),
        ("a\n-- Original Message --\nb", "a"),
        ("> quoted\nbelow", "below"),
        ("x" * 9000, "x" * 8000),
        ("On time", "On time"),
    ],
)
def test_of_a_mail_only_what_is_new_is_taken(text: str, words: str) -> None:
    assert new_words(text) == words


# -- once --------------------------------------------------------------------------------------------------------------

ONCE: dict[str, Json] = {
    "/v1/admin/support/canned-replies": {"title": "Hi", "body": "Hello {{name}}"},
    "/v1/admin/support/tags": {"name": "billing"},
    "/v1/admin/kb/articles": {"title": "How to", "body": "**So**"},
    "/v1/admin/campaigns": {"subject": "News", "body": "x", "audience": {}, "scheduled_at": "2099-01-02T03:04:05Z"},
    "/v1/admin/campaigns/test": {"subject": "News", "body": "x", "email": "me@plixa.example"},
    f"{STAFF_PATH}/{{ticket}}/messages": {"body": "We look at it."},
}
FILES = ("/v1/support/attachments", f"{STAFF_PATH}/{{ticket}}/attachments", "/v1/admin/kb/images")


async def test_the_same_key_makes_one_thing_of_each_sort_that_staff_and_members_make(
    workspace: Workspace, desk: Desk, node: Node, tables: Tables
) -> None:
    ticket = str((await _opened(workspace))["id"])
    sent: list[tuple[str, Json]] = [(path, {"json": body}) for path, body in ONCE.items()]
    sent += [(path, {"files": {"image" if "kb" in path else "file": PICTURE}}) for path in FILES]
    for path, body in sent:
        mine = {} if path == "/v1/support/attachments" else desk.headers
        where, headers = path.replace("{ticket}", ticket), {**mine, "Idempotency-Key": "k"}
        first, again = [await workspace.client.post(where, headers=headers, **body) for _ in range(2)]
        assert first.is_success, f"{path}: {first.text}"
        assert again.headers.get("idempotent-replayed") == "true", path
        assert again.json() == first.json(), path
    for table in ("kb_articles", "campaigns"):
        assert len(await tables.rows(f"select 1 from {table}")) == 1, table
    assert len(await tables.rows("select 1 from ticket_files")) == 2  # the member's and the staff's
    assert len(await mails(node, tag="campaign")) == 1
    assert (await workspace.get(f"{PATH}/{ticket}"))["data"]["messages_count"] == 2


async def test_what_staff_were_answered_of_a_workspace_is_kept_with_it(
    workspace: Workspace, desk: Desk, tables: Tables
) -> None:
    made = await _opened(workspace)
    headers = {**desk.headers, "Idempotency-Key": "k"}
    await desk.client.post(f"{STAFF_PATH}/{made['id']}/messages", headers=headers, json={"body": "Hello"})
    [kept] = await tables.rows("select stream from answers where tenant_id = 0 and scope like 'admin:%'")
    assert kept["stream"] == f"workspace-{workspace.tenant}"  # which its erasure drops


# -- both sides --------------------------------------------------------------------------------------------------------


@pytest.mark.spec(53)
@pytest.mark.spec(271)
@pytest.mark.spec(273)
@pytest.mark.spec(274)
async def test_a_member_and_staff_talk_and_the_ticket_moves(workspace: Workspace, desk: Desk) -> None:
    made = await _opened(workspace, priority="high")
    mine, theirs = f"{PATH}/{made['id']}", f"{STAFF_PATH}/{made['id']}"
    assert (made["status"], made["messages"][0]["body"]) == ("open", "Since Monday")
    assert (await workspace.get(mine))["data"] == made
    [listed] = await desk.get(STAFF_PATH)
    assert (listed["subject"], listed["tenant_id"], listed["first_response"]["met_at"]) == (
        "It is slow",
        workspace.tenant,
        None,
    )
    assert (await workspace.client.post(f"{mine}/rating", json={"rating": 5})).status_code == 409
    answered = await desk.post(f"{theirs}/messages", {"body": "We look at it."}, 201)
    assert (answered["status"], answered["waiting_since"]) == ("pending", None)
    assert answered["first_response"]["breached"] is False
    read = (await workspace.get(mine))["data"]["messages"][1]
    assert read["author"] == {"kind": "staff", "id": None, "name": "Rita"}
    assert (await workspace.post(f"{mine}/messages", {"body": "Thanks"}))["status"] == "open"
    assert (await desk.post(f"{theirs}/status", {"status": "solved"}))["status"] == "solved"
    rated = await workspace.post(f"{mine}/rating", {"rating": 4, "comment": "ok"})
    assert rated["rating"] == {"rating": 4, "comment": "ok"}
    again = await workspace.post(f"{mine}/messages", {"body": "Still slow"})
    assert (again["status"], again["rating"]) == ("open", None)
    assert (await workspace.post(f"{mine}/close"))["status"] == "closed"
    refused = await workspace.client.post(f"{mine}/messages", json={"body": "x"})
    assert refused.json()["errors"][0]["code"] == "TICKET_CLOSED"
    assert (await _opened(workspace, follows=made["id"]))["follows"] == made["id"]
    assert (await workspace.post(f"{mine}/reopen"))["status"] == "open"
    await desk.post(f"{theirs}/status", {"status": "done"}, 422)


@pytest.mark.spec(272)
async def test_a_member_sees_their_own_and_an_owner_all_of_the_workspace(
    node: Node, workspace: Workspace, neighbour: Workspace
) -> None:
    member, other = await people.agent(node, workspace), await people.agent(node, workspace)
    made = await workspace.client.post(
        PATH, json={"subject": "Mine", "body": "x"}, headers={"Authorization": member.bearer}
    )
    one = f"{PATH}/{made.json()['data']['id']}"
    seen = {
        "the member": await _status(workspace.client, one, member.bearer),
        "another": await _status(workspace.client, one, other.bearer),
        "the owner": await _status(workspace.client, one),
        "a neighbour": await _status(neighbour.client, one),
    }
    assert seen == {"the member": 200, "another": 404, "the owner": 200, "a neighbour": 404}
    listed = await workspace.client.get(PATH, headers={"Authorization": other.bearer})
    assert listed.json()["data"] == []


async def _status(client: httpx.AsyncClient, path: str, bearer: str | None = None) -> int:
    headers = {} if bearer is None else {"Authorization": bearer}
    return (await client.get(path, headers=headers)).status_code


async def test_a_note_of_staff_is_nowhere_that_the_workspace_looks(
    workspace: Workspace, desk: Desk, inbox: Inbox, tables: Tables
) -> None:
    made = await _opened(workspace)
    theirs = f"{STAFF_PATH}/{made['id']}"
    noted = await desk.post(f"{theirs}/messages", {"body": NOTE, "is_internal": True}, 201)
    assert (noted["status"], noted["messages"][-1]["is_internal"]) == ("open", True)
    await desk.post(f"{theirs}/messages", {"body": "the answer"}, 201)
    await inbox.until(lambda: any(event["type"] == "ticket.written" for event in inbox.events))
    looks = ("/v1/support/tickets", f"{PATH}/{made['id']}", "/v1/audit?limit=100", "/v1/events?after=0&limit=500")
    told = [(await workspace.client.get(path)).text for path in looks]
    assert NOTE not in str(told) + str(inbox.events)
    assert "ticket.noted" not in str(told)
    assert (await workspace.get(f"{PATH}/{made['id']}"))["data"]["messages_count"] == 2
    log = await tables.rows("select data::text as data from events where type = 'ticket.noted'")
    assert NOTE not in str(log)  # sealed with the ticket's key


async def test_staff_are_told_of_a_newer_message_when_they_answer(workspace: Workspace, desk: Desk) -> None:
    made = await _opened(workspace)
    seen = made["messages"][0]["id"]
    await workspace.post(f"{PATH}/{made['id']}/messages", {"body": "one more thing"})
    sent = {"body": "Done.", "seen": seen}
    error = await desk.client.post(f"{STAFF_PATH}/{made['id']}/messages", json=sent, headers=desk.headers)
    assert error.json()["errors"][0]["code"] == "NEWER_MESSAGE"


async def test_the_opener_gets_a_mail_without_the_words(node: Node, workspace: Workspace, desk: Desk) -> None:
    made = await _opened(workspace)
    await desk.post(f"{STAFF_PATH}/{made['id']}/messages", {"body": "the secret answer"}, 201)
    [mail] = await mailed(node, tag="ticket_reply")
    assert (mail.to, str(made["id"]) in mail.subject) == (workspace.email, True)
    assert "the secret answer" not in str(mail)


async def test_the_same_request_again_writes_once(workspace: Workspace) -> None:
    key = {"Idempotency-Key": "one"}
    first = await workspace.client.post(PATH, json={"subject": "a", "body": "b"}, headers=key)
    again = await workspace.client.post(PATH, json={"subject": "a", "body": "b"}, headers=key)
    assert first.json() == again.json()
    path = f"{PATH}/{first.json()['data']['id']}/messages"
    answers = [await workspace.client.post(path, json={"body": "c"}, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["data"]["messages_count"] == 2


# -- staff's side ------------------------------------------------------------------------------------------------------


@pytest.mark.spec(47)
@pytest.mark.spec(48)
@pytest.mark.spec(49)
@pytest.mark.spec(51)
@pytest.mark.spec(52)
async def test_tickets_are_sorted_by_tag_priority_assignee_and_status(
    node: Node, workspace: Workspace, desk: Desk
) -> None:
    one, two = [(await _opened(workspace))["id"] for _ in range(2)]
    tag = await desk.post("/v1/admin/support/tags", {"name": "Faturação"}, 201)
    await desk.post("/v1/admin/support/tags", {"name": "faturacao"}, 422)
    await desk.post("/v1/admin/support/tags", {"name": "x" * 51}, 422)
    await desk.call("PUT", f"{STAFF_PATH}/{one}/tags", json={"tag_ids": [tag["id"]]})
    await desk.call("PUT", f"{STAFF_PATH}/{one}/tags", 422, json={"tag_ids": [tag["id"], 999999]})
    me = (await desk.get("/v1/admin/me"))["id"]
    await desk.post(f"{STAFF_PATH}/{one}/assign", {"admin_id": me})
    await desk.post(f"{STAFF_PATH}/{one}/assign", {"admin_id": 999999}, 422)
    await desk.post(f"{STAFF_PATH}/{one}/priority", {"priority": "urgent"})
    await desk.post(f"{STAFF_PATH}/{one}/priority", {}, 422)
    await desk.post(f"{STAFF_PATH}/{two}/close")
    for query in ({"tag": tag["id"]}, {"assignee": "me"}, {"assignee": me}, {"priority": "urgent"}, {"status": "open"}):
        assert [each["id"] for each in await desk.get(STAFF_PATH, **query)] == [one], query
    assert [each["id"] for each in await desk.get(STAFF_PATH, assignee="none")] == [two]
    assert [each["id"] for each in await desk.get(STAFF_PATH, order="waiting")] == [one]
    await desk.call("DELETE", f"/v1/admin/support/tags/{tag['id']}", 204)
    assert (await desk.get(f"{STAFF_PATH}/{one}"))["tag_ids"] == []
    assert (await desk.post(f"{STAFF_PATH}/{one}/assign", {"admin_id": None}))["admin_id"] is None


@pytest.mark.spec(50)
async def test_who_is_looking_hears_of_the_others_and_never_of_themselves(
    node: Node, workspace: Workspace, desk: Desk
) -> None:
    made = await _opened(workspace)
    other = await signed_in(node, workspace, "leo@plixa.example")
    path = f"{STAFF_PATH}/{made['id']}/viewing"
    assert await desk.post(path) == []
    assert await desk.post(path) == []
    [seen] = await other.post(path, {"state": "writing"})
    assert (seen["name"], seen["state"]) == ("Rita", "viewing")
    [listed] = await desk.get(STAFF_PATH)
    assert [each["state"] for each in listed["viewers"]] == ["writing"]
    await other.post(path, {"state": "gone"})
    assert await desk.post(path) == []


@pytest.mark.spec(47)
async def test_canned_replies_are_shared_and_filled_in(workspace: Workspace, desk: Desk) -> None:
    path = "/v1/admin/support/canned-replies"
    reply = await desk.post(path, {"title": "Hi", "body": "Hello {{ first_name }}, ticket {{ticket}}."}, 201)
    changed = await desk.call("PATCH", f"{path}/{reply['id']}", json={"title": "Hello"})
    assert (changed["title"], changed["body"]) == ("Hello", reply["body"])
    made = await _opened(workspace)
    answered = await desk.post(f"{STAFF_PATH}/{made['id']}/messages", {"canned_reply_id": reply["id"]}, 201)
    assert answered["messages"][-1]["body"] == f"Hello Ana, ticket {made['id']}."
    await desk.call("DELETE", f"{path}/{reply['id']}", 204)
    assert await desk.get(path) == []
    with pytest.raises(Invalid):
        filled("{{nothing}}", {"name": "Ana"})


async def test_the_desk_hears_in_its_own_log_that_something_happened_and_nothing_of_what(
    workspace: Workspace, desk: Desk, tables: Tables
) -> None:
    made = await _opened(workspace, subject=NOTE)
    found = "select data::text as data from events where tenant_id = 0 and type = 'desk.ticket_changed'"
    with trio.fail_after(20):
        while not (rows := await tables.rows(found)):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)
    assert f'"ticket_id":{made["id"]}' in str(rows[0]["data"]).replace(" ", "")
    assert NOTE not in str(rows)


# -- files -------------------------------------------------------------------------------------------------------------


async def test_files_are_taken_by_their_content_once_and_are_no_pages(workspace: Workspace, desk: Desk) -> None:
    upload = "/v1/support/attachments"
    picture = (await workspace.client.post(upload, files={"file": PICTURE})).json()["data"]
    text = ("../../a.html", b"<script>alert(1)</script>", "text/html")
    page = (await workspace.client.post(upload, files={"file": text})).json()["data"]
    assert (page["mime"], page["name"]) == ("text/plain", "a.html")
    for bad in (b"\x00\x01", b"\x89PNG but no picture", b""):
        assert (await workspace.client.post(upload, files={"file": ("x", bad, "image/png")})).status_code == 422
    made = await _opened(workspace, attachments=[picture["id"], page["id"]])
    assert [each["id"] for each in made["messages"][0]["attachments"]] == [picture["id"], page["id"]]
    got = await workspace.client.get(f"{PATH}/{made['id']}/attachments/{page['id']}")
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    again = await workspace.client.post(PATH, json={"subject": "a", "body": "b", "attachments": [page["id"]]})
    assert again.status_code == 422
    seen = await desk.client.get(f"{STAFF_PATH}/{made['id']}/attachments/{picture['id']}", headers=desk.headers)
    assert seen.status_code == 200


# -- decisions ---------------------------------------------------------------------------------------------------------


def test_what_is_solved_closes_by_itself_and_a_rating_is_changed_for_a_week() -> None:
    from datetime import UTC, datetime
    from itertools import count

    at, ids = datetime(2026, 11, 30, 12, tzinfo=UTC), count(1)
    state = tickets.Ticket(id=1, opened_by=7, subject="x", opened_at=at, last=tickets.LastMessage(1, "user", at))

    def run(state: tickets.Ticket, command: Any, at: Any) -> tickets.Ticket:
        for event in tickets.decide(state, command, Moment(at, ids)):
            state = tickets.evolve(state, event)
        return state

    solved = run(state, tickets.MoveTicket(who="admin", status="solved"), at)
    due = tickets.timers(solved)["close"]
    assert due == at + timedelta(days=7)
    assert run(solved, TimerFired(name="close", due=due), due).status == "closed"
    assert run(state, TimerFired(name="close", due=due), due).status == "open"
    rated = run(solved, tickets.Rate(rating=5), at)
    assert tickets.decide(rated, tickets.Rate(rating=5), Moment(at, ids)) == []
    assert run(rated, tickets.Rate(rating=1), at + timedelta(days=6)).rating is not None
    with pytest.raises(Conflict):
        run(rated, tickets.Rate(rating=1), at + timedelta(days=8))


def test_names_of_tags_are_told_apart_without_case_and_accents() -> None:
    assert shared.folded("Faturação ") == shared.folded("FATURACAO")


# -- live --------------------------------------------------------------------------------------------------------------

LIVE = "/v1/admin/ws"


async def test_staff_hear_live_of_a_ticket_and_only_staff(node: Node, workspace: Workspace, desk: Desk) -> None:
    async with raw(node, path=LIVE, **desk.headers) as socket:
        assert (await socket.receive())["op"] == "hello"
        await socket.send({"op": "subscribe"})
        await socket.until("live")
        made = await _opened(workspace)
        frame = await socket.until("events")
    told = frame["events"][0]["data"]["ticket"]
    assert (told["id"], told["tenant_id"]) == (made["id"], workspace.tenant)
    heard = await desk.get("/v1/admin/events", after=frame["events"][0]["offset"] - 1, wait=5)
    assert heard[0]["data"]["ticket"] == told
    async with raw(node, path=LIVE, Authorization=f"Bearer {workspace.token}") as socket:
        assert await socket.closed() == 4401
    async with raw(node, **desk.headers) as socket:
        assert await socket.closed() == 4401  # and a member's socket is none for staff


async def test_a_disabled_member_of_staff_hears_no_more(
    node: Node, workspace: Workspace, desk: Desk, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plixa.http.desk.live.JUDGE", 0.1)
    async with raw(node, path=LIVE, **desk.headers) as socket:
        await socket.receive()
        await socket.send({"op": "subscribe"})
        await tables.rows("update admins set removed_at = now() returning 1")
        assert await socket.closed() == 4401
