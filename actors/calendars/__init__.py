"""Each member's own calendar at Google, linked by themselves: appointments stand in it, and what else is there blocks.

A link is the workspace's decision and has a number: a consent that comes late, a trouble of a link that is over, change
nothing. Tokens are never here: the log holds no secret (`storage/calendars`).
"""

from __future__ import annotations

FACE: tuple[str, ...] = ("links",)
"""The modules that other features may import."""
