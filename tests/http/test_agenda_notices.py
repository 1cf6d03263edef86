"""Reminders as customers get them on their phone, and what follows when they tap."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import trio
from icalendar import Calendar
from tests.harness import Json
from tests.http import people
from tests.http.agenda import Desk
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.test_flows import until
from tests.http.webhooks import CUSTOMER

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import WaitlistJoined
from plixa.compose import Node
from plixa.engine.clock import SystemClock
from plixa.engine.ports import Address, Effect, StoredEffect
from plixa.http.scheduling.notices import Notices
from plixa.http.scheduling.parts import OWING

AHEAD = timedelta(days=3)


class Later:
    """The machine's clock, put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, node: Node) -> None:
        self._shift, self._node = timedelta(), node

        def now(_: SystemClock) -> datetime:
            return datetime.now(UTC) + self._shift

        monkeypatch.setattr(SystemClock, "now", now)

    def go(self, at: datetime) -> None:
        """Let it be so late."""
        self._shift = at - datetime.now(UTC)
        self._node.timers.nudge()


@pytest.fixture
def later(node: Node, monkeypatch: pytest.MonkeyPatch) -> Later:
    return Later(monkeypatch, node)


@pytest.fixture
def desk(chat: Chat) -> Desk:
    return Desk(chat.workspace)


async def booked(desk: Desk, chat: Chat, hour: int = 15, **more: object) -> Json:
    """An appointment of the customer's in three days, by UTC's clock."""
    await chat.written()
    (conversation,) = (await chat.workspace.get("/v1/conversations"))["data"]
    service = await desk.service(reminder_offsets=[120], **more)
    start = (datetime.now(UTC) + AHEAD).replace(hour=hour, minute=0, second=0, microsecond=0)
    return await desk.book(service, start.isoformat(), contact_id=conversation["contact_id"])


async def said(chat: Chat, begins: str) -> Json:
    """Wait for what the customer is told."""

    async def found() -> Json | None:
        screen = await chat.simulator.screen(CUSTOMER)
        return next((each for each in reversed(screen) if begins in each["text"] and each["from"] == "business"), None)

    shown: Json = await until(found, begins)
    return shown


async def tap(chat: Chat, bubble: Json, label: str) -> None:
    choice = next(option["id"] for option in bubble["options"] if option["label"] == label)
    await chat.write("", type="tap", to=bubble["id"], choice=choice)


async def reminded(chat: Chat, later: Later, appointment: Json) -> Json:
    later.go(datetime.fromisoformat(appointment["start"]) - timedelta(minutes=119))
    return await said(chat, "We look forward to seeing you")


async def one(desk: Desk, id_: int) -> Json:
    shown: Json = await desk.done("GET", f"/appointments/{id_}")
    return shown


async def becomes(desk: Desk, id_: int, **fields: object) -> None:
    with trio.fail_after(20):
        while not fields.items() <= (await one(desk, id_)).items():  # noqa: ASYNC110  # the outbox tells the agenda
            await trio.sleep(0.05)


@pytest.mark.spec(243)
async def test_a_customer_confirms_by_tapping_the_reminder(desk: Desk, chat: Chat, later: Later) -> None:
    made = await booked(desk, chat)
    bubble = await reminded(chat, later, made)
    assert [option["label"] for option in bubble["options"]] == ["Confirm", "Reschedule", "Cancel"]
    await tap(chat, bubble, "Confirm")
    await said(chat, "Thank you, you are expected")
    assert (await one(desk, made["id"]))["confirmed_by_contact_at"] is not None
    texts = [each["text"] for each in await desk.done("GET", f"/appointments/{made['id']}/timeline")]
    assert texts[1:] == ["The customer is reminded of it.", "The customer says that they will come."]
    day = made["start"][:10]
    rows = (await chat.workspace.get(f"/v1/reports/reminders?from={day}&to={day}"))["data"]["rows"]
    assert [(row["reminded"], row["booked"], row["confirmed_by_customers"]) for row in rows] == [(True, 1, 1)]


