"""What this feature brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.clients.mail.port import Mailer

SENDER = Part[Mailer]("the way out for campaigns, with a sender of their own")
