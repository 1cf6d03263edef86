"""What answers customers by itself, as it was drawn; the machine that runs it is in `actors/flows`."""

from __future__ import annotations

from plixa.http.api import routes_in
from plixa.http.feature import Edge
from plixa.http.flows import routes

FACE = ("resources",)
EDGE = Edge(routes=routes_in(routes))
