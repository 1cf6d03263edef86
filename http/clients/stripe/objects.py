"""Stripe's objects as our values. Tolerant: a payload of an older version gives the same; what is not there is None.

Periods stand on a subscription's items since 2025-03-31 (`basil`), on the subscription itself before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plixa.actors.billing.state import Invoice, InvoiceLine, Plan, Subscription

Json = dict[str, Any]
MOST_LINES = 50


def subscription(found: Json, plan: Plan | None) -> Subscription:
    """A subscription with the plan that its price stands for."""
    item, price = first_item(found), price_of(found)
    recurring = price.get("recurring") or {}
    return Subscription(
        id=str(found["id"]),
        status=str(found["status"]),
        price=str(price.get("id") or ""),
        plan=plan,
        interval=recurring.get("interval"),
        amount=whole(price.get("unit_amount")),
        currency=str(found.get("currency") or price.get("currency") or "").upper(),
        created=moment(found.get("created")),
        period_start=moment(item.get("current_period_start") or found.get("current_period_start")),
        period_end=(period_end := moment(item.get("current_period_end") or found.get("current_period_end"))),
        trial_end=moment(found.get("trial_end")),
        cancel_at=moment(found.get("cancel_at")) or (period_end if found.get("cancel_at_period_end") else None),
        paused_because=_paused(found),
    )


def invoice(found: Json) -> Invoice:
    """An invoice with its first lines."""
    lines = list((found.get("lines") or {}).get("data", [])[:MOST_LINES])
    return Invoice(
        id=str(found["id"]),
        number=found.get("number"),
        status=str(found.get("status")),
        amount=whole(found.get("total")) or 0,
        currency=str(found.get("currency") or "").upper(),
        period_start=moment(found.get("period_start")) or datetime.fromtimestamp(0, UTC),
        period_end=moment(found.get("period_end")) or datetime.fromtimestamp(0, UTC),
        lines=tuple(_line(each) for each in lines),
    )


def _line(found: Json) -> InvoiceLine:
    details = (found.get("pricing") or {}).get("price_details") or {}
    parent = (found.get("parent") or {}).get("subscription_item_details") or {}
    period = found.get("period") or {}
    return InvoiceLine(
        id=str(found["id"]),
        amount=whole(found.get("amount")) or 0,
        price=details.get("price") or (found.get("price") or {}).get("id"),
        quantity=whole(found.get("quantity")),
        proration=bool(parent.get("proration") or found.get("proration")),
        period_start=moment(period.get("start")),
        period_end=moment(period.get("end")),
    )


def first_item(found: Json) -> Json:
    """Our subscriptions have one."""
    items: list[Json] = (found.get("items") or {}).get("data") or [{}]
    return items[0]


def price_of(found: Json) -> Json:
    """The price of a subscription's item."""
    price: Json = first_item(found).get("price") or {}
    return price


def _paused(found: Json) -> str | None:
    details = ((found.get("status_details") or {}).get("paused") or {}).get("subscription") or {}
    kind = details.get("type")
    return str(kind) if kind is not None and found.get("status") == "paused" else None


def moment(seconds: object) -> datetime | None:
    """A time from Stripe's unix seconds."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds else None


def whole(value: object) -> int | None:
    """An integer, or nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
