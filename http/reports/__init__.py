"""What happened, counted: by day, by member, by label; and customers' ratings."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.reports import routes

FACE = ("reporting",)
"""The modules that other features may import."""
EDGE = Edge(routes=routes_in(routes))
