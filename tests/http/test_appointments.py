"""Appointments through the API: booked, moved, edited, cancelled, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import trio
from tests.harness import Json, Workspace
from tests.http import people
from tests.http.agenda import MONDAY, ZONE, Desk
from tests.http.tables import Tables

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import AppointmentBooked
from plixa.actors.scheduling.walls import minute_of
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.storage.tools.rebuild import Rebuilder

SHAPE = {
    *("id", "service_id", "provider_id", "resource_ids", "contact_id", "conversation_id", "start", "end", "timezone"),
    *("status", "payment", "series_id", "occurrence", "revision", "notes", "reason", "cancelled_by", "cancel_kind"),
    *("confirmed_by_contact_at", "source", "created_at", "updated_at"),
}


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    return Desk(workspace)


@pytest.fixture
async def agent(workspace: Workspace, node: Node) -> Desk:
    return Desk(workspace, (await people.agent(node, workspace)).bearer)


@pytest.fixture
async def cut(desk: Desk) -> int:
    """A service of an hour that the owner provides, from nine to six."""
    await desk.hours(desk.workspace.user_id)
    return await desk.service(provider_ids=[desk.workspace.user_id])


def at(hour: str, day: str = MONDAY) -> str:
    return f"{day}T{hour}:00-03:00"


async def contact(workspace: Workspace, digits: str = "1") -> int:
    return int((await workspace.post("/v1/contacts", {"contact_phone": f"551198765000{digits}"}))["id"])


async def one(desk: Desk, id_: int) -> Json:
    found: Json = await desk.done("GET", f"/appointments/{id_}")
    return found


async def listed(desk: Desk, **wanted: object) -> list[int]:
    span = {"from": at("00:00"), "to": at("23:59"), **wanted}
    return [each["id"] for each in await desk.done("GET", "/appointments", params=span)]


@pytest.mark.spec(211)
@pytest.mark.spec(213)
async def test_every_member_books_with_and_without_a_contact(desk: Desk, agent: Desk, cut: int) -> None:
    whose = await contact(desk.workspace)
    made = await agent.book(cut, at("10:00"), contact_id=whose, notes="prefere a cadeira da janela")
    assert set(made) == SHAPE
    told = (made["start"], made["end"], made["timezone"], made["status"], made["source"], made["contact_id"])
    assert told == (at("10:00"), at("11:00"), ZONE, "confirmed", "staff", whose)
    assert await one(desk, made["id"]) == {**made, "updated_at": (await one(desk, made["id"]))["updated_at"]}
    walk_in = await agent.book(cut, f"{MONDAY}T12:00:59")  # without an offset, on the provider's wall
    assert (walk_in["start"], walk_in["contact_id"], walk_in["provider_id"]) == (
        at("12:00"),
        None,
        desk.workspace.user_id,
    )


@pytest.mark.spec(213)
@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"service_id": 987654321}, "service_id"),
        ({"service_id": None}, "service_id"),
        ({"start": "amanhã"}, "start"),
        ({"start": 1}, "start"),
        ({"start": "1492-10-12T10:00:00Z"}, "start"),
        ({"provider_id": 987654321}, "provider_id"),
        ({"contact_id": 987654321}, "contact_id"),
        ({"notes": "x" * 2001}, "notes"),
        ({"repeat": "yearly"}, "repeat"),
        ({"repeat": "weekly", "occurrences": 0}, "occurrences"),
        ({"repeat": "weekly", "occurrences": 53}, "occurrences"),
        ({"occurrences": 2}, "repeat"),
    ],
)
async def test_what_is_wrong_with_a_booking_is_named(desk: Desk, cut: int, changed: Json, wrong: str) -> None:
    answer = await desk.ask("POST", "/appointments", {"service_id": cut, "start": at("10:00"), **changed})
    assert (answer.status_code, list(answer.json()["errors"][0]["details"])) == (422, [wrong])


async def test_a_start_that_the_clocks_skip_is_no_time(desk: Desk, cut: int) -> None:
    await desk.hours(desk.workspace.user_id, zone="America/New_York")
    assert await desk.refused("POST", "/appointments", {"service_id": cut, "start": "2027-03-14T02:30:00"}) == (
        422,
        "VALIDATION_FAILED",
    )
    twice = await desk.book(cut, "2027-11-07T01:30:00")
    assert twice["start"] == "2027-11-07T01:30:00-04:00"  # the first of the two


async def test_what_is_taken_is_refused_with_what_is_free_instead(desk: Desk, cut: int) -> None:
    await desk.book(cut, at("10:00"))
    answer = await desk.ask("POST", "/appointments", {"service_id": cut, "start": at("10:30")})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"], len(error["details"]["nearest"])) == (409, "SLOT_TAKEN", 3)
    assert len(await listed(desk)) == 1


@pytest.mark.spec(256)
async def test_nobody_books_on_a_closed_day(desk: Desk, cut: int) -> None:
    made = await desk.book(cut, at("10:00", "2099-01-06"))
    await desk.done("POST", "/closures", {"date": MONDAY}, 201)
    assert await desk.refused("POST", "/appointments", {"service_id": cut, "start": at("10:00")}) == (409, "CLOSED_DAY")
    path = f"/appointments/{made['id']}/reschedule"
    assert await desk.refused("POST", path, {"start": at("10:00")}) == (409, "CLOSED_DAY")
    series = {"service_id": cut, "start": at("10:00", "2099-01-04"), "repeat": "daily", "occurrences": 2}
    answer = await desk.ask("POST", "/appointments", series)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (409, "SERIES_CONFLICT")
    assert error["details"]["occurrences"] == ["2: 2099-01-05T13:00:00+00:00: CLOSED_DAY"]
    assert await listed(desk, **{"from": at("00:00", "2099-01-04"), "to": at("00:00", "2099-01-05")}) == []


@pytest.mark.spec(247)
async def test_a_resource_is_full_once_all_of_it_is_held(desk: Desk) -> None:
    rooms = (await desk.done("POST", "/resources", {"name": "Sala", "capacity": 2}, 201))["id"]
    service = await desk.service(resource_ids=[rooms])
    made = [await desk.book(service, at("10:00")) for _ in range(2)]
    assert [each["resource_ids"] for each in made] == [[rooms], [rooms]]
    wanted = {"service_id": service, "start": at("10:30")}
    assert await desk.refused("POST", "/appointments", wanted) == (409, "RESOURCE_FULL")
    await desk.done("POST", f"/appointments/{made[0]['id']}/cancel", {})
    assert (await desk.book(service, at("10:30")))["status"] == "confirmed"


async def test_staff_hear_what_a_customer_could_not_have_had(desk: Desk, cut: int) -> None:
    answer = await desk.ask("POST", "/appointments", {"service_id": cut, "start": at("20:00")})
    assert (answer.status_code, answer.json()["meta"]) == (201, {"warnings": ["outside_hours"]})


@pytest.mark.spec(214)
async def test_only_what_is_sent_is_edited(desk: Desk, agent: Desk, cut: int) -> None:
    first, second = await contact(desk.workspace, "1"), await contact(desk.workspace, "2")
    id_ = (await desk.book(cut, at("10:00"), contact_id=first, notes="um"))["id"]
    assert (await agent.done("PATCH", f"/appointments/{id_}", {"contact_id": second}))["notes"] == "um"
    edited = await agent.done("PATCH", f"/appointments/{id_}", {"notes": "dois"})
    assert (edited["contact_id"], edited["notes"]) == (second, "dois")
    cleared = await agent.done("PATCH", f"/appointments/{id_}", {"contact_id": None, "notes": None})
    assert (cleared["contact_id"], cleared["notes"]) == (None, None)
    assert (await desk.refused("PATCH", f"/appointments/{id_}", {"notes": "x" * 2001}))[0] == 422
    assert (await desk.refused("PATCH", f"/appointments/{id_}", {"contact_id": 987654321}))[0] == 422
    assert await desk.refused("PATCH", "/appointments/987654321", {"notes": "x"}) == (404, "NOT_FOUND")


@pytest.mark.spec(215)
async def test_a_moved_appointment_frees_its_old_time_at_once(desk: Desk, agent: Desk, cut: int) -> None:
    id_ = (await desk.book(cut, at("14:30")))["id"]
    path = f"/appointments/{id_}/reschedule"
    moved = await agent.done("POST", path, {"start": at("15:00"), "revision": 1})
    assert (moved["start"], moved["revision"]) == (at("15:00"), 2)
    assert (await desk.book(cut, at("14:00")))["start"] == at("14:00")
    assert await desk.refused("POST", path, {"start": at("13:30")}) == (409, "SLOT_TAKEN")
    assert await desk.refused("POST", path, {"start": at("17:00"), "revision": 1}) == (409, "STATUS_CONFLICT")
    assert (await desk.done("POST", path, {"start": at("15:00")}))["revision"] == 2
    assert (await desk.refused("POST", path, {}))[0] == 422
    assert await desk.refused("POST", "/appointments/987654321/reschedule", {"start": at("15:00")}) == (
        404,
        "NOT_FOUND",
    )


@pytest.mark.spec(216)
async def test_a_series_is_cancelled_from_one_on(desk: Desk, agent: Desk, cut: int) -> None:
    answer = await desk.ask(
        "POST", "/appointments", {"service_id": cut, "start": at("10:00"), "repeat": "weekly", "occurrences": 4}
    )
    ids = [each["id"] for each in answer.json()["meta"]["occurrences"]]
    assert (await one(desk, ids[3]))["start"] == at("10:00", "2099-01-26")
    body = {"scope": "following", "reason": "viagem"}
    cancelled = await agent.ask("POST", f"/appointments/{ids[2]}/cancel", body)
    assert cancelled.json()["meta"] == {"cancelled": ids[2:]}
    shown = cancelled.json()["data"]
    assert (shown["status"], shown["reason"], shown["cancelled_by"], shown["cancel_kind"]) == (
        "cancelled",
        "viagem",
        "staff",
        "cancelled",
    )
    assert [(await one(desk, each))["status"] for each in ids] == ["confirmed", "confirmed", "cancelled", "cancelled"]
    assert (await desk.refused("POST", f"/appointments/{ids[0]}/cancel", {"reason": "x" * 501}))[0] == 422
    assert (await desk.refused("POST", f"/appointments/{ids[0]}/cancel", {"scope": "some"}))[0] == 422


@pytest.mark.spec(217)
@pytest.mark.spec(218)
@pytest.mark.spec(219)
@pytest.mark.parametrize(("mark", "status"), [("arrive", "arrived"), ("complete", "completed"), ("no-show", "no_show")])
async def test_what_became_of_it_can_be_said_and_taken_back(
    desk: Desk, agent: Desk, cut: int, mark: str, status: str
) -> None:
    id_ = (await desk.book(cut, at("10:00")))["id"]
    path = f"/appointments/{id_}/{mark}"
    assert [(await agent.done("POST", path))["status"] for _ in range(2)] == [status, status]
    assert [(await agent.done("DELETE", path))["status"] for _ in range(2)] == ["confirmed", "confirmed"]
    assert await desk.refused("POST", "/appointments", {"service_id": cut, "start": at("10:00")}) == (409, "SLOT_TAKEN")
    await agent.done("POST", f"/appointments/{id_}/cancel", {})
    assert await agent.refused("POST", path) == (409, "STATUS_CONFLICT")


async def test_a_no_show_whose_time_was_given_away_is_not_taken_back(desk: Desk, cut: int) -> None:
    id_ = (await desk.book(cut, at("10:00")))["id"]
    await desk.done("POST", f"/appointments/{id_}/no-show")
    await desk.book(cut, at("10:30"))
    assert await desk.refused("DELETE", f"/appointments/{id_}/no-show") == (409, "SLOT_TAKEN")


@pytest.mark.spec(212)
async def test_the_calendar_reads_what_overlaps_a_span_page_by_page(desk: Desk, agent: Desk, cut: int) -> None:
    ids = [(await desk.book(cut, at(hour)))["id"] for hour in ("12:00", "10:00", "11:00")]
    by_start = [ids[1], ids[2], ids[0]]
    await desk.done("POST", f"/appointments/{ids[0]}/cancel", {})
    assert await listed(agent) == by_start
    assert await listed(agent, **{"from": at("10:59"), "to": at("12:00")}) == by_start[:2]
    assert await listed(agent, **{"from": at("11:00"), "to": at("12:01")}) == by_start[1:]
    assert await listed(agent, status="cancelled") == [ids[0]]
    assert await listed(agent, provider_id=desk.workspace.user_id, service_id=cut) == by_start
    assert await listed(agent, provider_id=987654321) == []
    seen, cursor = list[int](), None
    for _ in range(3):
        span = {"from": at("00:00"), "to": at("23:59"), "limit": 1, **({"cursor": cursor} if cursor else {})}
        answer = (await agent.ask("GET", "/appointments", params=span)).json()
        seen, cursor = [*seen, *(each["id"] for each in answer["data"])], answer["meta"]["next_cursor"]
    assert (seen, cursor) == (by_start, None)
    long = {"from": at("00:00"), "to": at("00:00", "2099-04-08")}
    assert (await desk.refused("GET", "/appointments", params=long))[0] == 422
    assert (await desk.refused("GET", "/appointments", params={"from": MONDAY, "to": at("00:00")}))[0] == 422


async def requested(desk: Desk, node: Node, service: int, hour: str) -> int:
    """What a customer asks for in the chat."""
    start = minute_of(datetime.fromisoformat(at(hour, (datetime.now(UTC) + timedelta(days=5)).date().isoformat())))
    address = Address(desk.workspace.tenant, "agenda", 1)
    command = cmd.Book(service_id=service, start=start, source="ai")
    outcome = await node.services.bus.ask(address, command, actor="system", cause="test")
    return int(outcome.first(AppointmentBooked).appointment_id)


@pytest.mark.spec(222)
@pytest.mark.spec(223)
async def test_only_the_owner_approves_and_declines_requests(desk: Desk, agent: Desk, node: Node, cut: int) -> None:
    await desk.done("PUT", f"/services/{cut}", {"requires_approval": True})
    first, second = [await requested(desk, node, cut, hour) for hour in ("10:00", "12:00")]
    assert (await one(desk, first))["status"] == "pending"
    assert await agent.refused("POST", f"/appointments/{first}/approve") == (403, "FORBIDDEN")
    assert await agent.refused("POST", f"/appointments/{first}/decline", {}) == (403, "FORBIDDEN")
    assert (await desk.done("POST", f"/appointments/{first}/approve"))["status"] == "confirmed"
    declined = await desk.done("POST", f"/appointments/{second}/decline", {"reason": "férias"})
    assert (declined["status"], declined["cancel_kind"], declined["reason"]) == ("cancelled", "declined", "férias")
    assert await desk.refused("POST", f"/appointments/{first}/decline", {}) == (409, "STATUS_CONFLICT")


async def test_what_happened_to_an_appointment_is_told_with_its_reasons(desk: Desk, agent: Desk, cut: int) -> None:
    other = await people_of(agent)
    await desk.done("PUT", f"/services/{cut}", {"provider_ids": [desk.workspace.user_id, other]})
    id_ = (await desk.book(cut, at("20:00")))["id"]
    await desk.done("POST", f"/appointments/{id_}/reschedule", {"start": at("10:00")})
    await desk.done("PATCH", f"/appointments/{id_}", {"notes": "oi"})
    await desk.done("POST", f"/appointments/{id_}/arrive")
    await desk.done("DELETE", f"/appointments/{id_}/arrive")
    await desk.done("POST", f"/appointments/{id_}/cancel", {"reason": "chuva"})
    changes = await agent.done("GET", f"/appointments/{id_}/timeline")
    assert [each["type"] for each in changes] == [
        "appointment.booked",
        "appointment.moved",
        "appointment.edited",
        *["appointment.status"] * 3,
    ]
    texts = [each["text"] for each in changes]
    assert "They were chosen among all who do it: 0 minutes were booked of theirs that day" in texts[0]
    assert "outside of the provider's hours" in texts[0]
    assert texts[1].startswith("Somebody of the team moved it from 05 Jan 2099 20:00")
    assert texts[2:] == [
        "Changed: the notes.",
        "The customer is there.",
        "Taken back: the customer is not there yet.",
        "Somebody of the team cancelled it: chuva",
    ]
    (last,) = await desk.done("GET", f"/appointments/{id_}/timeline?after={changes[-2]['offset']}")
    assert last == changes[-1]


async def people_of(agent: Desk) -> int:
    """The user id of somebody with a token."""
    answer = await agent.workspace.client.get("/v1/me", headers={"Authorization": agent.bearer or ""})
    return int(answer.json()["data"]["user"]["id"])


async def test_a_doubled_click_books_once(desk: Desk) -> None:
    service = await desk.service()  # of which one may have any number at once
    headers = {"Idempotency-Key": "um-clique"}
    body = {"service_id": service, "start": at("10:00")}
    answers = [await desk.ask("POST", "/appointments", body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await listed(desk)) == 1


async def test_a_neighbour_sees_and_changes_nothing(desk: Desk, neighbour: Workspace, cut: int) -> None:
    id_ = (await desk.book(cut, at("10:00")))["id"]
    other = Desk(neighbour)
    assert await listed(other) == []
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/timeline", None),
        ("PATCH", "", {"notes": "x"}),
        ("POST", "/cancel", {}),
        ("POST", "/approve", None),
        ("POST", "/reschedule", {"start": at("11:00")}),
    ):
        assert await other.refused(method, f"/appointments/{id_}{path}", body) == (404, "NOT_FOUND")


async def test_an_erased_contacts_appointments_keep_their_time_and_lose_their_words(
    desk: Desk, node: Node, cut: int
) -> None:
    whose = await contact(desk.workspace)
    headers = {"Idempotency-Key": "canario"}
    body = {"service_id": cut, "start": at("10:00"), "contact_id": whose, "notes": "canario-notas"}
    id_ = (await desk.done("POST", "/appointments", body, 201, headers=headers))["id"]
    other = (await desk.book(cut, at("12:00"), contact_id=whose, notes="canario-dois"))["id"]
    await desk.done("PATCH", f"/appointments/{other}", {"notes": "canario-tres"})
    await desk.done("POST", f"/appointments/{other}/cancel", {"reason": "canario-motivo"})
    assert (await desk.workspace.client.delete(f"/v1/contacts/{whose}")).status_code == 204
    shown = [await one(desk, each) for each in (id_, other)]
    assert [(each["contact_id"], each["notes"], each["reason"]) for each in shown] == [(None, None, None)] * 2
    assert [each["status"] for each in shown] == ["confirmed", "cancelled"]
    told = await desk.done("GET", f"/appointments/{other}/timeline")
    assert "canario" not in str(told)
    assert "canario" not in str(await Tables(node.services.database).rows("select * from appointments"))
    assert await Tables(node.services.database).rows("select * from answers where stream = 'agenda-1'") == []


async def test_a_merged_contacts_appointments_are_the_survivors(desk: Desk, cut: int) -> None:
    first, second = await contact(desk.workspace, "1"), await contact(desk.workspace, "2")
    id_ = (await desk.book(cut, at("10:00"), contact_id=second))["id"]
    await desk.workspace.post(f"/v1/contacts/{first}/merge", {"from_id": second})
    with trio.fail_after(15):
        while (await one(desk, id_))["contact_id"] != first:  # noqa: ASYNC110  # the outbox tells the agenda
            await trio.sleep(0.05)


async def test_everybody_hears_of_appointments_as_they_change(desk: Desk, cut: int) -> None:
    id_ = (await desk.book(cut, at("10:00"), notes="oi"))["id"]
    await desk.done("POST", f"/appointments/{id_}/reschedule", {"start": at("11:00")})
    await desk.done("PATCH", f"/appointments/{id_}", {"notes": "tchau"})
    await desk.done("POST", f"/appointments/{id_}/cancel", {"reason": "chuva"})
    events = (await desk.workspace.get("/v1/events", after=0))["data"]
    told = [each for each in events if each["type"].startswith("appointment.")]
    assert [each["type"].removeprefix("appointment.") for each in told] == ["booked", "moved", "edited", "status"]
    folded: Json = {}
    for each in told:
        folded |= each["data"]["appointment"]
    shown = await one(desk, id_)
    assert {name: shown[name] for name in folded if name != "updated_at"} == folded
    schedule = next(each for each in events if each["type"] == "provider.schedule_set")
    assert schedule["data"]["provider_schedule"]["user_id"] == desk.workspace.user_id


async def test_a_rebuild_gives_the_very_rows(desk: Desk, node: Node, cut: int) -> None:
    first, second = await contact(desk.workspace, "1"), await contact(desk.workspace, "2")
    rooms = (await desk.done("POST", "/resources", {"name": "Sala", "capacity": 2}, 201))["id"]
    hall = await desk.service(resource_ids=[rooms])
    for hour in ("09:00", "10:00"):  # unit 0 is held at nine, unit 1 at ten: the third one changes another's unit
        ids = [(await desk.book(hall, at(hour), contact_id=first, notes="um"))["id"] for _ in range(2)]
        await desk.done("POST", f"/appointments/{ids[hour == '09:00']}/cancel", {})
    await desk.book(hall, at("09:30"))
    id_ = (await desk.book(cut, at("10:00"), contact_id=first, notes="dois"))["id"]
    await desk.done("PATCH", f"/appointments/{id_}", {"contact_id": second})
    await desk.done("POST", f"/appointments/{id_}/complete")
    await desk.done("DELETE", f"/appointments/{id_}/complete")
    await desk.done("POST", f"/appointments/{id_}/reschedule", {"start": at("11:00")})
    assert (await desk.workspace.client.delete(f"/v1/contacts/{first}")).status_code == 204
    tables = Tables(node.services.database)
    with trio.fail_after(15):
        while await tables.rows("select 1 from outbox where state in ('queued', 'attempting')"):  # noqa: ASYNC110
            await trio.sleep(0.05)
    before = await _dump(tables)
    assert [row["notes"] for row in before["appointments"] if row["notes"]] == ["dois"]
    assert {row["unit"] for row in before["appointment_claims"] if row["sort"] == 1} == {0, 1}
    await node.services.database.run(Rebuilder(node.services.store.keyring, kinds(), schema()).run)
    assert await _dump(tables) == before


async def _dump(tables: Tables) -> dict[str, list[Json]]:
    names = ("appointments", "appointment_claims", "appointment_changes")
    return {name: await tables.rows(f"select * from {name} order by 1, 2, 3, 4") for name in names[:2]} | {
        names[2]: await tables.rows(f"select * from {names[2]} order by 1, 2, 3")
    }
