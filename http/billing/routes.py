"""The workspace's subscription: what it is, how one is bought, where it is changed, and its bills."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Literal

from pydantic import Field
from quart import request

from plixa.actors.billing.commands import ForgetCustomer
from plixa.actors.billing.state import BILLING, Plan
from plixa.engine.errors import NotFound, PlixaError, Refused
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body
from plixa.http.billing import shapes
from plixa.http.billing.parts import MONEY
from plixa.http.billing.settings import STRIPE_PORTAL_CONFIGURATION, STRIPE_WEBHOOK_SECRETS
from plixa.http.billing.showing import invoice_resource, line_events, line_resource, shown, statement
from plixa.http.clients.stripe.errors import StripeError, StripeMissing
from plixa.storage.billing import periods

TAG = "Billing"
LOCALES = {"pt": "pt-BR", "pt-BR": "pt-BR", "es": "es", "en": "en"}


class Wanted(Body):
    plan: Plan
    interval: Literal["month", "year"] = "month"


class LineQuery(Body):
    kind: Literal["plan", "numbers", "seats", "ai_micros"] = "plan"
    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0


class NotSigned(Refused):
    """It is not Stripe who says this."""

    status = 400
    code = "SIGNATURE_INVALID"

    def __init__(self) -> None:
        super().__init__("The Stripe-Signature of this body is not right.")


class NotConfigured(PlixaError):
    """No endpoint's secret is set, so that nothing can be taken for Stripe's. It tries again."""

    status = 503
    code = "OVERLOADED"
    retry_after = 60


class NothingToManage(NotFound):
    """No customer."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "No active subscription to manage yet."


@route("GET", "/v1/billing/subscription", tag=TAG, who="owner", ability="panel", answer=shapes.BillingShown)
async def get_subscription(call: Call) -> Answer:
    """Show plan, subscription and usage

    The plan in effect is a licence's while it holds, else the better of the subscription's and the trial's, else
    starter. With an open checkout this asks Stripe whether it is paid.
    """
    workspace = await call.services.bus.workspace(call.tenant)
    if BILLING.of(workspace).attempt is not None:
        with suppress(StripeError):  # what is known is shown
            await call.services[MONEY].reading.read_if_due(call.tenant)
        workspace = await call.services.bus.workspace(call.tenant)
    return Answer(await shown(call, workspace))


@route(
    "POST",
    "/v1/billing/checkout",
    tag=TAG,
    who="owner",
    ability="panel",
    body=Wanted,
    answer=shapes.CheckoutPage,
    status=201,
    rate="30/minute",
    raises=("SUBSCRIPTION_EXISTS", "PAYMENTS_UNAVAILABLE"),
)
async def open_checkout(call: Call) -> Answer:
    """Start a Stripe Checkout session

    The first subscription of a workspace begins with 7 days free. A year costs ten months. While the page is open, the
    same request gives the same page. Where there is a subscription already, open the portal instead.
    """
    workspace = await call.services.bus.workspace(call.tenant)
    plan, interval = call.body.plan, call.body.interval
    locale = LOCALES.get(workspace.locale or "en", "en")
    url = await call.services[MONEY].checkout.open(call, plan, interval, locale)
    return Answer({"url": url, "plan": plan, "interval": interval}, status=201)


@route(
    "POST",
    "/v1/billing/portal",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=shapes.Hosted,
    rate="30/minute",
    always=True,
    raises=("NOT_FOUND", "PAYMENTS_UNAVAILABLE"),
)
async def open_portal(call: Call) -> Answer:
    """Open the Stripe Customer Portal

    Card, plan, invoices, cancelling. The address works for a short time.
    """
    workspace, money = await call.services.bus.workspace(call.tenant), call.services[MONEY]
    customer = BILLING.of(workspace).customer
    if customer is None or money.stripe is None:
        raise NothingToManage
    params = {
        "customer": customer,
        "return_url": f"{call.services.public_url}/panel/#/billing",
        "locale": LOCALES.get(workspace.locale or "en", "en"),
    }
    if configuration := call.services.settings[STRIPE_PORTAL_CONFIGURATION]:
        params["configuration"] = configuration
    try:
        made = await money.stripe.make_portal(params, f"portal-{call.request_id}")
    except StripeMissing as error:
        if error.param != "customer":
            raise
        await call.ask("workspace", call.tenant, ForgetCustomer(customer=customer))
        raise NothingToManage from error
    return Answer({"url": made["url"]})


@route("GET", "/v1/billing/invoices", tag=TAG, who="owner", ability="panel", answer=list[shapes.InvoiceShown])
async def list_invoices(call: Call) -> Answer:
    """List the invoices

    Newest first. Each closes a range of the workspace's log, whose lines say what happened in it.
    """
    rows = await call.read(periods.periods, call.tenant)
    return Answer([invoice_resource(row) for row in reversed(rows)])


@route(
    "GET",
    "/v1/billing/invoices/{invoice}/lines",
    tag=TAG,
    who="owner",
    ability="panel",
    answer=list[shapes.LineShown],
    rate="60/minute",
)
async def list_lines(call: Call) -> Answer:
    """Show an invoice's lines over the log

    What was paid for, and what the plan's allowances were used for: each with how many events, and a digest of them.
    """
    row, lines = await statement(call, call.params["invoice"])
    return Answer([line_resource(row, line) for line in lines])


@route(
    "GET",
    "/v1/billing/invoices/{invoice}/events",
    tag=TAG,
    who="owner",
    ability="panel",
    query=LineQuery,
    answer=list[shapes.LineEvent],
    rate="60/minute",
)
async def list_line_events(call: Call) -> Answer:
    """Open a line: the events that it counts

    A hundred at a time, after the position `after`. Nothing that customers wrote is among them.
    """
    return Answer(await line_events(call, call.params["invoice"], call.query.kind, call.query.after))


@route(
    "POST",
    "/v1/webhooks/stripe",
    tag="Webhooks",
    who="public",
    answer=shapes.Heard,
    rate="600/minute",
    max_body=512 * 1024,
    raises=("SIGNATURE_INVALID",),
)
async def stripe_webhook(call: Call) -> Answer:
    """Handle a Stripe webhook call

    The proof is `Stripe-Signature`. An event is only a reason to read the truth: order, doubles and gaps do no harm.
    """
    header, hearing = request.headers.get("Stripe-Signature", ""), call.services[MONEY].hearing
    if not header:
        raise NotSigned
    if not call.services.settings[STRIPE_WEBHOOK_SECRETS]:
        raise NotConfigured("No secret of a Stripe endpoint is set here: STRIPE_WEBHOOK_SECRETS.")
    if not hearing.is_signed(call.raw, header):
        raise NotSigned
    return Answer({"result": await hearing.take(call.raw)})
