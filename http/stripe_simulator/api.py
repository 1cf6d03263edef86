"""v1 of the API, as far as the product uses it. A parameter that is not in `TAKES` is refused, as it would be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

from . import life
from .errors import StripeRefusal, missing
from .world import Json, Store, World, listing

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)


@dataclass(slots=True)
class Ask:
    """A call: whose objects, the ids of the path, the parameters."""

    world: World
    store: Store
    path: tuple[str, ...]
    params: Json = field(default_factory=dict[str, Any])

    @property
    def id(self) -> str:
        """The path's id."""
        return self.path[0]

    def text(self, name: str) -> str:
        """A parameter that must be there."""
        if not self.params.get(name):
            raise StripeRefusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
        return str(self.params[name])

    def number(self, name: str) -> int:
        """The same, as an integer."""
        return integer(self.text(name), name)


def integer(text: Any, name: str) -> int:
    """A whole number, as forms carry it."""
    try:
        return int(str(text))
    except ValueError:
        raise StripeRefusal(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name) from None


Handler = Callable[[Ask], Json]


# -- customers, prices ------------------------------------------------------------------------------------------------


def create_customer(ask: Ask) -> Json:
    made: Json = {
        "id": ask.world.id("cus"),
        "object": "customer",
        "created": ask.world.now(),
        "email": ask.params.get("email"),
        "name": ask.params.get("name"),
        "currency": None,
        "metadata": ask.params.get("metadata", {}),
        "livemode": False,
    }
    ask.store.of("customer")[made["id"]] = made
    ask.world.happened(ask.store, "customer.created", made)
    return made


def get_customer(ask: Ask) -> Json:
    return ask.store.get("customer", ask.id)


def delete_customer(ask: Ask) -> Json:
    return life.delete_customer(ask.world, ask.store, ask.store.get("customer", ask.id))


def living_customer(ask: Ask) -> Json:
    """The customer that a parameter names."""
    id_ = ask.text("customer")
    found = ask.store.of("customer").get(id_)
    if found is None or found.get("deleted"):
        raise StripeRefusal(f"No such customer: '{id_}'", code="resource_missing", param="customer")
    return found


def get_price(ask: Ask) -> Json:
    return ask.store.get("price", ask.id)


def list_prices(ask: Ask) -> Json:
    active = ask.params.get("active")
    found = [each for each in ask.store.of("price").values() if active is None or each["active"] == (active == "true")]
    return listing("/v1/prices", found, ask.params)


def get_product(ask: Ask) -> Json:
    return ask.store.get("product", ask.id)


# -- checkout ---------------------------------------------------------------------------------------------------------


def create_session(ask: Ask) -> Json:
    """In either mode."""
    world, mode = ask.world, ask.text("mode")
    if mode not in ("subscription", "payment"):
        raise StripeRefusal(f"Invalid mode: must be one of payment, setup, or subscription, not {mode}", param="mode")
    lines = ask.params.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise StripeRefusal("Missing required param: line_items.", code="parameter_missing", param="line_items")
    now = world.now()
    ends = integer(ask.params.get("expires_at", now + 86_400), "expires_at")
    if not now + 1800 <= ends <= now + 86_400:
        raise StripeRefusal(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )
    made: Json = {
        "id": world.id("cs_test"),
        "object": "checkout.session",
        "mode": mode,
        "ui_mode": "hosted_page",
        "status": "open",
        "payment_status": "unpaid",
        "created": now,
        "expires_at": ends,
        "customer": ask.params.get("customer"),
        "client_reference_id": ask.params.get("client_reference_id"),
        "success_url": ask.text("success_url"),
        "cancel_url": ask.params.get("cancel_url"),
        "locale": ask.params.get("locale"),
        "metadata": ask.params.get("metadata", {}),
        "subscription": None,
        "payment_intent": None,
        "livemode": False,
        "_excluded": ask.params.get("excluded_payment_method_types", []),
    }
    of_mode = _for_subscription if mode == "subscription" else _for_payment
    made |= of_mode(ask, cast("list[Json]", lines)[0])
    made["url"] = f"{world.base}/c/pay/{made['id']}" + (f"?account={ask.store.account}" if ask.store.account else "")
    ask.store.of("checkout_session")[made["id"]] = made
    return made


