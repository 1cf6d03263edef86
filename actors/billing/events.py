"""What can have happened to a workspace's licence and subscription."""

from __future__ import annotations

from datetime import datetime

from plixa.actors.billing.state import Attempt, Invoice, LineSum, Plan, Subscription
from plixa.engine.events import Event, event


@event("licence.granted", personal=("reason",))
class LicenceGranted(Event, frozen=True, kw_only=True):
    plan: Plan
    until: datetime | None = None
    reason: str = ""
    by: int
    at: datetime


@event("licence.revoked")
class LicenceRevoked(Event, frozen=True, kw_only=True):
    by: int
    at: datetime


@event("licence.ending")
class LicenceEnding(Event, frozen=True, kw_only=True):
    """The owners are told that it ends, for the `told`-th time."""

    until: datetime
    told: int


@event("billing.customer_kept")
class CustomerKept(Event, frozen=True, kw_only=True):
    customer: str
    generation: int


@event("billing.customer_forgotten")
class CustomerForgotten(Event, frozen=True, kw_only=True):
    customer: str


@event("billing.checkout_begun")
class CheckoutBegun(Event, frozen=True, kw_only=True):
    """Before the call: what it is going to ask for."""

    attempt: Attempt


@event("billing.checkout_opened")
class CheckoutOpened(Event, frozen=True, kw_only=True):
    attempt: int
    session: str


@event("billing.checkout_closed")
class CheckoutClosed(Event, frozen=True, kw_only=True):
    attempt: int


@event("billing.nudged")
class Nudged(Event, frozen=True, kw_only=True):
    """Something may have changed at Stripe; `looked_for`: the time at which that was expected."""

    event_id: str
    about: str
    looked_for: datetime | None = None


@event("billing.subscription_seen")
class SubscriptionSeen(Event, frozen=True, kw_only=True):
    """A read found the subscription otherwise than it was known."""

    subscription: Subscription


@event("billing.period_closed")
class PeriodClosed(Event, frozen=True, kw_only=True):
    """An invoice was seen for the first time: what is in the log up to here is its, what follows the next one's."""

    invoice: Invoice


@event("billing.period_summed")
class PeriodSummed(Event, frozen=True, kw_only=True):
    """What was counted of an invoice's range, (after, upto]: whoever counts it later must come to the same."""

    invoice: str
    after: int
    upto: int
    sums: tuple[LineSum, ...] = ()


@event("billing.sums_wanted")
class SumsWanted(Event, frozen=True, kw_only=True):
    """An invoice was closed by a release that did not write down what it covers: it is counted now."""

    invoice: str
    at: datetime


@event("billing.alarmed")
class Alarmed(Event, frozen=True, kw_only=True):
    what: str
    ref: str


@event("billing.limits_compared")
class LimitsCompared(Event, frozen=True, kw_only=True):
    """The plan has changed: of `over` there is more than it includes. Nothing goes, and nothing new is taken.

    at: the time that it was done for.
    """

    plan: Plan
    over: tuple[str, ...] = ()
    at: datetime
