"""The step of a flow that books: what it asks for, how it is left, and what keeps it from going live."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.actors.flow_given import KNOWN, MONDAY

from plixa.actors.flows.check import problems
from plixa.actors.flows.graph import Graph, parse
from plixa.actors.flows.run import AgendaOutcome, AskAgenda, Context, End, HandOff, Run, Said, Say, Taken, Woke
from plixa.actors.flows.simulate import read_steps, simulate
from plixa.actors.flows.walk import MOST_TRIES, begin, take


def context(**more: Any) -> Context:
    return Context(**{"now": MONDAY, **more})


def graph(*more: str, service: int = 3) -> Graph:
    """With ways out by `booked`, `none` and these."""
    ways = ("booked", "none", *more)
    nodes = [
        {"id": "s", "type": "start"},
        {"id": "b", "type": "schedule", "data": {"service_id": service, "text": "Vamos marcar, {{first_name}}."}},
        *({"id": way, "type": "end", "data": {"text": way}} for way in ways),
    ]
    edges = [{"id": "0", "source": "s", "target": "b"}]
    edges += [{"id": way, "source": "b", "target": way, "condition": way} for way in ways]
    return parse({"nodes": nodes, "edges": edges})


def begun(of: Graph, **more: Any) -> Run:
    run = begin(of, 1, 1, context(**more), "oi").run
    assert run is not None
    return run


def ends(taken: Taken) -> str | None:
    return next((each.text for each in taken.actions if isinstance(each, End)), None)


def test_it_says_its_words_and_lets_them_choose() -> None:
    taken = begin(graph(), 1, 1, context(contact={"first_name": "Bia"}), "oi")
    assert taken.actions == (Say("b", "Vamos marcar, Bia."), AskAgenda(3, "b"))
    assert taken.run is not None
    assert taken.run.waiting == "agenda"


@pytest.mark.parametrize(
    ("kind", "left"), [("booked", "booked"), ("none", "none"), ("waitlisted", "waitlisted"), ("person", "person")]
)
def test_it_is_left_by_what_came_of_it(kind: Any, left: str) -> None:
    whole = graph("waitlisted", "person")
    assert ends(take(whole, begun(whole), AgendaOutcome(kind), context())) == left


def test_without_a_way_for_it_who_waits_has_none_and_a_person_takes_over() -> None:
    bare = graph()
    assert ends(take(bare, begun(bare), AgendaOutcome("waitlisted"), context())) == "none"
    (handed,) = take(bare, begun(bare), AgendaOutcome("person"), context()).actions
    assert isinstance(handed, HandOff)


def test_words_are_a_day_and_what_is_none_is_asked_again_until_a_person_takes_over() -> None:
    of = graph()
    taken = take(of, begun(of), Said("amanhã"), context(locale="pt-BR"))
    (asked,) = taken.actions
    assert isinstance(asked, AskAgenda)
    assert isinstance(asked.day, date)
    run = begun(of)
    for _ in range(MOST_TRIES - 1):
        taken = take(of, run, Said("hmm"), context())
        assert taken.actions == (AskAgenda(3, "b", None, True),)
        assert not taken.fitted
        assert taken.run is not None
        run = taken.run
    (handed,) = take(of, run, Said("hmm"), context()).actions
    assert isinstance(handed, HandOff)


def test_the_silent_are_shown_it_again_and_then_left() -> None:
    of = graph("timeout")
    settings = context(reprompt_after_minutes=5, close_after_minutes=30)
    run = begin(of, 1, 1, settings, "oi").run
    assert run is not None
    due = run.timers["reprompt"]
    later = context(reprompt_after_minutes=5, close_after_minutes=30, now=due)
    again = take(of, run, Woke("reprompt"), later)
    assert again.actions == (AskAgenda(3, "b"),)
    assert again.run is not None
    closing = context(close_after_minutes=30, now=again.run.timers["close"])
    assert ends(take(of, again.run, Woke("close"), closing)) == "timeout"


def test_it_goes_live_only_with_a_service_and_its_ways_out() -> None:
    assert [each.code for each in problems(graph(service=9), KNOWN)] == ["unknown_service"]
    whole = graph("waitlisted", "person", "timeout")
    services = type(KNOWN)(KNOWN.sectors, KNOWN.fields, {3: "Corte"})
    assert problems(whole, services) == []
    lacking = Graph(whole.nodes, tuple(each for each in whole.edges if each.condition != "booked"))
    assert "missing_branch" in [each.code for each in problems(lacking, services)]


def test_a_dialogue_goes_through_it() -> None:
    played = simulate(graph(), read_steps([{"say": "oi"}, {"agenda": "booked"}]), context())
    assert [each.said for each in played.steps][-1] == ("booked",)
    assumed = simulate(graph(), read_steps([{"say": "oi"}, {"say": "obrigado"}]), context())
    assert ("booked",) in [each.said for each in assumed.steps]
