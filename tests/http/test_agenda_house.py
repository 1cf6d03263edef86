"""What a house says of its agenda: services, resources, filters, schedules, settings; and what is free by that."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.agenda import WEEK, ZONE, Desk

from plixa.compose import Node

OPEN = [{"weekday": day, "start_time": "08:00", "end_time": "12:00"} for day in range(7)]
BASE = {"timezone": ZONE, "rules": OPEN}


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    return Desk(workspace)


@pytest.fixture
async def agent(workspace: Workspace, node: Node) -> Desk:
    return Desk(workspace, (await people.agent(node, workspace)).bearer)


def next_day(days: int = 3) -> date:
    return datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=days)


async def free(desk: Desk, service_id: int, day: date, **more: Any) -> list[Json]:
    days = {"from": day.isoformat(), "to": day.isoformat()}
    slots: list[Json] = await desk.done("GET", "/availability", params={"service_id": service_id, **days, **more})
    return slots


@pytest.mark.spec(251)
@pytest.mark.spec(252)
async def test_the_owner_keeps_services_and_every_member_reads_them(desk: Desk, agent: Desk) -> None:
    owner = desk.workspace.user_id
    whole = {"name": "Corte", "duration_minutes": 45, "buffer_after_minutes": 15, "price_cents": 9000}
    more = {"currency": "BRL", "deposit_cents": 3000, "requires_approval": True, "provider_ids": [owner]}
    made = await desk.done("POST", "/services", {**whole, **more}, 201)
    assert {**made, **whole, **more} == made
    assert (await desk.done("PUT", f"/services/{made['id']}", {"duration_minutes": 30}))["duration_minutes"] == 30
    assert [each["name"] for each in await agent.done("GET", "/services")] == ["Corte"]
    assert await agent.refused("POST", "/services", whole) == (403, "FORBIDDEN")
    assert await agent.refused("DELETE", f"/services/{made['id']}") == (403, "FORBIDDEN")
    await desk.done("DELETE", f"/services/{made['id']}", status=204)
    assert await desk.done("GET", "/services") == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"duration_minutes": 4}, "duration_minutes"),
        ({"duration_minutes": 721}, "duration_minutes"),
        ({"buffer_before_minutes": 241}, "buffer_before_minutes"),
        ({"provider_ids": [987654]}, "provider_ids"),
        ({"resource_ids": [987654]}, "resource_ids"),
        ({"price_cents": 100, "deposit_cents": 101}, "deposit_cents"),
        ({"reminder_offsets": [4]}, "reminder_offsets.0"),
        ({"reminder_offsets": [60] * 6}, "reminder_offsets"),
    ],
)
async def test_a_service_is_within_bounds(desk: Desk, fields: Json, wrong: str) -> None:
    answer = await desk.ask("POST", "/services", {"name": "Corte", "duration_minutes": 60, **fields})
    assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, [wrong])


@pytest.mark.spec(245)
@pytest.mark.spec(246)
async def test_the_owner_keeps_resources_and_every_member_reads_them(desk: Desk, agent: Desk) -> None:
    made = await desk.done("POST", "/resources", {"name": "Sala"}, 201)
    assert made == {"id": made["id"], "name": "Sala", "capacity": 1, "is_active": True}
    assert (await desk.done("PUT", f"/resources/{made['id']}", {"capacity": 1000}))["capacity"] == 1000
    assert (await desk.refused("PUT", f"/resources/{made['id']}", {"capacity": 1001}))[0] == 422
    assert [each["capacity"] for each in await agent.done("GET", "/resources")] == [1000]
    assert await agent.refused("PUT", f"/resources/{made['id']}", {"capacity": 2}) == (403, "FORBIDDEN")
    service = await desk.service(resource_ids=[made["id"]])
    await desk.done("DELETE", f"/resources/{made['id']}", status=204)
    assert [each["resource_ids"] for each in await desk.done("GET", "/services") if each["id"] == service] == [[]]


@pytest.mark.spec(248)
@pytest.mark.spec(249)
@pytest.mark.spec(250)
async def test_each_member_has_filters_of_their_own_and_one_of_them_may_be_the_default(desk: Desk, agent: Desk) -> None:
    service = await desk.service()
    wanted = {"provider_ids": [desk.workspace.user_id], "service_ids": [service], "statuses": ["pending", "arrived"]}
    mine = await desk.done("POST", "/calendar-filters", {"name": "Meus", **wanted, "is_default": True}, 201)
    assert mine == {"id": mine["id"], "user_id": desk.workspace.user_id, "position": 0, "name": "Meus", **wanted} | {
        "is_default": True
    }
    theirs = await agent.done("POST", "/calendar-filters", {"name": "Meus", "is_default": True}, 201)
    other = await desk.done("POST", "/calendar-filters", {"name": "Outros", "is_default": True}, 201)
    shown = await desk.done("GET", "/calendar-filters")
    assert [(each["id"], each["is_default"]) for each in shown] == [(mine["id"], False), (other["id"], True)]
    assert [each["id"] for each in await agent.done("GET", "/calendar-filters")] == [theirs["id"]]
    assert await agent.refused("PUT", f"/calendar-filters/{mine['id']}", {"name": "x"}) == (404, "NOT_FOUND")
    assert await agent.refused("DELETE", f"/calendar-filters/{mine['id']}") == (404, "NOT_FOUND")
    assert (await desk.refused("POST", "/calendar-filters", {"name": "x", "statuses": ["lost"]}))[0] == 422


@pytest.mark.spec(224)
@pytest.mark.spec(225)
@pytest.mark.spec(226)
async def test_the_base_schedule_is_replaced_whole_and_imported_into_providers(desk: Desk, agent: Desk) -> None:
    assert await agent.refused("PUT", "/default-schedule", BASE) == (403, "FORBIDDEN")
    await desk.done("PUT", "/default-schedule", {**BASE, "rules": OPEN[:2]})
    assert await desk.done("PUT", "/default-schedule", BASE) == BASE
    assert await agent.done("GET", "/default-schedule") == BASE
    assert (await desk.refused("PUT", "/default-schedule", {"rules": OPEN}))[0] == 422
    me = desk.workspace.user_id
    own = {"kind": "blocked", "weekday": None, "date": "2099-01-05", "start_time": "09:00", "end_time": "10:00"}
    follows = await desk.done("GET", f"/providers/{me}/schedule")
    assert (follows["source"], len(follows["rules"])) == ("base", 7)
    await desk.hours(me, [*WEEK, own])
    (imported,) = await desk.done("POST", "/default-schedule/import", {"user_ids": [me]})
    assert [each["start_time"] for each in imported["rules"]] == ["08:00"] * 7 + ["09:00"]
    assert (imported["source"], imported["rules"][-1]) == ("own", own)
    await desk.done("PUT", "/default-schedule", {**BASE, "rules": []})
    assert await desk.done("GET", f"/providers/{me}/schedule") == imported


@pytest.mark.spec(237)
@pytest.mark.spec(238)
@pytest.mark.spec(239)
async def test_the_owner_replaces_a_providers_schedule_and_every_member_reads_it(desk: Desk, agent: Desk) -> None:
    me = desk.workspace.user_id
    assert (await desk.done("GET", f"/providers/{me}/schedule"))["source"] == "none"
    dated = {"kind": "open", "weekday": None, "date": "2099-01-05", "start_time": "22:00", "end_time": "02:00"}
    await desk.hours(me)
    assert await desk.hours(me, [dated]) == {"user_id": me, "timezone": ZONE, "rules": [dated], "source": "own"}
    assert (await agent.done("GET", f"/providers/{me}/schedule"))["rules"] == [dated]
    body: Json = {"timezone": ZONE, "rules": []}
    assert await agent.refused("PUT", f"/providers/{me}/schedule", body) == (403, "FORBIDDEN")
    assert await desk.refused("PUT", "/providers/987654/schedule", body) == (404, "NOT_FOUND")


@pytest.mark.spec(240)
@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "closed"},
        {"weekday": 7},
        {"weekday": None},
        {"date": "2099-01-05"},
        {"start_time": "9:00"},
        {"start_time": "24:00"},
        {"end_time": None},
    ],
)
async def test_a_rule_is_of_a_weekday_or_of_a_date(desk: Desk, changed: Json) -> None:
    me = desk.workspace.user_id
    body = {"timezone": ZONE, "rules": [{**WEEK[0], **changed}]}
    assert (await desk.refused("PUT", f"/providers/{me}/schedule", body))[0] == 422


@pytest.mark.spec(240)
async def test_a_schedule_has_a_time_zone_and_at_most_two_hundred_rules(desk: Desk) -> None:
    me = desk.workspace.user_id
    assert len((await desk.hours(me, WEEK[:1] * 200))["rules"]) == 200
    wrong: list[Json] = [
        {"timezone": ZONE, "rules": WEEK[:1] * 201},
        {"timezone": "Mars/Olympus", "rules": []},
        {"rules": []},
    ]
    for each in wrong:
        assert (await desk.refused("PUT", f"/providers/{me}/schedule", each))[0] == 422


@pytest.mark.spec(241)
@pytest.mark.spec(242)
@pytest.mark.spec(244)
async def test_reminders_are_the_default_off_or_the_houses_own(desk: Desk, agent: Desk) -> None:
    assert await agent.done("GET", "/reminder-config") == {"offsets": None}
    assert await desk.done("PUT", "/reminder-config", {"offsets": [60, 1440, 60]}) == {"offsets": [1440, 60]}
    assert await desk.done("PUT", "/reminder-config", {"offsets": []}) == {"offsets": []}
    assert await desk.done("PUT", "/reminder-config", {"offsets": None}) == {"offsets": None}
    wrong: list[Json] = [{}, {"offsets": [4]}, {"offsets": [43_201]}, {"offsets": [10] * 6}]
    for each in wrong:
        assert (await desk.refused("PUT", "/reminder-config", each))[0] == 422
    assert await agent.refused("PUT", "/reminder-config", {"offsets": []}) == (403, "FORBIDDEN")


async def test_what_is_free_follows_schedule_closures_and_services(desk: Desk) -> None:
    me, day = desk.workspace.user_id, next_day()
    await desk.hours(me, [{**WEEK[0], "weekday": None, "date": day.isoformat(), "end_time": "11:00"}])
    service = await desk.service(provider_ids=[me])
    slots = await free(desk, service, day)
    begins = datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo(ZONE))
    assert [slot["start"] for slot in slots] == [
        (begins + timedelta(minutes=15 * number)).isoformat() for number in range(5)
    ]
    assert slots[0] == {
        "start": begins.isoformat(),
        "end": (begins + timedelta(hours=1)).isoformat(),
        "provider_ids": [me],
    }
    assert await free(desk, service, day + timedelta(days=1)) == []
    closure = await desk.done("POST", "/closures", {"date": day.isoformat()}, 201)
    assert await free(desk, service, day) == []
    await desk.done("DELETE", f"/closures/{closure['id']}", status=204)
    assert len(await free(desk, service, day, provider_id=me)) == 5
    await desk.done("PUT", f"/services/{service}", {"is_active": False})
    assert await desk.refused("GET", f"/availability?service_id={service}&from={day}&to={day}") == (
        422,
        "VALIDATION_FAILED",
    )


async def test_what_is_free_is_asked_for_a_month_at_most(desk: Desk, workspace: Workspace, node: Node) -> None:
    service, day = await desk.service(), next_day()
    for wanted, status in ((30, 200), (31, 422), (-1, 422)):
        path = f"/availability?service_id={service}&from={day}&to={day + timedelta(days=wanted)}"
        assert (await desk.ask("GET", path)).status_code == status
    other = (await people.agent(node, workspace)).user_id
    path = f"/availability?service_id={service}&from={day}&to={day}"
    assert (await desk.refused("GET", f"{path}&provider_id={other}"))[0] == 422
    assert (await desk.refused("GET", path.replace(str(service), "987654321")))[0] == 422


async def test_what_begins_soon_is_not_offered(desk: Desk) -> None:
    service, today = await desk.service(), datetime.now(UTC).date()
    offered = await free(desk, service, today) + await free(desk, service, today + timedelta(days=1))
    starts = [datetime.fromisoformat(slot["start"]) for slot in offered]
    assert min(starts) >= datetime.now(UTC) + timedelta(minutes=59)
