"""What can go wrong with a mail: a class for each thing the caller may do differently.

MailError                  (502)
├── MailRefused            for good: the same mail would be refused again; give it up
│   └── BadAddress         this recipient cannot be written to; give the address up
├── MailLater              certainly not sent: send it again, after `after` seconds if that is given
│   └── MailMisconfigured  our key, password, sender or URL is wrong: an operator must look
└── MailUncertain          it may have gone out: send it again only if the mailer is `repeatable`
"""

from __future__ import annotations

from plixa.engine.errors import PlixaError


class MailError(PlixaError):
    """Base of all. `after` is how many seconds to wait before another try, None if nobody said."""

    status = 502
    code = "MAIL_UNAVAILABLE"

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class MailRefused(MailError):
    """This mail is not taken, and will not be."""


class BadAddress(MailRefused):
    """Nobody can be reached at this address."""


class MailLater(MailError):
    """Not sent, for a reason that passes."""


class MailMisconfigured(MailLater):
    """Not sent, and no mail will be until somebody mends the settings."""


class MailUncertain(MailError):
    """Handed over, and no answer said what came of it."""
