"""What a feature brings to the actors' layer: one value, `LOGIC`, in `actors/<feature>/__init__.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plixa.engine.actor import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic:
    """kinds: the actors that it adds."""

    kinds: tuple[Kind[Any], ...] = ()
