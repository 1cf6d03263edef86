"""When a workspace is open, at the edge: what the panel calls it. Its routes follow from its declarations."""

from __future__ import annotations

from plixa.http.feature import Edge
from plixa.http.hours.forms import FORMS

FACE: tuple[str, ...] = ()
EDGE = Edge(forms=FORMS)
