"""All features of the product, a line each, and what they bring to each layer.

A feature is one name in three folders, `actors/<name>`, `storage/<name>` and `http/<name>`; a layer that it does not
touch has no folder of it. What it brings stands in the folder's `__init__.py` as one value: `LOGIC`, `TABLES`, `EDGE`.
Nothing registers itself by being imported: what is not in this list is not there.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from plixa.actors.feature import Logic
from plixa.http.feature import Edge
from plixa.storage.feature import Tables

FEATURES: tuple[str, ...] = (
    "workspace",
    "people",
    "hours",
    "contacts",
    "conversation",
    "assignment",
    "flows",
    "ai",
    "whatsapp",
    "notifications",
    "reports",
    "staff",
)


def logic() -> tuple[Logic, ...]:
    """What the features bring to the actors."""
    return _values("actors", "LOGIC", Logic)


def tables() -> tuple[Tables, ...]:
    """What the features bring to storage."""
    return _values("storage", "TABLES", Tables)


def edges() -> tuple[Edge, ...]:
    """What the features bring to the edge."""
    return _values("http", "EDGE", Edge)


def _values(layer: str, name: str, of: type[Any]) -> tuple[Any, ...]:
    packages = [f"plixa.{layer}.{feature}" for feature in FEATURES]
    values = [getattr(import_module(package), name, None) for package in packages if find_spec(package)]
    return tuple(value for value in values if isinstance(value, of))
