"""Who gets which conversation: one dispatcher a tenant, so that two decisions never see the same free hands."""

from __future__ import annotations

FACE: tuple[str, ...] = ("choice", "rules", "sectors")
"""The modules that other features may import."""
