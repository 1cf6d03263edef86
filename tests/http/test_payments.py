"""Deposits on the workspace's own account: what others' integrations got wrong, tried on ours."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
from tests.harness import Json, Phones
from tests.http import people
from tests.http.tables import Tables
from tests.http.till import SECRETS, Till, open_till

from plixa.actors.payments.payment import Payment
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address
from plixa.http.api.services import Opened
from plixa.http.payments.parts import DEPOSITS
from plixa.http.payments.port import APPOINTMENTS, Owed
from plixa.http.stripe_simulator import connect, life
from plixa.http.stripe_simulator.world import Store

APPOINTMENT = 41


@dataclass
class Agenda:
    """The other side of the port: what is owed, and whether an appointment can still be had."""

    owes: dict[int, Owed] = field(default_factory=dict)
    there: bool = True
    told: list[int] = field(default_factory=list)
    waiting: list[tuple[int, datetime]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    async def owed(self, tenant: int, appointment: int) -> Owed:
        if appointment not in self.owes:
            raise NotFound("appointment")
        return self.owes[appointment]

    async def paid(self, tenant: int, appointment: int) -> bool:
        self.told.append(appointment)
        return self.there

    async def waits(self, tenant: int, appointment: int, until: datetime) -> None:
        self.waiting.append((appointment, until))

    async def lapsed(self, tenant: int, appointment: int) -> None:
        self.gone.append(appointment)


@dataclass
class Desk:
    """A till with an agenda and an account that is ready."""

    till: Till
    agenda: Agenda
    account: str = ""

    @property
    def store(self) -> Store:
        return self.till.far.world.store(self.account)

    async def link(self, appointment: int = APPOINTMENT) -> str:
        path = f"/v1/scheduling/appointments/{appointment}/payment-link"
        return str((await self.till.workspace.post(path))["url"])

    async def page(self, link: str) -> str:
        """Where the link leads."""
        answer = await self.till.browser.get(link)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def pay(self, what: str = "pay", appointment: int = APPOINTMENT) -> None:
        await self.till.press(await self.page(await self.link(appointment)), what)
        await self.told()

    async def told(self) -> None:
        await self.till.told()
        query = "select 1 from outbox where kind like 'payment.%' and state in ('queued', 'attempting') limit 1"
        await self.till.settled(query)

    async def told_later(self) -> None:
        """The payment's own timer has looked."""
        with trio.fail_after(10):
            while (await self.state()).status == "waiting":  # noqa: ASYNC110  # nothing tells of a timer
                await trio.sleep(0.02)

    async def letters(self) -> list[str]:
        """What owners were written about payments, in order."""
        await self.told()
        query = "select request->>'template' as name, request->'values' as said from outbox where kind = 'mail.send'"
        rows = await Tables(self.till.node.services.database).rows(f"{query} order by position")
        assert all(row["said"]["amount"] == "BRL 30.00" for row in rows if "amount" in row["said"])
        return [row["name"] for row in rows if row["name"].startswith("payment_")]

    async def state(self, appointment: int = APPOINTMENT) -> Payment:
        found: Payment = await self.till.node.services.bus.state(Address(self.till.tenant, "payment", appointment))
        return found

    @property
    def charge(self) -> Json:
        return list(self.store.of("charge").values())[-1]


