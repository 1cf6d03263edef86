"""What this feature brings to a node, beside `PUSH` and `PUSHING` of `pushing.py`."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.clients.mail.port import Mailer

MAILER = Part[Mailer]("the way out for mails")
