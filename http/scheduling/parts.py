"""What the agenda brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.scheduling.owing import Owing

OWING = Part[Owing]("owing")
