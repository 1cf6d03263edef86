"""A workspace's account at Stripe, its customers' payments, and the link for an appointment's deposit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field
from quart import Response
from quart_trio import QuartTrio
from typing_extensions import TypedDict

from plixa.actors.payments.account import ACCOUNT, KeepAccount
from plixa.actors.payments.payment import GiveMoneyBack, Payment
from plixa.engine.errors import Invalid, NotFound, PlixaError
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, rendering, route, settled
from plixa.http.api.cursors import decode, encode
from plixa.http.api.fields import Body, CountryCode, Page
from plixa.http.api.services import Services
from plixa.http.clients.stripe.errors import StripeRefused
from plixa.http.payments.deposits import NotReady
from plixa.http.payments.parts import ACCOUNTS, DEPOSITS
from plixa.storage.payments import reads

TAG = "Payments (Stripe Connect)"
Status = Literal["owed", "open", "waiting", "paid", "partly_refunded", "refunded", "disputed", "lost"]


class HostedPage(TypedDict):
    url: str


class AtStripe(TypedDict):
    account: str
    session: str | None
    payment_intent: str | None


class PaymentShown(TypedDict):
    """amount_cents, refunded_cents: in the currency's own minor units. slot: whether what was paid for could be had.
    pay_until: how long a voucher or a code that the customer was given can be paid."""

    id: int
    appointment_id: int
    contact_id: int | None
    amount_cents: int
    currency: str
    status: Status
    method: str | None
    pay_until: datetime | None
    paid_at: datetime | None
    refunded_cents: int
    slot: bool | None
    stripe: AtStripe
    created_at: datetime


class AccountShown(TypedDict):
    connected: bool
    ready: bool
    detail: str | None


class PaymentLink(TypedDict):
    url: str
    amount_cents: int
    currency: str


class Connect(Body):
    country: CountryCode | None = None


class GivenBack(Body):
    amount_cents: Annotated[int, Field(ge=1, le=10**12)] | None = None


class NoAccount(NotFound):
    """None is connected."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "No payments account is connected yet."


@route(
    "POST",
    "/v1/payments/connect",
    tag=TAG,
    who="owner",
    ability="panel",
    body=Connect,
    answer=HostedPage,
    rate="20/minute",
    raises=("PAYMENTS_NOT_READY", "PAYMENTS_UNAVAILABLE"),
)
async def connect(call: Call) -> Answer:
    """Start (or resume) Stripe onboarding

    Returns a hosted URL to redirect to; it works once, for minutes. The country is the workspace's unless one is named,
    and cannot be changed later.
    """
    services, workspace = call.services, await call.services.bus.workspace(call.tenant)
    accounts, known = services[ACCOUNTS], ACCOUNT.of(workspace)
    if accounts is None:
        raise NotReady("Payments are not set up on this server.")
    account = known.id
    if account is None:
        country = call.body.country or workspace.country_code
        key = f"account-{call.tenant}-{known.generation}"
        email = workspace.members[call.caller.user_id].email
        try:
            account = await accounts.open(country, email, call.tenant, services[DEPOSITS].env, key)
        except StripeRefused as error:
            raise Invalid({"country": [f"Stripe connects no accounts in {country}."]}) from error
        await call.ask("workspace", call.tenant, KeepAccount(account=account, generation=known.generation))
    back = f"{services.public_url}/panel/#/payments"
    return Answer({"url": await accounts.onboarding_link(account, back, f"onboarding-{call.request_id}")})


@route(
    "POST",
    "/v1/payments/dashboard-link",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=HostedPage,
    rate="20/minute",
    raises=("NOT_FOUND", "PAYMENTS_UNAVAILABLE"),
)
async def dashboard_link(call: Call) -> Answer:
    """One-time login link to the workspace's Stripe Express dashboard

    While the onboarding is not finished, a link to that.
    """
    services = call.services
    known, accounts = ACCOUNT.of(await services.bus.workspace(call.tenant)), services[ACCOUNTS]
    if known.id is None or accounts is None:
        raise NoAccount
    try:
        url = await accounts.dashboard_link(known.id, f"dashboard-{call.request_id}")
    except StripeRefused:
        back = f"{services.public_url}/panel/#/payments"
        url = await accounts.onboarding_link(known.id, back, f"onboarding-{call.request_id}")
    return Answer({"url": url})


