"""Stripe's objects as our values. Tolerant: a payload of an older version gives the same; what is not there is None.

Periods stand on a subscription's items since 2025-03-31 (`basil`), on the subscription itself before.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from plixa.actors.billing.state import Invoice, InvoiceLine, Plan, Subscription

Json = dict[str, Any]
MOST_LINES = 50


def subscription(found: Json, plan: Plan | None) -> Subscription:
    """A subscription with the plan that its price stands for."""
    item, price = first_item(found), price_of(found)
    recurring = part(price, "recurring")
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
    lines = rows(part(found, "lines"))[:MOST_LINES]
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
    details = part(found, "pricing", "price_details")
    parent = part(found, "parent", "subscription_item_details")
    period = part(found, "period")
    return InvoiceLine(
        id=str(found["id"]),
        amount=whole(found.get("amount")) or 0,
        price=details.get("price") or part(found, "price").get("id"),
        quantity=whole(found.get("quantity")),
        proration=bool(parent.get("proration") or found.get("proration")),
        period_start=moment(period.get("start")),
        period_end=moment(period.get("end")),
    )


def first_item(found: Json) -> Json:
    """Our subscriptions have one."""
    items = rows(part(found, "items"))
    return items[0] if items else {}


def price_of(found: Json) -> Json:
    """The price of a subscription's item."""
    return part(first_item(found), "price")


def _paused(found: Json) -> str | None:
    kind = part(found, "status_details", "paused", "subscription").get("type")
    return str(kind) if kind is not None and found.get("status") == "paused" else None


def part(found: Json, *names: str) -> Json:
    """What is within it under these names, one in the other; empty where it is not there."""
    for name in names:
        inner = found.get(name)
        found = cast("Json", inner) if isinstance(inner, dict) else {}
    return found


def rows(found: Json) -> list[Json]:
    """The rows of a list."""
    data = found.get("data")
    return cast("list[Json]", data) if isinstance(data, list) else []


def moment(seconds: object) -> datetime | None:
    """A time from Stripe's unix seconds."""
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and seconds else None


def whole(value: object) -> int | None:
    """An integer, or nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
