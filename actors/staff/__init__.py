"""What staff do with a workspace: suspend it, have it back, step in, look around."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
