"""Members, invitations, sign-in, and what members must do and may see."""

from __future__ import annotations

FACE: tuple[str, ...] = ("team",)
"""The modules that other features may import."""
