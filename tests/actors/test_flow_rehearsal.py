"""Trying a flow out, and holding it against conversations of the past: nothing is ever sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.actors.flow_given import MONDAY, flow, node

from plixa.actors.flows.check_past import Checked, Past, PastMessage, Was, check_all, check_past
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.run import Context
from plixa.actors.flows.simulate import Simulation, read_steps, simulate
from plixa.actors.flows.templates import graph_of
from plixa.engine.errors import Invalid

CONTEXT = Context(now=MONDAY, locale="en", reprompt_after_minutes=10, close_after_minutes=30)
RECEPTION = graph_of("reception", "en")


def play(graph: Graph, *steps: dict[str, Any]) -> Simulation:
    return simulate(graph, read_steps(list(steps)), CONTEXT)


@pytest.mark.spec(160)
def test_a_dialogue_is_played_step_by_step() -> None:
    played = play(RECEPTION, {"say": "hi"}, {"choose": "sales"}, {"say": "My name is Bia Reis"})
    assert [step.heard for step in played.steps] == ["said: hi", "chose: sales", "said: My name is Bia Reis"]
    assert played.steps[0].said == (
        "Hello! Welcome. 👋",
        "How can we help you?\n\n1. Sales\n2. Support\n3. Something else",
    )
    assert played.steps[2].said == ("Thank you, Bia! A person of our team will be with you in a moment.",)
    assert (played.ended, played.fields) == ("handed_off", {"name": "Bia Reis"})
    assert played.path == ("start", "hello", "hours", "menu", "known", "name", "person")


def test_time_passes_on_a_clock_of_its_own() -> None:
    played = play(RECEPTION, {"say": "hi"}, {"wait_minutes": 60}, {"say": "still here"})
    assert [(step.heard, step.at) for step in played.steps[1:]] == [
        ("timer: reprompt", MONDAY + timedelta(minutes=10)),
        ("timer: close", MONDAY + timedelta(minutes=40)),
        ("said: still here", MONDAY + timedelta(minutes=60)),
    ]
    assert [step.ended for step in played.steps] == [None, None, "ended", None]
    assert played.steps[3].path == ()


def test_the_ai_is_taken_to_have_answered_unless_a_step_says_otherwise() -> None:
    graph = graph_of("ai_first", "en")
    assert play(graph, {"say": "hi"}, {"ai": "handoff"}).path == ("start", "answer", "person")
    assert [step.heard for step in play(graph, {"say": "hi"}, {"say": "and?"}).steps] == [
        "said: hi",
        "AI: answered",
        "said: and?",
    ]


def test_what_a_flow_writes_to_the_contact_outlives_the_run() -> None:
    ask, say = node("ask", "capture", text="{{city}}?", field="city"), node("ask2", "capture", text="?", field="flow.x")
    played = play(flow(ask, say, "start ask", "ask ask2"), {"say": "hi"}, {"say": "Recife"}, {"say": "menu"})
    assert [step.said for step in played.steps] == [("?",), ("?",), ("Recife?",)]


def test_a_flow_that_still_waits_says_where() -> None:
    played = play(RECEPTION, {"say": "hi"})
    assert (played.ended, played.node_id, played.steps[0].waiting) == (None, "menu", "reply")


def test_a_draft_that_pauses_in_a_circle_does_not_hold_the_clock_up() -> None:
    graph = flow(node("w", "wait", minutes=1), "start w", "w w")
    assert len(play(graph, {"say": "hi"}, {"wait_minutes": 100_000}).steps) == 101


def test_a_simulation_is_plain_data() -> None:
    assert msgspec.json.encode(play(RECEPTION, {"say": "hi"}, {"say": "1"}))


@pytest.mark.parametrize(
    "steps",
    [None, [], {}, [{}], [{"say": "a", "choose": "b"}], [{"sing": "a"}], [{"wait_minutes": 0}], [{"say": "a"}] * 101],
)
def test_steps_must_be_steps(steps: object) -> None:
    with pytest.raises(Invalid):
        read_steps(steps)


# -- conversations of the past ----------------------------------------------------------------------------------------


def at(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def past(*texts: str, was: Was | None = None, apart: float = 1, until: float | None = None) -> Past:
    messages = tuple(PastMessage(text, at(apart * number)) for number, text in enumerate(texts))
    return Past(7, messages, was, None if until is None else at(until))


def checked(*texts: str, graph: Graph = RECEPTION, **more: Any) -> Checked:
    return check_past(graph, past(*texts, **more), CONTEXT)


def test_a_conversation_that_would_fare_the_same() -> None:
    first = checked("hi", "2", "Bia")
    assert (first.verdict, first.ended) == ("handoff", "handed_off")
    again = checked("hi", "2", "Bia", "thanks", was=Was(first.path, first.ended))
    assert (again.verdict, again.where) == ("same", None)


def test_where_a_conversation_would_differ() -> None:
    was = Was(("start", "hello", "hours", "menu", "known", "person"), "handed_off")
    found = checked("hi", "2", "Bia", was=was)
    assert found.verdict == "differs"
    assert found.where is not None
    assert (found.where.message, found.where.node_id, found.where.text) == (1, "name", "2")


@pytest.mark.parametrize(
    ("was", "why"),
    [
        (Was(("start", "hello")), "it stopped before “hours” then"),
        (Was(("start", "hello", "hours", "menu", "known")), "it went on to “known” then"),
        (Was(("start", "hello", "hours", "menu"), "resolved"), "it ended as resolved then"),
    ],
)
def test_a_longer_a_shorter_and_another_end_differ(was: Was, why: str) -> None:
    found = checked("hi", was=was)
    assert found.where is not None
    assert found.where.why.startswith(why)


def test_where_the_customers_word_fitted_nothing() -> None:
    found = checked("hi", "do you sell bananas", "1", "Bia")
    assert found.verdict == "dead_end"
    assert found.where is not None
    assert (found.where.message, found.where.node_id, found.where.text) == (1, "menu", "do you sell bananas")
    assert found.ended == "handed_off"


def test_a_conversation_that_the_flow_completes_and_one_that_waits() -> None:
    graph = flow(node("ask", "capture", text="?", field="city"), node("end", "end"), "start ask", "ask end")
    assert checked("hi", "Recife", graph=graph).verdict == "completed"
    assert checked("hi", graph=graph).verdict == "unfinished"
    assert checked(graph=graph).verdict == "unfinished"


def test_timers_fire_between_the_messages() -> None:
    found = checked("hi", "2", apart=45)
    assert (found.verdict, found.ended) == ("completed", "ended")
    assert checked("hi", until=60).ended == "ended"


def test_the_hours_are_those_of_the_time() -> None:
    found = check_past(RECEPTION, past("hi"), CONTEXT, hours=lambda when: when != at(0))
    assert found.path == ("start", "hello", "hours", "closed", "menu")


def test_messages_that_came_together_are_heard_as_one() -> None:
    burst = past("hi", "Support", "I mean", "2", apart=0.1)
    assert check_past(RECEPTION, burst, CONTEXT).ended == "handed_off"
    found = check_past(RECEPTION, burst, CONTEXT, together=timedelta(seconds=10))
    assert (found.path, found.where) == (("start", "hello", "hours", "menu"), None)
    messages = (*burst.messages, PastMessage("banana", at(5)), PastMessage("3", at(5.1)), PastMessage("Bo", at(9)))
    found = check_past(RECEPTION, Past(7, messages), CONTEXT, together=timedelta(seconds=10))
    assert (found.verdict, found.path[-2:]) == ("handoff", ("name", "person"))


def test_many_are_counted() -> None:
    report = check_all(RECEPTION, [past("hi", "2", "Bia"), past("hi", "bananas"), past("hi", "3", "Bo")], CONTEXT)
    assert report.counts == {"handoff": 2, "dead_end": 1}
