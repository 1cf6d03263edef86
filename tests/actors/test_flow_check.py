"""What keeps a flow from going live, and what a draft may look like."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors.flow_given import KNOWN, SALES_OR_HELP, flow, node

from plixa.actors.flows.check import must_be_publishable, problems
from plixa.actors.flows.graph import MAX_NODES, Graph, definition, parse
from plixa.actors.flows.templates import TEMPLATES, graph_of
from plixa.engine.errors import Invalid

END = node("end", "end")
MENU = {"text": "What for?", "options": SALES_OR_HELP}
BOTH = ("m sales end", "m help end")


def found(*parts: dict[str, Any] | str) -> list[tuple[str, str]]:
    """Path and code of each problem."""
    return [(problem.path, problem.code) for problem in problems(flow(*parts), KNOWN)]


def options(*labels: str) -> list[dict[str, Any]]:
    return [{"id": f"o{at}", "label": label} for at, label in enumerate(labels)]


def asking(**data: Any) -> list[tuple[str, str]]:
    """The problems of a flow with this one question."""
    return found(node("q", "capture", **{"text": "?", "field": "city", **data}), END, "start q", "q end")


def test_a_whole_flow_has_no_problems() -> None:
    assert found(node("m", "menu", **MENU), END, "start m", *BOTH) == []


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("locale", ["en", "pt-BR", "es"])
def test_the_templates_may_go_live(name: str, locale: str) -> None:
    must_be_publishable(graph_of(name, locale), KNOWN)


CASES: dict[str, tuple[list[dict[str, Any] | str], list[tuple[str, str]]]] = {
    "two starts": ([node("again", "start"), END, "start end", "again end"], [("nodes.again.type", "many_starts")]),
    "an id twice": ([END, END, "start end"], [("nodes.end.id", "duplicate_id")]),
    "an edge to nowhere": (
        [END, "start end", "end gone"],
        [("edges.e1.target", "edge_to_nowhere"), ("nodes.end.edges.next", "unknown_branch")],
    ),
    "unreachable": ([END, node("island", "end"), "start end"], [("nodes.island.id", "unreachable")]),
    "dead end": ([node("a", "message", text="x"), "start a"], [("nodes.a.edges.next", "dead_end")]),
    "an option without a way": (
        [node("m", "menu", **MENU), END, "start m", "m sales end"],
        [("nodes.m.edges.help", "missing_branch")],
    ),
    "a condition with one way": (
        [node("c", "condition", rules=[{"field": "city", "op": "is_set"}]), END, "start c", "c true end"],
        [("nodes.c.edges.false", "missing_branch")],
    ),
    "a way that is not there": (
        [node("m", "menu", **MENU), END, "start m", *BOTH, "m maybe end"],
        [("nodes.m.edges.maybe", "unknown_branch")],
    ),
    "a way twice": (
        [node("m", "menu", **MENU), END, "start m", *BOTH, "m help end"],
        [("nodes.m.edges.help", "duplicate_branch")],
    ),
    "waiting for ever": (
        [node("w", "wait", until_reply=True), END, "start w", "w answered end", "w timeout end"],
        [("nodes.w.minutes", "unbounded_wait")],
    ),
    "round without the customer": (
        [node("a", "message", text="x"), node("w", "wait", minutes=5), "start a", "a w", "w a"],
        [("nodes.a.edges", "endless_loop"), ("nodes.w.edges", "endless_loop")],
    ),
    "round by silence": (
        [node("q", "capture", text="?", field="city"), END, "start q", "q end", "q timeout q"],
        [("nodes.q.edges", "endless_loop")],
    ),
    "round of the AI with itself": (
        [node("ai", "ai", goal="x"), "start ai", "ai answered ai"],
        [("nodes.ai.edges", "endless_loop")],
    ),
    "unknown sector": (
        [node("r", "route", sector_id=77), END, "start r", "r end"],
        [("nodes.r.sector_id", "unknown_sector")],
    ),
    "no sector": ([node("r", "route"), END, "start r", "r end"], [("nodes.r.sector_id", "unknown_sector")]),
    "hand-off to an unknown sector": (
        [node("h", "handoff", sector_id=77), "start h"],
        [("nodes.h.sector_id", "unknown_sector")],
    ),
    "unknown field": (
        [node("s", "set_field", field="colour", value="red"), END, "start s", "s end"],
        [("nodes.s.field", "unknown_field")],
    ),
    "a field that cannot be written": (
        [node("s", "set_field", field="phone", value="1"), END, "start s", "s end"],
        [("nodes.s.field", "unknown_field")],
    ),
    "unknown field in a text": (
        [node("a", "message", text="{{colour}} {{city}} {{first_name}}"), END, "start a", "a end"],
        [("nodes.a.text", "unknown_field")],
    ),
    "unknown field in a rule": (
        [node("c", "condition", rules=[{"field": "x", "op": "is"}]), END, "start c", "c true end", "c false end"],
        [("nodes.c.rules.0.field", "unknown_field"), ("nodes.c.rules.0.value", "empty_text")],
    ),
    "no rules": (
        [node("c", "condition"), END, "start c", "c true end", "c false end"],
        [("nodes.c.rules", "no_rules")],
    ),
    "empty text": ([node("a", "message", text=" "), END, "start a", "a end"], [("nodes.a.text", "empty_text")]),
    "no goal": ([node("ai", "ai"), END, "start ai", "ai answered end"], [("nodes.ai.goal", "empty_text")]),
    "a file that is not https": (
        [node("a", "message", media={"kind": "image", "url": "http://x"}), END, "start a", "a end"],
        [("nodes.a.media.url", "bad_url")],
    ),
    **{
        f"a file that nobody could fetch: {url}": (
            [node("a", "message", media={"kind": "image", "url": url}), END, "start a", "a end"],
            [("nodes.a.media.url", "bad_url")],
        )
        for url in (
            *("https://", "https:///x.jpg", "https://xn--/x.jpg", "https://127.1/x.jpg", "https://0x7f000001/x.jpg"),
            *("https://10.0.0.7/x.jpg", "https://[::1]/x.jpg", "https://[::1", "https://printer/x.jpg"),
            *("https://a.internal/x.jpg", "https://localhost/x.jpg", "https://u:p@files.example/x.jpg"),
        )
    },
    "no options": ([node("m", "menu", text="?"), "start m"], [("nodes.m.options", "no_options")]),
    "a reserved option": (
        [node("m", "menu", text="?", options=[{"id": "else", "label": "x"}]), END, "start m", "m else end"],
        [("nodes.m.options.0.id", "bad_option_id")],
    ),
}


@pytest.mark.spec(163)
@pytest.mark.parametrize("case", CASES)
def test_publishing_refuses(case: str) -> None:
    parts, wrong = CASES[case]
    assert found(*parts) == wrong


@pytest.mark.spec(163)
def test_publishing_tells_everything_at_once_and_what_to_do() -> None:
    graph = flow(node("a", "message"), node("r", "route", sector_id=77), "start a", "a r")
    with pytest.raises(Invalid) as refused:
        must_be_publishable(graph, KNOWN)
    assert refused.value.details == {
        "nodes.a.text": ["The text of “a” is empty. Write what is to be said, or add a file."],
        "nodes.r.edges.next": ["“r” leads nowhere. Connect it to the next step, or let it end in `end` or `handoff`."],
        "nodes.r.sector_id": ["“r” names the sector 77, which does not exist (any more). Choose another one."],
    }


def test_an_empty_graph_has_no_start() -> None:
    assert [problem.path for problem in problems(Graph(), KNOWN)] == ["nodes"]


@pytest.mark.parametrize(
    ("labels", "ambiguous"),
    [
        (("Sales", "Help"), False),
        (("Sales", "sales!"), True),
        (("2", "Help"), True),
        (("1", "2"), False),
        (("two", "Help"), True),
        (("10 units", "20 units"), False),
    ],
)
def test_two_options_must_not_share_a_word(labels: tuple[str, str], ambiguous: bool) -> None:
    menu = node("m", "menu", text="?", options=options(*labels))
    codes = [code for _, code in found(menu, END, "start m", "m o0 end", "m o1 end")]
    assert codes == (["ambiguous_option"] if ambiguous else [])


def test_a_keyword_of_one_option_must_not_be_another_option() -> None:
    both = [{"id": "a", "label": "Sales", "keywords": ["buy"]}, {"id": "b", "label": "Buy"}]
    assert found(node("m", "menu", text="?", options=both), END, "start m", "m a end", "m b end") == [
        ("nodes.m.options.1", "ambiguous_option")
    ]


def test_buttons_may_be_called_by_any_number() -> None:
    menu = node("m", "menu", text="How many?", options=options("2", "4"), as_="buttons")
    assert found(menu, END, "start m", "m o0 end", "m o1 end") == []


def test_a_menu_with_more_options_than_whatsapp_shows_may_go_live() -> None:
    menu = node("m", "menu", text="?", options=options(*(f"word{chr(97 + n)}" for n in range(11))), as_="buttons")
    assert found(menu, END, "start m", *(f"m o{n} end" for n in range(11))) == []


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"field": "age", "kind": "number"}, []),
        ({"field": "age", "kind": "text"}, [("nodes.q.kind", "field_type")]),
        ({"field": "plan", "kind": "choice", "options": ["Basic", "Plus"]}, []),
        ({"field": "plan", "kind": "choice", "options": ["Basic", "Gold"]}, [("nodes.q.options", "field_type")]),
        ({"field": "flow.colour", "kind": "text"}, []),
        ({"field": "name"}, []),
        ({"field": ""}, [("nodes.q.field", "unknown_field")]),
        ({"kind": "choice"}, [("nodes.q.options", "no_options")]),
        ({"kind": "choice", "options": ["Red", "red"]}, [("nodes.q.options.1", "ambiguous_option")]),
    ],
)
def test_a_question_must_fit_the_field_that_it_fills(data: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    assert asking(**data) == wrong


def test_edges_between_nodes_that_are_not_there_are_only_edges_to_nowhere() -> None:
    assert {code for _, code in found(END, "start end", "x y", "y x", "y y")} == {"edge_to_nowhere"}


def test_a_variable_that_the_flow_sets_may_be_used() -> None:
    set_, say = node("s", "set_field", field="flow.x", value="1"), node("a", "message", text="{{flow.x}} {{x}}")
    assert found(set_, say, END, "start s", "s a", "a end") == []


def test_a_keyword_trigger_needs_keywords() -> None:
    graph = parse({"nodes": [node("s", "start", trigger="keyword"), END], "edges": [{"source": "s", "target": "end"}]})
    assert [problem.code for problem in problems(graph, KNOWN)] == ["no_keywords"]


def test_a_step_must_not_be_longer_than_walking_allows() -> None:
    chain = [node(f"n{at}", "set_field", field="city", value="x") for at in range(50)]
    ways = ["start n0", *(f"n{at} n{at + 1}" for at in range(49)), "n49 end"]
    assert ("nodes.n49.edges", "too_long") in found(*chain, END, *ways)
    assert found(*chain[:48], END, *ways[:48], "n47 end") == []


# -- drafts -----------------------------------------------------------------------------------------------------------


@pytest.mark.spec(162)
@pytest.mark.parametrize("draft", [None, {}, {"nodes": None}, {"nodes": [node("m", "menu")], "edges": []}])
def test_a_draft_may_be_half_made(draft: object) -> None:
    parse(draft)


def test_a_graph_is_read_again_as_it_was() -> None:
    graph = graph_of("reception", "pt-BR")
    assert parse(definition(graph)) == graph


def test_null_is_absent_and_numbered_nodes_are_understood() -> None:
    nodes = [{"id": 1, "type": "menu", "data": {"text": None, "as": None}, "position": None, "selected": True}]
    graph = parse({"nodes": nodes, "edges": [{"source": 1, "target": 1, "condition": ""}]})
    assert graph.nodes[0].id == graph.edges[0].target == "1"
    assert graph.edges[0].condition is None


@pytest.mark.parametrize(
    ("draft", "paths"),
    [
        ([], ["draft"]),
        ({"nodes": {}}, ["draft.nodes"]),
        ({"nodes": ["x"]}, ["draft.nodes.0"]),
        ({"nodes": [{"id": "a", "type": "poem"}]}, ["draft.nodes.0.type"]),
        ({"nodes": [{"type": "end"}]}, ["draft.nodes.0.id"]),
        ({"nodes": [{"id": "a", "type": "end", "data": []}]}, ["draft.nodes.0.data"]),
        (
            {"nodes": [{"id": "a", "type": "menu", "data": {"text": 1, "options": [{"id": "x", "label": 2}]}}]},
            ["draft.nodes.0.data.text", "draft.nodes.0.data.options.0.label"],
        ),
        ({"nodes": [{"id": "a", "type": "message", "data": {"text": "x" * 4097}}]}, ["draft.nodes.0.data.text"]),
        ({"nodes": [{"id": "a", "type": "wait", "data": {"minutes": 10**400}}]}, ["draft.nodes.0.data.minutes"]),
        ({"nodes": [{"id": "a", "type": "end", "position": {"x": "left"}}]}, ["draft.nodes.0.position.x"]),
        ({"edges": [{"source": "a"}]}, ["draft.edges.0.target"]),
        ({"nodes": [{"id": str(n), "type": "end"} for n in range(MAX_NODES + 1)]}, ["draft.nodes"]),
        ({"nodes": [], "note": "x" * 300_000}, ["draft"]),
        ({"nodes": [], "note": "a\x00b"}, ["draft"]),
        ({"nodes": [], "note": "\ud800"}, ["draft"]),
    ],
)
def test_a_draft_must_have_the_shape_of_a_graph(draft: object, paths: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse(draft, at="draft")
    assert list(refused.value.details or {}) == paths


def test_the_words_for_nul_are_no_nul() -> None:
    parse({"nodes": [{"id": "a", "type": "message", "data": {"text": r"write \u0000 like this"}}]})


@pytest.mark.parametrize("depth", [200, 900, 5000])
def test_hostile_nesting_is_refused(depth: int) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = {"text": [deep]}
    with pytest.raises(Invalid):
        parse({"nodes": [{"id": "a", "type": "message", "data": {"text": deep}}]})
