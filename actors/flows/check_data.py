"""What is wrong inside a node: texts, options, fields, sectors. Part of `check.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from plixa.actors.addresses import ascii_domain
from plixa.actors.flows import asking, menus, nodes as n
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.texts import BUILT_IN, READ_ONLY, VARIABLE, named_in
from plixa.actors.flows.words import fold, place_of
from plixa.actors.hosts import host_problem, is_numeric

RESERVED = ("else", "timeout")
Wrong = tuple[str, str, str]
"""Field, code and message."""
_FITTING = {"text": None, "number": {"number"}, "date": {"date"}, "select": {"choice"}, "boolean": {"choice"}}


FieldType = Literal["text", "number", "date", "select", "boolean"]


class KnownField(Struct, frozen=True):
    """A custom field of the workspace; `options` of a select."""

    type: FieldType = "text"
    options: tuple[str, ...] = ()


class KnownToFlows(Struct, frozen=True):
    """What a flow may refer to: sectors and services by id with their names, custom fields by key."""

    sectors: Mapping[int, str] = {}
    fields: Mapping[str, KnownField] = {}
    services: Mapping[int, str] = {}


class Names(Struct, frozen=True):
    """The names that a flow may use: to write to, and to read."""

    writable: frozenset[str]
    readable: frozenset[str]

    @staticmethod
    def of(graph: Graph, fields: Mapping[str, KnownField]) -> Names:
        """What the workspace knows, and the variables that the flow sets somewhere."""
        written = {node.data.field for node in graph.nodes if isinstance(node, n.Capture | n.SetField)}
        variables = {name for name in written if name.startswith(VARIABLE)}
        short = {name.removeprefix(VARIABLE) for name in variables}
        writable = {"name", *fields}
        return Names(frozenset(writable | variables), frozenset({*BUILT_IN, *writable, *variables, *short}))


def wrong_in(node: n.Node, names: Names, known: KnownToFlows) -> Iterator[Wrong]:
    """What is wrong with the node's data."""
    match node:
        case n.Start():
            yield from _start(node)
        case n.Message():
            yield from _message(node)
        case n.Menu():
            yield from _menu(node)
        case n.Capture():
            yield from _capture(node, names, known)
        case n.Condition():
            yield from _condition(node, names)
        case n.SetField():
            yield from _field(node.id, node.data.field, names)
        case n.Route():
            yield from _sector(node, known, required=True)
        case n.Ai():
            yield from _empty(node.id, "goal", node.data.goal, "what the AI should do")
        case n.Wait():
            yield from _wait(node)
        case n.Handoff():
            yield from _sector(node, known, required=False)
        case n.Schedule():
            yield from _service(node, known)
        case n.End():
            pass
    yield from _placeholders(node, names)


def _empty(node_id: str, field: str, text: str, what: str) -> Iterator[Wrong]:
    if not text.strip():
        yield field, "empty_text", f"The {field} of “{node_id}” is empty. Write {what}."


def _service(node: n.Schedule, known: KnownToFlows) -> Iterator[Wrong]:
    if node.data.service_id is None or node.data.service_id in known.services:
        return
    services = ", ".join(f"{id_} ({name})" for id_, name in known.services.items()) or "none"
    message = f"“{node.id}” books a service that there is not. Those that can be booked: {services}."
    yield "service_id", "unknown_service", message


def _start(node: n.Start) -> Iterator[Wrong]:
    keywords = [fold(word) for word in node.data.keywords]
    if node.data.trigger == "keyword" and not any(keywords):
        yield "keywords", "no_keywords", f"“{node.id}” is set off by keywords, but has none. Add at least one."


def _message(node: n.Message) -> Iterator[Wrong]:
    media = node.data.media
    if media is None:
        yield from _empty(node.id, "text", node.data.text, "what is to be said, or add a file")
    elif not media.url.startswith("https://"):
        yield "media.url", "bad_url", f"The file of “{node.id}” must have an address that begins with https://."
    elif not _leads_somewhere(media.url):
        yield "media.url", "bad_url", f"The file of “{node.id}” must have an address that the internet can reach."


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    named = host if is_numeric(host) else ascii_domain(host)
    return bool(named) and parts.username is None and host_problem(named) is None


def _menu(node: n.Menu) -> Iterator[Wrong]:
    yield from _empty(node.id, "text", node.data.text, "the question that the options answer")
    options = node.data.options
    if not options:
        yield "options", "no_options", f"The menu “{node.id}” has no options. Add at least one."
    ids = [option.id for option in options]
    for at, option in enumerate(options):
        if not option.id or option.id in RESERVED or option.id in ids[:at]:
            message = f"Option {at + 1} of “{node.id}” needs an id of its own, other than {' and '.join(RESERVED)}."
            yield f"options.{at}.id", "bad_option_id", message
        if not option.label.strip():
            yield f"options.{at}.label", "empty_text", f"Option {at + 1} of “{node.id}” has no label. Write one."
    named = [[option.label, *option.keywords] for option in options]
    yield from _ambiguous(node.id, named, numbered=node.data.shown_as == "numbers")


