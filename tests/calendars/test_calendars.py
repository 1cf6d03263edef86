"""A linked calendar beside a running node: written to, read back, and told of changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import trio
from tests.calendars.clinic import GOOGLE, Clinic, known, tomorrow
from tests.http import people

from plixa.actors.scheduling import waitlist
from plixa.actors.scheduling.commands import JoinWaitlist
from plixa.engine.actor import Command
from plixa.engine.ports import Address
from plixa.storage.calendars import links


def times(clinic: Clinic) -> list[datetime]:
    return sorted(datetime.fromisoformat(each.data["start"]["dateTime"]) for each in clinic.living())


@pytest.mark.spec(228)
async def test_appointments_are_written_moved_and_taken_out(clinic: Clinic) -> None:
    first = await clinic.book(tomorrow(10))
    await clinic.link()
    assert times(clinic) == [tomorrow(10)], "what was booked before is written, too"
    second = await clinic.book(tomorrow(13))
    [event] = [each for each in clinic.living() if datetime.fromisoformat(each.data["start"]["dateTime"]).hour == 13]
    assert (event.data["summary"], event.data["visibility"]) == ("Corte", "private")
    body = {"start": tomorrow(15).isoformat()}
    await clinic.desk.done("POST", f"/appointments/{second['id']}/reschedule", body)
    await clinic.settled()
    assert times(clinic) == [tomorrow(10), tomorrow(15)]
    await clinic.desk.done("POST", f"/appointments/{first['id']}/cancel", {})
    await clinic.settled()
    assert times(clinic) == [tomorrow(15)]
    series = {"repeat": "daily", "occurrences": 4}
    await clinic.book(tomorrow(18), **series)
    assert len(clinic.living()) == 5
    gone = await clinic.workspace.client.post(f"{GOOGLE}/disconnect", json={"remove_events": True})
    assert gone.status_code == 200
    await clinic.settled()
    assert times(clinic) == []


async def test_who_takes_an_appointment_over_has_it_and_the_other_one_has_not(clinic: Clinic) -> None:
    teo = await people.agent(clinic.node, clinic.workspace)
    both = [clinic.workspace.user_id, teo.user_id]
    await clinic.desk.done("PUT", f"/services/{clinic.service}", {"provider_ids": both})
    await clinic.link()
    await clinic.link(teo.bearer, "teo@gmail.example")
    made = await clinic.book(tomorrow(13))
    body = {"start": tomorrow(13).isoformat(), "provider_id": teo.user_id}
    await clinic.desk.done("POST", f"/appointments/{made['id']}/reschedule", body)
    await clinic.settled()
    assert clinic.living() == []
    assert len(clinic.living(clinic.far.world.account("teo@gmail.example"))) == 1


@pytest.mark.spec(229)
async def test_what_stands_there_blocks_and_our_own_does_not(clinic: Clinic) -> None:
    clinic.own(tomorrow(13))
    clinic.own(tomorrow(16), transparency="transparent")
    await clinic.link()
    day = tomorrow(0).date().isoformat()
    asked = {"service_id": clinic.service, "from": day, "to": day}

    async def free() -> set[datetime]:
        slots: list[Any] = (await clinic.workspace.get("/v1/scheduling/availability", **asked))["data"]
        return {datetime.fromisoformat(each["start"]) for each in slots}

    assert not {tomorrow(13), tomorrow(12, 30)} & await free()
    assert {tomorrow(14), tomorrow(16)} <= await free()
    wanted = {"service_id": clinic.service, "start": tomorrow(12, 30).isoformat()}
    assert await clinic.desk.refused("POST", "/appointments", wanted) == (409, "PROVIDER_AWAY")
    made = await clinic.book(tomorrow(14))
    await clinic.look()
    body = {"start": tomorrow(14, 30).isoformat()}
    await clinic.desk.done("POST", f"/appointments/{made['id']}/reschedule", body)
    clinic.own(tomorrow(18))  # nobody has told us
    assert await clinic.desk.refused(
        "POST", f"/appointments/{made['id']}/reschedule", {"start": tomorrow(18).isoformat()}
    ) == (
        409,
        "PROVIDER_AWAY",
    )


async def test_who_books_does_not_wait_for_google_and_hears_that_the_picture_is_old(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plixa.http.calendars.syncing.WITHIN", 0.2)
    await clinic.link()
    clinic.far.world.faults.slow = 2.0
    wanted = {"service_id": clinic.service, "start": tomorrow(13).isoformat()}
    answer = await clinic.desk.ask("POST", "/appointments", wanted)
    assert answer.status_code == 201
    assert answer.json()["meta"]["calendar_stale"] is True
    clinic.far.world.faults.slow = 0.0
    await clinic.settled()
    assert times(clinic) == [tomorrow(13)]


async def test_changes_made_in_google_are_shown_to_a_person_who_decides(clinic: Clinic) -> None:
    await clinic.link()
    moved, removed, back = [await clinic.book(tomorrow(hour)) for hour in (10, 12, 14)]
    events = {datetime.fromisoformat(each.data["start"]["dateTime"]).hour: each for each in clinic.living()}
    when = {"start": {"dateTime": tomorrow(17).isoformat()}, "end": {"dateTime": tomorrow(18).isoformat()}}
    clinic.far.world.change(clinic.account, {**events[10].data, **when})
    clinic.far.world.change(clinic.account, {**events[12].data, "status": "cancelled"})
    clinic.far.world.change(clinic.account, {**events[14].data, "status": "cancelled"})
    with trio.fail_after(10):  # a push has told us
        while len(found := (await clinic.workspace.get(f"{GOOGLE}/changes"))["data"]) < 3:  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)
    assert [(each["appointment_id"], each["kind"]) for each in found] == [
        (moved["id"], "moved"), (removed["id"], "removed"), (back["id"], "removed")
    ]  # fmt: skip
    for id_ in (moved["id"], removed["id"], back["id"]):
        status = (await clinic.desk.done("GET", f"/appointments/{id_}"))["status"]
        assert status == "confirmed", "nothing is cancelled by itself"
    await clinic.workspace.post(f"{GOOGLE}/changes/{moved['id']}/accept")
    await clinic.workspace.post(f"{GOOGLE}/changes/{removed['id']}/accept")
    left = await clinic.workspace.post(f"{GOOGLE}/changes/{back['id']}/revert")
    assert left == []
    await clinic.settled()
    assert (await clinic.desk.done("GET", f"/appointments/{removed['id']}"))["status"] == "cancelled"
    assert times(clinic) == [tomorrow(14), tomorrow(17)]
    assert await clinic.desk.refused("POST", f"/calendar/google/changes/{back['id']}/accept") == (404, "NOT_FOUND")


async def test_without_pushes_the_look_finds_everything(clinic: Clinic) -> None:
    clinic.far.world.faults.quiet = 10_000
    await clinic.link()
    made = await clinic.book(tomorrow(10))
    [event] = clinic.living()
    clinic.far.world.change(clinic.account, {**event.data, "status": "cancelled"})
    clinic.own(tomorrow(13))
    await clinic.due()
    with trio.fail_after(10):
        while not (found := (await clinic.workspace.get(f"{GOOGLE}/changes"))["data"]):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)
    assert [each["appointment_id"] for each in found] == [made["id"]]


async def test_a_push_that_comes_while_it_is_looked_is_looked_after_once_more(clinic: Clinic) -> None:
    """What the look has read by then may be out of date; the next one by itself comes in a quarter of an hour."""
    clinic.far.world.faults.quiet = 10_000
    await clinic.link()
    made = await clinic.book(tomorrow(10))
    await clinic.look()
    clinic.far.world.faults.path, clinic.far.world.faults.slow = "freeBusy", 0.5  # the list of changes is read by then
    clinic.far.world.calls.clear()
    await clinic.due()
    with trio.fail_after(5):
        while ("POST", "/calendar/v3/freeBusy") not in clinic.far.world.calls:  # noqa: ASYNC110  # nothing tells of it
            await trio.sleep(0.01)
    clinic.far.world.faults.slow = 0.0
    [event] = clinic.living()
    clinic.far.world.change(clinic.account, {**event.data, "status": "cancelled"})
    [channel] = clinic.far.world.channels.values()
    await clinic.browser.post(channel.address, headers={**known(channel), "X-Goog-Resource-State": "exists"})
    with trio.fail_after(10):
        while not (found := (await clinic.workspace.get(f"{GOOGLE}/changes"))["data"]):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)
    assert [each["appointment_id"] for each in found] == [made["id"]]


async def test_a_push_that_is_not_from_google_does_nothing(clinic: Clinic) -> None:
    await clinic.link()
    [channel] = clinic.far.world.channels.values()
    await clinic.look()
    before = await clinic.tables.rows("select next_at from calendar_links")
    right, state = known(channel), {"X-Goog-Resource-State": "exists"}
    for wrong in (
        {},
        {**right, **state, "X-Goog-Channel-Token": "forged"},
        {**right, **state, "X-Goog-Resource-ID": "another"},
        {**right, **state, "X-Goog-Channel-ID": "x" * 70},
        {**right, "X-Goog-Resource-State": "sync"},
    ):
        answer = await clinic.browser.post(channel.address, headers=wrong)
        assert answer.status_code == 204
    assert await clinic.tables.rows("select next_at from calendar_links") == before
    await clinic.browser.post(channel.address, headers={**right, **state})
    assert await clinic.tables.rows("select next_at from calendar_links") != before


async def test_a_link_is_looked_at_where_its_workspace_is(clinic: Clinic) -> None:
    await clinic.link()
    services = clinic.node.services
    later = services.clock.now() + timedelta(days=1)
    assert await services.database.run(links.claim_due, "node-9", later, later, 9) == []
    assert len(await services.database.run(links.claim_due, services.store.node, later, later, 9)) == 1


async def test_a_member_who_leaves_has_no_link_any_more(clinic: Clinic) -> None:
    teo = await people.agent(clinic.node, clinic.workspace)
    await clinic.link(teo.bearer, "teo@gmail.example")
    gone = await clinic.workspace.client.delete(f"/v1/team/members/{teo.user_id}")
    assert gone.status_code in (200, 204), gone.text
    with trio.fail_after(10):
        while await clinic.tables.rows("select 1 from calendar_links"):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.02)
    assert not clinic.far.world.account("teo@gmail.example").scopes


async def test_what_is_free_again_is_offered_to_nobody_where_the_provider_has_something_else(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known from the last look, or looked at right before somebody is asked; then the place is free again."""
    monkeypatch.setattr(waitlist, "night", _by_day)  # in the night nobody is asked before the morning
    await clinic.link()
    wanted = {"service_id": clinic.service, "contact_id": await a_contact(clinic)}
    for seen in (True, False):
        made = await clinic.book(tomorrow(13))
        await ask(clinic, JoinWaitlist(**wanted))
        own = clinic.own(tomorrow(13, 15), 30)
        if seen:
            await clinic.look()
        await clinic.desk.done("POST", f"/appointments/{made['id']}/cancel", {})
        await clinic.settled()
        with trio.fail_after(10):
            while await clinic.tables.rows(OFFERING):  # noqa: ASYNC110  # rows have no event
                await trio.sleep(0.02)
        (entry,) = await clinic.desk.done("GET", "/waitlist")
        assert entry["offered"] is None
        held = await clinic.tables.rows("select 1 from appointment_claims")
        assert held == [], "nothing is kept from others for it"
        await clinic.desk.done("DELETE", f"/waitlist/{entry['id']}", status=204)
        clinic.far.world.change(clinic.account, {**own.data, "status": "cancelled"})
        await clinic.look()


def _by_day(minute: int, zone: str) -> None:
    """Whatever the hour is."""


OFFERING = "select 1 from outbox where kind = 'appointment.offer' and state in ('queued', 'attempting')"


async def a_contact(clinic: Clinic) -> int:
    made = await clinic.workspace.post("/v1/contacts", {"contact_name": "Bia", "contact_phone": "+5511987654321"})
    return int(made["id"])


async def ask(clinic: Clinic, command: Command) -> None:
    address = Address(clinic.workspace.tenant, "agenda", 1)
    await clinic.node.services.bus.ask(address, command, actor="system", cause="test")
