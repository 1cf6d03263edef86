"""E-mail campaigns: what staff write to workspaces' members. In tenant 0."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
