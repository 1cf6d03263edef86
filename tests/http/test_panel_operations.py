"""Each operation of the API can be done at the panel, or stands on a short list with the reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from plixa import features
from plixa.http.panel.forms import forms
from plixa.http.panel.pages import HERE

EXCEPTIONS = Path(__file__).parent / "panel_exceptions.txt"
MOST = 6
ASKED = re.compile(r'(?:"(GET|POST|PUT|PATCH|DELETE)" : )?"(GET|POST|PUT|PATCH|DELETE)", ["`](/v1/[^"`?]*)')
FILE = re.compile(r"(?:blob|send|fetch|upload)\((?:\"(GET|POST)\", )?[\"`](/v1/[^\"`?]*)")
FILLED = re.compile(r"\$\{[^}]*\}")
PARAMETER = re.compile(r"\{\w+\}")
DOCS = {"docs.js", "docs_try.js"}
"""Tries any operation, and would hide all that is missing."""


def _by_hand() -> Iterator[tuple[str, str]]:
    for path in HERE.rglob("*.js"):
        if path.name in DOCS:
            continue
        source = path.read_text()
        for other, method, asked in ASKED.findall(source):
            yield from ((each, FILLED.sub("*", asked)) for each in {method, other} - {""})
        for method, asked in FILE.findall(source):
            yield method or ("POST" if "upload(" in source else "GET"), FILLED.sub("*", asked)
            yield "GET", FILLED.sub("*", asked)


def _by_declaration() -> Iterator[tuple[str, str]]:
    """What `declared/resource.js` asks, which knows resources by their forms alone."""
    for form in forms(features.logic(), features.routes(), features.forms(), "en"):
        if form["name"] == "views":  # has no page
            continue
        yield "GET", form["path"]
        if form["list"] is None:
            yield "PUT", form["path"]
            continue
        item = f"{form['list']['item']}*"
        yield from (("POST", form["path"]), ("DELETE", item))
        if form["list"]["changes"]:
            yield "PUT", item
        if form["list"]["reorder"]:
            yield "POST", f"{form['path']}/reorder"


def _fits(asked: str, path: str) -> bool:
    """Whether this address can be that path; what the panel fills in may be a word of it."""
    parts, wanted = asked.split("/"), PARAMETER.sub("*", path).split("/")
    return len(parts) == len(wanted) and all(
        each in ("*", other) or other == "*" for each, other in zip(parts, wanted, strict=True)
    )


def _missing() -> set[str]:
    asked = {*_by_hand(), *_by_declaration()}
    operations = [(each.method, each.path) for each in features.routes() if not each.path.startswith("/v1/admin")]
    return {
        f"{method} {path}"
        for method, path in operations
        if not any(method == other and _fits(at, path) for other, at in asked)
    }


def test_each_operation_can_be_done_at_the_panel_or_is_an_exception_with_a_reason() -> None:
    excepted = dict(line.split("  ", 1) for line in EXCEPTIONS.read_text().splitlines())
    assert all(len(reason) > 10 for reason in excepted.values())
    assert _missing() == set(excepted)
    assert len(excepted) <= MOST


def test_a_path_is_only_asked_for_by_as_many_parts() -> None:
    assert _fits("/v1/labels/*", "/v1/labels/{id}")
    assert _fits("/v1/conversations/*/*", "/v1/conversations/{conversation}/take-over")
    assert not _fits("/v1/labels", "/v1/labels/{id}")
    assert not _fits("/v1/labels/*", "/v1/sectors/{id}")


def test_each_page_links_to_a_part_of_the_api_that_there_is() -> None:
    lines = [line for line in (HERE / "routes.js").read_text().splitlines() if "load: " in line]
    linked = [match[1] for line in lines if (match := re.search(r'api: "([\w-]+)"', line))]
    slugs = {re.sub(r"[^a-z0-9]+", "-", each.tag.lower()) for each in features.routes()}
    assert set(linked) <= slugs
    without = {match[1] for line in lines if "api: " not in line and (match := re.search(r'name: "(\w+)"', line))}
    assert without <= {"keys", "settings", "other", "notices"}


def test_each_resource_has_a_page_of_its_own() -> None:
    named = set(
        re.findall(r'"(\w+)"', " ".join(re.findall(r"resources: \[([^\]]*)\]", (HERE / "routes.js").read_text())))
    )
    by_hand = set(re.findall(r'"(\w+)"', (HERE / "declared" / "other.js").read_text().partition("HANDMADE = [")[2]))
    everything = {form["name"] for form in forms(features.logic(), features.routes(), features.forms(), "en")}
    assert named.isdisjoint(by_hand)
    assert everything - named - by_hand == {"views"}
    shown = " ".join(path.read_text() for path in HERE.rglob("*.js") if path.name != "other.js")
    assert [each for each in by_hand if f'"{each}"' not in shown] == []
