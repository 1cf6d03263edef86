"""What can go wrong with a call to Google: a class for each thing the caller may do differently.

    GoogleError              502 CALENDAR_UNAVAILABLE
    ├── GoogleRefused        it was decided against; `status` and `reason` say why. Asking again would end the same way
    │   ├── LinkDead         the refresh token is no good any more: the member has to consent again
    │   └── Misconfigured    our client is not known or not allowed: the operator's to mend, links stay
    └── GooglePasses         it may have happened or not; asking again later finds out
        └── CalendarFull     the member's calendar takes no more writes for hours
    GoogleAway               503: nobody was there, or too much was asked; the calls of this calendar rest

Messages are ours: what Google says may quote what it was sent. `reason` is one of Google's short codes.
"""

from __future__ import annotations

from plixa.engine.errors import PlixaError, Unavailable


class GoogleError(PlixaError):
    """Base of all but `GoogleAway`."""

    status = 502
    code = "CALENDAR_UNAVAILABLE"


class GoogleRefused(GoogleError):
    """A 4xx that will not pass. http_status: Google's."""

    def __init__(self, http_status: int, reason: str) -> None:
        super().__init__(f"Google refuses this ({http_status} {reason}).")
        self.http_status = http_status
        self.reason = reason


class LinkDead(GoogleRefused):
    """`invalid_grant`, and nothing else."""


class Misconfigured(GoogleRefused):
    """`invalid_client` and its like."""


class GooglePasses(GoogleError):
    """A 5xx, an answer that is none, or none at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Google did not answer as it should ({reason}). Try again shortly; nothing is done twice.")
        self.reason = reason


class CalendarFull(GooglePasses):
    """`quotaExceeded`."""


class GoogleAway(Unavailable):
    """Nobody was reached, or there were too many calls."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Google cannot be reached now ({reason}).", code="CALENDAR_UNAVAILABLE")
        self.reason = reason


Trouble = (GoogleError, GoogleAway)
"""All of them, for who goes on without."""
