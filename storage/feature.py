"""What a feature brings to the storage layer: one value, `TABLES`, in `storage/<feature>/__init__.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The tables of a feature, what writes them, and what is looked up in them."""
