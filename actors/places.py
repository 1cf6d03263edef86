"""Time zones and countries, as IANA's list has them: `tzdata` brings its files along.

A zone is one that the list gives to some place, or UTC. Other names of such a zone (`US/Eastern`, `Asia/Calcutta`) are
taken for it; fixed offsets and abbreviations (`Etc/GMT+3`, `EST`) are no zones: a clock there does not change with the
place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

ABBREVIATION = re.compile(r"[A-Z]{3}(?:[0-9][A-Z]{3})?")
"""Like EST, CET and PST8PDT."""


def zone_of(name: str) -> str | None:
    """The canonical name of a zone; None where there is none."""
    if name in _zones():
        return name
    if ABBREVIATION.fullmatch(name):
        return None
    meant = _links().get(name, name)
    meant = "UTC" if meant == "Etc/UTC" else meant
    return meant if meant in _zones() else None


def is_country(code: str) -> bool:
    """Whether these two capital letters are a country in ISO 3166-1."""
    return code in _countries()


@cache
def _zones() -> frozenset[str]:
    return frozenset({"UTC", *(line.split("\t")[2] for line in _lines("zone.tab"))})


@cache
def _countries() -> frozenset[str]:
    return frozenset(line.split("\t")[0] for line in _lines("iso3166.tab"))


@cache
def _links() -> Mapping[str, str]:
    """Other names, and what they stand for."""
    found = (line.split() for line in _lines("tzdata.zi") if line.startswith("L "))
    return {name: meant for _, meant, name in found}


def _lines(name: str) -> Iterator[str]:
    text = (files("tzdata.zoneinfo") / name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))