def hints_in(node: n.Node) -> Iterator[Wrong]:
    """What works otherwise than the author may think: a menu that is to be tapped, and will be numbers."""
    if not isinstance(node, n.Menu) or node.data.shown_as != "buttons":
        return
    choices = asking.choices_of(node)
    for field, what in menus.misfits(
        [choice.label for choice in choices], asking.with_numbers(node.data.text, choices)
    ):
        yield field, "shown_as_numbers", f"“{node.id}” {what}: it goes out as numbers. Shorten it to have buttons."


def _ambiguous(node_id: str, named: list[list[str]], *, numbered: bool) -> Iterator[Wrong]:
    """Options that the same word would mean: shared names, and a number that is another option's place."""
    owner: dict[str, int] = {}
    for at, names in enumerate(named):
        for name in {fold(each) for each in names if each.strip()}:
            place = place_of(name)
            other = owner.setdefault(name, at)
            if numbered and 0 < place <= len(named) and place != at + 1:
                other = place - 1
            if other != at:
                message = (
                    f"“{name}” means both option {other + 1} and option {at + 1} of “{node_id}”. Change one of them."
                )
                yield f"options.{at}", "ambiguous_option", message


def _capture(node: n.Capture, names: Names, known: KnownToFlows) -> Iterator[Wrong]:
    data = node.data
    yield from _empty(node.id, "text", data.text, "the question")
    yield from _field(node.id, data.field, names)
    if data.kind == "choice":
        if not data.options or not all(option.strip() for option in data.options):
            yield "options", "no_options", f"“{node.id}” asks for a choice: give it options, none of them empty."
        yield from _ambiguous(node.id, [[option] for option in data.options], numbered=True)
    field = known.fields.get(data.field)
    if field is not None:
        yield from _field_type(node, field)


def _field_type(node: n.Capture, field: KnownField) -> Iterator[Wrong]:
    fitting, kind = _FITTING[field.type], node.data.kind
    if fitting is not None and kind not in fitting:
        use = " or ".join(fitting)
        message = f"“{node.id}” asks for {kind}, but the field {node.data.field} holds {field.type}. Use {use}."
        yield "kind", "field_type", message
        return
    if field.type not in ("select", "boolean"):
        return
    allowed = field.options if field.type == "select" else ("true", "false", "yes", "no")
    extra = [option for option in node.data.options if option not in allowed]
    if extra:
        message = f"The field {node.data.field} cannot hold {', '.join(extra)}. It takes: {', '.join(allowed)}."
        yield "options", "field_type", message


def _condition(node: n.Condition, names: Names) -> Iterator[Wrong]:
    if not node.data.rules:
        yield "rules", "no_rules", f"The condition “{node.id}” has no rules. Add at least one."
    for at, rule in enumerate(node.data.rules):
        if rule.field not in names.readable:
            yield f"rules.{at}.field", "unknown_field", _unknown(node.id, rule.field, "field")
        if rule.op not in ("is_set", "is_not_set") and not rule.value.strip():
            message = f"Rule {at + 1} of “{node.id}” compares with nothing. Write a value, or use is_set or is_not_set."
            yield f"rules.{at}.value", "empty_text", message


def _field(node_id: str, field: str, names: Names) -> Iterator[Wrong]:
    if field in READ_ONLY:
        yield (
            "field",
            "unknown_field",
            f"“{node_id}” cannot write to {field}. Use name, a custom field, or {VARIABLE}{field}.",
        )
    elif field not in names.writable or field == VARIABLE:
        yield "field", "unknown_field", _unknown(node_id, field, "field")


def _unknown(node_id: str, name: str, what: str) -> str:
    if not name:
        return f"“{node_id}” names no {what}. Use name, the key of a custom field, or {VARIABLE}<key>."
    hint = f"Make a custom field with that key, or write {VARIABLE}{name} for a variable of this flow"
    return f"“{node_id}” uses {name}, which is not a custom field of this workspace. {hint}."


def _sector(node: n.Route | n.Handoff, known: KnownToFlows, *, required: bool) -> Iterator[Wrong]:
    sector_id = node.data.sector_id
    if sector_id is None and required:
        yield "sector_id", "unknown_sector", f"“{node.id}” names no sector. Choose the one that takes over."
    elif sector_id is not None and sector_id not in known.sectors:
        message = f"“{node.id}” names the sector {sector_id}, which does not exist (any more). Choose another one."
        yield "sector_id", "unknown_sector", message


def _wait(node: n.Wait) -> Iterator[Wrong]:
    if node.data.minutes is None:
        yield "minutes", "unbounded_wait", f"“{node.id}” would wait for ever. Set `minutes`, from 1 to 10080 (7 days)."


def _placeholders(node: n.Node, names: Names) -> Iterator[Wrong]:
    for field, text in _texts(node):
        for name in dict.fromkeys(named_in(text)):
            if name not in names.readable:
                yield field, "unknown_field", _unknown(node.id, name, "field")


def _texts(node: n.Node) -> Iterable[tuple[str, str]]:
    match node:
        case n.Message() | n.End():
            return [("text", node.data.text)]
        case n.Menu() | n.Capture():
            return [("text", node.data.text), ("invalid_text", node.data.invalid_text)]
        case n.SetField():
            return [("value", node.data.value)]
        case n.Ai():
            return [("goal", node.data.goal), ("on_handoff", node.data.on_handoff)]
        case n.Handoff():
            return [("text", node.data.text), ("note", node.data.note)]
        case _:
            return []
