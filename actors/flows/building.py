"""Building a flow from a model's words: find the JSON, read it, judge it, lay it out; or say clearly why not.

`GUIDE` and `describe` are for the prompt; `Refusal.feedback` goes back to the model for another try.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.flows import nodes as n, shape
from plixa.actors.flows.check import KnownToFlows, Problem, problems
from plixa.actors.flows.graph import MAX_BYTES, Graph, branches, definition, parse
from plixa.actors.flows.texts import shorten
from plixa.engine.errors import Invalid

COLUMN, ROW = 300, 160
"""Pixels between nodes in the editor."""
MOST_OBJECTS, MOST_READ = 1000, 4 * MAX_BYTES
_OBJECT = re.compile(r'\{(?=\s{0,100}")')
_TABLE = "\n".join(line for line in (n.__doc__ or "").splitlines() if line.startswith("|"))
GUIDE = f"""A flow is one JSON object {{"nodes": [...], "edges": [...]}}.
A node is {{"id": "...", "type": "...", "data": {{...}}}}; an edge is
{{"id": "...", "source": "<node id>", "target": "<node id>", "condition": "<branch>"}}. Leave `condition` out for
the plain way out.
{_TABLE}
Rules: exactly one `start`; every way out of every node leads on, until `handoff` or `end`; every node can be reached; a
circle must pass a `menu` or a `capture`; option ids are short words without spaces. Texts may hold {{{{name}}}},
{{{{first_name}}}} and {{{{key}}}} of what was captured. Answer with the whole flow as JSON, and nothing else."""


class Built(Struct, frozen=True):
    """A graph that may go live, laid out, and its JSON."""

    graph: Graph
    definition: dict[str, Any]


class Refusal(Struct, frozen=True):
    """Why the model's words make no flow. `graph` is what could be read, laid out; None where nothing could."""

    message: str
    details: Mapping[str, list[str]]
    graph: Graph | None = None

    @property
    def feedback(self) -> str:
        """What to tell the model, so that its next try is better."""
        lines = [f"- {path}: {message}" for path, messages in self.details.items() for message in messages]
        return "\n".join([f"{self.message} Mend this and answer with the whole flow as JSON again:", *lines[:40]])


def build(answer: str, known: KnownToFlows, current: Graph | None = None) -> Built | Refusal:
    """A model's answer as a flow. Nodes that `current` has too stay where they are."""
    try:
        graph = parse(extract(answer))
    except Invalid as error:
        return Refusal("This is not a flow.", {path: list(said) for path, said in (error.details or {}).items()})
    graph = lay_out(graph, current)
    wrong = problems(graph, known)
    if wrong:
        return Refusal("This flow could not go live.", _by_path(wrong), graph)
    return Built(graph, definition(graph))


def _by_path(wrong: list[Problem]) -> dict[str, list[str]]:
    details: dict[str, list[str]] = {}
    for problem in wrong:
        details.setdefault(problem.path, []).append(problem.message)
    return details


def extract(answer: str) -> dict[str, Any]:
    """The flow's JSON object in a model's answer, with or without words and a code fence around it.

    The first object that has `nodes` counts, also inside of another one ({"graph": {...}}). Raises Invalid.
    """
    if len(answer) > 2 * MAX_BYTES:
        raise Invalid({"answer": [f"The answer is too long: {len(answer)} characters."]})
    for value in _objects(answer):
        if isinstance(value, dict) and "nodes" in value:
            return cast("dict[str, Any]", value)
    raise Invalid(
        {"answer": ['There is no flow in the answer: expected one JSON object {"nodes": […], "edges": […]}.']}
    )


def _objects(answer: str) -> Iterator[object]:
    """What can be read wherever an object seems to begin, until so many were tried or so much was read."""
    decoder, read = json.JSONDecoder(), 0
    for found in islice(_OBJECT.finditer(answer), MOST_OBJECTS):
        try:
            value, end = decoder.raw_decode(answer, found.start())
            yield value
        except RecursionError:
            continue
        except json.JSONDecodeError as error:
            end = error.pos
        read += end - found.start()
        if read > MOST_READ:
            return


def lay_out(graph: Graph, current: Graph | None = None) -> Graph:
    """The graph with a place for each node: a column a step away from the start, top to bottom in the graph's order."""
    kept = {node.id: node.position for node in (current or Graph()).nodes}
    columns = _columns(graph)
    rows: dict[int, int] = {}
    placed: list[n.Node] = []
    for node in graph.nodes:
        column = columns.get(node.id, 0)
        row = rows.get(column, 0)
        rows[column] = row + 1
        placed.append(replace(node, position=kept.get(node.id) or n.Position(float(column * COLUMN), float(row * ROW))))
    return replace(graph, nodes=tuple(placed))


def _columns(graph: Graph) -> dict[str, int]:
    """How many steps each node is from the start; what cannot be reached stands in the last column."""
    start, leads = graph.start(), shape.arrows(graph.edges)
    columns: dict[str, int] = {start.id: 0} if start else {}
    todo = list(columns)
    while todo:
        source = todo.pop(0)
        for target in leads.get(source, []):
            if target not in columns:
                columns[target] = columns[source] + 1
                todo.append(target)
    last = max(columns.values(), default=-1) + 1
    return {node.id: columns.get(node.id, last) for node in graph.nodes}


def describe(graph: Graph) -> str:
    """The graph in words, a line for each node and its ways on: for prompts, and for people."""
    return "\n".join(line for node in graph.nodes for line in _described(graph, node)) or "An empty flow."


def _described(graph: Graph, node: n.Node) -> list[str]:
    ways = branches(node)
    lines = [f"{node.id} ({n.type_of(node)}): {_gist(node)}".rstrip(": ")]
    for branch in (*ways.must, *ways.may):
        target = graph.follow(node.id, branch)
        if target is not None or branch in ways.must:
            lines.append(f"  {branch or 'then'} → {target.id if target else 'nowhere'}")
    return lines


def _gist(node: n.Node) -> str:
    match node:
        case n.Start():
            return " ".join([node.data.trigger, *node.data.keywords])
        case n.Message() | n.End():
            return shorten(node.data.text, 200)
        case n.Menu():
            options = ", ".join(f"{option.id} = {option.label}" for option in node.data.options)
            return f"{shorten(node.data.text, 200)} [{options}]"
        case n.Capture():
            return f"{shorten(node.data.text, 200)} → {node.data.field} ({node.data.kind})"
        case n.Condition():
            rules = [f"{rule.field} {rule.op} {rule.value}".rstrip() for rule in node.data.rules]
            return f"{node.data.match} of {'; '.join(rules)}"
        case n.SetField():
            return f"{node.data.field} = {shorten(node.data.value, 100)}"
        case n.Route():
            return f"sector {node.data.sector_id}"
        case n.Ai():
            return shorten(node.data.goal, 200)
        case n.Schedule():
            return "business hours" if node.data.service_id is None else f"books service {node.data.service_id}"
        case n.Wait():
            return f"{node.data.minutes} minutes{', or until a reply' if node.data.until_reply else ''}"
        case n.Handoff():
            sector = "" if node.data.sector_id is None else f" to sector {node.data.sector_id}"
            return f"a person takes over{sector}: {shorten(node.data.text or node.data.note, 200)}"
