"""What can go wrong with a request to the gateway: a class for each thing the caller may do differently.

    GatewayError               (a GatewayUnavailable, 502)
    ├── GatewayRefused         for good: the same request would be refused again; give it up
    │   ├── NotOnWhatsApp      this address has no account: try the number's other forms, then give up
    │   ├── MenuRefused        this gateway has no buttons (or lists): say it in numbers
    │   ├── PictureRefused     the gateway cannot read this picture: send it as a document, or another one
    │   ├── NameTaken          an instance of this name exists: adopt it or choose another name
    │   └── TooLarge           the answer is over the caller's limit; go without it
    ├── GatewayNotFound        the gateway does not know this instance: create it again
    ├── GatewayUnauthorized    the key is wrong: an operator must look; nothing else will help
    ├── GatewayDown            certainly not done: the same request may be made again later
    └── GatewayUncertain       a send may have happened: look for it before trying again

Only a request that must not happen twice (a send, a creation) can end as `GatewayUncertain`; where repeating does no
harm, every doubt is `GatewayDown`. An error that is `away` says something of the gateway, or of the number's session,
and nothing of the request: whatever else is asked for this number now would fare no better.
"""

from __future__ import annotations

from plixa.engine.errors import GatewayUnavailable


class GatewayError(GatewayUnavailable):
    """Base of all. `answered` is the HTTP status that the gateway gave, None when it gave none; `said` its words."""

    def __init__(self, message: str, *, answered: int | None = None, said: str = "", away: bool = False) -> None:
        super().__init__(message)
        self.answered = answered
        self.said = said
        self.away = away


class GatewayRefused(GatewayError):
    """The request is wrong or impossible, and stays so."""


class NotOnWhatsApp(GatewayRefused):
    """No account under the address that was given. A LID without "@lid" ends here too."""


class MenuRefused(GatewayRefused):
    """The release, or the channel, has no buttons or lists, or not these; certainly nothing went out."""


class PictureRefused(GatewayRefused):
    """The gateway writes pictures anew before it sends them, and cannot read this one; certainly nothing went out."""


class NameTaken(GatewayRefused):
    """Another instance has this name."""


class TooLarge(GatewayRefused):
    """The answer has more bytes than the caller allowed; the rest of it was not read."""


class GatewayNotFound(GatewayError):
    """There is no instance of this name."""


class GatewayUnauthorized(GatewayError):
    """The gateway does not take our key."""


class GatewayDown(GatewayError):
    """Nothing happened: no connection, or an answer that is only given before anything is sent."""


class GatewayUncertain(GatewayError):
    """It is not known whether it happened: the request went out, and no answer settles it."""
