"""Whatever the graph and whatever the customer writes: walking never raises or runs away, and always ends or waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.structs import replace
from tests.actors.flow_given import KNOWN, MONDAY, Walk, node

from plixa.actors.flows import building, run as r, shape
from plixa.actors.flows.check import problems
from plixa.actors.flows.graph import Graph, branches, definition, parse
from plixa.actors.flows.templates import graph_of
from plixa.actors.flows.walk import MAX_NODES_A_STEP
from plixa.engine.errors import Invalid

LOST = ("nothing follows", "too many nodes", "is gone", "has no start")
SLOW = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
LABELS = ["Vendas", "Suporte técnico", "Financeiro", "Falar com atendente", "Ver o menu"]
WORDS = [
    "1",
    "2",
    "9",
    "vendas",
    "menu",
    "atendente",
    "amanhã",
    "12,5",
    "a@b.co",
    "+55 81 99999-0000",
    "skip",
    "",
    "\n",
    "👍",
]
texts = st.one_of(st.sampled_from([*WORDS, *LABELS]), st.text(max_size=60))


def data_of(draw: st.DrawFn, type_: str) -> dict[str, Any]:
    """Data of a node that may go live."""
    match type_:
        case "message" | "end":
            return {"text": draw(st.sampled_from(["Hello {{first_name}}", "{{city}}", "x" * 4000]))}
        case "menu":
            labels = draw(st.lists(st.sampled_from(LABELS), min_size=1, max_size=4, unique=True))
            options = [{"id": f"o{at}", "label": label} for at, label in enumerate(labels)]
            return {"text": "?", "options": options, "max_tries": draw(st.integers(1, 3)), "as": draw(_shown)}
        case "capture":
            kind = draw(st.sampled_from(["text", "number", "date", "email", "phone", "choice"]))
            return {"text": "?", "field": "flow.x", "kind": kind, "options": LABELS, "required": draw(st.booleans())}
        case "condition":
            return {"rules": [{"field": "message", "op": draw(_ops), "value": draw(st.sampled_from(["1", "vendas"]))}]}
        case "set_field":
            return {"field": draw(st.sampled_from(["city", "flow.x", "name"])), "value": "{{message}}{{message}}"}
        case "route":
            return {"sector_id": 4}
        case "ai":
            return {"goal": "Help", "max_turns": draw(st.integers(1, 3))}
        case "wait":
            return {"minutes": draw(st.integers(1, 60)), "until_reply": draw(st.booleans())}
        case _:
            return {}


_shown = st.sampled_from(["numbers", "buttons"])
_ops = st.sampled_from(["is", "contains", "greater", "is_set", "one_of"])
INNER = ["message", "menu", "capture", "condition", "set_field", "route", "ai", "schedule", "wait"]


@st.composite
def publishable(draw: st.DrawFn) -> Graph:
    """A graph that may go live: ways that need no customer lead forward, the others lead anywhere."""
    types = ["start", *draw(st.lists(st.sampled_from(INNER), max_size=12)), draw(st.sampled_from(["end", "handoff"]))]
    nodes = [node(f"n{at}", type_, **data_of(draw, type_)) for at, type_ in enumerate(types)]
    graph = parse({"nodes": nodes})
    edges: list[dict[str, Any]] = []
    for at, each in enumerate(graph.nodes):
        ways = branches(each)
        for branch in (*ways.must, *(way for way in ways.may if draw(st.booleans()))):
            first = 0 if shape.needs_customer(each, branch) else at + 1
            target = draw(st.integers(first, len(types) - 1))
            edges.append({"id": f"{at}-{branch}", "source": each.id, "target": f"n{target}", "condition": branch})
    whole = parse({"nodes": nodes, "edges": edges})
    seen = shape.reachable(whole, "n0")
    kept = tuple(each for each in whole.nodes if each.id in seen)
    return replace(whole, nodes=kept, edges=tuple(edge for edge in whole.edges if edge.source in seen))


@st.composite
def drafts(draw: st.DrawFn) -> Graph:
    """Any graph that can be saved, however wrong."""
    types = draw(st.lists(st.sampled_from(["start", "end", "handoff", *INNER]), max_size=8))
    ids = draw(st.lists(st.sampled_from("abcdef"), min_size=len(types), max_size=len(types)))
    pairs = zip(ids, types, strict=True)
    nodes = [node(id_, type_, **(data_of(draw, type_) if draw(st.booleans()) else {})) for id_, type_ in pairs]
    branch = st.sampled_from([None, "true", "false", "o0", "o1", "else", "answered", "timeout", "open", "closed"])
    edge = st.fixed_dictionaries(
        {"source": st.sampled_from("abcdef"), "target": st.sampled_from("abcdefg"), "condition": branch}
    )
    return parse({"nodes": nodes, "edges": draw(st.lists(edge, max_size=16))})


heard = st.one_of(
    st.builds(
        r.Said,
        texts,
        st.one_of(st.none(), st.sampled_from(["o0", "o1", "x"])),
        st.one_of(st.none(), st.sampled_from(["", "a", "n1", "n2", "n3"])),
    ),
    st.builds(r.AiOutcome, st.sampled_from(["answered", "handoff"]), texts),
    st.builds(r.Woke, st.sampled_from(["wait", "reprompt", "close"])),
)


def walked(graph: Graph, things: list[r.Heard], **context: Any) -> Walk:
    """Walk, and hold each step to the promises."""
    walk = Walk(graph, **context).begin()
    _keeps_its_promises(walk)
    for thing in things:
        if walk.run is None:
            break
        if isinstance(thing, r.Woke) and walk.run.timers:
            which = next(iter(walk.run.timers))
            walk.context = replace(walk.context, now=max(walk.context.now, walk.run.timers[which]))
            thing = r.Woke(which)
        walk.hear(thing)
        _keeps_its_promises(walk)
    return walk


@SLOW
@given(publishable(), st.lists(st.just(r.Said("xyzzy")) | st.just(r.AiOutcome("handoff", "xyzzy")), max_size=8))
def test_why_never_quotes_the_customer(graph: Graph, things: list[r.Heard]) -> None:
    walk = Walk(graph, contact={"name": "xyzzy"}).begin("xyzzy")
    for thing in things:
        assert "xyzzy" not in walk.taken.why
        if walk.run is None:
            break
        walk.hear(thing)
    assert "xyzzy" not in walk.taken.why


def _keeps_its_promises(walk: Walk) -> None:
    taken = walk.taken
    assert len(taken.path) <= MAX_NODES_A_STEP
    assert taken.why
    if taken.run is None:
        assert isinstance(taken.actions[-1], r.HandOff | r.End)
    else:
        assert taken.run.waiting in ("reply", "time", "ai")
        assert taken.run.timers == r.timers(taken.run, walk.context)
        assert (taken.run.wait_until is not None) or taken.run.waiting == "reply"
        assert msgspec.json.decode(msgspec.json.encode(taken.run), type=r.Run) == taken.run


@SLOW
@given(publishable(), st.lists(heard, max_size=12), st.integers(0, 5), st.integers(0, 5))
def test_what_may_go_live_never_loses_a_customer(graph: Graph, things: list[r.Heard], remind: int, close: int) -> None:
    assert problems(graph, KNOWN) == []
    walk = Walk(graph)
    for count in range(len(things) + 1):  # each beginning of the dialogue, since a walk tells its last step only
        walk = walked(graph, things[:count], reprompt_after_minutes=remind, close_after_minutes=close)
        assert not any(word in walk.taken.why for word in LOST), walk.taken.why
        if walk.run is None:
            break


@SLOW
@given(drafts(), st.lists(heard, max_size=6))
def test_no_draft_makes_walking_raise_and_what_has_no_problems_loses_nobody(
    graph: Graph, things: list[r.Heard]
) -> None:
    walk = walked(graph, things, close_after_minutes=3)
    if not problems(graph, KNOWN):
        assert not any(word in walk.taken.why for word in LOST)


@SLOW
@given(drafts())
def test_any_draft_can_be_described_and_laid_out(graph: Graph) -> None:
    assert building.describe(graph)
    assert parse(definition(building.lay_out(graph))).edges == graph.edges


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(["nodes", "edges", "id", "type", "data", "text", "options", "position", "source", "target"])


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A good definition with one thing in it replaced by anything."""
    value: Any = definition(graph_of("reception", "en"))
    at: Any = value
    for _ in range(draw(st.integers(0, 5))):
        if isinstance(at, dict | list) and at:
            key: Any = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            if not isinstance(at[key], dict | list) or draw(st.booleans()):
                at[key] = draw(json_values)
                break
            at = at[key]
    return value


@SLOW
@given(st.one_of(json_values, st.dictionaries(keys, json_values), spoilt()))
def test_reading_a_graph_raises_nothing_but_invalid(value: Any) -> None:
    try:
        graph = parse(value)
    except Invalid:
        return
    assert parse(definition(graph)) == graph
    problems(graph, KNOWN)


def test_a_customer_who_goes_round_for_ever_meets_a_person_in_the_end() -> None:
    option = {"id": "a", "label": "Again"}
    nodes = [node("s", "start"), node("m", "menu", text="?", options=[option])]
    ways = [{"source": "s", "target": "m"}, {"source": "m", "target": "m", "condition": "a"}]
    walk = Walk(parse({"nodes": nodes, "edges": ways}), now=MONDAY + timedelta(days=1)).begin()
    for _ in range(998):
        walk.say("1")
    assert walk.run is not None
    assert isinstance(walk.say("1").actions[-1], r.HandOff)
