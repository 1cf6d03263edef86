"""What a workspace knows of its licence and its subscription, and which plan follows from each.

Times are Stripe's own seconds as aware times; amounts are integers in the currency's minor units. No address that works
once (checkout, portal) is ever kept: who needs one asks Stripe again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace

Plan = Literal["starter", "professional", "business"]
Interval = Literal["month", "year"]
PAID_FOR = frozenset({"trialing", "active", "past_due"})
"""Statuses in which the plan is in effect; Stripe decides how long `past_due` lasts."""
ENDED = frozenset({"canceled", "incomplete_expired"})
REACHED = PAID_FOR | {"unpaid", "paused", "canceled"}
"""Statuses that none comes to without having been trialing or active."""
LOOK_AGAIN = timedelta(hours=6)


class Licence(Struct, frozen=True, omit_defaults=True):
    """A plan that Plixa's staff has granted, until a time or for life. told: notices of its end that went out."""

    plan: Plan
    granted_at: datetime
    by: int
    until: datetime | None = None
    told: int = 0

    def holds(self, at: datetime) -> bool:
        """Whether it is in effect."""
        return self.until is None or at < self.until


class Subscription(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A subscription as the last read saw it.

    plan: None where the price is none that we know, of a subscription that was never seen with another.
    """

    id: str
    status: str
    price: str
    plan: Plan | None = None
    interval: str | None = None
    amount: int | None = None
    currency: str = ""
    created: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    paused_because: str | None = None

    @property
    def counts(self) -> bool:
        """Whether its plan is in effect."""
        return self.status in PAID_FOR

    @property
    def alive(self) -> bool:
        """Whether no other one may begin beside it. A status that nobody knows yet is taken for alive."""
        return self.status not in ENDED


class InvoiceLine(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of an invoice."""

    id: str
    amount: int
    price: str | None = None
    quantity: int | None = None
    proration: bool = False
    period_start: datetime | None = None
    period_end: datetime | None = None


class Invoice(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An invoice as the last read saw it; amounts in minor units."""

    id: str
    status: str
    amount: int
    currency: str
    period_start: datetime
    period_end: datetime
    number: str | None = None
    lines: tuple[InvoiceLine, ...] = ()


class LineSum(Struct, frozen=True, kw_only=False):
    """What was counted of a line; see `statements.py`."""

    kind: str
    rule: str
    quantity: int
    events: int
    digest: str


class Attempt(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A checkout that was begun. Everything that its call sends is here: the same attempt asks for the same session.

    currency: where the customer is bound to another one than the price's own.
    """

    number: int
    plan: Plan
    interval: Interval
    price: str
    trial: bool
    customer: str
    locale: str
    back: str
    begun_at: datetime
    expires_at: datetime
    session: str | None = None
    currency: str = ""


class Billing(Struct, frozen=True, omit_defaults=True):
    """generation: how many customers were made before this one. looked_at: the time that the last look was for.

    limits_at: when it was last compared what there is with what the plan includes, for that time. over: the plan and
    what there was more of then, which the owners were told.
    invoices: those that closed a period, newest last; summed: those of which it is written down what they cover.
    alarms: told already, the last ones.
    """

    licence: Licence | None = None
    customer: str | None = None
    generation: int = 0
    attempts: int = 0
    attempt: Attempt | None = None
    subscription: Subscription | None = None
    had_subscription: bool = False
    looked_at: datetime | None = None
    limits_at: datetime | None = None
    over: tuple[str, ...] = ()
    invoices: tuple[str, ...] = ()
    summed: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()


BILLING: Held[Billing] = Held("billing", Billing, Billing())


def changed(workspace: Workspace, **changes: Any) -> Workspace:
    """The workspace with these fields of its billing."""
    fields: dict[str, Any] = {BILLING.name: replace(BILLING.of(workspace), **changes)}
    return replace(workspace, **fields)


def paid_plan(billing: Billing) -> Plan | None:
    """The plan of the subscription, where it counts."""
    subscription = billing.subscription
    return subscription.plan if subscription is not None and subscription.counts else None


def licensed_plan(billing: Billing, at: datetime) -> Plan | None:
    """The plan of the licence, while it holds."""
    licence = billing.licence
    return licence.plan if licence is not None and licence.holds(at) else None


def in_effect(seen: Iterable[Subscription]) -> Subscription | None:
    """Which of a customer's subscriptions is the workspace's: of those that count the newest, else of those alive, else
    the last one that ended."""
    return max(seen, key=lambda each: (each.counts, each.alive, each.created is not None, each.created), default=None)


def next_look(billing: Billing) -> datetime | None:
    """When the truth is to be read if nothing is heard: an hour after the next thing that should happen."""
    due = [each for each in _ahead(billing) if billing.looked_at is None or each > billing.looked_at]
    return min(due, default=None)


def _ahead(billing: Billing) -> Iterable[datetime]:
    subscription, attempt = billing.subscription, billing.attempt
    if subscription is not None and subscription.alive:
        at = (subscription.period_end, subscription.trial_end, subscription.cancel_at)
        known = [each + timedelta(hours=1) for each in at if each is not None]
        yield from known
        if billing.looked_at is not None and min(known, default=billing.looked_at) <= billing.looked_at:
            yield billing.looked_at + LOOK_AGAIN  # it should have changed, and had not when it was looked at
    if attempt is not None:
        yield attempt.expires_at + timedelta(minutes=5)
        if billing.looked_at is not None and attempt.expires_at < billing.looked_at:
            yield billing.looked_at + LOOK_AGAIN
