"""Every part of the project has an area of `make mutants`: what is in none would never be found to be untested."""

from __future__ import annotations

from tests.mutants.areas import AREAS
from tests.mutants.trial import ROOT

APART = ("http/panel", "http/google_simulator", "http/stripe_simulator", "http/simulator")
"""What shows, and far ends for tests and demonstrations."""


def test_every_module_is_in_an_area() -> None:
    tried = {module for area in AREAS.values() for module in area.modules(ROOT)}
    folders = {module.parent for module in tried}
    there = {
        module.parent
        for layer in ("engine", "actors", "storage", "http")
        for module in (ROOT / layer).glob("*/*.py")
        if module.name != "__init__.py"
    }
    left_out = {str(folder.relative_to(ROOT)) for folder in there - folders}
    assert left_out - {*APART} == set()
