"""Billing as it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from typing_extensions import TypedDict

PlanName = Literal["starter", "professional", "business"]


class Hosted(TypedDict):
    """A page of Stripe's. Good for a short time, or once: ask again instead of keeping it."""

    url: str


class CheckoutPage(Hosted):
    plan: PlanName
    interval: Literal["month", "year"]


class Used(TypedDict):
    used: int
    included: int


class Usage(TypedDict):
    """ai_cents: US cents of this month; 0 included is no limit."""

    numbers: Used
    seats: Used
    ai_cents: Used


class LicenceShown(TypedDict):
    plan: PlanName
    until: datetime | None


class SubscriptionShown(TypedDict):
    """amount_cents: per interval, in the currency's own minor units. ends_at: it was cancelled, and runs until then."""

    status: str
    plan: PlanName | None
    interval: str | None
    amount_cents: int | None
    currency: str
    period_end: datetime | None
    trial_end: datetime | None
    ends_at: datetime | None


class BillingShown(TypedDict):
    """plan: in effect. because: of what."""

    plan: PlanName
    because: Literal["licence", "subscription", "trial", "none"]
    trial_ends_at: datetime | None
    licence: LicenceShown | None
    subscription: SubscriptionShown | None
    checkout: Literal["open"] | None
    manageable: bool
    features: list[str]
    usage: Usage
    over: list[str]


class InvoiceShown(TypedDict):
    """id: the position in the log that it closes. amount_cents: in the currency's own minor units."""

    id: int
    invoice: str
    number: str | None
    status: str
    amount_cents: int
    currency: str
    period_start: datetime
    period_end: datetime
    closed_at: datetime


class LineShown(TypedDict):
    """A line of a bill over events at positions (from_position, to_position]. digest: SHA-256 over them."""

    kind: str
    rule: str
    amount_cents: int
    currency: str | None
    quantity: int
    events: int
    from_position: int
    to_position: int
    digest: str


class LineEvent(TypedDict):
    position: int
    at: datetime
    type: str
    stream: str
    units: int


class Heard(TypedDict):
    result: str
