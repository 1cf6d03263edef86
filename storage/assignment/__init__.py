"""What the dispatcher must know. It has no table of its own."""

from __future__ import annotations

from plixa.storage.assignment import look_ups
from plixa.storage.feature import Tables

FACE = ("reads",)
TABLES = Tables(
    look_ups={"dispatch": look_ups.dispatch},
)
