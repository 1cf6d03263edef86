"""What decisions on hours need. It has no table of its own."""

from __future__ import annotations

from plixa.storage.feature import Tables
from plixa.storage.hours import look_ups

FACE = ()
TABLES = Tables(look_ups={"workspace": look_ups.workspace})
