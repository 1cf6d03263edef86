"""What follows with time and money: sessions that are paid, declined or run out; subscriptions that begin and end.

Each function changes the world's objects, and notes the events of it as Stripe would.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from .errors import StripeRefusal
from .world import Json, Store, World

TRIES = 4
"""Declined renewals after which a subscription is cancelled."""
TRY_EVERY = 3 * 86_400
INCOMPLETE_FOR = 23 * 3600
VOUCHER_FOR = 3 * 86_400


# -- sessions ---------------------------------------------------------------------------------------------------------


def pay(world: World, store: Store, session: Json, *, voucher: bool = False) -> Json:
    """The customer pays, or takes a voucher that is paid later. Raises `StripeRefusal` when it is not open."""
    _must_be_open(session, "paid")
    session["status"], session["url"] = "complete", None
    if session["mode"] == "subscription":
        _subscribe(world, store, session)
    else:
        _charge(world, store, session, paid=not voucher)
    world.happened(store, "checkout.session.completed", session)
    return session


def decline(world: World, store: Store, session: Json) -> Json:
    """The card is declined: the session stays open."""
    _must_be_open(session, "paid")
    if session["mode"] == "payment":
        intent = _intent(world, store, session)
        world.happened(store, "payment_intent.payment_failed", intent)
    return session


def settle(world: World, store: Store, session: Json, *, paid: bool) -> Json:
    """A voucher is paid, or runs out."""
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise StripeRefusal("This session waits for no payment.")
    if paid:
        _charge(world, store, session, paid=True)
    else:
        _intent(world, store, session).update(status="requires_payment_method", next_action=None)
    world.happened(store, f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)
    return session


def expire(world: World, store: Store, session: Json) -> Json:
    """It can be paid no more."""
    _must_be_open(session, "expired")
    session["status"], session["url"] = "expired", None
    world.happened(store, "checkout.session.expired", session)
    return session


def _must_be_open(session: Json, what: str) -> None:
    if session["status"] != "open":
        raise StripeRefusal(
            f'Only Checkout Sessions with a status in ["open"] can be {what}. This Checkout Session has a status of '
            f"`{session['status']}`.",
        )


def _intent(world: World, store: Store, session: Json) -> Json:
    intents = store.of("payment_intent")
    if session["payment_intent"] is None:
        made: Json = {
            "id": world.id("pi"),
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": 0,
            "currency": session["currency"],
            "status": "requires_payment_method",
            "latest_charge": None,
            "next_action": None,
            "metadata": session["_intent_metadata"],
            "created": world.now(),
            "livemode": False,
        }
        intents[made["id"]] = made
        session["payment_intent"] = made["id"]
    return intents[session["payment_intent"]]


def _charge(world: World, store: Store, session: Json, *, paid: bool) -> None:
    intent = _intent(world, store, session)
    if not paid:
        slip = {
            "expires_at": world.now() + VOUCHER_FOR,
            "number": "00190.00009",
            "hosted_voucher_url": None,
            "pdf": None,
        }
        action = {"type": "boleto_display_details", "boleto_display_details": {**slip, "pdf": None}}
        intent.update(status="requires_action", next_action=action)
        return
    charge: Json = {
        "id": world.id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "refunded": False,
        "disputed": False,
        "currency": intent["currency"],
        "payment_intent": intent["id"],
        "payment_method_details": {"type": "card"},
        "status": "succeeded",
        "paid": True,
        "metadata": intent["metadata"],
        "created": world.now(),
        "livemode": False,
    }
    store.of("charge")[charge["id"]] = charge
    intent.update(status="succeeded", next_action=None, amount_received=intent["amount"], latest_charge=charge["id"])
    session["payment_status"] = "paid"
    world.happened(store, "charge.succeeded", charge)
    world.happened(store, "payment_intent.succeeded", intent)


def refund(world: World, store: Store, charge: Json, amount: int, metadata: Json) -> Json:
    """Give back. Raises `StripeRefusal` for more than is left."""
    if charge["disputed"]:
        raise StripeRefusal("This charge has been disputed.", code="charge_disputed")
    if amount < 1 or amount > charge["amount"] - charge["amount_refunded"]:
        raise StripeRefusal(
            "Refund amount is greater than unrefunded amount on charge.", code="amount_too_large", param="amount"
        )
    made: Json = {
        "id": world.id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "payment_intent": charge["payment_intent"],
        "currency": charge["currency"],
        "metadata": metadata,
        "reason": "requested_by_customer",
        "status": "succeeded",
        "created": world.now(),
    }
    store.of("refund")[made["id"]] = made
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.happened(store, "refund.created", made)
    world.happened(store, "charge.refunded", charge)
    return made


def dispute(world: World, store: Store, charge: Json, status: str = "needs_response") -> Json:
    """The customer's bank disputes it, or the dispute goes on."""
    disputes = store.of("dispute")
    found = next((each for each in disputes.values() if each["charge"] == charge["id"]), None)
    if found is None:
        found = {
            "id": world.id("dp"),
            "object": "dispute",
            "amount": charge["amount"],
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "currency": charge["currency"],
            "reason": "fraudulent",
            "status": status,
            "evidence_details": {"due_by": world.now() + 7 * 86_400},
            "created": world.now(),
            "livemode": False,
        }
        disputes[str(found["id"])] = found
        charge["disputed"] = True
        world.happened(store, "charge.dispute.created", found)
        return found
    found["status"] = status
    kind = "closed" if status in ("won", "lost", "warning_closed") else "updated"
    world.happened(store, f"charge.dispute.{kind}", found)
    return found


