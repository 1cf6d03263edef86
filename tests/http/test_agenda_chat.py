"""Booking in the chat, as customers do it on their phone: in a flow, with the AI, and from a reminder."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import trio
from tests.harness import Json
from tests.http.agenda import Desk
from tests.http.chat import Chat
from tests.http.test_agenda_notices import has_file, said, tap
from tests.http.test_flows import live, until

from plixa.compose import Node
from plixa.demo import EMAIL, PASSWORD, ensure_demo
from plixa.engine.ports import Address, Effect, StoredEffect
from plixa.http.scheduling.parts import OWING
from plixa.http.scheduling.serving import Serving
from plixa.http.scheduling.subjects import Place


@pytest.fixture
def desk(chat: Chat) -> Desk:
    return Desk(chat.workspace)


async def open_hours(desk: Desk, chat: Chat) -> int:
    """The owner is there all day; returns who that is."""
    ana = int((await chat.workspace.get("/v1/me"))["data"]["user"]["id"])
    rules = [{"kind": "open", "weekday": day, "start_time": "00:00", "end_time": "00:00"} for day in range(7)]
    await desk.hours(ana, rules)
    return ana


def flow(service: int, *more: str) -> Json:
    """A flow that lets the customer book, and says what came of it."""
    ends = {"booked": "See you then", "none": "Maybe another time", "waitlisted": "We keep you in mind"}
    nodes: list[Json] = [
        {"id": "start", "type": "start", "data": {}},
        {"id": "book", "type": "schedule", "data": {"service_id": service, "text": "Hello, let us find a time."}},
        *({"id": each, "type": "end", "data": {"text": text}} for each, text in ends.items()),
    ]
    ways = [("start", "book", None), *(("book", each, each) for each in ends)]
    edges = [
        {"id": f"e{at}", "source": source, "target": target, "condition": condition}
        for at, (source, target, condition) in enumerate(ways)
    ]
    return {"nodes": nodes, "edges": edges}


async def appointments(desk: Desk, **more: Any) -> list[Json]:
    now = datetime.now(UTC)
    query = {"from": now.isoformat(), "to": (now + timedelta(days=90)).isoformat(), **more}
    answer = await desk.ask("GET", "/appointments", params=query)
    return list(answer.json()["data"])


def labels(bubble: Json) -> list[str]:
    return [option["label"] for option in bubble["options"]]


async def test_a_customer_books_in_a_flow_by_tapping(chat: Chat, desk: Desk) -> None:
    """T22: what they read is the hour where it takes place."""
    ana = await open_hours(desk, chat)
    service = await desk.service(provider_ids=[ana])
    await live(chat, flow(service))
    await chat.write("Oi")
    bubble = await said(chat, "These times are free")
    assert await said(chat, "Hello, let us find a time.")
    assert len(bubble["options"]) == 10
    assert labels(bubble)[-3:] == ["More times", "Another day", "None of these"]
    assert await appointments(desk) == []  # nothing is held while they look
    await tap(chat, bubble, "Another day")
    days = await said(chat, "Which day suits you?")
    await tap(chat, days, labels(days)[0])
    again = await until_another(chat, bubble, "These times are free")
    await tap(chat, again, labels(again)[1])
    told = await said(chat, "It is booked:")
    await said(chat, "See you then")
    (made,) = await appointments(desk)
    assert (made["source"], made["status"], made["provider_id"]) == ("flow", "confirmed", ana)
    assert "Corte" in told["text"]
    assert labels(told) == ["Add to calendar"]
    start = datetime.fromisoformat(made["start"])
    assert start.utcoffset() == timedelta(hours=-3)  # the provider's wall, not UTC's
    assert f"{start:%H:%M} · Corte" in told["text"]
    # The old list again: it is theirs already, or another one beside it; never two at one time.
    await tap(chat, again, labels(again)[1])
    await until_another(chat, told, "It is booked:")
    assert len(await appointments(desk)) == 1


async def until_another(chat: Chat, known: Json, begins: str) -> Json:
    async def found() -> Json | None:
        bubble = await said(chat, begins)
        return bubble if bubble["id"] != known["id"] else None

    other: Json = await until(found, begins)
    return other


async def test_a_time_that_somebody_else_got_is_told_with_what_is_free(chat: Chat, desk: Desk) -> None:
    ana = await open_hours(desk, chat)
    service = await desk.service(provider_ids=[ana])
    await live(chat, flow(service))
    await chat.write("Oi")
    bubble = await said(chat, "These times are free")
    choice = bubble["options"][0]["id"].split(":")[-1]
    start = datetime.fromtimestamp(int(choice[1:]) * 60, UTC)
    await desk.book(service, start.isoformat())
    await tap(chat, bubble, labels(bubble)[0])
    other = await said(chat, "This time is not free")
    assert labels(bubble)[0] not in labels(other)
    assert len(await appointments(desk)) == 1


async def test_words_are_a_day_or_lead_to_a_person_in_the_end(chat: Chat, desk: Desk) -> None:
    ana = await open_hours(desk, chat)
    service = await desk.service(provider_ids=[ana])
    await live(chat, flow(service))
    await chat.write("Oi")
    bubble = await said(chat, "These times are free")
    await chat.write("tomorrow")
    day = await until_another(chat, bubble, "These times are free")
    assert labels(day)[0] != labels(bubble)[0]
    await chat.write("hmm, not sure")
    await said(chat, "Please choose one of these times")
    await chat.write("atendente")
    await until(lambda: _mode(chat, "human"), "a person")


async def _mode(chat: Chat, mode: str) -> bool:
    return bool((await chat.workspace.get("/v1/conversations"))["data"][0]["mode"] == mode)


@pytest.mark.spec(253)
async def test_who_finds_nothing_joins_the_waitlist_or_leaves_it(chat: Chat, desk: Desk) -> None:
    ana = int((await chat.workspace.get("/v1/me"))["data"]["user"]["id"])
    await desk.hours(ana, [])  # never there
    service = await desk.service(provider_ids=[ana])
    await live(chat, flow(service))
    await chat.write("Oi")
    nothing = await said(chat, "Nothing is free at the moment.")
    assert labels(nothing) == ["Join the waitlist", "Talk to a person", "Leave it"]
    await tap(chat, nothing, "Join the waitlist")
    await said(chat, "You are on the waitlist")
    await said(chat, "We keep you in mind")
    (entry,) = await desk.done("GET", "/waitlist")
    assert (entry["service_id"], entry["status"]) == (service, "waiting")
    await tap(chat, nothing, "Leave it")
    await said(chat, "All right.")


async def test_the_answerer_without_a_model_lets_them_book_and_move(chat: Chat, desk: Desk) -> None:
    client = chat.workspace.client
    await client.put("/v1/inbox-config", json={"quiet_seconds": 0.2})
    await client.put("/v1/ai-config", json={"prompt": "Barbearia.", "enabled": True})
    ana = await open_hours(desk, chat)
    await desk.service(provider_ids=[ana])
    await desk.service(name="Barba", provider_ids=[ana])
    await chat.write("Quero agendar, por favor")
    which = await said(chat, "What would you like to book?")
    assert labels(which) == ["Barba", "Corte"]
    await tap(chat, which, "Corte")
    times = await said(chat, "These times are free")
    await tap(chat, times, labels(times)[4])
    await said(chat, "It is booked:")
    (made,) = await appointments(desk)
    assert made["source"] == "ai"
    await chat.write("preciso remarcar")
    mine = await said(chat, "This is what you have booked:")
    await tap(chat, mine, "Add to calendar")
    (event,) = (await has_file(chat, "PUBLISH")).walk("VEVENT")
    assert event.decoded("dtstart") == datetime.fromisoformat(made["start"])
    await tap(chat, mine, "Reschedule")
    other = await until_another(chat, times, "These times are free")
    await tap(chat, other, labels(other)[2])
    await said(chat, "It is moved. It is now:")
    (moved,) = await appointments(desk)
    assert (moved["id"], moved["revision"]) == (made["id"], 2)
    await tap(chat, mine, "Cancel")  # of the time before
    await said(chat, "This has been changed meanwhile")


async def test_nobody_elses_appointment_is_moved_or_cancelled(chat: Chat, desk: Desk, node: Node) -> None:
    """Whatever a model names, or a button says: it is looked up among what the customer has."""
    ana = await open_hours(desk, chat)
    service = await desk.service(provider_ids=[ana])
    await chat.written()
    (conversation,) = (await chat.workspace.get("/v1/conversations"))["data"]
    foreign = await desk.book(service, (datetime.now(UTC) + timedelta(days=3)).isoformat())
    address = Address(chat.workspace.tenant, "conversation", conversation["id"])
    asked = {"source": "ai", "action": "cancel", "service_id": None, "start": None, "day": None, "again": False}
    effect = Effect("agenda-1", "appointment.serve", "inner-1", "inner", {**asked, "appointment_id": foreign["id"]})
    serving = Serving(node.services, node.services[OWING])
    await serving.ask(StoredEffect(address, effect, "queued", 0))
    await said(chat, "You have nothing booked.")
    assert (await desk.done("GET", f"/appointments/{foreign['id']}"))["status"] == "confirmed"


async def test_the_demo_workspace_has_a_tasting_to_book(node: Node) -> None:
    assert await ensure_demo(node)
    async with httpx.AsyncClient(base_url=node.services.public_url, trust_env=False) as client:
        signed = await client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed.json()['data']['token']}"
        (service,) = (await client.get("/v1/scheduling/services")).json()["data"]
        (flow,) = (await client.get("/v1/flows")).json()["data"]
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
        query = {"service_id": service["id"], "from": tomorrow, "to": tomorrow}
        free = (await client.get("/v1/scheduling/availability", params=query)).json()["data"]
    assert flow["enabled"]
    assert len(free) > 10


async def test_who_taps_who_asks_the_ai_and_who_stands_at_the_desk_want_one_hour_and_one_gets_it(
    chat: Chat, desk: Desk, node: Node
) -> None:
    ana = await open_hours(desk, chat)
    service = await desk.service(provider_ids=[ana])
    for number in range(20):
        await chat.written(phone=f"55119876600{number:02}")
    found = (await chat.workspace.get("/v1/conversations?limit=50"))["data"]
    at = (datetime.now(UTC) + timedelta(days=3)).replace(hour=15, minute=0, second=0, microsecond=0)
    serving, booked = Serving(node.services, node.services[OWING]), list[int]()
    wished = {"source": "ai", "action": "book", "service_id": service, "day": None, "appointment_id": None}
    wished |= {"start": f"{at.astimezone(ZoneInfo('America/Sao_Paulo')):%Y-%m-%dT%H:%M}", "again": False}
    tapped = {"subject": str(Place("slots", "f", service)), "action": f"t{int(at.timestamp()) // 60}"}

    async def in_chat(number: int, conversation: int) -> None:
        address = Address(chat.workspace.tenant, "conversation", conversation)
        effect = Effect(f"race-{number}", "appointment.serve", "inner", "inner", tapped if number % 2 else wished)
        stored = StoredEffect(address, effect, "queued", 0)
        await (serving.answer(stored, Place("slots", "f", service)) if number % 2 else serving.ask(stored))

    async def at_the_desk() -> None:
        answer = await desk.ask("POST", "/appointments", {"service_id": service, "start": at.isoformat()})
        booked.append(answer.status_code)

    async with trio.open_nursery() as nursery:
        for number, conversation in enumerate(found):
            nursery.start_soon(in_chat, number, conversation["id"])
            nursery.start_soon(at_the_desk)
    (made,) = await appointments(desk)
    assert len(found) == 20
    assert Counter(booked) == ({201: 1, 409: 19} if made["source"] == "staff" else {409: 20})
    due = 0 if made["source"] == "staff" else 1

    async def told() -> bool:
        screens = [text for number in range(20) for text in await _texts(chat, f"55119876600{number:02}")]
        return sum(text.startswith("It is booked") for text in screens) == due

    await until(told, "as many are told so as have it")


async def _texts(chat: Chat, phone: str) -> list[str]:
    return [str(bubble["text"]) for bubble in await chat.simulator.screen(phone)]
