"""Settings pages as data: from each small resource's declaration, and the words that its feature gives it.

`GET /panel/forms/<locale>` answers `{"forms": [...]}`; `static/form.js` draws any of them. A resource without words has
a page as well: it and its fields are called by their names, in the area of the workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import msgspec
from pydantic import BaseModel
from quart import Response
from quart_trio import QuartTrio

from plixa.actors.feature import Logic
from plixa.actors.workspace.declarations import Collection, Config
from plixa.http.api import Route
from plixa.http.api.fields import Body
from plixa.http.api.services import Services
from plixa.http.panel.declaring import LOCALES, Area, Field, FieldKind, Form, Locale, Said
from plixa.http.panel.pages import TYPES, Held

Json = dict[str, Any]
Resource = Collection[Any] | Config[Any]
Page = Callable[[QuartTrio, Services], None]
PSEUDO = "xx"
READ = {"title", "text", "label", "hint", "blank", "one", "none", "gone"}
LONG = 200
"""Characters from which on a text has more than a line."""
ANYTHING = cast("int", Body.model_config.get("str_max_length"))
"""The bound of texts that have none of their own."""
PATTERNS: Mapping[str, FieldKind] = {
    "^#[0-9a-fA-F]{6}$": "colour",
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": "time",
    "^[A-Za-z]{3}$": "currency",
}
OTHERS: Area = "workspace"
KNOWN: Mapping[str, Locale] = {each: each for each in LOCALES}


def forms(logic: Iterable[Logic], routes: Sequence[Route], words: Mapping[str, Form], locale: Locale) -> list[Json]:
    """Every small resource's form in one language, in the order in which they stand on the page."""
    asked: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in routes}
    resources = [resource for each in logic for resource in _resources(each)]
    made = [_form(each, words.get(each.name, _unworded(each)), asked, locale) for each in resources]
    return sorted(made, key=lambda form: (form["place"], form["title"]))


def _resources(logic: Logic) -> list[Resource]:
    return [*logic.collections, *logic.configs]


def forms_page(logic: Sequence[Logic], routes: Sequence[Route], words: Mapping[str, Form]) -> Page:
    """What serves them, a document a language; `xx` is English in brackets, by which a test finds other words."""

    @cache
    def held(locale: str) -> Held:  # made when it is asked for: a node's start waits for none
        found = forms(logic, routes, words, KNOWN.get(locale, "en"))
        document = _bracketed(msgspec.to_builtins(found)) if locale == PSEUDO else found
        return Held(msgspec.json.encode({"forms": document}), TYPES[".json"])

    def add(app: QuartTrio, _: Services) -> None:
        @app.get("/panel/forms/<locale>")
        async def settings_forms(locale: str) -> Response:
            return held(locale if locale in (*LOCALES, PSEUDO) else "en").answer()

    return add


def _bracketed(value: Any, name: str = "") -> Any:
    """The same with every word that people read in brackets."""
    if isinstance(value, list):
        return [_bracketed(each, name) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _bracketed(each, key) for key, each in cast("Json", value).items()}
    return f"⟦{value}⟧" if name in READ and value else value


def _form(resource: Resource, words: Form, asked: Mapping[tuple[str, str], Route], locale: Locale) -> Json:
    body = asked["POST" if isinstance(resource, Collection) else "PUT", resource.path].body
    assert body is not None, resource.path
    schema = body.model_json_schema()
    form: Json = {
        "name": resource.name,
        "events": resource.one if isinstance(resource, Collection) else resource.name,
        "area": words.area,
        "place": words.place,
        "title": words.title.to(locale),
        "text": words.text.to(locale),
        "path": resource.path,
        "tag": resource.tag,
        "write": resource.write,
        "read": resource.read,
        "feature": resource.feature,
        "fields": [_field(name, shape, schema, resource, words, locale) for name, shape in _properties(schema)],
    }
    return form | (_list(resource, words, body, locale) if isinstance(resource, Collection) else {"list": None})


def _list(collection: Collection[Any], words: Form, body: type[BaseModel], locale: Locale) -> Json:
    first = next(iter(body.model_fields), "id")
    named = next((name for name in ("name", "label", "question", "date") if name in body.model_fields), first)
    return {
        "list": {
            "item": f"{collection.path}/",
            "one": words.one.to(locale),
            "none": words.none.to(locale),
            "gone": words.gone.to(locale),
            "named": named,
            "shows": list(words.shows),
            "reorder": collection.reorder,
            "changes": collection.changes,
            "most": collection.most,
        }
    }