def _for_subscription(ask: Ask, line: Json) -> Json:
    customer, price = living_customer(ask), ask.store.of("price").get(line.get("price", ""))
    if price is None:
        raise missing("price", str(line.get("price")), "line_items[0][price]")
    if not price["active"]:
        raise StripeRefusal(
            "The price specified is inactive. This field only accepts active prices.", param="line_items"
        )
    currency = ask.params.get("currency", price["currency"])
    if currency != price["currency"] and currency not in price["currency_options"]:
        raise StripeRefusal(f"The price specified does not support {currency}.", param="currency")
    if customer["currency"] not in (None, currency):
        raise StripeRefusal("You cannot combine currencies on a single customer.", code="currency_mismatch")
    given = ask.params.get("subscription_data", {})
    if "trial_end" in given:
        raise StripeRefusal("The `trial_end` date has to be at least 2 days in the future.", param="trial_end")
    days = integer(given.get("trial_period_days", 0), "trial_period_days")
    customer["currency"] = currency
    amount = price["currency_options"].get(currency, price)["unit_amount"]
    return {
        "amount_total": 0 if days else amount,
        "currency": currency,
        "_price": price["id"],
        "_trial_days": days,
        "_subscription_metadata": given.get("metadata", {}),
    }


def _for_payment(ask: Ask, line: Json) -> Json:
    data = line.get("price_data", {})
    currency, amount = str(data.get("currency", "")), integer(data.get("unit_amount", "x"), "unit_amount")
    if currency == "isk" and amount % 100:
        raise StripeRefusal("Invalid amount: ISK has no fractions.", code="invalid_charge_amount")
    if amount < (50 if currency not in ZERO_DECIMAL else 1):
        raise StripeRefusal("The Checkout Session's total amount is too small.", code="amount_too_small")
    if ask.store.account and not ask.store.of("account")[ask.store.account]["_ready"]:
        raise StripeRefusal("Your account cannot currently make live charges.", code="account_invalid")
    return {
        "amount_total": amount * integer(line.get("quantity", 1), "quantity"),
        "currency": currency,
        "_intent_metadata": ask.params.get("payment_intent_data", {}).get("metadata", {}),
    }


def get_session(ask: Ask) -> Json:
    return ask.store.get("checkout_session", ask.id)


def list_sessions(ask: Ask) -> Json:
    wanted = {name: ask.params[name] for name in ("customer", "status", "payment_intent") if name in ask.params}
    found = [
        each
        for each in ask.store.of("checkout_session").values()
        if all(each[name] == value for name, value in wanted.items())
    ]
    return listing("/v1/checkout/sessions", found, ask.params)


def expire_session(ask: Ask) -> Json:
    return life.expire(ask.world, ask.store, ask.store.get("checkout_session", ask.id))


# -- subscriptions, invoices, portal ----------------------------------------------------------------------------------


def get_subscription(ask: Ask) -> Json:
    return ask.store.get("subscription", ask.id)


def list_subscriptions(ask: Ask) -> Json:
    customer, status = ask.params.get("customer"), ask.params.get("status")
    found = [
        each
        for each in ask.store.of("subscription").values()
        if customer in (None, each["customer"])
        and (status == "all" or each["status"] == status or (status is None and each["status"] != "canceled"))
    ]
    return listing("/v1/subscriptions", found, ask.params)


