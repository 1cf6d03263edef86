"""Broadcasts from end to end: what people see of them, and what their recipients get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trio
from tests.harness import Json
from tests.http.agenda import MONDAY, Desk
from tests.http.chat import Chat
from tests.http.people import agent
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.features import kinds, schema
from plixa.http.api import auth
from plixa.storage.tools.rebuild import Rebuilder

BIA, LEO, ZOE = "5511987650010", "5511987650011", "5511987650012"
LOUD = {"quiet_from": "00:00", "quiet_until": "00:00"}


def listed(*phones: str, **fields: Any) -> Json:
    """A broadcast to these numbers."""
    recipients = [{"phone": phone} for phone in phones]
    return {"name": "Pão quente", "body": "Oi {{first_name}}, tem pão!", "recipients": recipients, **fields}


class Many:
    """A workspace that sends to many, at any hour."""

    def __init__(self, chat: Chat, tables: Tables, node: Node) -> None:
        self.chat = chat
        self.database = node.services.database
        self.keyring = node.services.store.keyring
        self.workspace = chat.workspace
        self.tables = tables

    async def create(self, *phones: str, **fields: Any) -> int:
        """A broadcast; returns its id."""
        made: Json = await self.workspace.post("/v1/broadcasts", listed(*phones, **fields))
        return int(made["id"])

    async def get(self, id_: int) -> Json:
        """How it stands."""
        found: Json = (await self.workspace.get(f"/v1/broadcasts/{id_}"))["data"]
        return found

    async def until(self, id_: int, true: Callable[[Json], bool]) -> Json:
        """Wait until it stands so."""
        found = await self.get(id_)
        try:
            with trio.fail_after(20):
                while not true(found):
                    await trio.sleep(0.05)
                    found = await self.get(id_)
        except trio.TooSlowError:
            pytest.fail(f"it stands at {found}")
        return found

    async def done(self, id_: int) -> Json:
        """Wait until everybody has had their turn."""
        return await self.until(id_, lambda found: found["status"] == "done")

    async def recipients(self, id_: int, **query: Any) -> list[Json]:
        """Whom it goes to."""
        found: list[Json] = (await self.workspace.get(f"/v1/broadcasts/{id_}/recipients", **query))["data"]
        return found

    async def until_opted_out(self) -> list[Json]:
        """Wait until somebody is known to want no more; returns them."""
        with trio.fail_after(10):
            while not (found := (await self.workspace.get("/v1/contacts", opted_out=1))["data"]):  # noqa: ASYNC110
                await trio.sleep(0.05)
        return list(found)

    async def screen(self, phone: str) -> list[str]:
        """What a recipient sees."""
        return [bubble["text"] for bubble in await self.chat.simulator.screen(phone)]


@pytest.fixture
async def many(chat: Chat, tables: Tables, node: Node) -> Many:
    await chat.workspace.put("/v1/broadcast-config", LOUD)
    return Many(chat, tables, node)


async def test_one_number_gets_it_once_in_whatever_spelling(many: Many) -> None:
    id_ = await many.create(BIA, "+55 (11) 98765-0010", "011 98765-0010", "(11) 98765-0011", name="Dois")
    shown = await many.done(id_)
    assert (shown["total"], shown["counts"]["skipped"]) == (4, 2)
    rows = await many.recipients(id_)
    assert [(row["phone"], row["reason"]) for row in rows] == [
        (BIA, None), (BIA, "duplicate"), (BIA, "duplicate"), (LEO, None)
    ]  # fmt: skip
    assert [await many.screen(BIA), await many.screen(LEO)] == [["Oi, tem pão!"], ["Oi, tem pão!"]]


async def test_of_a_label_everybody_gets_it_and_is_called_by_their_name(many: Many) -> None:
    label = (await many.workspace.post("/v1/labels", {"name": "VIP", "color": "#aabbcc"}))["id"]
    for phone, name in ((BIA, "Bia Souza"), (LEO, None), (ZOE, "Zoé")):
        contact = await many.workspace.post("/v1/contacts", {"contact_phone": phone, "contact_name": name})
        if phone != ZOE:
            await many.workspace.post(f"/v1/contacts/{contact['id']}/labels/{label}")
    id_ = (await many.workspace.post("/v1/broadcasts", of_label(label)))["id"]
    assert (await many.done(id_))["total"] == 2
    assert [await many.screen(phone) for phone in (BIA, LEO, ZOE)] == [["Oi Bia, tem pão!"], ["Oi, tem pão!"], []]


def of_label(label: int) -> Json:
    return {"name": "Pão quente", "body": "Oi @{{first_name}}, tem pão!", "source": "label", "label_id": label}


async def test_a_conversation_that_begins_with_one_rests_until_its_customer_answers(many: Many) -> None:
    id_ = await many.create(BIA)
    await many.until(id_, lambda found: found["counts"]["delivered"] + found["counts"]["read"] == 1)
    [row] = await many.recipients(id_)
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], conversation["broadcast_id"]) == ("resolved", None)
    message = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}/messages"))["data"][0]
    assert (message["author"]["kind"], message["extra"]) == ("system", {"broadcast_id": id_})
    answer = await many.chat.written("Quero dois", phone=BIA)
    assert answer["conversation_id"] == row["conversation_id"]
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], conversation["broadcast_id"], conversation["unread_count"]) == ("open", id_, 1)
    assert (await many.recipients(id_, status="replied"))[0]["id"] == row["id"]


async def test_a_word_opts_out_is_answered_once_and_holds_for_the_next_ones(many: Many) -> None:
    id_ = await many.create(BIA)
    await many.done(id_)
    for word in ("Sair!", "SAIR"):
        await many.chat.written(word, phone=BIA)
    await many.until(id_, lambda found: found["counts"]["opted_out"] == 1)
    [contact] = await many.until_opted_out()
    assert contact["contact_phone"] == BIA
    said = await many.screen(BIA)
    assert len([text for text in said if "nossas mensagens em massa" in text or "no more broadcasts" in text]) == 1
    [row] = await many.recipients(id_)
    conversation = (await many.workspace.get(f"/v1/conversations/{row['conversation_id']}"))["data"]
    assert (conversation["status"], row["status"]) == ("resolved", "replied")
    again = await many.create(BIA, LEO, ignore_cooldown=True)
    await many.done(again)
    assert [(each["phone"], each["reason"]) for each in await many.recipients(again)] == [
        (BIA, "opted_out"), (LEO, None)
    ]  # fmt: skip


@pytest.mark.spec(99)
async def test_everything_that_is_wrong_is_said_at_once(many: Many) -> None:
    wrong = listed("123", BIA, "nobody", "+55 11")
    answer = await many.workspace.client.post("/v1/broadcasts", json={**wrong, "phone_instance_id": 999})
    assert answer.status_code == 422
    assert set(answer.json()["errors"][0]["details"]) == {
        "recipients.0.phone", "recipients.2.phone", "recipients.3.phone", "phone_instance_id"
    }  # fmt: skip


@pytest.mark.spec(99)
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"recipients": []}, "recipients"),
        ({"recipients": None}, "recipients"),
        ({"source": "label"}, "label_id"),
        ({"source": "label", "label_id": 999}, "label_id"),
        ({"recipients": [{"phone": BIA}] * 1001}, "recipients"),
        ({"name": "x" * 101}, "name"),
        ({"body": "x" * 1025}, "body"),
        ({"scheduled_at": "2020-01-01T00:00:00Z"}, "scheduled_at"),
        ({"scheduled_at": "soon"}, "scheduled_at"),
        ({"scheduled_at": "9999-12-31T23:59:59"}, "scheduled_at"),
    ],
)
async def test_a_broadcast_that_cannot_be_is_refused(many: Many, fields: Json, wrong: str) -> None:
    answer = await many.workspace.client.post("/v1/broadcasts", json={**listed(BIA), **fields})
    assert (answer.status_code, set(answer.json()["errors"][0]["details"])) == (422, {wrong})


@pytest.mark.spec(100)
async def test_a_time_without_an_offset_is_the_workspaces(many: Many) -> None:
    await many.workspace.put(
        "/v1/workspace-config", {"timezone": "America/Sao_Paulo", "locale": "pt-BR", "currency": "BRL"}
    )
    for written in ("2099-01-02T09:00", "2099-01-02T12:00:00Z", "2099-01-02 09:00:00-03:00"):
        made = await many.workspace.post("/v1/broadcasts", listed(BIA, scheduled_at=written))
        assert (made["status"], made["scheduled_at"]) == ("scheduled", "2099-01-02T12:00:00+00:00")
        assert made == await many.get(made["id"])
    made = await many.workspace.post("/v1/broadcasts", listed(BIA, scheduled_at="2099-01-02"))
    assert made["scheduled_at"] == "2099-01-02T03:00:00+00:00"


async def test_a_dry_run_says_what_happens_and_does_nothing(many: Many) -> None:
    await many.chat.written("oi", phone=BIA)
    contact = await many.workspace.post("/v1/contacts", {"contact_phone": LEO, "contact_name": "Leo Reis"})
    await many.workspace.put(f"/v1/contacts/{contact['id']}/opt-out", {"opted_out": True})
    recipients = [{"phone": BIA}, {"phone": LEO}, {"phone": ZOE, "name": "Zoé Dias"}, {"phone": ZOE}]
    said = await many.workspace.post("/v1/broadcasts/preview", {"body": "Oi {{name}}", "recipients": recipients})
    assert (said["total"], said["would_get_it"], said["strangers"]) == (4, 1, 1)
    assert said["skipped"] == {"in_conversation": 1, "opted_out": 1, "duplicate": 1}
    assert said["samples"] == [{"phone": ZOE, "name": "Zoé Dias", "text": "Oi Zoé Dias"}]
    assert (await many.workspace.get("/v1/broadcasts"))["data"] == []
    assert [each["phone"] for each in said["left_out"]] == [BIA, LEO, ZOE]
    assert not await many.tables.rows("select 1 from contacts where phone = $1", ZOE)
    id_ = (await many.workspace.post("/v1/broadcasts", {**listed(), "recipients": recipients}))["id"]
    await many.done(id_)
    reasons = sorted((row["phone"], row["reason"]) for row in await many.recipients(id_) if row["reason"])
    assert reasons == [(BIA, "in_conversation"), (LEO, "opted_out"), (ZOE, "duplicate")]


async def test_who_answers_and_books_is_counted_and_gets_no_other_one_before_it(many: Many) -> None:
    first = await many.create(BIA, LEO)
    await many.done(first)
    for phone in (BIA, LEO):
        await many.chat.written("Quero!", phone=phone)
    second = await many.create(BIA, ignore_cooldown=True)
    await many.until(first, lambda found: found["counts"]["replied"] == 2)
    desk = Desk(many.workspace)
    service = await desk.service()
    [bia, _] = await many.recipients(first)
    await desk.book(service, f"{MONDAY}T10:00:00-03:00", contact_id=bia["contact_id"])
    assert [(await many.get(first))["counts"][what] for what in ("replied", "booked")] == [2, 1]
    await many.done(second)
    assert (await many.get(second))["counts"]["booked"] == 0
    await many.tables.rows("update messages set created_at = created_at - interval '2 hours'")
    asked = {"body": "Oi", "recipients": [{"phone": BIA}, {"phone": LEO}], "ignore_cooldown": True}
    said = await many.workspace.post("/v1/broadcasts/preview", asked)
    assert (said["skipped"], said["would_get_it"]) == ({"booked": 1}, 1)


async def test_whoever_had_one_lately_is_left_out_unless_the_owner_says_otherwise(many: Many) -> None:
    await many.done(await many.create(BIA))
    second, third = await many.create(BIA), await many.create(BIA, ignore_cooldown=True, body="Outra vez")
    await many.done(second)
    await many.done(third)
    assert [row["reason"] for row in await many.recipients(second)] == ["cooldown"]
    assert await many.screen(BIA) == ["Oi, tem pão!", "Outra vez"]


async def test_who_is_not_on_whatsapp_is_never_written_to(many: Many) -> None:
    await many.chat.simulator.client.put(f"/sim/customers/{ZOE}", json={"exists": False})
    id_ = await many.create(ZOE, BIA)
    await many.done(id_)
    row = (await many.recipients(id_))[0]
    assert (row["status"], row["reason"]) == ("skipped", "no_whatsapp")


async def test_strangers_get_no_more_than_their_share_of_a_day(many: Many) -> None:
    await many.workspace.put("/v1/broadcast-config", {"strangers_a_day": 1})
    id_ = await many.create(BIA, LEO)
    held = await many.until(id_, lambda found: found["reason"] == "daily_limit" and found["counts"]["pending"] == 1)
    assert (held["status"], held["waits_until"] is None) == ("sending", False)
    await many.workspace.put("/v1/broadcast-config", {"strangers_a_day": 0})
    assert (await many.workspace.post("/v1/broadcasts/preview", {"body": "x", "recipients": [{"phone": LEO}]}))[
        "skipped"
    ] == {"stranger": 1}


def quiet() -> Json:
    """Quiet hours all day long but for a minute, which is half an hour away in any zone of whole hours."""
    loud = datetime.now(UTC) + timedelta(minutes=30)
    return {"quiet_from": f"{loud + timedelta(minutes=1):%H:%M}", "quiet_until": f"{loud:%H:%M}"}


async def test_in_the_quiet_hours_it_waits_and_says_until_when(many: Many) -> None:
    await many.workspace.put("/v1/broadcast-config", quiet())
    id_ = await many.create(BIA)
    held = await many.until(id_, lambda found: found["reason"] == "quiet_hours")
    assert (held["status"], held["counts"]["pending"]) == ("sending", 1)
    assert await many.screen(BIA) == []


@pytest.mark.spec(101)
async def test_what_is_paused_waits_and_what_is_cancelled_ends(many: Many) -> None:
    await many.workspace.put("/v1/broadcast-config", quiet())
    id_ = await many.create(BIA, LEO)
    await many.until(id_, lambda found: found["reason"] == "quiet_hours" and found["total"] == 2)
    assert (await many.workspace.post(f"/v1/broadcasts/{id_}/pause"))["status"] == "paused"
    await many.workspace.put("/v1/broadcast-config", LOUD)
    assert await many.screen(BIA) == []
    resumed = await many.workspace.post(f"/v1/broadcasts/{id_}/resume")
    assert resumed["status"] == "sending"
    await many.done(id_)
    answer = await many.workspace.client.post(f"/v1/broadcasts/{id_}/cancel")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "STATUS_CONFLICT")
    await many.workspace.put("/v1/broadcast-config", quiet())
    other = await many.create(ZOE)
    await many.until(other, lambda found: found["reason"] == "quiet_hours" and found["total"] == 1)
    for _ in range(2):
        assert (await many.workspace.post(f"/v1/broadcasts/{other}/cancel"))["status"] == "cancelled"
    await many.until(other, lambda found: found["counts"]["failed"] == 1)
    assert [(row["status"], row["reason"]) for row in await many.recipients(other)] == [("failed", "cancelled")]


async def test_a_number_that_is_away_pauses_it_and_it_goes_on_by_itself(many: Many) -> None:
    number = many.chat.number
    await many.workspace.post(f"/v1/phone-instances/{number.id}/disconnect")
    await many.chat.inbox.until(lambda: not _connected(many))
    id_ = await many.create(BIA, phone_instance_id=number.id)
    await many.until(id_, lambda found: (found["status"], found["reason"]) == ("paused", "number_disconnected"))
    await many.workspace.post(f"/v1/phone-instances/{number.id}/restart")
    await many.done(id_)
    assert await many.screen(BIA) == ["Oi, tem pão!"]


def _connected(many: Many) -> bool:
    shown = [event["data"].get("phone_instance", {}).get("status") for event in many.chat.inbox.events]
    return [status for status in shown if status][-1:] == ["connected"]


async def test_it_stops_by_itself_where_too_many_fail(many: Many) -> None:
    phones = [f"551198765{n:04}" for n in range(1000, 1012)]
    await many.chat.simulator.faults(refuse=1.0)
    id_ = await many.create(*phones)
    stopped = await many.until(id_, lambda found: found["status"] == "stopped")
    assert (stopped["reason"], stopped["counts"]["failed"] >= 6) == ("failures", True)
    events = many.chat.inbox.events
    await many.chat.inbox.until(lambda: any(event["type"] == "broadcast.stopped" for event in events))


async def test_erasing_a_contact_leaves_the_count_and_nothing_of_who_it_was(many: Many) -> None:
    id_ = await many.create(BIA)
    await many.until(id_, lambda found: found["counts"]["delivered"] + found["counts"]["read"] == 1)
    [row] = await many.recipients(id_)
    assert (await many.workspace.client.delete(f"/v1/contacts/{row['contact_id']}")).status_code == 204
    assert (await many.workspace.client.delete(f"/v1/conversations/{row['conversation_id']}")).status_code == 204
    [after] = await many.recipients(id_)
    assert (after["phone"], after["name"], after["contact_id"]) == (None, None, None)
    assert not [line for lines in (await many.tables.dump()).values() for line in lines if BIA in line]


async def test_the_same_request_makes_one_broadcast(many: Many) -> None:
    made = [await many.workspace.post("/v1/broadcasts", listed(BIA), **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert made[0] == made[1]
    assert len((await many.workspace.get("/v1/broadcasts"))["data"]) == 1


async def test_the_tables_follow_from_the_log_alone(many: Many) -> None:
    await many.done(await many.create(BIA, LEO, BIA))
    await many.chat.written("sair", phone=BIA)
    await many.until_opted_out()
    await many.chat.written("oba", phone=LEO)
    await many.tables.settled()
    names = ("broadcasts", "broadcast_recipients", "contacts", "conversations")
    before = {name: lines for name, lines in (await many.tables.dump()).items() if name in names}
    rebuilder = Rebuilder(many.keyring, kinds(), schema())
    await many.database.run(rebuilder.run)
    assert {name: lines for name, lines in (await many.tables.dump()).items() if name in names} == before


@pytest.mark.spec(95)
async def test_only_the_owner_writes_and_only_in_a_plan_that_has_it(
    many: Many, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await many.create(BIA, scheduled_at="2099-01-01T12:00:00+00:00")
    writes = [("", listed(LEO)), ("/preview", listed(LEO)), *((f"/{one}/{what}", {}) for what in ("pause", "cancel"))]

    async def asked(**headers: str) -> set[tuple[int, str]]:
        answers = [
            await many.workspace.client.post(f"/v1/broadcasts{path}", json=body, headers=headers)
            for path, body in writes
        ]
        return {(answer.status_code, answer.json()["errors"][0]["code"]) for answer in answers}

    member = await agent(node, many.workspace)
    assert await asked(Authorization=member.bearer) == {(403, "FORBIDDEN")}
    monkeypatch.setattr(auth, "idle_since", lambda _: None)  # nobody signs in anew meanwhile
    after_the_trial = node.services.clock.now() + timedelta(days=15)
    monkeypatch.setattr(node.services.clock, "now", lambda: after_the_trial)
    assert await asked() == {(403, "BROADCASTS_PLAN_REQUIRED")}
    assert [(each["id"], each["status"]) for each in (await many.workspace.get("/v1/broadcasts"))["data"]] == [
        (one, "scheduled")
    ]


@pytest.mark.spec(96)
@pytest.mark.spec(97)
async def test_members_follow_broadcasts_page_by_page(many: Many) -> None:
    ids = [await many.create(BIA, name=f"Nº {n}", ignore_cooldown=True) for n in range(3)]
    first = await many.workspace.get("/v1/broadcasts", limit=2)
    second = await many.workspace.get("/v1/broadcasts", limit=2, cursor=first["meta"]["next_cursor"])
    assert [each["id"] for each in first["data"] + second["data"]] == ids[::-1]
    await many.done(ids[-1])
    id_ = await many.create(BIA, LEO, ZOE, ignore_cooldown=True)
    await many.done(id_)
    page = await many.workspace.get(f"/v1/broadcasts/{id_}/recipients", limit=2)
    rest = await many.workspace.get(f"/v1/broadcasts/{id_}/recipients", cursor=page["meta"]["next_cursor"])
    assert [row["phone"] for row in page["data"] + rest["data"]] == [BIA, LEO, ZOE]
