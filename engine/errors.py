"""Every error that crosses a boundary, one class for each thing a caller may do differently.

PlixaError
├── Refused            the caller asked for something that is not possible as things stand; do not retry unchanged
│   ├── Invalid        422  fields are wrong; `details` says which
│   ├── Unauthenticated 401
│   ├── Forbidden      403
│   ├── NotFound       404
│   ├── Conflict       409
│   │   └── Duplicate  the same thing is stored already; usually success in disguise
│   └── TooOld         410
├── RateLimited        429  come back after `retry_after` seconds
├── Overloaded         503  a mailbox or queue is full; come back after `retry_after` seconds
├── Unavailable        503  the database or an owner cannot be reached; nothing was changed, or it is not known
│   ├── Fenced         another node owns the tenant now; drop what is in memory
│   │   └── Elsewhere  ... this one, which lives: what was asked can be carried there
│   ├── Unsure         this node does not know whether it still owns anything; in a moment it does, or another one
│   ├── NotOpened      the tenant cannot be opened; it is tried again with growing pauses
│   └── UnknownHere    this release does not know this actor, timer or effect; another one does
├── GatewayUnavailable 502  the WhatsApp gateway does not answer or refuses
└── Crashed            500  the actor raised on this message
    └── DeadLettered   ... again and again; the message is kept for the operators and can be replayed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

Details = Mapping[str, Sequence[str]]


class PlixaError(Exception):
    """Base of all. `code` is stable and for programs, the message is for people."""

    status = 500
    code = "INTERNAL_ERROR"
    retry_after: int | None = None
    whole_tenant = False
    """Whether every other thing of the same tenant would meet the same now."""

    def __init__(self, message: str, *, code: str | None = None, details: Details | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code


class Refused(PlixaError):
    """Not possible as things stand."""

    status = 422
    code = "VALIDATION_FAILED"


class Invalid(Refused):
    """Some fields are wrong; `details` maps each dotted path to what is wrong with it."""

    def __init__(self, details: Details, message: str = "The given data was invalid.") -> None:
        super().__init__(message, details=details)


class Unauthenticated(Refused):
    """No token, or one that is not (or no longer) good."""

    status = 401
    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Authentication required.", *, code: str | None = None) -> None:
        super().__init__(message, code=code)


class Forbidden(Refused):
    """Known, and not allowed."""

    status = 403
    code = "FORBIDDEN"


class NotFound(Refused):
    """Not there, or another tenant's: the two look the same on purpose."""

    status = 404
    code = "NOT_FOUND"

    def __init__(self, what: str = "resource") -> None:
        super().__init__(f"This {what} does not exist.")


class Conflict(Refused):
    """It clashes with what is there."""

    status = 409
    code = "CONFLICT"


class Duplicate(Conflict):
    """The same thing is stored already; `constraint` names the rule that says so."""

    def __init__(self, constraint: str) -> None:
        super().__init__("This is stored already.")
        self.constraint = constraint


class TooOld(Refused):
    """It was there once; what takes its place is said in the message."""

    status = 410
    code = "GONE"


class RateLimited(PlixaError):
    """Too often; `retry_after` is in whole seconds."""

    status = 429
    code = "RATE_LIMITED"

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        super().__init__(message or f"Too many requests. Try again in {retry_after} s.")
        self.retry_after = retry_after


class Overloaded(PlixaError):
    """A bounded queue is full. Nothing was taken; ask again after `retry_after` seconds."""

    status = 503
    code = "OVERLOADED"
    retry_after = 1

    def __init__(self, what: str) -> None:
        super().__init__(f"Too much work is waiting for {what}. Nothing was lost or stored; try again shortly.")


class Unavailable(PlixaError):
    """Trouble of our own; safe to ask again, since all commands are idempotent or say so."""

    status = 503
    code = "OVERLOADED"
    retry_after = 2


class UnknownHere(Unavailable):
    """A newer (or older) release wrote it: this one leaves it alone."""

    def __init__(self, what: str) -> None:
        super().__init__(f"This release does not know {what}.")


class NotOpened(Unavailable):
    """The tenant's own actor cannot be brought up from the log."""

    whole_tenant = True

    def __init__(self) -> None:
        super().__init__("This workspace cannot be opened at the moment. Nothing was lost; try again shortly.")


class Unsure(Unavailable):
    """This node has not heard for seconds that it lives: whatever it has in memory may be another's by now."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("This server has lost touch with its database for a moment. Nothing was changed; try again.")


class Fenced(Unavailable):
    """The tenant has another owner; what this node holds in memory of it is stale."""

    whole_tenant = True

    def __init__(self, tenant: int) -> None:
        super().__init__(f"Workspace {tenant} is served by another node at the moment. Try again shortly.")


class Elsewhere(Fenced):
    """A live node has the tenant: `node`, in its life `incarnation`. Nothing was done here."""

    def __init__(self, tenant: int, node: str, incarnation: str) -> None:
        super().__init__(tenant)
        self.tenant = tenant
        self.node = node
        self.incarnation = incarnation


class GatewayUnavailable(PlixaError):
    """The WhatsApp gateway did not do what it was asked."""

    status = 502
    code = "GATEWAY_UNAVAILABLE"


class Crashed(PlixaError):
    """The actor raised. It has been rebuilt from the log; the command had no effect."""

    def __init__(self, message: str = "Something went wrong on our side. Nothing was changed.") -> None:
        super().__init__(message)


class DeadLettered(Crashed):
    """The same message crashed its actor every time; it is a dead letter, and can be replayed."""


E = TypeVar("E", bound=Exception)


def again(error: E) -> E:
    """The same error, to be raised by one more who waits for it: the traceback of one that is raised twice grows."""
    try:
        new = type(error).__new__(type(error), *error.args)
    except TypeError:  # made of something else than its arguments
        return error
    new.args = error.args
    new.__dict__.update(error.__dict__)
    new.__cause__, new.__context__ = error.__cause__ or error, None
    return new
