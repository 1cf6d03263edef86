"""The agenda at the edge: who is there when, what is free, what is booked."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.scheduling.routes import appointments, availability, schedules

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
EDGE = Edge(routes=routes_in(appointments, schedules, availability))
