"""Deposits: a customer's time is held while they pay, and money never books anybody beside somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.actors.agenda_minutes import utc
from tests.actors.given import Given
from tests.actors.test_agenda import ANA, NOW, agenda, at, book, offering, refused

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.deciding import effects
from plixa.actors.scheduling.events import AppointmentHeld, AppointmentPaid, AppointmentStatus, Claim, WaitlistLeft
from plixa.actors.scheduling.offering import Service
from plixa.actors.scheduling.paying import ARRIVES_WITHIN, PAY_WITHIN
from plixa.engine.actor import TimerFired
from plixa.engine.events import Event

LIA, EVA = 31, 32
PAID = Service(id=1, name="Corte", duration_minutes=60, provider_ids=[ANA], deposit_cents=3000, currency="BRL")
TEN = "4 10:00"


def house(**changes: Any) -> Given:
    return agenda(services={1: PAID}, **changes)


def ask(given: Given, contact: int = LIA, when: str = TEN) -> Claim:
    """A customer books."""
    return book(given, when, PAID, source="flow", contact_id=contact, collects=True)


def run_out(given: Given, claim: Claim) -> Sequence[Event]:
    assert claim.holds_until is not None
    given.at = claim.holds_until
    return given.when(TimerFired(f"request-{claim.id}", claim.holds_until))


def unowed(given: Given, events: Sequence[Event]) -> list[Any]:
    found = [each for event in events for each in effects(given.state, event)]
    return [each.request for each in found if each.kind == "appointment.unowe"]


def test_what_a_customer_books_is_held_while_they_pay_and_then_it_is_theirs() -> None:
    given = house()
    claim = ask(given)
    assert (claim.status, claim.deposit, claim.currency) == ("pending", 3000, "BRL")
    assert claim.holds_until == NOW + PAY_WITHIN
    assert refused(given, cmd.Book(service_id=1, start=at(TEN))).code == "SLOT_TAKEN"
    became, paid = given.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(became, AppointmentStatus)
    assert isinstance(paid, AppointmentPaid)
    assert paid.kept
    assert given.state.must_have(claim.id).status == "confirmed"
    assert given.timers == {}
    assert given.when(cmd.Pay(appointment_id=claim.id)) == []


def test_an_unpaid_hold_is_resumed_by_its_customer_refused_to_others_and_then_free() -> None:
    """T18."""
    given = house()
    claim = ask(given)
    again = cmd.Book(service_id=1, start=at(TEN), source="flow", contact_id=LIA, collects=True)
    assert given.when(again) == []  # theirs already, and still to be paid
    assert given.state.must_have(claim.id).status == "pending"
    other = cmd.Book(service_id=1, start=at(TEN), source="flow", contact_id=EVA, collects=True)
    assert refused(given, other).code == "SLOT_TAKEN"
    (ended,) = run_out(given, claim)
    assert isinstance(ended, AppointmentStatus)
    assert (ended.status, ended.how) == ("cancelled", "unpaid")
    assert unowed(given, [ended]) == [{"appointment_id": claim.id, "refund": True, "lapsed": True}]
    assert ask(given, EVA).status == "pending"


def test_what_staff_book_and_what_cannot_be_paid_holds() -> None:
    given = house()
    assert book(given, TEN, PAID, contact_id=LIA).holds_until is None
    other = book(given, "4 12:00", PAID, source="ai", contact_id=LIA)
    assert (other.status, other.deposit, other.holds_until) == ("confirmed", 3000, None)


def test_late_money_takes_back_what_is_free_and_never_what_somebody_has() -> None:
    given = house()
    claim = ask(given)
    run_out(given, claim)
    back, told = given.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(back, AppointmentStatus)
    assert isinstance(told, AppointmentPaid)
    assert (back.status, told.kept) == ("confirmed", True)
    assert given.state.must_have(claim.id).holds

    taken = house()
    claim = ask(taken)
    run_out(taken, claim)
    book(taken, TEN, PAID)
    (told,) = taken.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(told, AppointmentPaid)
    assert (told.kept, told.why) == (False, "SLOT_TAKEN")
    assert not taken.state.must_have(claim.id).holds


def test_money_for_what_somebody_cancelled_or_what_is_past_books_nothing() -> None:
    given = house()
    claim = ask(given)
    given.when(cmd.Cancel(appointment_id=claim.id))
    (told,) = given.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(told, AppointmentPaid)
    assert not told.kept
    past = house()
    claim = ask(past)
    run_out(past, claim)
    past.at = utc("2026-12-04T10:30-03:00")
    (told,) = past.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(told, AppointmentPaid)
    assert not told.kept


def test_a_closed_day_is_not_taken_back_by_money() -> None:
    given = house()
    claim = ask(given)
    run_out(given, claim)
    given.workspace = offering(services={1: PAID}, closed=frozenset({utc("2026-12-04T12:00-03:00").date()}))  # type: ignore[assignment]
    (told,) = given.when(cmd.Pay(appointment_id=claim.id))
    assert isinstance(told, AppointmentPaid)
    assert told.why == "CLOSED_DAY"


@pytest.mark.parametrize(
    ("by", "now", "refund"),
    [
        ("contact", "2026-12-02T10:00-03:00", True),
        ("contact", "2026-12-04T07:00-03:00", False),  # later than a day before
        ("staff", "2026-12-04T07:00-03:00", True),
    ],
)
def test_who_cancels_in_time_or_is_cancelled_gets_it_back(by: Any, now: str, refund: bool) -> None:
    given = house()
    claim = ask(given)
    given.when(cmd.Pay(appointment_id=claim.id))
    given.at = utc(now)
    events = given.when(cmd.Cancel(appointment_id=claim.id, by=by))
    assert unowed(given, events) == [{"appointment_id": claim.id, "refund": refund, "lapsed": False}]


def test_a_move_gives_no_more_time_to_pay_and_what_is_paid_stays_paid() -> None:
    given = house()
    claim = ask(given)
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 14:00")))
    assert given.state.must_have(claim.id).holds_until == NOW + PAY_WITHIN
    given.when(cmd.Pay(appointment_id=claim.id))
    given.when(cmd.Reschedule(appointment_id=claim.id, start=at("4 16:00")))
    moved = given.state.must_have(claim.id)
    assert (moved.paid, moved.status, moved.deposit) == (True, "confirmed", 3000)


def test_an_offer_that_is_taken_is_held_while_it_is_paid() -> None:
    given = house()
    taken = book(given, TEN, PAID)
    given.when(cmd.JoinWaitlist(service_id=1, contact_id=LIA))
    given.when(cmd.Cancel(appointment_id=taken.id))
    (offered,) = [each for each in given.state.holding() if each.awaits == "answer"]
    given.at += timedelta(minutes=1)
    became, left = given.when(cmd.TakeOffer(appointment_id=offered.id, collects=True))
    assert isinstance(left, WaitlistLeft)
    claim = given.state.must_have(offered.id)
    assert (claim.status, claim.awaits, claim.holds_until) == ("pending", "payment", given.at + PAY_WITHIN)
    assert isinstance(became, AppointmentStatus)
    given.when(cmd.Pay(appointment_id=claim.id))
    assert given.state.must_have(claim.id).status == "confirmed"


def test_who_is_not_sure_to_be_taken_pays_after_the_approval() -> None:
    asks = Service(
        id=1, name="Corte", duration_minutes=60, provider_ids=[ANA], deposit_cents=3000, requires_approval=True
    )
    given = agenda(services={1: asks})
    claim = book(given, TEN, asks, source="ai", contact_id=LIA, collects=True)
    assert claim.awaits == "approval"
    given.when(cmd.Approve(appointment_id=claim.id))
    approved = given.state.must_have(claim.id)
    assert (approved.status, approved.awaits, approved.deposit) == ("confirmed", None, 3000)


def held_on(given: Given, claim: Claim, **after: float) -> Sequence[Event]:
    """The customer has a boleto, which can be paid for so long."""
    return given.when(cmd.HoldOn(appointment_id=claim.id, until=given.at + timedelta(**after)))


FAR = "20 10:00"


def test_who_pays_by_a_voucher_has_the_time_for_as_long_as_that_may_take() -> None:
    given = house()
    claim = ask(given, when=FAR)
    (held,) = held_on(given, claim, days=3)
    assert isinstance(held, AppointmentHeld)
    assert held.until == given.at + timedelta(days=3) + ARRIVES_WITHIN
    assert [each for each in given.queued() if "pay_waits" in each]
    assert held_on(given, claim, days=3) == [], "told again, it is the same"
    given.at += PAY_WITHIN
    assert given.when(TimerFired(f"request-{claim.id}", given.at)) == [], "the half an hour does not end it any more"
    given.at += timedelta(days=4)  # on the next working day
    given.when(cmd.Pay(appointment_id=claim.id))
    assert given.state.must_have(claim.id).status == "confirmed"


def test_a_voucher_that_nobody_paid_lets_the_time_go() -> None:
    given = house()
    claim = ask(given, when=FAR)
    held_on(given, claim, days=3)
    (ended,) = given.when(cmd.LetGo(appointment_id=claim.id), after=3 * 86_400 + 300)
    assert isinstance(ended, AppointmentStatus)
    assert (ended.how, ended.by) == ("unpaid", "system")
    assert [each for each in given.queued() if "-unpaid-" in each], "the customer is told"
    assert given.when(cmd.LetGo(appointment_id=claim.id)) == []
    assert book(given, FAR, PAID, contact_id=EVA).id != claim.id


def test_what_begins_before_the_money_can_be_there_is_held_until_then_and_no_longer() -> None:
    given = house()
    claim = ask(given)
    (held,) = held_on(given, claim, days=30)
    assert isinstance(held, AppointmentHeld)
    assert held.until == utc("2026-12-04T10:00-03:00")
    given.at = held.until
    assert [each.type for each in given.when(TimerFired(f"request-{claim.id}", held.until))] == ["appointment.status"]


@pytest.mark.parametrize("free", [True, False])
def test_a_voucher_heard_of_after_the_hold_takes_back_only_what_is_free(free: bool) -> None:
    given = house()
    claim = ask(given, when=FAR)
    run_out(given, claim)
    if not free:
        book(given, FAR, PAID, contact_id=EVA)
    events = held_on(given, claim, days=3)
    assert [each.type for each in events] == (["appointment.status", "appointment.held"] if free else [])
    assert given.state.must_have(claim.id).status == ("pending" if free else "cancelled")
    assert (f"request-{claim.id}" in given.timers) is free


def test_what_staff_have_booked_or_somebody_has_cancelled_is_no_business_of_a_vouchers() -> None:
    given = house()
    staff = book(given, FAR, PAID, contact_id=LIA)
    assert held_on(given, staff, days=3) == []
    assert given.when(cmd.LetGo(appointment_id=staff.id)) == []
    given.when(cmd.Cancel(appointment_id=staff.id))
    assert held_on(given, staff, days=3) == []
