"""The workspace, a tenant's root actor, and what features declare of it."""

from __future__ import annotations

FACE: tuple[str, ...] = ("declarations", "events", "plans", "state", "told_words", "upkeep")
"""The modules that other features may import."""
