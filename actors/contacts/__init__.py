"""The address book, one actor a tenant; labels and custom fields."""

from __future__ import annotations

FACE: tuple[str, ...] = ("custom_fields", "labels")
"""The modules that other features may import."""
