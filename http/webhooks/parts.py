"""What outbound webhooks bring to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.webhooks.courier import Courier
from plixa.http.webhooks.feeding import Feeding

COURIER = Part[Courier]("who carries deliveries to endpoints")
FEEDING = Part[Feeding]("from the log to deliveries")