# -- subscriptions ----------------------------------------------------------------------------------------------------


def _subscribe(world: World, store: Store, session: Json) -> None:
    now, price, days = world.now(), store.get("price", session["_price"]), session["_trial_days"]
    trial_end = now + days * 86_400 if days else None
    made: Json = {
        "id": world.id("sub"),
        "object": "subscription",
        "customer": session["customer"],
        "status": "trialing" if days else "active",
        "created": now,
        "start_date": now,
        "currency": session["currency"],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ended_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "trial_start": now if days else None,
        "trial_end": trial_end,
        "billing_mode": {"type": "flexible"},
        "collection_method": "charge_automatically",
        "pause_collection": None,
        "pending_update": None,
        "latest_invoice": None,
        "metadata": session["_subscription_metadata"],
        "livemode": False,
        "items": {"object": "list", "has_more": False, "data": []},
    }
    item: Json = {
        "id": world.id("si"),
        "object": "subscription_item",
        "subscription": made["id"],
        "price": dict(price),
        "quantity": 1,
        "current_period_start": now,
        "current_period_end": trial_end or _later(now, price),
        "metadata": {},
        "created": now,
    }
    made["items"]["data"].append(item)
    store.of("subscription")[str(made["id"])] = made
    session["subscription"] = made["id"]
    session["payment_status"] = "no_payment_required" if days else "paid"
    world.happened(store, "customer.subscription.created", made)
    _bill(world, store, made, session["amount_total"], "subscription_create", paid=True)


def _later(at: int, price: Json) -> int:
    interval = price["recurring"]["interval"]
    step = relativedelta(years=1) if interval == "year" else relativedelta(months=1)
    return int((datetime.fromtimestamp(at, UTC) + step).timestamp())


def _bill(world: World, store: Store, subscription: Json, amount: int, reason: str, *, paid: bool) -> Json:
    item = subscription["items"]["data"][0]
    period = {"start": item["current_period_start"], "end": item["current_period_end"]}
    line: Json = {
        "id": world.id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": item["price"]["id"],
        "quantity": 1,
        "period": period,
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {
                "subscription": subscription["id"],
                "subscription_item": item["id"],
                "proration": reason.endswith("update"),
            },
            "invoice_item_details": None,
        },
        "pricing": {
            "type": "price_details",
            "price_details": {"price": item["price"]["id"], "product": item["price"]["product"]},
        },
        "metadata": {},
    }
    made: Json = {
        "id": world.id("in"),
        "object": "invoice",
        "number": f"PLX-{len(store.of('invoice')) + 1:04d}",
        "customer": subscription["customer"],
        "status": "paid" if paid else "open",
        "billing_reason": reason,
        "amount_due": amount,
        "amount_paid": amount if paid else 0,
        "amount_remaining": 0 if paid else amount,
        "total": amount,
        "attempt_count": 1,
        "currency": subscription["currency"],
        "created": world.now(),
        "period_start": period["start"],
        "period_end": period["end"],
        "hosted_invoice_url": f"{world.base}/i/{world.id('inv')}",
        "lines": {"object": "list", "has_more": False, "data": [line]},
        "parent": {
            "type": "subscription_details",
            "subscription_details": {"subscription": subscription["id"], "metadata": subscription["metadata"]},
            "quote_details": None,
        },
        "metadata": {},
        "livemode": False,
        "_next_try": None if paid else world.now() + TRY_EVERY,
    }
    store.of("invoice")[made["id"]] = made
    subscription["latest_invoice"] = made["id"]
    world.happened(store, "invoice.created", made)
    world.happened(store, "invoice.paid" if paid else "invoice.payment_failed", made)
    return made


