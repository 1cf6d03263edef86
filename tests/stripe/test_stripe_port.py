"""The port, through the real SDK, against the simulated Stripe: what is certain, and what is never done twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe as sdk
import trio

from plixa.http.clients.stripe.errors import StripeAway, StripeMissing, StripeRefused, StripeUncertain
from plixa.http.clients.stripe.port import Stripe
from plixa.http.clients.stripe.signature import TOLERANCE, is_signed
from plixa.http.stripe_simulator import StripeApp
from plixa.http.stripe_simulator.webhooks import signature

NOW = 1_800_000_000


async def test_a_lost_answer_is_uncertain_and_the_same_key_finds_what_was_made(port: Stripe, far: StripeApp) -> None:
    far.world.faults.lost = 1
    with pytest.raises(StripeUncertain):
        await port.make_customer(7, "test", "customer-7-0")
    again = await port.make_customer(7, "test", "customer-7-0")
    assert list(far.world.own.of("customer")) == [again["id"]]


async def test_a_stored_500_is_given_again_and_makes_nothing_twice(port: Stripe, far: StripeApp) -> None:
    far.world.faults.crashed = 1
    for _ in range(2):
        with pytest.raises(StripeUncertain):
            await port.make_customer(7, "test", "customer-7-0")
    assert len(far.world.own.of("customer")) == 1


async def test_the_sdk_never_tries_again_by_itself(port: Stripe, far: StripeApp) -> None:
    for status, error in ((429, StripeAway), (409, StripeUncertain), (500, StripeUncertain), (400, StripeRefused)):
        far.world.calls.clear()
        far.world.faults.statuses = [status]
        with pytest.raises(error):
            await port.make_customer(7, "test", f"customer-{status}")
        assert len(far.world.calls) == 1
        assert far.world.own.of("customer") == {}


async def test_nobody_there_is_certain(far: StripeApp) -> None:
    stripe = Stripe("sk_test_simulator", "http://127.0.0.1:9", within=2)
    with pytest.raises(StripeAway):
        await stripe.subscriptions("cus_1")
    await stripe.aclose()


async def test_an_answer_that_does_not_come_is_uncertain_within_the_limit(far: StripeApp) -> None:
    stripe = Stripe("sk_test_simulator", far.world.base, within=0.2)
    far.world.faults.slow = 30
    with trio.fail_after(5), pytest.raises(StripeUncertain):
        await stripe.make_customer(7, "test", "customer-7-0")
    await stripe.aclose()


async def test_what_is_not_there_is_missing_and_names_the_parameter(port: Stripe) -> None:
    with pytest.raises(StripeMissing) as missing:
        await port.make_portal({"customer": "cus_gone", "return_url": "https://plixa.example"}, "portal-1")
    assert missing.value.param == "customer"
    with pytest.raises(StripeRefused):
        await port.session("cs_test_1/../../v1/events")


async def test_the_same_key_for_something_else_is_refused_as_that(port: Stripe) -> None:
    await port.make_customer(7, "test", "key-1")
    with pytest.raises(StripeRefused) as refused:
        await port.make_customer(8, "test", "key-1")
    assert refused.value.reason == "idempotency"


async def test_an_unknown_or_removed_parameter_is_refused(port: Stripe) -> None:
    for wrong in ({"payment_method_types": ["card"]}, {"nonsense": "1"}):
        with pytest.raises(StripeRefused):
            await port.make_session(
                {"mode": "payment", "line_items": [], "success_url": "https://x.example", **wrong}, "k"
            )


async def test_nothing_tells_of_us(
    port: Stripe, far: StripeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    await port.make_customer(7, "test", "customer-7-0")
    await port.make_customer(7, "test", "customer-7-1")
    assert sdk.enable_telemetry is False
    assert os.listdir(tmp_path) == []


async def test_pages_of_events_come_oldest_first_and_whole(port: Stripe, far: StripeApp) -> None:
    first = await port.make_customer(7, "test", "c")
    for n in range(250):
        far.world.happened(far.world.own, "customer.updated", {"id": first["id"], "n": n})
    start = far.world.events[0]["id"]
    found = await port.events_after(start, ["customer.updated"])
    assert [each["data"]["object"]["n"] for each in found] == list(range(250))


# -- the signature ----------------------------------------------------------------------------------------------------

RAW = b'{"id":"evt_1"}'
SECRETS = ("whsec_old", "whsec_new")


@pytest.mark.parametrize("secret", SECRETS)
def test_any_configured_secret_signs(secret: str) -> None:
    assert is_signed(RAW, signature(RAW, secret, NOW), SECRETS, NOW)


def test_while_a_secret_is_rolled_any_of_the_signatures_is_enough() -> None:
    right = signature(RAW, "whsec_new", NOW)
    assert is_signed(RAW, right.replace("v1=", "v1=00,v1=").replace(",", ", "), SECRETS, NOW)


def test_it_is_what_the_sdk_takes_for_signed() -> None:
    header = sdk.WebhookSignature.generate_signature_header(RAW.decode(), "whsec_new", timestamp=NOW)
    assert is_signed(RAW, header, SECRETS, NOW)


@pytest.mark.parametrize("ahead", [-TOLERANCE - 1, TOLERANCE + 1, 3600])
def test_neither_old_ones_nor_those_of_the_future_are_taken(ahead: int) -> None:
    assert not is_signed(RAW, signature(RAW, "whsec_new", NOW + ahead), SECRETS, NOW)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=00", "t=1,v1=é", "t=é,v1=00", "t=²,v1=00", ",,,", "=", "t=" + "9" * 400, "v1=" * 5000, "\ud800"],
)
def test_hostile_headers_are_no_signature_and_no_trouble(header: str) -> None:
    assert not is_signed(RAW, header, SECRETS, NOW)
    assert not is_signed(b"\xff", header, (), NOW)


# -- the simulated one is honest --------------------------------------------------------------------------------------


async def test_what_it_answers_has_only_fields_that_the_sdk_knows(port: Stripe, far: StripeApp) -> None:
    """Field by field: what the fake calls a thing is what the pinned version calls it."""
    customer = await port.make_customer(7, "test", "c")
    session = await port.make_session(
        {
            "mode": "subscription",
            "customer": customer["id"],
            "line_items": [{"price": "price_starter_month", "quantity": 1}],
            "success_url": "https://plixa.example",
        },
        "s",
    )
    async with httpx.AsyncClient() as browser:
        paid = await browser.post(session["url"], data={"do": "pay"})
    assert paid.headers["location"] == "https://plixa.example"
    subscription, invoice = (await port.subscriptions(customer["id"]))[0], (await port.invoices(customer["id"]))[0]
    for found, kind in (
        (customer, sdk.Customer),
        (session, sdk.checkout.Session),
        (subscription, sdk.Subscription),
        (subscription["items"]["data"][0], sdk.SubscriptionItem),
        (await port.price("price_starter_month"), sdk.Price),
        (invoice, sdk.Invoice),
        (invoice["lines"]["data"][0], sdk.InvoiceLineItem),
    ):
        assert found.keys() - _fields(kind) == set(), kind


def _fields(kind: Any) -> set[str]:
    return {name for each in kind.__mro__ for name in getattr(each, "__annotations__", {})}
