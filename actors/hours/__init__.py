"""When a workspace is open: its week, its closed days, its country's holidays."""

from __future__ import annotations

FACE: tuple[str, ...] = ("business_hours", "holiday_config", "opening", "week")
"""The modules that other features may import."""
