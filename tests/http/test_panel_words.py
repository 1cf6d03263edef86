"""The panel's words: every one in three languages, every one asked for, and none beside the catalogues."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

import pytest

from plixa.actors.billing.statements import TYPES
from plixa.actors.scheduling.slots import Why
from plixa.http.panel.pages import HERE
from plixa.http.staff.routes.waitlist import LISTED

LANGUAGES = ("en", "pt-BR", "es")
WORDS = HERE / "words"
ROOMS = sorted(path.stem for path in (WORDS / "en").glob("*.json"))
MODULES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.js"))
PLURALS = {"zero", "one", "two", "few", "many", "other"}
GIVEN = re.compile(r"\{(\w+)\}")
KEY = re.compile(rf"""["'`]((?:{"|".join(ROOMS)})\.\w+(?:\.\w+)?)(\.?\$\{{|["'`])""")
COMMENT = re.compile(r"^\s*(?://|/?\*).*$|(?<=[;,{}])\s+//\s.*$", re.MULTILINE)
SAID = re.compile(
    r"""(?:text: |toast\(|button\(|field\(|title: |label: |placeholder: |confirm: |"aria-label": |alt: )"""
    r"""["`]([^"`]*)["`]"""
)
SENTENCE = re.compile(r'"([A-Z][a-z]+(?: [^"\n]*)?[ .?!:][^"\n]*)"')
IN_ENGLISH = {"docs.js", "docs_try.js", "errors.js"}
"""The API's own pages are, as the API is; and what the server says, so as to be known again."""
EXAMPLES = {"Ctrl K", "https://", r"(11) 98765-0001 Bia\n+55 11 98765-0002"}


def _read(language: str, room: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), f"{language}/{room} has a key twice"
        return dict(pairs)

    found: dict[str, Any] = json.loads((WORDS / language / f"{room}.json").read_text(), object_pairs_hook=once)
    return found


def _leaves(found: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(found, str):
        yield path, found
        return
    for name, inner in found.items():
        yield from _leaves(inner, f"{path}.{name}")


def _is_plural(found: Any) -> bool:
    return isinstance(found, dict) and "other" in found and set(found) <= PLURALS


@cache
def _keys(room: str) -> set[str]:
    """The keys that can be asked for: a plural is one."""
    keys: set[str] = set()
    for name, found in _read("en", room).items():
        if isinstance(found, str) or _is_plural(found):
            keys.add(f"{room}.{name}")
        else:
            keys |= {f"{room}.{name}.{inner}" for inner in found}
    return keys


def _source(name: str) -> str:
    return COMMENT.sub("", (HERE / name).read_text())


def test_there_are_the_same_rooms_in_every_language() -> None:
    for language in LANGUAGES:
        assert sorted(path.stem for path in (WORDS / language).iterdir()) == ROOMS


@pytest.mark.parametrize("language", LANGUAGES[1:])
@pytest.mark.parametrize("room", ROOMS)
def test_every_word_is_in_every_language_with_what_is_filled_in(room: str, language: str) -> None:
    said, other = dict(_leaves(_read("en", room), room)), dict(_leaves(_read(language, room), room))
    assert set(said) == set(other)
    for key, words in said.items():
        assert other[key].strip(), key
        if not key.endswith((".one", ".zero")):  # "one message" needs no number
            assert set(GIVEN.findall(words)) == set(GIVEN.findall(other[key])), key


def _asked() -> Iterator[tuple[str, str, bool]]:
    """By each module: the key, and whether it is only the beginning of keys."""
    for name in MODULES:
        for key, end in KEY.findall(_source(name)):
            yield name, key, "$" in end


def test_every_word_that_is_asked_for_is_there() -> None:
    known = {key for room in ROOMS for key in _keys(room)}
    missing = [
        f"{name}: {key}"
        for name, key, begins in _asked()
        if not (any(each.startswith(f"{key}.") for each in known) if begins else key in known)
    ]
    assert missing == []


def test_every_word_that_is_there_is_asked_for() -> None:
    whole = {key for _, key, begins in _asked() if not begins}
    beginnings = tuple(f"{key}." for _, key, begins in _asked() if begins)
    named = re.compile(r'name: "(\w+)"')
    whole |= {f"pages.{name}" for name in named.findall(_source("routes.js"))}
    idle = [
        key
        for room in ROOMS
        for key in _keys(room)
        if key not in whole and not (key.startswith(beginnings) and key.count(".") == 2)
    ]
    assert idle == []


@pytest.mark.parametrize("name", [each for each in MODULES if each not in IN_ENGLISH])
def test_no_module_has_words_of_its_own(name: str) -> None:
    source = _source(name)
    said = [each for each in SAID.findall(source) if re.search(r"[A-Za-z]{2}", re.sub(r"\$\{[^}]*\}", "", each))]
    found = [*said, *SENTENCE.findall(source)]
    keys = EXAMPLES | {key for room in ROOMS for key in _keys(room)}
    assert [each for each in found if each != "Plixa" and each not in keys] == []


CODE = re.compile(r'\bcode(?:: str)? ?= ?"([A-Z][A-Z_]+)"')
FOR_PROGRAMS = {"MALFORMED"}
"""What only a program can bring about, such as a body that is no JSON."""


def test_every_error_that_the_server_gives_has_words_in_every_language() -> None:
    """In English the server's own sentence is shown, which is more exact; else what its code says."""
    rooms = (HERE.parents[1], HERE.parents[2] / "actors", HERE.parents[2] / "engine")
    given = {code for room in rooms for path in room.rglob("*.py") for code in CODE.findall(path.read_text())}
    given |= {*get_args(Why), LISTED} - {None}
    assert len(given) > 60
    for language in LANGUAGES:
        assert given - FOR_PROGRAMS - set(_read(language, "errors")["code"]) == set(), language


def test_every_event_that_a_bill_counts_has_words() -> None:
    for language in LANGUAGES:
        said = dict(_leaves(_read(language, "money")["event"], "event"))
        assert set(said) == {f"event.{each}" for each in TYPES}, language


def test_every_page_says_what_it_is_for() -> None:
    """`?` opens something on each, also before anybody has written an article."""
    pages = re.findall(r'^  \{ name: "(\w+)"', _source("routes.js"), re.MULTILINE)
    assert set(_read("en", "guide")["page"]) == set(pages)
