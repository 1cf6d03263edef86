"""Settings pages are made from the resources' declarations: words in three languages, limits, who may write."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.harness import Json, Workspace

from plixa import features
from plixa.http.panel.declaring import LOCALES, Locale
from plixa.http.panel.forms import forms

RESOURCES = [each.name for logic in features.logic() for each in (*logic.collections, *logic.configs)]


@cache
def made(locale: Locale = "en") -> dict[str, Json]:
    found = forms(features.logic(), features.routes(), features.forms(), locale)
    return {form["name"]: form for form in found}


def field_of(resource: str, name: str, locale: Locale = "en") -> Json:
    found: Json = next(each for each in made(locale)[resource]["fields"] if each["name"] == name)
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_and_each_of_its_fields_is_called_something_in_every_language(name: str) -> None:
    words = features.forms()[name]
    assert all(words.title)
    assert all(words.text)
    shown = {each["name"]: each for each in made()[name]["fields"]}
    if name == "views":  # it is made beside the list of conversations, and has no page
        return
    assert set(words.fields) == set(shown)
    for each in words.fields.values():
        said = [each.label, each.hint, each.blank, *each.options.values()]
        assert all(all(one) or not any(one) for one in said)
        assert all(each.label)


def test_no_words_are_there_for_what_is_not() -> None:
    assert set(features.forms()) == set(RESOURCES)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_languages_differ_in_words_alone(locale: Locale) -> None:
    for name, form in made(locale).items():
        assert [each["name"] for each in form["fields"]] == [each["name"] for each in made()[name]["fields"]]
        assert (form["path"], form["write"], form["area"]) == tuple(
            made()[name][key] for key in ("path", "write", "area")
        )
    assert made("pt-BR")["labels"]["title"] == "Etiquetas"


def test_limits_kinds_and_gates_are_those_of_the_declaration() -> None:
    assert field_of("labels", "name")["length"] == 40
    assert field_of("labels", "color")["kind"] == "colour"
    assert field_of("sla", "resolution_seconds") | {"label": ""} == {
        "name": "resolution_seconds",
        "kind": "number",
        "label": "",
        "hint": "",
        "blank": "No target",
        "required": False,
        "nullable": True,
        "default": None,
        "unit": 60,
        "of": None,
        "when": None,
        "picks": None,
        "min": 1,
        "max": 604_800,
        "whole": True,
    }
    assert field_of("sectors", "user_ids")["of"] == "members"
    assert [each["value"] for each in field_of("custom_fields", "type")["options"]][:2] == ["text", "number"]
    assert made()["custom_fields"]["feature"] == "custom_fields"
    assert made()["views"]["write"] == "member"
    assert made()["labels"]["write"] == "owner"
    assert made()["faqs"]["list"]["reorder"]
    assert not made()["closures"]["list"]["changes"]
    assert field_of("business_hours", "hours")["kind"] == "week"
    assert field_of("base_schedule", "rules")["kind"] == "windows"


def test_a_resource_without_words_has_its_page_too() -> None:
    words = {name: form for name, form in features.forms().items() if name != "labels"}
    [form] = [each for each in forms(features.logic(), features.routes(), words, "es") if each["name"] == "labels"]
    assert (form["title"], form["area"]) == ("Labels", "workspace")
    assert [each["label"] for each in form["fields"]] == ["Name", "Color"]


def test_a_limit_that_changes_changes_the_page() -> None:
    """Nothing is written twice: what the body is checked by is what the page says."""
    [labels] = [each for logic in features.logic() for each in logic.collections if each.name == "labels"]
    [logic] = [each for each in features.logic() if labels in each.collections]
    closed: Any = replace(labels, write="member", most=7)
    [form] = forms([replace(logic, collections=(closed,), configs=())], features.routes(), features.forms(), "en")
    assert (form["write"], form["list"]["most"]) == ("member", 7)


async def test_they_are_served_in_the_language_that_is_asked_for(workspace: Workspace) -> None:
    answer = await workspace.client.get("/panel/forms/pt-BR")
    assert answer.json()["forms"] == list(made("pt-BR").values())
    again = await workspace.client.get("/panel/forms/pt-BR", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    bracketed = (await workspace.client.get("/panel/forms/xx")).json()["forms"]
    assert {each["title"][0] + each["title"][-1] for each in bracketed} == {"⟦⟧"}