def change(world: World, store: Store, subscription: Json, **fields: Any) -> Json:
    """Set fields of a subscription that is not over, and tell of it."""
    previous = {name: subscription[name] for name in fields}
    subscription.update(fields)
    world.happened(store, "customer.subscription.updated", subscription, previous)
    return subscription


def change_price(world: World, store: Store, subscription: Json, price: Json) -> Json:
    """To another price, at once, with an invoice for the difference."""
    item = subscription["items"]["data"][0]
    difference = price["unit_amount"] - item["price"]["unit_amount"]
    item["price"] = dict(price)
    item["current_period_end"] = _later(item["current_period_start"], price)
    world.happened(store, "customer.subscription.updated", subscription, {"items": {}})
    if difference > 0 and subscription["status"] == "active":
        _bill(world, store, subscription, difference, "subscription_update", paid=True)
    return subscription


def cancel_at_period_end(world: World, store: Store, subscription: Json) -> Json:
    """As the portal does it in flexible mode: a time, and not the flag."""
    return change(world, store, subscription, cancel_at=subscription["items"]["data"][0]["current_period_end"])


def cancel(world: World, store: Store, subscription: Json, reason: str = "cancellation_requested") -> Json:
    """It ends now."""
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise StripeRefusal(f"No such subscription: '{subscription['id']}'", status=404, code="resource_missing")
    subscription.update(status="canceled", canceled_at=world.now(), ended_at=world.now())
    subscription["cancellation_details"]["reason"] = reason
    world.happened(store, "customer.subscription.deleted", subscription)
    return subscription


def delete_customer(world: World, store: Store, customer: Json) -> Json:
    """Its subscriptions end with it."""
    for each in list(store.of("subscription").values()):
        if each["customer"] == customer["id"] and each["status"] not in ("canceled", "incomplete_expired"):
            cancel(world, store, each)
    gone = {"id": customer["id"], "object": "customer", "deleted": True}
    store.of("customer")[customer["id"]] = gone
    world.happened(store, "customer.deleted", customer)
    return gone


# -- time -------------------------------------------------------------------------------------------------------------


def pass_time(world: World) -> None:
    """Everything whose time has come by now."""
    for store in world.each_store():
        for session in list(store.of("checkout_session").values()):
            if session["status"] == "open" and session["expires_at"] <= world.now():
                expire(world, store, session)
        for subscription in list(store.of("subscription").values()):
            _pass_for(world, store, subscription)
        for key in [key for key, each in store.answered.items() if each.at + 24 * 3600 <= world.now()]:
            del store.answered[key]


def _pass_for(world: World, store: Store, subscription: Json) -> None:
    for _ in range(200):  # years that were passed over
        if subscription["status"] in ("canceled", "incomplete_expired", "paused"):
            return
        now, item = world.now(), subscription["items"]["data"][0]
        ends = subscription["cancel_at"]
        if ends is not None and ends <= now:
            cancel(world, store, subscription)
        elif subscription["status"] == "past_due":
            if not _try_again(world, store, subscription):
                return
        elif item["current_period_end"] <= now:
            _renew(world, store, subscription, item)
        else:
            return


def _renew(world: World, store: Store, subscription: Json, item: Json) -> None:
    if subscription["cancel_at_period_end"]:
        cancel(world, store, subscription)
        return
    item["current_period_start"] = item["current_period_end"]
    item["current_period_end"] = _later(item["current_period_start"], item["price"])
    good = not store.get("customer", subscription["customer"]).get("_declines")
    subscription["status"] = "active" if good else "past_due"
    world.happened(store, "customer.subscription.updated", subscription, {"items": {}})
    _bill(world, store, subscription, item["price"]["unit_amount"], "subscription_cycle", paid=good)


def _try_again(world: World, store: Store, subscription: Json) -> bool:
    """The payment that is due, if its time has come; whether anything happened."""
    invoice = store.get("invoice", subscription["latest_invoice"])
    if invoice["_next_try"] is None or invoice["_next_try"] > world.now():
        return False
    invoice["attempt_count"] += 1
    if not store.get("customer", subscription["customer"]).get("_declines"):
        invoice.update(status="paid", amount_paid=invoice["total"], amount_remaining=0, _next_try=None)
        world.happened(store, "invoice.paid", invoice)
        change(world, store, subscription, status="active")
    elif invoice["attempt_count"] >= TRIES:
        invoice["_next_try"] = None
        cancel(world, store, subscription, "payment_failed")
    else:
        invoice["_next_try"] += TRY_EVERY
        world.happened(store, "invoice.payment_failed", invoice)
    return True
