"""Figures, counted in other features' tables."""

from __future__ import annotations

FACE = ("digest", "reports")
