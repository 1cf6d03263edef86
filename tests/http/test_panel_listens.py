"""The panel's pages: what they wait for is told, and what they fetch they listen for before."""

from __future__ import annotations

import re

import pytest

from plixa import features
from plixa.http.panel.pages import HERE

MODULES = {path.relative_to(HERE).as_posix(): path.read_text() for path in HERE.rglob("*.js")}
WAITS = re.compile(r'type\.startsWith\("(\w+)\.')
LISTENS = re.compile(r'\bpage\.live\(|\.listen\("(?:event|fresh)"')
BY_HAND = {
    "page.js": "`watch` itself",
    "inbox/page.js": "events are folded into what the store knows, by their offsets",
}
"""Who listens without `Page.watch`, and why."""


def _told() -> set[str]:
    """What events of the live push begin with."""
    shown = {getattr(event, "type", "") for each in features.logic() for event in each.shows}  # a base class has none
    return {each.partition(".")[0] for each in shown} | {
        collection.one for each in features.logic() for collection in each.collections
    }


@pytest.mark.parametrize("name", sorted(MODULES))
def test_what_a_page_waits_for_is_told(name: str) -> None:
    assert set(WAITS.findall(MODULES[name])) <= _told()


def test_a_page_listens_before_it_looks() -> None:
    assert {name for name, text in MODULES.items() if LISTENS.search(text)} == set(BY_HAND)
