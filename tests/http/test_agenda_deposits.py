"""Agenda and payments joined: the link of an appointment, money that comes, in time and late, and money that goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.harness import Json, Phones
from tests.http import agenda
from tests.http.test_payments import Desk, connected
from tests.http.till import Till, open_till

from plixa.actors.payments.payment import Payment
from plixa.actors.scheduling import commands as cmd
from plixa.engine.ports import Address
from plixa.http.stripe_simulator import life

pytestmark = pytest.mark.usefixtures("simulator")


@dataclass
class Salon:
    """A house whose service costs a deposit."""

    till: Till
    calendar: agenda.Desk
    money: Desk
    service: int
    opened: datetime

    def at(self, hour: int, days: int = 3) -> str:
        """Counted from the day on which the test began: where time goes on it may be the next one's by now."""
        day = (self.opened + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
        return day.isoformat()

    async def asked(self, hour: int = 15, days: int = 3) -> int:
        """What a customer books in the chat."""
        start = int(datetime.fromisoformat(self.at(hour, days)).timestamp()) // 60
        command = cmd.Book(service_id=self.service, start=start, source="flow", collects=True)
        outcome = await self.till.node.services.bus.ask(
            Address(self.till.tenant, "agenda", 1), command, actor="contact", cause="test"
        )
        return int(outcome.recorded[-1].event.appointment_id)  # type: ignore[attr-defined]

    async def shown(self, appointment: int) -> Json:
        found: Json = await self.calendar.done("GET", f"/appointments/{appointment}")
        return found

    async def told(self) -> None:
        await self.money.told()
        await self.till.settled("select 1 from outbox where kind like 'appointment.%' and state <> 'done' limit 1")
        await self.money.told()

    async def payment(self, appointment: int) -> Payment:
        return await self.money.state(appointment)


@pytest.fixture
async def salon(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Salon]:
    async with open_till(database_url, simulator.url, tmp_path) as till:
        money = Desk(till, agenda=None)  # type: ignore[arg-type]  # the real one
        money.account = await connected(till)
        calendar = agenda.Desk(till.workspace)
        ana = (await till.workspace.get("/v1/me"))["data"]["user"]["id"]
        cost = {"price_cents": 9000, "deposit_cents": 3000, "currency": "BRL"}
        service = await calendar.service(provider_ids=[ana], **cost)
        yield Salon(till, calendar, money, service, till.clock.now())


@pytest.mark.spec(220)
@pytest.mark.spec(221)
async def test_a_link_is_for_what_is_owed_and_paid_it_is_owed_no_more(salon: Salon) -> None:
    """T24: paid and moved, there is nothing to ask for."""
    appointment = (await salon.calendar.book(salon.service, salon.at(15)))["id"]
    shown = (await salon.shown(appointment))["payment"]
    assert (shown["status"], shown["amount_cents"], shown["currency"], shown["url"]) == ("owed", 3000, "BRL", None)
    link = await salon.money.link(appointment)
    assert (await salon.shown(appointment))["payment"]["url"] == link
    await salon.money.pay(appointment=appointment)
    shown = await salon.shown(appointment)
    assert (shown["status"], shown["payment"]["status"], shown["payment"]["url"]) == ("confirmed", "paid", None)
    await salon.calendar.done("POST", f"/appointments/{appointment}/reschedule", {"start": salon.at(17)})
    path = f"/appointments/{appointment}/payment-link"
    assert (await salon.calendar.ask("POST", path)).status_code == 422
    free = await salon.calendar.service(name="Conversa")
    nothing = (await salon.calendar.book(free, salon.at(9)))["id"]
    assert (await salon.calendar.ask("POST", f"/appointments/{nothing}/payment-link")).status_code == 422
    cancelled = (await salon.calendar.book(salon.service, salon.at(11)))["id"]
    await salon.calendar.done("POST", f"/appointments/{cancelled}/cancel", {})
    assert (await salon.calendar.ask("POST", f"/appointments/{cancelled}/payment-link")).status_code == 422
    assert (await salon.calendar.ask("POST", "/appointments/999999/payment-link")).status_code == 404


async def test_a_customers_time_is_theirs_once_it_is_paid(salon: Salon) -> None:
    appointment = await salon.asked()
    shown = await salon.shown(appointment)
    assert shown["status"] == "pending"
    assert shown["payment"]["expires_at"] is not None
    await salon.money.pay(appointment=appointment)
    await salon.told()
    shown = await salon.shown(appointment)
    assert (shown["status"], shown["payment"]["status"], shown["payment"]["expires_at"]) == ("confirmed", "paid", None)


@pytest.mark.parametrize("free", [True, False])
async def test_money_that_comes_after_the_hold_books_only_what_is_free(salon: Salon, free: bool) -> None:
    appointment = await salon.asked()
    page = await salon.money.page(await salon.money.link(appointment))
    await salon.till.press(page, "pay")
    salon.till.silence()  # what Stripe tells of it is lost
    salon.till.far.world.faults.statuses = [] if free else [500] * 20
    await salon.till.forward(minutes=31)
    await _ended(salon, appointment)
    if not free:
        await salon.calendar.book(salon.service, salon.at(15))
    salon.till.far.world.faults.statuses = []
    await salon.till.forward(minutes=5)
    await salon.told()
    payment, shown = await salon.payment(appointment), await salon.shown(appointment)
    assert (payment.status, payment.slot) == ("paid", free)
    assert shown["status"] == ("confirmed" if free else "cancelled")
    assert shown["payment"]["status"] == "paid"  # it is never cancelled silently


async def _ended(salon: Salon, appointment: int) -> None:
    """Its hold has ended, be it that it is back already."""
    missing = (
        f"select 1 where not exists (select 1 from appointments where id = {appointment} and cancel_kind = 'unpaid')"
    )
    back = f"exists (select 1 from payments where id = {appointment} and status = 'paid')"
    await salon.till.settled(f"{missing} and not {back}")


async def test_what_is_cancelled_closes_its_page_and_gives_back_what_was_paid(salon: Salon) -> None:
    unpaid, paid = await salon.asked(15), await salon.asked(17)
    page = await salon.money.page(await salon.money.link(unpaid))
    await salon.money.pay(appointment=paid)
    for each in (unpaid, paid):
        await salon.calendar.done("POST", f"/appointments/{each}/cancel", {"reason": "fechado"})
    await salon.told()
    assert (await salon.till.press(page, "pay")).status_code == 400
    assert ((await salon.payment(paid)).status, (await salon.payment(paid)).refunded) == ("refunded", 3000)
    assert await _payment_status(salon, unpaid) == "none"


async def _payment_status(salon: Salon, appointment: int) -> Any:
    return (await salon.shown(appointment))["payment"]["status"]


@pytest.mark.parametrize("paid", [True, False])
async def test_a_boleto_outlives_the_half_an_hour_and_holds_the_time_until_it_is_paid_or_cannot_be(
    salon: Salon, paid: bool
) -> None:
    appointment = await salon.asked(days=20)
    page = await salon.money.page(await salon.money.link(appointment))
    await salon.till.press(page, "voucher")
    await salon.told()
    until = datetime.fromisoformat((await salon.shown(appointment))["payment"]["expires_at"])
    assert until > salon.till.clock.now() + timedelta(days=3)
    await salon.till.forward(days=3)
    assert (await salon.shown(appointment))["status"] == "pending"
    session = next(iter(salon.money.store.of("checkout_session").values()))
    life.settle(salon.till.far.world, salon.money.store, session, paid=paid)
    await salon.told()
    shown = await salon.shown(appointment)
    assert (shown["status"], shown["cancel_kind"]) == (("confirmed", None) if paid else ("cancelled", "unpaid"))
    assert shown["payment"]["status"] == ("paid" if paid else "none")


async def test_for_what_is_near_there_is_no_boleto(salon: Salon) -> None:
    near, far = await salon.asked(15), await salon.asked(15, days=20)
    for appointment, offered in ((near, False), (far, True)):
        page = await salon.money.page(await salon.money.link(appointment))
        assert ("boleto" in (await salon.till.browser.get(page)).text) is offered
