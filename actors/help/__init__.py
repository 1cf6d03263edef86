"""The knowledge base: help articles by locale, their names in addresses, their versions. In tenant 0."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