def _properties(schema: Json) -> list[tuple[str, Json]]:
    properties: Json = schema["properties"]
    return [(name, shape) for name, shape in properties.items() if name not in ("position", "is_default", "shared")]


def _field(name: str, shape: Json, schema: Json, resource: Resource, words: Form, locale: Locale) -> Json:
    said = words.fields.get(name, Field(_plain(name)))
    plain, nullable = _without_null(_resolved(shape, schema))
    kind = said.kind or _kind(plain, name, resource, schema)
    found: Json = {
        "name": name,
        "kind": kind,
        "label": said.label.to(locale),
        "hint": said.hint.to(locale),
        "blank": said.blank.to(locale),
        "required": name in schema.get("required", ()),
        "nullable": nullable,
        "default": _default(resource, name),
        "unit": said.unit,
        "of": getattr(resource, "references", {}).get(name),
        "when": None if said.when is None else [said.when[0], list(said.when[1])],
        "picks": dict(said.picks) or None,
    }
    return found | _limits(plain, schema) | _options(plain, schema, said, locale)


def _kind(shape: Json, name: str, resource: Any, schema: Json) -> FieldKind:
    referred = name in getattr(resource, "references", {})
    if shape.get("type") == "array":
        return _kind_of_list(_resolved(shape.get("items", {}), schema), referred=referred)
    if referred:
        return "one"
    if "enum" in shape:
        return "choice"
    by_type: Mapping[str, FieldKind] = {"boolean": "switch", "integer": "number", "number": "number"}
    if (found := by_type.get(shape.get("type", ""))) is not None:
        return found
    return _kind_of_text(shape)


def _kind_of_list(items: Json, *, referred: bool) -> FieldKind:
    if referred:
        return "many"
    if "enum" in items:
        return "choices"
    if "properties" in items:
        return "week" if "open" in items["properties"] else "windows"
    return "numbers" if items.get("type") == "integer" else "texts"


def _kind_of_text(shape: Json) -> FieldKind:
    if shape.get("format") == "date":
        return "date"
    if (found := PATTERNS.get(shape.get("pattern", ""))) is not None:
        return found
    return "long" if shape.get("maxLength", 0) >= LONG else "text"


def _limits(shape: Json, schema: Json) -> Json:
    """The bounds that a body is checked by, under the names of HTML."""
    items = _resolved(shape.get("items", {}), schema)
    length = shape.get("maxLength", items.get("maxLength"))
    bounds = {
        "min": shape.get("minimum", items.get("minimum")),
        "max": shape.get("maximum", items.get("maximum")),
        "most": shape.get("maxItems"),
        "length": None if length == ANYTHING else length,
        "whole": "integer" in (shape.get("type"), items.get("type")),
    }
    return {name: value for name, value in bounds.items() if value is not None}


def _options(shape: Json, schema: Json, said: Field, locale: Locale) -> Json:
    items = _resolved(shape.get("items", {}), schema)
    values = cast("list[str]", shape.get("enum", items.get("enum", [])))
    if not values:
        return {}
    labels = {value: said.options.get(value, _plain(value)).to(locale) for value in values}
    chosen = {value: label for value, label in labels.items() if not said.options or value in said.options}
    return {"options": [{"value": value, "label": label} for value, label in chosen.items()]}


def _resolved(shape: Json, schema: Json) -> Json:
    reference: str = shape.get("$ref", "")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else shape


def _without_null(shape: Json) -> tuple[Json, bool]:
    choices: list[Json] = shape.get("anyOf", [])
    if not choices:
        return shape, False
    others = [each for each in choices if each.get("type") != "null"]
    return others[0], len(others) < len(choices)


@cache
def _fields(struct: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(struct)


def _default(resource: Any, name: str) -> Any:
    struct: Any = cast("Any", resource).item if isinstance(resource, Collection) else resource.value
    for each in _fields(struct):
        if each.name == name and each.default is not msgspec.NODEFAULT:
            return msgspec.to_builtins(each.default)
    return None


def _plain(name: str) -> Said:
    words = name.replace("_", " ").capitalize()
    return Said(words, words, words)


def _new(name: str) -> Said:
    words = name.replace("_", " ")
    return Said(f"New {words}", f"+ {words}", f"+ {words}")


def _unworded(resource: Resource) -> Form:
    return Form(_plain(resource.name), Said("", "", ""), OTHERS, one=_new(getattr(resource, "one", "")))
