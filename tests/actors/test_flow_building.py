"""From a model's words to a flow, or to a refusal that it can learn from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from tests.actors.flow_given import KNOWN, flow, node

from plixa.actors.flows.building import GUIDE, Built, Refusal, build, describe, extract, lay_out
from plixa.actors.flows.graph import parse
from plixa.actors.flows.nodes import DATA_TYPES, NODE_TYPES, Position
from plixa.actors.flows.templates import graph_of, template
from plixa.engine.errors import Invalid

GOOD: dict[str, Any] = {
    "nodes": [{"id": "s", "type": "start"}, {"id": "p", "type": "handoff", "data": {"text": "One moment."}}],
    "edges": [{"id": "e", "source": "s", "target": "p"}],
}


@pytest.mark.spec(166)
@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(GOOD),
        f"Here it is:\n```json\n{json.dumps(GOOD, indent=2)}\n```\nShall I change {{anything}}?",
        json.dumps({"message": "Done {ok}", "graph": GOOD}),
        "I read {name} as {{name}}. " + json.dumps(GOOD) + " {",
    ],
)
def test_a_flow_is_found_in_a_models_answer(answer: str) -> None:
    built = build(answer, KNOWN)
    assert isinstance(built, Built)
    assert [each.id for each in built.graph.nodes] == ["s", "p"]
    assert parse(built.definition) == built.graph


@pytest.mark.parametrize(
    "answer", ["", "I cannot do that.", "{", '{"nodes":', "[" * 50_000, '{"a":' * 50_000, "{" * 600_000]
)
def test_an_answer_without_a_flow_is_refused(answer: str) -> None:
    with pytest.raises(Invalid):
        extract(answer)
    refused = build(answer, KNOWN)
    assert isinstance(refused, Refusal)
    assert refused.graph is None


@pytest.mark.spec(166)
def test_a_flow_with_problems_is_refused_with_what_to_mend() -> None:
    refused = build(json.dumps({**GOOD, "edges": []}), KNOWN)
    assert isinstance(refused, Refusal)
    assert refused.graph is not None
    assert list(refused.details) == ["nodes.s.edges.next", "nodes.p.id"]
    assert "nodes.s.edges.next: “s” leads nowhere." in refused.feedback


def test_what_is_no_graph_is_refused_by_its_path() -> None:
    refused = build('{"nodes": [{"id": "a", "type": "poem"}]}', KNOWN)
    assert isinstance(refused, Refusal)
    assert list(refused.details) == ["nodes.0.type"]


def test_nodes_are_laid_out_in_columns() -> None:
    two = (node("a", "message", text="x"), node("b", "message", text="y"), node("far", "end"))
    graph = lay_out(flow(*two, "start a", "start b", "a start", "b far"))
    assert [(each.id, each.position.x, each.position.y) for each in graph.nodes] == [
        ("start", 0, 0),
        ("a", 300, 0),
        ("b", 300, 160),
        ("far", 600, 0),
    ]


@pytest.mark.spec(167)
def test_nodes_of_the_current_draft_stay_where_they_are() -> None:
    current = lay_out(parse(GOOD))
    moved = replace(current, nodes=(current.nodes[0], replace(current.nodes[1], position=Position(7.0, 8.0))))
    built = build(json.dumps(GOOD), KNOWN, moved)
    assert isinstance(built, Built)
    assert [each.position for each in built.graph.nodes] == [Position(0.0, 0.0), Position(7.0, 8.0)]


@pytest.mark.spec(167)
def test_a_graph_is_described_for_the_prompt() -> None:
    lines = describe(graph_of("reception", "en")).splitlines()
    assert lines[:2] == ["start (start): first_message", "  then → hello"]
    assert "menu (menu): How can we help you? [sales = Sales, support = Support, other = Something else]" in lines
    assert describe(flow(node("a", "menu", options=[{"id": "x"}]), "start a")).endswith("  x → nowhere")


def test_the_guide_names_every_type_and_every_field() -> None:
    for name in NODE_TYPES:
        assert f"| `{name}`" in GUIDE
    for data in DATA_TYPES.values():
        for field in data.__struct_encode_fields__:
            assert field in GUIDE


def test_a_template_speaks_the_language_of_the_locale() -> None:
    assert "Como podemos ajudar?" in json.dumps(template("reception", "pt"), ensure_ascii=False)
    with pytest.raises(KeyError):
        template("no such", "en")
