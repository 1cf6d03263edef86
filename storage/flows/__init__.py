"""What a draft of a flow is held against. It has no table of its own."""

from __future__ import annotations

FACE = ("past", "steps")
