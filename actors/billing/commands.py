"""What the workspace can be asked about licence and subscription."""

from __future__ import annotations

from datetime import datetime

from dateutil.relativedelta import relativedelta

from plixa.actors.billing.state import Interval, Invoice, LineSum, Plan, Subscription
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command


class GrantLicence(Command, frozen=True, kw_only=True, tag=True):
    """Grant a plan independent of Stripe, instead of a licence that there is. until: None for life.

    by: the member of staff. reason: theirs, for the audit.
    """

    plan: Plan
    until: datetime | None = None
    reason: str = ""
    by: int


class RevokeLicence(Command, frozen=True, kw_only=True, tag=True):
    """Take the licence back. What is paid for at Stripe counts again at once; without a licence nothing changes."""

    by: int


class KeepCustomer(Command, frozen=True, kw_only=True, tag=True):
    """Stripe has made this customer for this generation."""

    customer: str
    generation: int


class ForgetCustomer(Command, frozen=True, kw_only=True, tag=True):
    """Stripe knows this customer no more, or knew it in the other mode."""

    customer: str


class BeginCheckout(Command, frozen=True, kw_only=True, tag=True):
    """Before Stripe is asked for a session. The open attempt is kept where it is for the same thing.

    again: give the open attempt up, whatever it is for. Raises Conflict (SUBSCRIPTION_EXISTS).
    """

    plan: Plan
    interval: Interval
    price: str
    locale: str
    back: str
    again: bool = False
    currency: str = ""


class KeepSession(Command, frozen=True, kw_only=True, tag=True):
    """The attempt has this session."""

    attempt: int
    session: str


class Nudge(Command, frozen=True, kw_only=True, tag=True):
    """Something may have changed at Stripe: read it. event_id: Stripe's, or what makes this nudge itself."""

    event_id: str
    about: str


class SeeSubscriptions(Command, frozen=True, kw_only=True, tag=True):
    """What a read of this customer found, all statuses. closed: sessions of checkouts that are not open any more."""

    customer: str
    subscriptions: tuple[Subscription, ...]
    closed: tuple[str, ...] = ()
    invoices: tuple[Invoice, ...] = ()


class KeepSums(Command, frozen=True, kw_only=True, tag=True):
    """What was counted of an invoice's range (after, upto]; written down once."""

    invoice: str
    after: int
    upto: int
    sums: tuple[LineSum, ...]


class WantSums(Command, frozen=True, kw_only=True, tag=True):
    """Of an invoice it was never written down what it covers: count it now."""

    invoice: str


class RaiseAlarm(Command, frozen=True, kw_only=True, tag=True):
    """Something at Stripe that a person must look at; the same `what` of the same `ref` but once."""

    what: str
    ref: str


def until_of(workspace: Workspace, granted_at: datetime, months: int | None) -> datetime | None:
    """The end of a licence of so many calendar months in the workspace's zone: 31 January and a month is the last of
    February, at the same time of day."""
    if months is None:
        return None
    return (granted_at.astimezone(workspace.zone) + relativedelta(months=months)).astimezone(granted_at.tzinfo)