@pytest.fixture
async def desk(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_till(database_url, simulator.url, tmp_path) as till:
        agenda = Agenda({APPOINTMENT: Owed(amount=3_000, currency="BRL", contact_id=None, text="Corte")})
        till.node.services.opened.insert(0, Opened(offers={APPOINTMENTS: agenda}))
        desk = Desk(till, agenda)
        desk.account = await connected(till)
        yield desk


async def connected(till: Till) -> str:
    """Connect, and finish at Stripe."""
    url = (await till.workspace.post("/v1/payments/connect"))["url"]
    back = await till.press(url, "ready")
    assert back.headers["location"].endswith("/panel/#/payments")
    await till.told()
    return list(till.far.world.stores)[-1]


# -- the account ------------------------------------------------------------------------------------------------------


@pytest.mark.spec(188)
@pytest.mark.spec(189)
@pytest.mark.parametrize("api", ["v2", "v1"])
async def test_connecting_is_begun_or_resumed_on_a_page_of_stripes(
    database_url: str, simulator: Phones, tmp_path: Path, api: str
) -> None:
    async with open_till(database_url, simulator.url, tmp_path, STRIPE_ACCOUNTS=api) as till:
        first, second = [(await till.workspace.post("/v1/payments/connect"))["url"] for _ in range(2)]
        assert first != second
        assert len(till.far.world.stores) == 2  # the platform's, and one account however often it is asked for
        assert (await till.workspace.get("/v1/payments/connect"))["data"]["ready"] is False
        await till.press(second, "ready")
        assert (await till.workspace.get("/v1/payments/connect"))["data"] == {
            "connected": True, "ready": True, "detail": None,
        }  # fmt: skip


@pytest.mark.spec(187)
async def test_payments_are_the_owners(desk: Desk) -> None:
    agent = await people.agent(desk.till.node, desk.till.workspace)
    for method, path in (("POST", "connect"), ("POST", "dashboard-link"), ("GET", "connect"), ("GET", "")):
        url = f"/v1/payments/{path}".rstrip("/")
        headers = {"Authorization": agent.bearer}
        answer = await desk.till.workspace.client.request(method, url, json={}, headers=headers)
        assert answer.status_code == 403


@pytest.mark.spec(191)
async def test_the_dashboard_opens_by_a_link_that_works_once(desk: Desk) -> None:
    urls = [(await desk.till.workspace.post("/v1/payments/dashboard-link"))["url"] for _ in range(2)]
    assert urls[0] != urls[1]
    assert "/express/" in urls[0]


async def test_no_address_that_works_once_no_key_and_no_card_is_kept_or_logged(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    post = desk.till.workspace.post
    once = [(await post("/v1/payments/connect"))["url"], (await post("/v1/payments/dashboard-link"))["url"]]
    page = await desk.page(await desk.link())
    await desk.till.press(page, "decline")
    await desk.till.press(page, "pay")
    await desk.told()
    await post(f"/v1/payments/{APPOINTMENT}/refund", {"amount_cents": 1_000})
    life.dispute(desk.till.far.world, desk.store, desk.charge)
    await desk.told()
    dump = await Tables(desk.till.node.services.database).dump()
    found = "\n".join(line for lines in dump.values() for line in lines) + "".join(capfd.readouterr())
    assert str((await desk.state()).session) in found  # its id is kept, its address is not
    for needle in ("sk_test_simulator", *SECRETS, *once, page, '"cvc"', "exp_month"):
        assert needle not in found, needle
    assert not re.search(
        r"(?<![\w.])4242(?!\w)|4242424242424242", found
    )  # what is sealed may have these digits by chance


async def test_a_country_that_stripe_does_not_serve_is_named(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    async with open_till(database_url, simulator.url, tmp_path, STRIPE_ACCOUNTS="v1") as till:
        answer = await till.workspace.client.post("/v1/payments/connect", json={"country": "JM"})
        assert answer.status_code == 422
        assert "JM" in answer.json()["errors"][0]["details"]["country"][0]


async def test_an_account_that_is_not_ready_takes_no_deposits(desk: Desk) -> None:
    connect.onboard(desk.till.far.world, desk.account, ready=False)
    await desk.told()
    path = f"/v1/scheduling/appointments/{APPOINTMENT}/payment-link"
    answer = await desk.till.workspace.client.post(path)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "PAYMENTS_NOT_READY")


async def test_an_account_whose_owner_takes_access_away_is_disconnected(desk: Desk) -> None:
    connect.disconnect(desk.till.far.world, desk.account)
    await desk.told()
    assert (await desk.till.workspace.get("/v1/payments/connect"))["data"]["connected"] is False
    await connected(desk.till)
    assert (await desk.till.workspace.get("/v1/payments/connect"))["data"]["ready"] is True


# -- paying -----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(190)
@pytest.mark.spec(220)
async def test_a_deposit_is_paid_on_the_workspaces_account_and_told(desk: Desk) -> None:
    await desk.pay()
    [shown] = (await desk.till.workspace.get("/v1/payments"))["data"]
    assert (shown["status"], shown["amount_cents"], shown["currency"]) == ("paid", 3_000, "BRL")
    assert shown["stripe"]["account"] == desk.account
    assert desk.agenda.told == [APPOINTMENT]
    assert desk.till.own.of("checkout_session") == {}
    assert (await desk.state()).slot is True


@pytest.mark.spec(221)
async def test_every_member_may_send_a_link_and_nothing_owed_is_said_so(desk: Desk) -> None:
    agent = await people.agent(desk.till.node, desk.till.workspace)
    client, headers = desk.till.workspace.client, {"Authorization": agent.bearer}

    async def asked(appointment: int) -> int:
        path = f"/v1/scheduling/appointments/{appointment}/payment-link"
        return (await client.post(path, headers=headers)).status_code

    assert await asked(APPOINTMENT) == 200
    desk.agenda.owes[42] = Owed(amount=0, currency="BRL", contact_id=None, text="")
    desk.agenda.owes[43] = Owed(amount=100, currency="BRL", contact_id=None, text="", alive=False)
    assert [await asked(each) for each in (42, 43, 44)] == [422, 422, 404]
    await desk.pay()
    assert await asked(APPOINTMENT) == 422


async def test_a_link_outlives_its_page(desk: Desk) -> None:
    link = await desk.link()
    first = await desk.page(link)
    assert await desk.page(link) == first
    await desk.till.forward(days=3)
    second = await desk.page(link)
    assert second != first
    await desk.till.press(second, "pay")
    await desk.told()
    assert (await desk.state()).status == "paid"
    assert (await desk.till.browser.get(link)).status_code == 422


@pytest.mark.parametrize("wrong", ["", "1.41.x", "1.42", "x.y.z", "²", "1.41." + "A" * 22, "9" * 300])
async def test_a_link_that_nobody_gave_leads_nowhere(desk: Desk, wrong: str) -> None:
    answer = await desk.till.browser.get(f"{desk.till.node.services.public_url}/pay/{wrong}")
    assert answer.status_code == 404


async def test_a_voucher_is_waited_for(desk: Desk) -> None:
    await desk.pay("voucher")
    until = desk.till.clock.now() + timedelta(seconds=life.VOUCHER_FOR)
    state = await desk.state()
    assert (state.status, state.method, abs(state.pay_until - until) < timedelta(minutes=1)) == (  # type: ignore[operator]
        "waiting", "boleto", True
    )  # fmt: skip
    shown = (await desk.till.workspace.get("/v1/payments"))["data"][0]
    assert (shown["status"], shown["pay_until"]) == ("waiting", state.pay_until.isoformat())  # type: ignore[union-attr]
    assert desk.agenda.waiting == [(APPOINTMENT, state.pay_until)]
    session = next(iter(desk.store.of("checkout_session").values()))
    life.settle(desk.till.far.world, desk.store, session, paid=True)
    await desk.told()
    assert (await desk.state()).status == "paid"


@pytest.mark.parametrize("heard", [True, False])
async def test_a_voucher_that_nobody_pays_is_owed_again(desk: Desk, heard: bool) -> None:
    """Told by Stripe, or read when its time is over."""
    await desk.pay("voucher")
    session = next(iter(desk.store.of("checkout_session").values()))
    life.settle(desk.till.far.world, desk.store, session, paid=False)
    if not heard:
        desk.till.silence()
        await desk.till.forward(days=3, minutes=6)
        await desk.told_later()
    await desk.told()
    assert ((await desk.state()).status, (await desk.state()).pay_until) == ("asked", None)
    assert desk.agenda.gone == [APPOINTMENT]
    await desk.pay()
    assert (await desk.state()).status == "paid"
    assert desk.agenda.told == [APPOINTMENT]


async def test_another_page_that_runs_out_touches_nothing_that_is_paid(desk: Desk) -> None:
    await desk.pay()
    before = await desk.state()
    expired = deepcopy(desk.till.far.world.events[-1])
    about = {"object": "checkout.session", "id": before.session, "payment_status": "unpaid", "status": "expired"}
    expired |= {"id": "evt_x", "type": "checkout.session.expired", "data": {"object": about}, "account": desk.account}
    await desk.till.post(expired, SECRETS[2])
    await desk.told()
    assert (await desk.state()).status == "paid"


async def test_declined_corrected_paid_with_the_declines_word_last_is_paid(desk: Desk) -> None:
    page = await desk.page(await desk.link())
    await desk.till.press(page, "decline")
    late = deepcopy(desk.till.event("payment_intent.payment_failed"))
    desk.till.silence()
    await desk.till.press(page, "pay")
    await desk.told()
    await desk.till.post({**late, "id": "evt_late"}, SECRETS[2])
    await desk.told()
    assert (await desk.state()).status == "paid"


async def test_another_account_that_names_our_payment_pays_nothing(desk: Desk) -> None:
    page = await desk.page(await desk.link())
    session = deepcopy(next(iter(desk.store.of("checkout_session").values())))
    session |= {"payment_status": "paid", "status": "complete"}
    for account in ("acct_stranger", None):
        event: dict[str, Any] = {"id": f"evt_{account}", "object": "event", "type": "checkout.session.completed"}
        event |= {"livemode": False, "data": {"object": session}}
        await desk.till.post({**event, **({"account": account} if account else {})}, SECRETS[2])
    await desk.told()
    assert page
    assert (await desk.state()).status == "open"


async def test_what_is_paid_must_be_what_was_asked(desk: Desk) -> None:
    page = await desk.page(await desk.link())
    session = next(iter(desk.store.of("checkout_session").values()))
    session["amount_total"] = 1
    await desk.till.press(page, "pay")
    await desk.told()
    assert (await desk.state()).status == "open"
    assert await Tables(desk.till.node.services.database).rows("select 1 from events where type = 'payment.differs'")


async def test_cancelled_before_it_is_paid_it_can_be_paid_no_more(desk: Desk) -> None:
    page = await desk.page(await desk.link())
    await desk.till.node.services[DEPOSITS].cancelled(desk.till.tenant, APPOINTMENT, 1, refund=True)
    await desk.told()
    assert (await desk.till.press(page, "pay")).status_code == 400
    assert desk.store.of("charge") == {}


@pytest.mark.parametrize("refund", [True, False])
async def test_cancelled_at_the_moment_it_is_paid_the_money_is_known(desk: Desk, refund: bool) -> None:
    page = await desk.page(await desk.link())
    await desk.till.press(page, "pay")
    desk.till.silence()
    await desk.till.node.services[DEPOSITS].cancelled(desk.till.tenant, APPOINTMENT, 1, refund=refund)
    await desk.told()
    state = await desk.state()
    assert (state.status, state.slot) == ("paid", False)  # nobody's slot is booked, and a person decides


async def test_money_that_comes_too_late_books_nothing_and_is_not_lost(desk: Desk) -> None:
    desk.agenda.there = False
    await desk.pay()
    assert ((await desk.state()).status, (await desk.state()).slot) == ("paid", False)
    assert await desk.letters() == ["payment_without_slot"]


# -- money back -------------------------------------------------------------------------------------------------------


async def test_parts_that_go_back_add_up_however_often_they_are_told(desk: Desk) -> None:
    await desk.pay()
    for amount, status in ((1_000, "partly_refunded"), (500, "partly_refunded"), (1_500, "refunded")):
        life.refund(desk.till.far.world, desk.store, desk.charge, amount, {})
        event = deepcopy(desk.till.event("charge.refunded"))
        await desk.told()
        await desk.till.post({**event, "id": event["id"] + "x"}, SECRETS[2])
        await desk.told()
        assert (await desk.state()).refunded == desk.charge["amount_refunded"]
        assert (await desk.state()).status == status


@pytest.mark.parametrize("fault", [None, "lost", "crashed", "unsent"])
async def test_a_refund_is_done_once_whatever_is_cut(desk: Desk, fault: str | None) -> None:
    await desk.pay()
    if fault is not None:
        desk.till.far.world.faults.path = "/v1/refunds"
        setattr(desk.till.far.world.faults, fault, 1)
    answer = await desk.till.workspace.client.post(f"/v1/payments/{APPOINTMENT}/refund", json={"amount_cents": 1_000})
    assert answer.status_code == 200, answer.text
    await desk.told()
    assert [each["amount"] for each in desk.store.of("refund").values()] == [1_000]
    assert ((await desk.state()).refunded, (await desk.state()).status) == (1_000, "partly_refunded")


async def test_more_than_there_is_cannot_go_back_nor_what_is_disputed(desk: Desk) -> None:
    post, path = desk.till.workspace.client.post, f"/v1/payments/{APPOINTMENT}/refund"
    assert (await post(path, json={})).status_code == 404
    await desk.pay()
    assert (await post(path, json={"amount_cents": 3_001})).status_code == 422
    life.dispute(desk.till.far.world, desk.store, desk.charge)
    await desk.told()
    assert (await desk.state()).status == "disputed"
    assert (await post(path, json={})).json()["errors"][0]["code"] == "PAYMENT_DISPUTED"
    life.dispute(desk.till.far.world, desk.store, desk.charge, "under_review")
    assert await desk.letters() == ["payment_disputed"]
    life.dispute(desk.till.far.world, desk.store, desk.charge, "lost")
    await desk.told()
    assert (await desk.state()).status == "lost"
    assert await desk.letters() == ["payment_disputed", "payment_dispute_lost"]
    await desk.till.post({**deepcopy(desk.till.event("charge.dispute.closed")), "id": "evt_again"}, SECRETS[2])
    assert await desk.letters() == ["payment_disputed", "payment_dispute_lost"]


@pytest.mark.parametrize(("amount", "currency", "status"), [(500, "JPY", 200), (500, "BRL", 200), (4_010, "ISK", 422)])
async def test_amounts_are_minor_units_as_they_are(desk: Desk, amount: int, currency: str, status: int) -> None:
    desk.agenda.owes[50] = Owed(amount=amount, currency=currency, contact_id=None, text="x")
    answer = await desk.till.workspace.client.post("/v1/scheduling/appointments/50/payment-link")
    assert answer.status_code == status
    if status == 200:
        await desk.page(answer.json()["data"]["url"])
        session = list(desk.store.of("checkout_session").values())[-1]
        assert (session["amount_total"], session["currency"]) == (amount, currency.lower())
