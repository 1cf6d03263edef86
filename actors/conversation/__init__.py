"""A conversation, an actor each, and how the inbox behaves."""

from __future__ import annotations

FACE: tuple[str, ...] = ("configs.inbox",)
"""The modules that other features may import."""
