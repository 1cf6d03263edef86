"""Members, invitations, sign-in, and what members must do and may see."""

from __future__ import annotations

FACE: tuple[str, ...] = ()
"""The modules that other features may import."""
