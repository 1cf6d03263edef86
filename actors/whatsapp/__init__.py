"""WhatsApp numbers, an actor each, and the gateway's words as values."""

from __future__ import annotations

FACE: tuple[str, ...] = ("gateway",)
"""The modules that other features may import."""