async def test_a_customer_cancels_and_is_asked_once_more(desk: Desk, chat: Chat, later: Later) -> None:
    await desk.done("PUT", "/booking-config", {"cancel_before_minutes": 60})
    made = await booked(desk, chat)
    await tap(chat, await reminded(chat, later, made), "Cancel")
    sure = await said(chat, "Shall we really cancel this?")
    assert (await one(desk, made["id"]))["status"] == "confirmed"
    await chat.write("1")  # the number of an option is one, too
    await said(chat, "It is cancelled")
    shown = await one(desk, made["id"])
    assert (shown["status"], shown["cancelled_by"]) == ("cancelled", "contact")
    await tap(chat, sure, "Keep it")
    await said(chat, "This appointment is not booked any more.")


async def test_what_is_too_late_is_a_persons(desk: Desk, chat: Chat, later: Later) -> None:
    made = await booked(desk, chat)
    await tap(chat, await reminded(chat, later, made), "Cancel")
    await tap(chat, await said(chat, "Shall we really"), "Yes, cancel")
    await said(chat, "It is too late to do this here")
    assert (await one(desk, made["id"]))["status"] == "confirmed"
    assert (await chat.workspace.get("/v1/conversations"))["data"][0]["mode"] == "human"


async def test_an_old_reminder_says_what_has_become_of_it(desk: Desk, chat: Chat, later: Later) -> None:
    made = await booked(desk, chat)
    bubble = await reminded(chat, later, made)
    moved = datetime.fromisoformat(made["start"]) + timedelta(days=1)
    await desk.done("POST", f"/appointments/{made['id']}/reschedule", {"start": moved.isoformat()})
    await tap(chat, bubble, "Cancel")
    await said(chat, "This has been changed meanwhile. It is now:")
    shown = await one(desk, made["id"])
    assert (shown["status"], shown["confirmed_by_contact_at"]) == ("confirmed", None)


async def waits(node: Node, desk: Desk, made: Json) -> int:
    """The customer wants the service of an appointment; returns the entry's id."""
    address = Address(desk.workspace.tenant, "agenda", 1)
    command = cmd.JoinWaitlist(service_id=made["service_id"], contact_id=made["contact_id"])
    outcome = await node.services.bus.ask(address, command, actor="system", cause="test")
    return outcome.first(WaitlistJoined).entry.id


@pytest.mark.spec(253)
@pytest.mark.spec(254)
@pytest.mark.spec(255)
async def test_a_cancelled_time_is_offered_to_who_waits_and_taken_with_a_tap(
    desk: Desk, chat: Chat, later: Later, node: Node
) -> None:
    later.go(datetime.now(UTC).replace(hour=12, minute=0) + timedelta(days=1))  # by day: in the night nobody is asked
    made = await booked(desk, chat, provider_ids=[chat.workspace.user_id])
    entry = await waits(node, desk, made)
    (waiting,) = await desk.done("GET", "/waitlist")
    assert (waiting["id"], waiting["status"], waiting["contact_id"]) == (entry, "waiting", made["contact_id"])
    await desk.done("POST", f"/appointments/{made['id']}/cancel", {})
    bubble = await said(chat, "A time has become free")
    (offered,) = await desk.done("GET", "/waitlist")
    held = offered["offered"]["appointment_id"]
    assert (offered["status"], (await one(desk, held))["status"]) == ("offered", "pending")
    await tap(chat, bubble, "Take it")
    await said(chat, "Thank you, you are expected")
    shown = await one(desk, held)
    assert (shown["status"], shown["source"], shown["contact_id"]) == ("confirmed", "contact", made["contact_id"])
    assert await desk.done("GET", "/waitlist") == []
    again = await waits(node, desk, made)
    agent = Desk(chat.workspace, (await people.agent(node, chat.workspace)).bearer)
    await agent.done("DELETE", f"/waitlist/{again}", status=204)
    assert await agent.refused("DELETE", f"/waitlist/{again}") == (404, "NOT_FOUND")


async def has_file(chat: Chat, method: str) -> Calendar:
    """Wait for a calendar file in the conversation."""
    (conversation,) = (await chat.workspace.get("/v1/conversations"))["data"]
    path = f"/v1/conversations/{conversation['id']}/messages"

    async def found() -> Calendar | None:
        for each in (await chat.workspace.get(path))["data"]:
            if each["type"] == "document" and each["status"] not in ("queued", "sending"):
                whole = Calendar.from_ical((await chat.workspace.client.get(f"{path}/{each['id']}/media")).content)
                return whole if str(whole["method"]) == method else None
        return None

    file: Calendar = await until(found, "a calendar file")
    return file


