"""What can go wrong with a call to a model: a class for each thing the caller may do differently.

    AiError                     502 AI_UNAVAILABLE
    ├── AiUnavailable           no answer now: the same call may be made later; `retry_after` where the server says when
    │   └── AiTimedOut          no answer within the time limit
    └── AiRefused               the same call would end the same way: do without, or hand off
        └── AiMisconfigured     key, model, address or credit: an operator must look; nothing else will help

`charged` says whether the server may charge for the call all the same: then it is settled with its estimate.
"""

from __future__ import annotations

from plixa.actors.ai.values import HandedOff, Usage
from plixa.engine.errors import PlixaError


class AiError(PlixaError):
    """Base of all."""

    status = 502
    code = "AI_UNAVAILABLE"

    def __init__(self, message: str, *, charged: bool = False, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.charged = charged
        self.retry_after = retry_after


class AiUnavailable(AiError):
    """No connection, too many calls, trouble of the server's, or an answer that was cut off."""


class AiTimedOut(AiUnavailable):
    """The time limit passed first."""


class AiRefused(AiError):
    """The server or the model does not do this, or does something else than asked."""


class AiMisconfigured(AiRefused):
    """The server does not know us, our model, or our credit."""


def as_hand_off(error: AiError, usage: Usage) -> HandedOff:
    """What a conversation makes of a failed call. usage: what is to be settled, the estimate if it was `charged`."""
    return HandedOff(reason="unavailable", note=error.message, usage=usage)
