"""All features of the product, a line each, and what they bring to each layer.

A feature is one name in three folders, `actors/<name>`, `storage/<name>` and `http/<name>`; a layer that it does not
touch has no folder of it. What it brings stands there as one value: `LOGIC` in `logic.py`, for whoever imports one file
of an actor must not import all of its feature; `TABLES` and `EDGE` in the folder's `__init__.py`.
Nothing registers itself by being imported: what is not in this list is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import chain
from typing import Any, TypeVar

from plixa.actors.feature import Logic, Tell
from plixa.actors.workspace.kind import workspace_kind
from plixa.engine.actor import ActorType, as_they_are
from plixa.engine.clock import Clock
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.settings import Setting
from plixa.http.api import Route
from plixa.http.clients.mail.kinds import Template
from plixa.http.feature import Edge
from plixa.http.panel.declaring import Form
from plixa.http.workspace.routes.upkeep import routes_of
from plixa.storage.feature import Tables
from plixa.storage.postgres.bridge import Database
from plixa.storage.schema import Schema

T = TypeVar("T")
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
    "scheduling",
    "billing",
    "desk",
    "help",
    "campaigns",
    "broadcasts",
    "webhooks",
    "payments",
    "calendars",
)


def logic() -> tuple[Logic, ...]:
    """What the features bring to the actors."""
    return _values("actors", "LOGIC", Logic, ".logic")


@cache
def kinds() -> Mapping[str, ActorType[Any]]:
    """All kinds of actors by name, without their look-ups: enough to fold a log."""
    found = [workspace_kind(logic()), *(kind for each in logic() for kind in each.kinds)]
    if len({kind.name for kind in found}) < len(found):
        raise ValueError(f"two kinds have the same name: {', '.join(kind.name for kind in found)}")
    return {kind.name: kind for kind in found}


def tables() -> tuple[Tables, ...]:
    """What the features bring to storage."""
    return _values("storage", "TABLES", Tables)


@cache
def schema() -> Schema:
    """Every table of the product, the mechanism's and the features', and what is declared of it."""
    return Schema(tables())


def prepared_kinds(database: Database, clock: Clock, *, packs: bool = True) -> Mapping[str, ActorType[Any]]:
    """All kinds, with their look-ups. packs: what was decided together may be kept as one event."""
    found = kinds()
    if not packs:
        found = {name: replace(kind, packed=as_they_are) for name, kind in found.items()}
    return schema().prepared(found, database, clock)


def edges() -> tuple[Edge, ...]:
    """What the features bring to the edge."""
    return _values("http", "EDGE", Edge)


def routes() -> tuple[Route, ...]:
    """All routes: of small resources, which follow from what `LOGIC` declares, and those that the edges name."""
    small = chain.from_iterable(map(_small, FEATURES))
    return (*small, *chain.from_iterable(edge.routes for edge in edges()))


@cache
def _small(feature: str) -> tuple[Route, ...]:
    """Made once: their models are classes."""
    return tuple(chain.from_iterable(map(routes_of, _values("actors", "LOGIC", Logic, ".logic", of=(feature,)))))


def settings() -> tuple[Setting[Any], ...]:
    """The settings that features declare."""
    return tuple(chain.from_iterable(edge.settings for edge in edges()))


def mails() -> Mapping[str, Template]:
    """The letters that features bring."""
    return folded(edge.mails for edge in edges())


def forms() -> Mapping[str, Form]:
    """What the panel calls small resources, by their name."""
    return folded(edge.forms for edge in edges())


def tells() -> Mapping[str, Tell]:
    """What the audit says of events, by their type."""
    return folded(each.tells for each in logic())


def effects() -> Mapping[str, EffectSpec]:
    """How each kind of effect is carried out."""
    return folded(edge.effects for edge in edges())


def folded(brought: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """What several features bring, as one. Raises `ValueError` where two of them bring the same name."""
    whole: dict[str, T] = {}
    for each in brought:
        if both := whole.keys() & each.keys():
            raise ValueError(f"two features bring {', '.join(sorted(both))}")
        whole |= each
    return whole


def _values(
    layer: str, name: str, kind: type[Any], module: str = "", of: Iterable[str] | None = None
) -> tuple[Any, ...]:
    packages = [f"plixa.{layer}.{feature}" for feature in (FEATURES if of is None else of)]
    values = [getattr(import_module(package + module), name, None) for package in packages if find_spec(package)]
    return tuple(value for value in values if isinstance(value, kind))
