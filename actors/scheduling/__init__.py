"""The agenda: what can be booked when, and what a booking holds.

All of it is pure. Instants are whole minutes since 1970 in UTC, spans run from their first minute until just before
their last; only `walls.py` knows what a clock on the wall reads.
"""

from __future__ import annotations

FACE: tuple[str, ...] = ("catalogue",)
"""The modules that other features may import."""