def update_subscription(ask: Ask) -> Json:
    found = ask.store.get("subscription", ask.id)
    if "cancel_at_period_end" in ask.params:
        flag = ask.params["cancel_at_period_end"] == "true"
        life.change(ask.world, ask.store, found, cancel_at_period_end=flag)
    if "metadata" in ask.params:
        found["metadata"] |= ask.params["metadata"]
    for item in ask.params.get("items", []):
        life.change_price(ask.world, ask.store, found, ask.store.get("price", item["price"], "price"))
    return found


def cancel_subscription(ask: Ask) -> Json:
    return life.cancel(ask.world, ask.store, ask.store.get("subscription", ask.id))


def get_invoice(ask: Ask) -> Json:
    return ask.store.get("invoice", ask.id)


def update_invoice(ask: Ask) -> Json:
    found = ask.store.get("invoice", ask.id)
    found["metadata"] = {**found.get("metadata", {}), **ask.params.get("metadata", {})}
    return found


def list_invoices(ask: Ask) -> Json:
    customer = ask.params.get("customer")
    found = [each for each in ask.store.of("invoice").values() if customer in (None, each["customer"])]
    return listing("/v1/invoices", found, ask.params)


def create_portal(ask: Ask) -> Json:
    customer = living_customer(ask)
    if not ask.store.of("portal_configuration"):
        raise StripeRefusal(
            "You can't create a portal session in test mode until you save your customer portal settings in test mode."
        )
    made: Json = {
        "id": ask.world.id("bps"),
        "object": "billing_portal.session",
        "customer": customer["id"],
        "return_url": ask.params.get("return_url"),
        "created": ask.world.now(),
        "livemode": False,
    }
    made["url"] = f"{ask.world.base}/p/session/{made['id']}"
    ask.store.of("portal_session")[made["id"]] = made
    return made


def list_configurations(ask: Ask) -> Json:
    found = list(ask.store.of("portal_configuration").values())
    return listing("/v1/billing_portal/configurations", found, ask.params)


# -- events, endpoints ------------------------------------------------------------------------------------------------


def list_events(ask: Ask) -> Json:
    types = ask.params.get("types")
    before = ask.params.get("ending_before")
    found = [
        each
        for each in ask.world.events
        if each.get("account", "") == ask.store.account
        and (types is None or each["type"] in types or each["id"] == before)
    ]
    return listing("/v1/events", found, ask.params)


def get_event(ask: Ask) -> Json:
    for each in ask.world.events:
        if each["id"] == ask.id and each.get("account", "") == ask.store.account:
            return each
    raise missing("event", ask.id)


def list_endpoints(ask: Ask) -> Json:
    found: list[Json] = [
        {
            "id": f"we_{number}",
            "object": "webhook_endpoint",
            "url": each.url,
            "status": "enabled",
            "enabled_events": ["*"],
            "api_version": "2026-10-28.endive",
            "livemode": False,
            "metadata": {},
        }
        for number, each in enumerate(ask.world.settings.endpoints)
    ]
    return listing("/v1/webhook_endpoints", found, ask.params)


# -- money back -------------------------------------------------------------------------------------------------------


def create_refund(ask: Ask) -> Json:
    intent = ask.store.get("payment_intent", ask.text("payment_intent"), "payment_intent")
    if intent["latest_charge"] is None:
        raise StripeRefusal("This PaymentIntent does not have a successful charge to refund.", code="charge_not_found")
    charge = ask.store.get("charge", intent["latest_charge"])
    left = charge["amount"] - charge["amount_refunded"]
    amount = integer(ask.params.get("amount", left), "amount")
    if not left:
        raise StripeRefusal("Charge has already been refunded.", code="charge_already_refunded")
    return life.refund(ask.world, ask.store, charge, amount, ask.params.get("metadata", {}))


def list_refunds(ask: Ask) -> Json:
    intent = ask.params.get("payment_intent")
    found = [each for each in ask.store.of("refund").values() if intent in (None, each["payment_intent"])]
    return listing("/v1/refunds", found, ask.params)


