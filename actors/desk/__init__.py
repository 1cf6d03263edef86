"""The support desk: tickets, in the workspace whose member opened them, and what staff share, in tenant 0."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