@route("GET", "/v1/payments/connect", tag=TAG, who="owner", ability="panel", answer=AccountShown, rate="60/minute")
async def get_account(call: Call) -> Answer:
    """Show whether the payments account is ready"""
    known = ACCOUNT.of(await call.services.bus.workspace(call.tenant))
    if known.id is not None and not known.ready:
        await call.services[DEPOSITS].see_account(call.tenant, known.id)
        known = ACCOUNT.of(await call.services.bus.workspace(call.tenant))
    return Answer({"connected": known.id is not None, "ready": known.ready, "detail": known.detail})


@route("GET", "/v1/payments", tag=TAG, who="owner", ability="panel", query=Page, answer=list[PaymentShown])
async def list_payments(call: Call) -> Answer:
    """List the payments that the workspace has received

    Newest first.
    """
    limit = call.query.limit
    before = decode(call.query.cursor, tuple[datetime, int])
    rows = await call.read(reads.list_payments, call.tenant, limit + 1, before)
    more = encode((rows[limit - 1]["created_at"], rows[limit - 1]["id"]) if len(rows) > limit else None)
    shown = [payment_resource(msgspec.convert(row["data"], Payment, strict=False)) for row in rows[:limit]]
    return Answer(shown, meta={"next_cursor": more, "limit": limit})


@route(
    "POST",
    "/v1/payments/{payment}/refund",
    tag=TAG,
    who="owner",
    ability="panel",
    body=GivenBack,
    answer=PaymentShown,
    rate="30/minute",
    idempotent=True,
    raises=("PAYMENT_DISPUTED", "PAYMENT_NOT_PAID"),
)
async def give_back(call: Call) -> Answer:
    """Give a payment back, or a part of it"""
    state: Payment = await call.services.bus.state(Address(call.tenant, "payment", call.params["payment"]))
    if state.status == "none":
        raise NotFound("payment")
    command = GiveMoneyBack(amount=call.body.amount_cents, by=call.caller.user_id)
    before = Answer(payment_resource(state))
    outcome = await call.ask("payment", state.id, command, render=rendering(settled, before))
    return Answer(payment_resource(outcome.state))


@route(
    "POST",
    "/v1/scheduling/appointments/{appointment}/payment-link",
    tag="Scheduling — appointments",
    ability="panel",
    answer=PaymentLink,
    rate="60/minute",
    raises=("PAYMENTS_NOT_READY", "PAYMENTS_UNAVAILABLE"),
)
async def payment_link(call: Call) -> Answer:
    """Create a link to collect an appointment's deposit or prepayment

    The link stays good until it is paid or the appointment goes: a page of Stripe's opens when somebody comes. 422 when
    nothing is owed.
    """
    url, owed = await call.services[DEPOSITS].link(call.tenant, call.params["appointment"], call.caller.actor)
    return Answer({"url": url, "amount_cents": owed.amount, "currency": owed.currency})


def payment_resource(state: Payment) -> dict[str, Any]:
    """A payment as the API shows it."""
    return {
        "id": state.id,
        "appointment_id": state.id,
        "contact_id": state.contact_id,
        "amount_cents": state.amount,
        "currency": state.currency,
        "status": "owed" if state.status == "asked" else state.status,
        "method": state.method,
        "pay_until": state.pay_until,
        "paid_at": state.paid_at,
        "refunded_cents": state.refunded,
        "slot": state.slot,
        "stripe": {"account": state.account, "session": state.session, "payment_intent": state.intent},
        "created_at": state.created_at,
    }


def add_pay(app: QuartTrio, services: Services) -> None:
    """`/pay/<token>`: to a page of Stripe's, or a sentence for the customer."""

    async def pay(token: str) -> Response:
        try:
            url = await services[DEPOSITS].page(token)
        except PlixaError as error:
            text = f"{HEAD}<p>{SENTENCES.get(error.status, LATER)}</p>"
            return Response(text, error.status, content_type="text/html; charset=utf-8")
        return Response("", 303, headers={"Location": url, "Cache-Control": "no-store"})

    app.add_url_rule("/pay/<token>", "pay", pay, methods=["GET"])


HEAD = (
    "<!doctype html><html lang=en><meta charset=utf-8>"
    "<meta name=viewport content='width=device-width, initial-scale=1'><title>Plixa</title>"
)
LATER = "Please try again in a moment. · Tente de novo em instantes. · Inténtalo de nuevo en un momento."
SENTENCES = {
    404: "This link is not valid. · Este link não é válido. · Este enlace no es válido.",
    422: "There is nothing to pay: it is paid already, or not needed any more. · Não há nada a pagar. · No hay nada "
    "que pagar.",
}