def get_intent(ask: Ask) -> Json:
    found = deepcopy(ask.store.get("payment_intent", ask.id))
    if "latest_charge" in ask.params.get("expand", []) and found["latest_charge"]:
        found["latest_charge"] = deepcopy(ask.store.get("charge", found["latest_charge"]))
    return found


def get_charge(ask: Ask) -> Json:
    return ask.store.get("charge", ask.id)


def list_disputes(ask: Ask) -> Json:
    intent = ask.params.get("payment_intent")
    found = [each for each in ask.store.of("dispute").values() if intent in (None, each["payment_intent"])]
    return listing("/v1/disputes", found, ask.params)


PAGE = ("limit", "starting_after", "ending_before", "expand")
ROUTES: Mapping[tuple[str, str], tuple[Handler, tuple[str, ...]]] = {
    ("POST", "/v1/customers"): (create_customer, ("email", "name", "metadata", "preferred_locales")),
    ("GET", "/v1/customers/*"): (get_customer, ()),
    ("DELETE", "/v1/customers/*"): (delete_customer, ()),
    ("GET", "/v1/prices"): (list_prices, (*PAGE, "active", "lookup_keys")),
    ("GET", "/v1/prices/*"): (get_price, ("expand",)),
    ("GET", "/v1/products/*"): (get_product, ()),
    ("POST", "/v1/checkout/sessions"): (
        create_session,
        (
            "mode", "customer", "client_reference_id", "metadata", "subscription_data", "payment_intent_data",
            "line_items", "payment_method_collection", "success_url", "cancel_url", "locale", "expires_at",
            "customer_email", "allow_promotion_codes", "automatic_tax", "customer_update",
            "excluded_payment_method_types", "payment_method_options", "currency",
        ),
    ),
    ("GET", "/v1/checkout/sessions"): (list_sessions, (*PAGE, "customer", "status", "payment_intent")),
    ("GET", "/v1/checkout/sessions/*"): (get_session, ("expand",)),
    ("POST", "/v1/checkout/sessions/*/expire"): (expire_session, ()),
    ("GET", "/v1/subscriptions"): (list_subscriptions, (*PAGE, "customer", "status", "price", "created")),
    ("GET", "/v1/subscriptions/*"): (get_subscription, ("expand",)),
    ("POST", "/v1/subscriptions/*"): (
        update_subscription, ("items", "metadata", "cancel_at_period_end", "proration_behavior", "payment_behavior"),
    ),
    ("DELETE", "/v1/subscriptions/*"): (cancel_subscription, ("prorate", "invoice_now", "cancellation_details")),
    ("GET", "/v1/invoices"): (list_invoices, (*PAGE, "customer", "subscription", "status", "created")),
    ("GET", "/v1/invoices/*"): (get_invoice, ("expand",)),
    ("POST", "/v1/invoices/*"): (update_invoice, ("metadata",)),
    ("POST", "/v1/billing_portal/sessions"): (
        create_portal, ("customer", "return_url", "locale", "configuration", "flow_data"),
    ),
    ("GET", "/v1/billing_portal/configurations"): (list_configurations, (*PAGE, "active", "is_default")),
    ("GET", "/v1/events"): (list_events, (*PAGE, "types", "type", "created", "delivery_success")),
    ("GET", "/v1/events/*"): (get_event, ()),
    ("GET", "/v1/webhook_endpoints"): (list_endpoints, PAGE),
    ("POST", "/v1/refunds"): (create_refund, ("payment_intent", "amount", "reason", "metadata")),
    ("GET", "/v1/refunds"): (list_refunds, (*PAGE, "payment_intent", "charge")),
    ("GET", "/v1/payment_intents/*"): (get_intent, ("expand",)),
    ("GET", "/v1/charges/*"): (get_charge, ("expand",)),
    ("GET", "/v1/disputes"): (list_disputes, (*PAGE, "payment_intent", "charge")),
}  # fmt: skip
"""By method and path, a * for an id: what answers, and which parameters it takes."""
