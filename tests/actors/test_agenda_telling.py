"""What the house books, moves and cancels by itself is told to its customer: once, and of a series as one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors.given import Given
from tests.actors.test_agenda import CUT, agenda, at, book

from plixa.actors.scheduling import commands as cmd
from plixa.engine.ports import Effect

LIA = 31


def told(given: Given) -> list[dict[str, Any]]:
    return [each.request for each in given.effects if isinstance(each, Effect) and each.kind == "appointment.tell"]


@pytest.mark.parametrize("source", ["staff", "api"])
def test_what_staff_book_move_and_cancel_is_told(source: Any) -> None:
    given = agenda()
    claim = book(given, "4 10:00", contact_id=LIA, source=source)
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 12:00")))
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 14:00")))
    given.when(cmd.Cancel(appointment_id=claim.id))
    given.when(cmd.Cancel(appointment_id=claim.id))
    assert [(each["what"], each["revision"]) for each in told(given)] == [
        ("staff_booked", 1), ("staff_moved", 2), ("staff_moved", 3), ("staff_cancelled", 3)
    ]  # fmt: skip


def test_what_the_customer_does_is_told_by_the_dialogue_alone_and_what_staff_do_to_it_is_told() -> None:
    given = agenda()
    claim = book(given, "4 10:00", contact_id=LIA, source="flow")
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 12:00"), by="contact"))
    assert told(given) == []
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 14:00")))
    assert [each["what"] for each in told(given)] == ["staff_moved"]
    given.when(cmd.Cancel(appointment_id=claim.id, by="contact"))
    assert len(told(given)) == 1


def test_a_series_is_booked_and_cancelled_with_one_message_each() -> None:
    given = agenda()
    events = given.when(
        cmd.Book(service_id=CUT.id, start=at("4 10:00"), contact_id=LIA, repeat="weekly", occurrences=4)
    )
    ids = [each.appointment_id for each in events]  # type: ignore[attr-defined]
    assert [each["what"] for each in told(given)] == ["staff_booked"]
    given.when(cmd.Cancel(appointment_id=ids[1], scope="following"))
    assert [(each["what"], each.get("along")) for each in told(given)][1:] == [("staff_cancelled", ids[1:])]
    given.when(cmd.Cancel(appointment_id=ids[0], scope="all"))
    assert [(each["appointment_id"], each.get("along")) for each in told(given)][2:] == [(ids[0], None)]


def test_nobodys_and_what_is_over_is_told_to_nobody() -> None:
    given = agenda()
    nobodys = book(given, "4 10:00")
    given.when(cmd.Cancel(appointment_id=nobodys.id))
    past = book(given, at("1 10:00") - 3 * 1440, contact_id=LIA)
    given.when(cmd.Cancel(appointment_id=past.id))
    assert told(given) == []
