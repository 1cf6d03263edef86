"""What a workspace pays for, at the edge."""

from __future__ import annotations

from plixa.http.feature import Edge

EDGE = Edge(
    buttons=dict.fromkeys(("licence_ending", "over_limits", "payment_failed"), ("url", "#/billing")),
)