async def test_what_staff_book_move_and_cancel_is_told_and_can_be_had_as_a_file(
    desk: Desk, chat: Chat, node: Node
) -> None:
    """T22, of what is booked at the desk."""
    made = await booked(desk, chat)
    bubble = await said(chat, "We have booked this for you:")
    start = datetime.fromisoformat(made["start"])
    assert f"{start:%H:%M} · Corte" in bubble["text"], "as the wall reads where it takes place"
    assert [option["label"] for option in bubble["options"]] == ["Add to calendar", "Reschedule", "Cancel"]
    await tap(chat, bubble, "Add to calendar")
    (event,) = (await has_file(chat, "PUBLISH")).walk("VEVENT")
    assert event.decoded("dtstart") == start
    moved = start + timedelta(days=1)
    await desk.done("POST", f"/appointments/{made['id']}/reschedule", {"start": moved.isoformat()})
    assert f"{moved:%H:%M}" in (await said(chat, "We have moved your appointment. It is now:"))["text"]
    await tap(chat, bubble, "Cancel")
    await said(chat, "This has been changed meanwhile")
    await desk.done("POST", f"/appointments/{made['id']}/cancel", {})
    await said(chat, "We had to cancel this.")
    await desk.done("PUT", "/booking-config", {"cancel_before_minutes": 120, "tell_customers": False})
    before = len(await chat.simulator.screen(CUSTOMER))
    quiet = await desk.book(made["service_id"], moved.isoformat(), contact_id=made["contact_id"])
    await desk.done("POST", f"/appointments/{quiet['id']}/cancel", {})
    tables = Tables(node.services.database)
    with trio.fail_after(10):
        while await tables.rows(TELLING):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.02)
    assert len(await chat.simulator.screen(CUSTOMER)) == before


TELLING = "select 1 from outbox where kind = 'appointment.tell' and state in ('queued', 'attempting')"


@pytest.mark.spec(241)
async def test_a_new_setting_counts_for_what_is_booked_already(
    desk: Desk, chat: Chat, later: Later, node: Node
) -> None:
    made = await booked(desk, chat)
    (service,) = await desk.done("GET", "/services")
    await desk.done("PUT", f"/services/{service['id']}", {"reminder_offsets": None})
    await desk.done("PUT", "/reminder-config", {"offsets": [240]})
    address = Address(chat.workspace.tenant, "agenda", 1)
    with trio.fail_after(20):
        while (await node.services.bus.state(address)).policy.offsets != (240,):  # noqa: ASYNC110
            await trio.sleep(0.02)
    later.go(datetime.fromisoformat(made["start"]) - timedelta(minutes=239))
    await said(chat, "We look forward to seeing you")


async def test_a_reminder_that_does_not_go_out_is_told_to_the_house(
    desk: Desk, chat: Chat, later: Later, node: Node
) -> None:
    made = await booked(desk, chat)
    await chat.workspace.post(f"/v1/phone-instances/{chat.number.id}/disconnect")
    later.go(datetime.fromisoformat(made["start"]) - timedelta(minutes=119))
    (conversation,) = (await chat.workspace.get("/v1/conversations"))["data"]
    path = f"/v1/conversations/{conversation['id']}/messages"

    async def has(begins: str) -> bool:
        return any((each["body"] or "").startswith(begins) for each in (await chat.workspace.get(path))["data"])

    await until(lambda: has("We look forward to seeing you"), "the reminder, queued")
    assert not await has("The reminder of an appointment has not gone out")
    # A quarter of an hour later, by the outbox; whose pauses are not the tests' clock's.
    (row,) = await Tables(node.services.database).rows("select * from outbox where kind = 'appointment.check'")
    agenda = Address(chat.workspace.tenant, "agenda", 1)
    assert (row["not_before"] - row["created_at"]) > timedelta(minutes=14)
    request = row["request"] if isinstance(row["request"], dict) else json.loads(row["request"])
    effect = Effect(row["effect_id"], row["kind"], row["lane"], row["pace"], request)
    await Notices(node.services, node.services[OWING]).check(StoredEffect(agenda, effect, "queued", 0))
    await until(lambda: has("The reminder of an appointment has not gone out"), "the note")
