"""All features of the product, a line each, and what they bring to each layer.

A feature is one name in three folders, `actors/<name>`, `storage/<name>` and `http/<name>`; a layer that it does not
touch has no folder of it. What it brings stands in the folder's `__init__.py` as one value: `LOGIC`, `TABLES`, `EDGE`.
Nothing registers itself by being imported: what is not in this list is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from plixa.actors.ai.ledger import LEDGER
from plixa.actors.assignment.dispatcher import DISPATCH
from plixa.actors.contacts.actor import CONTACTS
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.feature import Logic
from plixa.actors.whatsapp.number import NUMBER
from plixa.actors.workspace.actor import WORKSPACE
from plixa.engine.actor import Kind
from plixa.engine.clock import Clock
from plixa.http.feature import Edge
from plixa.storage.feature import Tables
from plixa.storage.postgres.bridge import Database
from plixa.storage.schema import Schema

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


@cache
def schema() -> Schema:
    """Every table of the product, the mechanism's and the features', and what is declared of it."""
    return Schema(tables())


def kinds() -> Mapping[str, Kind[Any]]:
    """All kinds of actors by name, without their look-ups: enough to fold a log."""
    return {kind.name: kind for kind in (WORKSPACE, NUMBER, CONTACTS, CONVERSATION, DISPATCH, LEDGER)}


def prepared_kinds(database: Database, clock: Clock) -> Mapping[str, Kind[Any]]:
    """All kinds, with their look-ups."""
    return schema().prepared(kinds(), database, clock)


def edges() -> tuple[Edge, ...]:
    """What the features bring to the edge."""
    return _values("http", "EDGE", Edge)


def _values(layer: str, name: str, of: type[Any]) -> tuple[Any, ...]:
    packages = [f"plixa.{layer}.{feature}" for feature in FEATURES]
    values = [getattr(import_module(package), name, None) for package in packages if find_spec(package)]
    return tuple(value for value in values if isinstance(value, of))
