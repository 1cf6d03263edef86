"""Subscriptions, from the checkout to the last webhook: what others' integrations got wrong, tried on ours."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import trio
from tests.harness import PASSWORD, Json, Phones
from tests.http.tables import Tables
from tests.http.till import SECRETS, Till, open_till

from plixa.actors.billing.state import Billing, LineSum
from plixa.actors.workspace.plans import PLANS
from plixa.doctor import Sick, check_payments
from plixa.engine.errors import Elsewhere, Unavailable
from plixa.engine.ports import StoredEffect
from plixa.http.billing.parts import MONEY
from plixa.http.billing.summing import Summing, digest_of
from plixa.http.billing.watching import Watching
from plixa.http.clients.stripe import objects, transport
from plixa.http.clients.stripe.signature import TOLERANCE
from plixa.http.stripe_simulator import life
from plixa.http.stripe_simulator.webhooks import signature
from plixa.verifying import verify

TRIAL_OVER = {"days": 15.0}


@pytest.fixture
async def till(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Till]:
    async with open_till(database_url, simulator.url, tmp_path) as till:
        yield till


def asked(till: Till, path: str) -> list[Json]:
    """The parameters of the calls to this path."""
    return [params for method, each, params in till.far.world.calls if method == "POST" and each == path]


# -- buying -----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(87)
async def test_a_checkout_is_paid_and_the_plan_follows(till: Till) -> None:
    page = await till.checkout("business", "year")
    assert page.status_code == 201
    assert page.json()["data"] == {"url": page.json()["data"]["url"], "plan": "business", "interval": "year"}
    back = await till.press(page.json()["data"]["url"], "pay")
    assert back.headers["location"].startswith(f"{till.node.services.public_url}/panel/#/billing?checkout=cs_test_")
    await till.told()
    shown = await till.shown()
    assert (shown["plan"], shown["because"], shown["checkout"]) == ("business", "subscription", None)
    assert shown["subscription"]["status"] == "trialing"


@pytest.mark.spec(88)
async def test_seven_days_are_free_on_the_first_subscription_only(till: Till) -> None:
    first = await till.subscribe()
    assert first["trial_end"] - first["created"] == 7 * 86_400
    life.cancel(till.far.world, till.own, first)
    await till.told()
    second = await till.subscribe("business")
    assert (second["status"], second["trial_end"]) == ("active", None)
    with_trial, without = asked(till, "/v1/checkout/sessions")
    assert with_trial["subscription_data"]["trial_period_days"] == "7"  # and no time that the paying eats
    assert "trial_end" not in with_trial["subscription_data"]
    assert "trial_period_days" not in without["subscription_data"]


async def test_a_checkout_that_came_to_nothing_does_not_use_up_the_trial(till: Till) -> None:
    page = await till.checkout()
    await till.press(page.json()["data"]["url"], "expire")
    await till.told()
    assert (await till.billing()).attempt is None
    assert (await till.subscribe())["status"] == "trialing"


@pytest.mark.spec(89)
async def test_a_plan_that_there_is_not_is_refused(till: Till) -> None:
    for body in ({}, {"plan": "gold"}, {"plan": None}):
        answer = await till.workspace.client.post("/v1/billing/checkout", json=body)
        assert answer.status_code == 422
        error = answer.json()["errors"][0]
        assert error["code"] == "VALIDATION_FAILED"
        assert "plan" in error["details"]


@pytest.mark.spec(90)
async def test_a_month_unless_a_year_is_asked_for_which_costs_ten(till: Till) -> None:
    answer = await till.workspace.client.post("/v1/billing/checkout", json={"plan": "starter"})
    assert answer.json()["data"]["interval"] == "month"
    prices = till.own.of("price")
    for plan in PLANS:
        month, year = prices[f"price_{plan}_month"], prices[f"price_{plan}_year"]
        assert year["unit_amount"] == 10 * month["unit_amount"]


@pytest.mark.spec(91)
async def test_a_plan_without_a_price_cannot_be_sold(database_url: str, simulator: Phones, tmp_path: Path) -> None:
    sentence = "This plan has no Stripe price configured yet."
    async with open_till(database_url, simulator.url, tmp_path, STRIPE_PRICE_BUSINESS_YEAR="") as till:
        till.own.of("price")["price_starter_month"]["active"] = False
        for plan, interval in (("business", "year"), ("starter", "month")):
            answer = await till.checkout(plan, interval)
            assert answer.status_code == 500
            assert answer.json()["errors"] == [{"code": "INTERNAL_ERROR", "message": sentence}]


async def test_seats_are_no_quantity(till: Till) -> None:
    await till.checkout("business")
    [session] = asked(till, "/v1/checkout/sessions")
    assert session["line_items"] == [{"price": "price_business_month", "quantity": "1"}]


async def test_pressed_twice_it_is_the_same_page_and_one_customer(till: Till) -> None:
    first, second = await till.checkout(), await till.checkout()
    assert first.json() == second.json()
    assert len(till.own.of("customer")) == len(till.own.of("checkout_session")) == 1


async def test_another_plan_closes_the_page_that_is_open(till: Till) -> None:
    first = await till.checkout("professional")
    await till.checkout("business")
    states = [each["status"] for each in till.own.of("checkout_session").values()]
    assert states == ["expired", "open"]
    assert (await till.press(first.json()["data"]["url"], "pay")).status_code == 400


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/checkout/sessions"])
@pytest.mark.parametrize("fault", ["lost", "crashed", "unsent"])
async def test_a_call_that_is_cut_off_makes_nothing_twice(till: Till, path: str, fault: str) -> None:
    till.far.world.faults.path = path
    setattr(till.far.world.faults, fault, 1)
    cut = await till.checkout()
    again = await till.checkout()
    if fault == "crashed":  # Stripe says the same 500 for that key as long as it lives: nothing is doubled meanwhile
        assert {cut.status_code, again.status_code} <= {201, 502}
    else:
        assert again.status_code == 201
    assert len(till.own.of("customer")) <= 1
    assert len([each for each in till.own.of("checkout_session").values() if each["status"] == "open"]) <= 1


async def test_who_has_paid_is_not_sold_a_second_one_though_no_webhook_came(till: Till) -> None:
    page = await till.checkout()
    await till.press(page.json()["data"]["url"], "pay")
    till.silence()
    again = await till.checkout("business")
    assert again.status_code == 409
    assert again.json()["errors"][0]["code"] == "SUBSCRIPTION_EXISTS"
    assert len(till.own.of("subscription")) == 1


async def test_a_page_that_is_paid_while_another_is_asked_for_is_read_as_paid(till: Till) -> None:
    page = await till.checkout("professional")
    session = next(iter(till.own.of("checkout_session").values()))
    await till.press(page.json()["data"]["url"], "pay")
    session["status"] = "open"  # as a list that lags shows it
    assert (await till.checkout("business")).status_code in (409, 502)
    assert len(till.own.of("subscription")) == 1


async def test_coming_back_shows_the_plan_though_no_webhook_came(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    page = await till.checkout("business")
    await till.press(page.json()["data"]["url"], "pay")
    till.silence()
    till.node.services[MONEY].reading.forget(till.tenant)
    assert (await till.shown())["plan"] == "business"


@pytest.mark.parametrize("other_mode", [True, False])
async def test_a_customer_that_stripe_knows_no_more_is_made_anew(till: Till, other_mode: bool) -> None:
    assert (await till.checkout()).status_code == 201
    [customer] = till.own.of("customer").values()
    life.delete_customer(till.far.world, till.own, customer)
    till.silence()
    if other_mode:
        till.own.of("customer").clear()
    page = await till.checkout("business")
    assert page.status_code == 201, page.text
    assert (await till.billing()).customer not in (None, customer["id"])
    await till.press(page.json()["data"]["url"], "pay")
    await till.told()
    assert await till.plan() == "business"


@pytest.mark.parametrize("sold", [True, False])
async def test_who_is_bound_to_another_currency_pays_in_it_or_begins_anew(till: Till, sold: bool) -> None:
    """Whose first subscription was in reais, and whose plans cost dollars by now."""
    await till.subscribe()
    life.cancel(till.far.world, till.own, till.subscription)
    await till.told()
    before = (await till.billing()).customer
    for price in till.own.of("price").values():
        options = {"brl": {"unit_amount": 79_900}} if sold else {}
        price.update(currency="usd", currency_options=options)
    page = await till.checkout("business")
    assert page.status_code == 201, page.text
    assert ((await till.billing()).customer == before) is sold
    assert (await till.checkout("business")).json() == page.json(), "asked again, it is the same page"
    await till.press(page.json()["data"]["url"], "pay")
    await till.told()
    assert (await till.plan(), till.subscription["currency"]) == ("business", "brl" if sold else "usd")
    assert till.subscription["status"] == "active", "the free days were used up"


async def test_stripe_away_is_said_so_and_nothing_is_begun_that_cannot_be_ended(till: Till) -> None:
    till.far.world.faults.statuses = [503]
    answer = await till.checkout()
    assert answer.status_code == 502
    assert answer.json()["errors"][0]["code"] == "PAYMENTS_UNAVAILABLE"
    assert (await till.checkout()).status_code == 201


# -- the portal -------------------------------------------------------------------------------------------------------


@pytest.mark.spec(92)
async def test_the_portal_opens_for_who_has_subscribed_also_when_it_is_over(till: Till) -> None:
    subscription = await till.subscribe()
    first = await till.workspace.post("/v1/billing/portal")
    life.cancel(till.far.world, till.own, subscription)
    await till.told()
    second = await till.workspace.post("/v1/billing/portal")
    assert first["url"] != second["url"]
    assert (await till.browser.get(second["url"])).status_code == 200


@pytest.mark.spec(93)
async def test_without_a_customer_there_is_nothing_to_manage(till: Till) -> None:
    for _ in range(2):
        answer = await till.workspace.client.post("/v1/billing/portal")
        assert answer.status_code == 404
        message = "No active subscription to manage yet."
        assert answer.json()["errors"] == [{"code": "NOT_FOUND", "message": message}]
        await till.subscribe() if not till.own.of("customer") else None
        life.delete_customer(till.far.world, till.own, next(iter(till.own.of("customer").values())))
    assert (await till.billing()).customer is None
    assert (await till.subscribe("business"))["status"] == "active"  # a new customer; the free days are used up


@pytest.mark.spec(94)
async def test_a_portal_that_was_never_set_up_is_no_fault_of_the_caller(till: Till) -> None:
    await till.subscribe()
    till.own.of("portal_configuration").clear()
    answer = await till.workspace.client.post("/v1/billing/portal")
    assert answer.status_code == 502
    assert "settings" not in answer.text


async def test_no_address_that_works_once_and_no_key_is_kept_anywhere(till: Till) -> None:
    page = await till.checkout()
    portal_before = page.json()["data"]["url"]
    await till.press(portal_before, "pay")
    await till.told()
    portal = (await till.workspace.post("/v1/billing/portal"))["url"]
    tables = Tables(till.node.services.database)
    names = [
        row["n"] for row in await tables.rows("select tablename::text as n from pg_tables where schemaname='public'")
    ]
    needles = ["sk_test_simulator", *SECRETS, portal, portal_before]
    for name in names:
        for needle in needles:
            rows = await tables.rows(f"select 1 from {name} t where position($1 in t::text) > 0 limit 1", needle)
            assert not rows, (name, needle)


# -- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(298)
async def test_a_webhook_is_taken_once_and_read(till: Till) -> None:
    page = await till.checkout()
    await till.press(page.json()["data"]["url"], "pay")
    event = till.event("customer.subscription.created")
    assert [await till.heard(event) for _ in range(3)] == ["taken", "known", "known"]
    await till.settled()
    assert (await till.billing()).subscription is not None


async def test_a_delayed_word_of_the_past_brings_nothing_back(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    subscription = await till.subscribe("business")
    life.change(till.far.world, till.own, subscription, status="active")
    late = deepcopy(till.event("customer.subscription.updated"))
    life.cancel(till.far.world, till.own, subscription)
    await till.told()
    assert await till.plan() == "starter"
    await till.heard({**late, "id": "evt_late"})
    await till.settled()
    assert await till.plan() == "starter"


async def test_words_in_disorder_end_in_the_truth(till: Till) -> None:
    subscription = await till.subscribe("business")
    older = deepcopy(till.event("customer.subscription.created"))
    older["data"]["object"]["status"] = "incomplete"
    assert subscription["status"] == "trialing"
    await till.heard({**older, "id": "evt_older"})
    await till.settled()
    assert (await till.shown())["subscription"]["status"] == "trialing"


async def test_the_end_of_one_subscription_does_not_take_anothers_plan(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    old = await till.subscribe("professional")
    new = deepcopy(old)
    new |= {"id": "sub_newer", "created": old["created"] + 5, "status": "active"}
    new["items"]["data"][0]["price"] = dict(till.own.of("price")["price_business_month"])
    till.own.of("subscription")["sub_newer"] = new
    life.cancel(till.far.world, till.own, old)
    await till.told()
    assert await till.plan() == "business"


async def test_two_that_count_are_told_as_an_alarm_and_neither_is_ended(till: Till) -> None:
    old = await till.subscribe("professional")
    new = {**deepcopy(old), "id": "sub_newer", "created": old["created"] + 5}
    till.own.of("subscription")["sub_newer"] = new
    for _ in range(2):
        await till.read()
    assert [each.partition(":")[0] for each in (await till.billing()).alarms] == ["two_subscriptions"]
    assert {each["status"] for each in till.own.of("subscription").values()} == {"trialing"}


async def test_a_cancellation_in_the_portal_runs_until_its_end(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    subscription = await till.subscribe("business")
    await till.forward(days=8)
    life.cancel_at_period_end(till.far.world, till.own, subscription)
    await till.told()
    shown = await till.shown()
    assert shown["plan"] == "business"
    assert shown["subscription"]["ends_at"] == shown["subscription"]["period_end"] is not None
    await till.forward(days=32)
    await till.told()
    assert await till.plan() == "starter"


async def test_a_declined_renewal_keeps_the_plan_and_sells_no_second_one(till: Till) -> None:
    subscription = await till.subscribe("business")
    await till.forward(days=8)
    customer = till.own.of("customer")[subscription["customer"]]
    customer["_declines"] = True
    await till.forward(days=32)
    await till.told()
    assert (await till.shown())["subscription"]["status"] == "past_due"
    assert await till.plan() == "business"
    assert (await till.checkout()).status_code == 409
    customer["_declines"] = False
    await till.forward(days=4)
    await till.told()
    assert (await till.shown())["subscription"]["status"] == "active"
    mails = await Tables(till.node.services.database).rows(
        "select 1 from events where type = 'mail.requested' and data::text like '%payment_failed%'"
    )
    assert len(mails) == 1


async def test_who_never_pays_loses_the_plan_when_stripe_gives_up(till: Till) -> None:
    subscription = await till.subscribe("business")
    await till.forward(days=8)
    till.own.of("customer")[subscription["customer"]]["_declines"] = True
    for _ in range(12):
        await till.forward(days=5)
        await till.told()
    assert subscription["status"] == "canceled"
    assert await till.plan() == "starter"


async def test_a_price_that_nobody_knows_takes_no_plan_away(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    subscription = await till.subscribe("business")
    stranger = {**till.own.of("price")["price_business_month"], "id": "price_2030", "product": "prod_2030"}
    subscription["items"]["data"][0]["price"] = stranger
    life.change(till.far.world, till.own, subscription)
    await till.told()
    assert await till.plan() == "business"
    assert "unknown_price:price_2030" in (await till.billing()).alarms


@pytest.mark.parametrize("by", ["metadata", "product"])
async def test_a_price_that_was_replaced_keeps_its_subscribers_plan(till: Till, by: str) -> None:
    await till.forward(**TRIAL_OVER)
    subscription = await till.subscribe("professional")
    old = {**till.own.of("price")["price_business_month"], "id": "price_2020", "active": False}
    old |= {"product": "prod_gone", "metadata": {"plixa_plan": "business"}} if by == "metadata" else {}
    subscription["items"]["data"][0]["price"] = old
    life.change(till.far.world, till.own, subscription)
    await till.told()
    assert await till.plan() == "business"
    assert (await till.billing()).alarms == ()


async def test_metadata_on_the_session_alone_is_enough(till: Till) -> None:
    subscription = await till.subscribe("business")
    subscription["metadata"] = {}
    life.change(till.far.world, till.own, subscription, status="active")
    assert await till.heard(till.event("customer.subscription.updated")) == "taken"


async def test_trouble_while_it_is_taken_loses_nothing(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await till.checkout()
    await till.press(page.json()["data"]["url"], "pay")
    event, bus = till.event("customer.subscription.created"), till.node.services.bus
    real, troubles = bus.ask, [Unavailable("the database is away")]

    async def ask(*args: object, **named: object) -> object:
        if troubles and named.get("actor") == "stripe":
            raise troubles.pop()
        return await real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(bus, "ask", ask)
    refused = await till.post(event)
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
    assert [await till.heard(event), await till.heard(event)] == ["taken", "known"]


@pytest.mark.parametrize("secret", SECRETS)
async def test_every_secret_that_is_set_is_good_on_the_one_address(till: Till, secret: str) -> None:
    event = {"id": f"evt_{secret}", "object": "event", "type": "ping", "livemode": False, "data": {"object": {}}}
    assert (await till.post(event, secret)).status_code == 200
    assert (await till.post(event, "whsec_other")).status_code == 400


@pytest.mark.parametrize(
    "raw", [b"\xff", b"[]", b'"x"', b"{", b"null", b"1e999", b"[" * 20_000, b"{}", b'{"id":1,"type":2}']
)
async def test_a_signed_body_of_any_shape_is_no_trouble_and_leaves_nothing(till: Till, raw: bytes) -> None:
    assert (await till.post(raw)).status_code == 200
    assert await Tables(till.node.services.database).rows("select 1 from stripe_events") == []


@pytest.mark.parametrize(
    "header", ["", "t=1,v1=é", "t=1", "nonsense", "t=,v1=", "v1=00", "t=9999999999999999999,v1=00"]
)
async def test_what_is_not_signed_is_refused_and_leaves_nothing(till: Till, header: str) -> None:
    for raw in (b"\xff", b"{}", b'{"id":"evt_1","type":"customer.deleted"}'):
        assert (await till.posted(raw, header)).status_code == 400
    assert await Tables(till.node.services.database).rows("select 1 from stripe_events") == []


async def test_neither_old_nor_future_signatures_are_taken(till: Till) -> None:
    now = int(till.clock.now().timestamp())
    for at in (now - TOLERANCE - 5, now + TOLERANCE + 5):
        assert (await till.posted(b"{}", signature(b"{}", SECRETS[0], at))).status_code == 400


async def test_a_thin_event_and_one_of_the_other_mode_are_passed_over(till: Till) -> None:
    await till.subscribe()
    event = {**till.event("customer.subscription.created"), "id": "evt_live", "livemode": True}
    assert await till.heard(event) == "ignored"
    about = {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}
    thin = {"id": "evt_thin", "object": "v2.core.event", "type": "v2.core.account.closed", "livemode": False}
    assert (await till.post({**thin, "related_object": about})).status_code == 200


async def test_payloads_of_an_old_version_give_the_same(till: Till) -> None:
    new = await till.subscribe()
    item = new["items"]["data"][0]
    old = deepcopy(new)
    old |= {each: old["items"]["data"][0].pop(each) for each in ("current_period_start", "current_period_end")}
    assert objects.subscription(old, "business") == objects.subscription(new, "business")
    by_flag = objects.subscription({**new, "cancel_at_period_end": True}, "business")
    assert by_flag.cancel_at == by_flag.period_end is not None
    assert objects.subscription(new, "business").period_end == objects.moment(item["current_period_end"])


# -- healing ----------------------------------------------------------------------------------------------------------


async def test_without_any_webhook_a_timer_reads_after_the_period(till: Till) -> None:
    subscription = await till.subscribe("business")
    life.cancel_at_period_end(till.far.world, till.own, subscription)
    await till.told()
    await till.forward(days=7, hours=2)
    till.silence()
    await _until(till, lambda billing: billing.subscription is not None and billing.subscription.status == "canceled")


async def _until(till: Till, holds: Callable[[Billing], bool]) -> None:
    with trio.fail_after(15):
        while not holds(await till.billing()):  # noqa: ASYNC110  # states have no event
            await trio.sleep(0.02)


async def test_the_list_of_events_brings_what_was_not_heard(till: Till) -> None:
    subscription = await till.subscribe("business")
    watching = _watching(till)
    await watching.look()
    life.change(till.far.world, till.own, subscription, status="active")
    life.cancel_at_period_end(till.far.world, till.own, subscription)
    till.silence()
    await watching.look()
    await till.settled()
    assert (await till.shown())["subscription"]["ends_at"] is not None


async def test_what_is_heard_of_a_workspace_of_another_node_is_told_there(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription = await till.subscribe("business")
    watching = _watching(till)
    await watching.look()

    async def hear(event: object) -> str:
        raise Elsewhere(till.tenant, "node-9", "1")

    monkeypatch.setattr(till.node.services[MONEY].hearing, "hear", hear)
    life.cancel_at_period_end(till.far.world, till.own, subscription)
    till.silence()
    await watching.look()
    await till.settled()
    assert (await till.shown())["subscription"]["ends_at"] is not None


async def test_one_workspace_that_cannot_be_told_holds_up_no_other(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    subscription = await till.subscribe("business")
    watching = _watching(till)
    await watching.look()
    hearing, troubles = till.node.services[MONEY].hearing, [Unavailable("another node's")]
    real = hearing.hear

    async def hear(event: object) -> str:
        if troubles:
            raise troubles.pop()
        return await real(event)

    monkeypatch.setattr(hearing, "hear", hear)
    life.change(till.far.world, till.own, subscription, status="active")
    life.cancel_at_period_end(till.far.world, till.own, subscription)
    till.silence()
    await watching.look()
    await till.settled()
    assert not troubles
    assert (await till.shown())["subscription"]["ends_at"] is not None


async def test_the_comparison_mends_what_nothing_told_and_counts_it(till: Till) -> None:
    subscription = await till.subscribe("business")
    watching = _watching(till)
    await watching.look()
    subscription["status"] = "paused"  # without any event
    assert await watching.compare() == 1
    assert (await till.shown())["subscription"]["status"] == "paused"
    assert await watching.compare() == 0


def _watching(till: Till) -> Watching:
    services = till.node.services
    money = services[MONEY]
    assert money.stripe is not None
    return Watching(services, money.stripe, money.hearing, money.reading, money.checkout.env)


# -- the end ----------------------------------------------------------------------------------------------------------


async def test_an_erased_workspace_has_stopped_paying_and_what_comes_later_is_fine(till: Till) -> None:
    subscription = await till.subscribe("business")
    events = [deepcopy(each) for each in till.far.world.events if each["type"].startswith("customer.")]
    answer = await till.workspace.client.post("/v1/account/deletion", json={"password": PASSWORD})
    assert answer.is_success, answer.text
    await till.forward(days=30, minutes=1)
    await _until_gone(till)
    assert subscription["status"] == "canceled"
    life.delete_customer(till.far.world, till.own, till.own.of("customer")[subscription["customer"]])
    for event in [*events, till.event("customer.subscription.deleted"), till.event("customer.deleted")]:
        assert await till.heard({**event, "id": event["id"] + "x"}) in ("unknown", "ignored")


async def _until_gone(till: Till) -> None:
    query = f"select 1 from workspaces where tenant_id = {till.tenant}"
    with trio.fail_after(20):
        while await Tables(till.node.services.database).rows(query):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)


# -- the bills --------------------------------------------------------------------------------------------------------


async def test_an_invoice_opens_the_events_of_its_range(till: Till) -> None:
    await till.subscribe("business")
    await till.forward(days=8)
    await till.told()
    invoices = (await till.workspace.get("/v1/billing/invoices"))["data"]
    assert [each["amount_cents"] for each in invoices] == [79_900, 0]
    covered = []
    for invoice in reversed(invoices):
        lines = (await till.workspace.get(f"/v1/billing/invoices/{invoice['id']}/lines"))["data"]
        plan = next(each for each in lines if each["kind"] == "plan")
        assert plan["amount_cents"] == invoice["amount_cents"]
        covered.append((plan["from_position"], plan["to_position"]))
        path = f"/v1/billing/invoices/{invoice['id']}/events"
        opened = (await till.workspace.get(path, kind="plan"))["data"]
        assert len(opened) == plan["events"]
    assert covered[0][0] == 1
    assert covered[0][1] + 1 == covered[1][0]
    assert (await till.workspace.client.get("/v1/billing/invoices/987654/lines")).status_code == 404


async def test_usage_is_told_beside_what_the_plan_includes(till: Till) -> None:
    await till.forward(**TRIAL_OVER)
    usage = (await till.shown())["usage"]
    assert usage["seats"] == {"used": 1, "included": 3}
    assert usage["numbers"] == {"used": 0, "included": 1}
    assert usage["ai_cents"] == {"used": 0, "included": 2000}


def test_the_tolerance_is_five_minutes() -> None:
    assert timedelta(seconds=TOLERANCE) == timedelta(minutes=5)


async def test_the_bills_are_counted_anew_from_the_log(till: Till) -> None:
    await till.subscribe("business")
    await till.forward(days=8)
    await till.told()
    said: list[str] = []
    assert await verify(till.node.services.database, till.tenant, said.append) == []
    assert len(said) == 4 * 3  # of two invoices, and of what is not billed yet


async def test_what_a_bill_covers_is_written_down_here_and_at_stripe(till: Till) -> None:
    await till.subscribe("business")
    await till.settled()
    tables, database = Tables(till.node.services.database), till.node.services.database
    [row] = await tables.rows("select invoice, position, sums from billing_periods")
    beside = till.own.of("invoice")[row["invoice"]]["metadata"]
    sums = [LineSum(**each) for each in row["sums"]]
    assert beside == {"plixa_from": "1", "plixa_to": str(row["position"]), "plixa_digest": digest_of(sums)}
    other = """regexp_replace(sums::text, '"events":[0-9]+', '"events":99')::json"""
    await tables.rows(f"update billing_periods set sums = {other}")
    [wrong] = await verify(database, till.tenant, lambda _: None)
    assert wrong.startswith(f"{row['invoice']}, plan: counted ")
    assert "of 99," in wrong


async def test_what_old_bills_cover_is_written_down_once(
    database_url: str, simulator: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that a release closed which did not count."""
    count, counted = Summing.sum, list[str]()

    async def sum_(self: Summing, stored: StoredEffect) -> None:
        if counted:
            counted.append(stored.effect.id)
            await count(self, stored)

    monkeypatch.setattr(Summing, "sum", sum_)
    async with open_till(database_url, simulator.url, tmp_path) as till:
        await till.subscribe("business")
        said: list[str] = []
        assert await verify(till.node.services.database, till.tenant, said.append) == []
        assert "not written down yet" in said[-1]
        counted.append("from here on")
        await till.forward(hours=25)
        for _ in range(2):
            await _watching(till).look()
            await till.settled()
        [row] = await Tables(till.node.services.database).rows("select invoice, sums from billing_periods")
        assert row["sums"] is not None
        assert "plixa_digest" in till.own.of("invoice")[row["invoice"]]["metadata"]
        assert len(counted) == 2
        said.clear()
        assert await verify(till.node.services.database, till.tenant, said.append) == []
        assert not [each for each in said if "not written" in each]


async def test_the_doctor_tells_what_is_wrong_at_stripe(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(till.node.services.settings, public_url=till.node.services.public_url)
    assert "test mode" in await check_payments(settings)
    monkeypatch.setattr(transport, "time", SimpleNamespace(time=lambda: time.time() + 90))
    till.own.of("price")["price_business_year"]["unit_amount"] -= 1
    till.own.of("price")["price_starter_month"]["active"] = False
    till.own.of("portal_configuration").clear()
    till.far.world.settings = replace(till.far.world.settings, endpoints=())
    with pytest.raises(Sick) as sick:
        await check_payments(settings)
    for word in ("clock is +9", "ten months", "price_starter_month", "customer portal", "/v1/webhooks/stripe"):
        assert word in str(sick.value)
