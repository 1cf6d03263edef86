"""A message to many, an actor each: whom it goes to, how fast, and when it must not."""

from __future__ import annotations

FACE: tuple[str, ...] = ("config", "words")
"""The modules that other features may import."""
