"""What can go wrong with a call to Stripe: a class for each thing the caller may do differently.

    StripeError            502 PAYMENTS_UNAVAILABLE
    ├── StripeRefused      it was decided against: asking again unchanged would end the same way; nothing happened
    │   └── StripeMissing  the thing that was asked about is not there: deleted, of the other mode, another account's
    ├── StripeAway         it certainly did not happen: no connection, too many calls; ask again later
    └── StripeUncertain    it may have happened; asking again with the same key finds out

Messages are ours: what Stripe says may name what it knows of somebody's account.
"""

from __future__ import annotations

from plixa.engine.errors import PlixaError


class StripeError(PlixaError):
    """Base of all. reason: Stripe's code, or the kind of trouble; for logs. param: the parameter that it is about."""

    status = 502
    code = "PAYMENTS_UNAVAILABLE"

    def __init__(self, message: str, *, reason: str = "", param: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.param = param


class StripeRefused(StripeError):
    """A 4xx but 409 and 429."""

    def __init__(self, reason: str, *, param: str | None = None) -> None:
        super().__init__("Stripe does not do this. Plixa's staff can see why.", reason=reason, param=param)


class StripeMissing(StripeRefused):
    """There is no such thing in this account and this mode."""


class StripeAway(StripeError):
    """Nobody was reached, or there were too many calls."""

    def __init__(self, reason: str) -> None:
        super().__init__("Stripe cannot be reached. Nothing was changed; try again shortly.", reason=reason)


class StripeUncertain(StripeError):
    """The answer is lost."""

    def __init__(self, reason: str) -> None:
        super().__init__("Stripe did not answer. Try again shortly; nothing is done twice.", reason=reason)
