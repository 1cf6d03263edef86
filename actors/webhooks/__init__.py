"""Outbound webhooks: which of a workspace's own servers want to hear of what."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
