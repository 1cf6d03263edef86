"""What a feature brings to the edge: one value, `EDGE`, in `http/<feature>/__init__.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The routes, effects' handlers, services and mails of a feature."""
