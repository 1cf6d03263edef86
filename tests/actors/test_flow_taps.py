"""A tap means its own option, whatever its words are and however late it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.actors.flow_given import MONDAY, Walk, flow, node

from plixa.actors.flows import run as r
from plixa.actors.flows.check_past import Past, PastMessage, check_past
from plixa.actors.flows.graph import Graph

YES_OR_NO = [{"id": "yes", "label": "Sim"}, {"id": "no", "label": "Não"}]


def graph(*, ask: dict[str, Any] | None = None, as_: str = "buttons") -> Graph:
    """Bread or cake; what for; and a last question, whose options are called like the first one's."""
    first = [{"id": "bread", "label": "Pão"}, {"id": "cake", "label": "Bolo"}]
    last = [{"id": "card", "label": "Pão"}, {"id": "cash", "label": "Bolo"}]
    return flow(
        node("first", "menu", text="Pão ou bolo?", options=first, as_=as_),
        ask or node("ask", "capture", text="Para quem?", field="flow.whom"),
        node("last", "menu", text="Outra vez?", options=last, as_=as_, max_tries=2),
        node("cakes", "menu", text="Qual bolo?", options=YES_OR_NO, as_=as_),
        node("end", "end", text="Anotado: {{flow.whom}}."),
        *("start first", "first bread ask", "first cake cakes", "ask last"),
        *("last card end", "last cash end", "cakes yes ask", "cakes no end"),
    )


def tap(option: str, menu: str, text: str = "Pão") -> r.Said:
    return r.Said(text, option, menu)


def test_a_tap_on_the_menu_that_waits_answers_it_whatever_its_words() -> None:
    walk = Walk(graph()).begin().hear(tap("cake", "first", text="Pão"))
    assert walk.taken.path == ("cakes",)
    assert "the button was pressed" in walk.taken.why


def test_a_tap_on_an_earlier_menu_is_no_answer_to_the_question_that_waits() -> None:
    walk = Walk(graph()).begin().hear(tap("bread", "first"))
    assert walk.said == ["Para quem?"]
    walk.hear(tap("cake", "first", text="Bolo"))
    assert walk.fields == {}
    assert walk.taken.path == ("cakes",)  # they have thought better of it
    assert "a button of an earlier menu was pressed" in walk.taken.why


def test_going_back_answers_nothing_by_words_that_both_menus_have() -> None:
    walk = Walk(graph()).begin().hear(tap("bread", "first")).say("Bia")
    assert walk.said == ["Outra vez?"]
    walk.hear(tap("bread", "first", text="Pão"))
    assert walk.taken.path == ("ask",)
    assert walk.said == ["Para quem?"]


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (tap("yes", "cakes"), "a menu that this run has not put"),
        (tap("gone", "first"), "an option that is gone"),
        (tap("bread", "nowhere"), "a menu that is gone"),
        (tap("bread", ""), "a menu of another flow"),
        (tap("bread", "end"), "a node that is no menu"),
    ],
)
@pytest.mark.parametrize(("before", "question"), [([], "Para quem?"), (["Bia"], "Outra vez?")])
def test_any_other_tap_answers_nothing_and_the_question_stands(
    said: r.Said, what: str, before: list[str], question: str
) -> None:
    walk = Walk(graph()).begin().hear(tap("bread", "first"))
    for each in before:
        walk.say(each)
    for _ in range(3):  # and it is no failed try, of which the last question takes two
        walk.hear(said)
        assert walk.said == [question], what
        assert (walk.run is not None and walk.run.tries, walk.taken.fitted) == (0, False)


def test_an_option_of_this_menu_that_is_gone_is_what_its_words_say() -> None:
    walk = Walk(graph()).begin().hear(tap("brioche", "first", text="Bolo"))
    assert walk.taken.path == ("cakes",)


def test_whoever_taps_for_a_person_gets_one_however_old_the_button() -> None:
    walk = Walk(graph()).begin().hear(tap("bread", "first")).hear(tap("x", "", text="Falar com um atendente"))
    assert walk.run is None
    assert isinstance(walk.actions[-1], r.HandOff)


def test_what_was_tapped_before_the_flow_began_again_leads_nowhere() -> None:
    walk = Walk(graph()).begin().hear(tap("cake", "first")).hear(tap("yes", "cakes"))
    assert walk.said == ["Para quem?"]
    walk.say("recomeçar").hear(tap("bread", "first"))
    walk.hear(tap("yes", "cakes"))
    assert (walk.said, walk.taken.path) == (["Para quem?"], ())


def test_a_menu_that_is_only_numbered_is_not_gone_back_to() -> None:
    walk = Walk(graph(as_="numbers")).begin().say("1").hear(tap("cake", "first"))
    assert (walk.said, walk.taken.path) == (["Para quem?"], ())


@pytest.mark.parametrize(
    ("ask", "path"),
    [
        (node("ask", "wait", minutes=60, until_reply=True), ("last",)),
        (node("ask", "wait", minutes=60), ()),
        (node("ask", "ai", goal="?"), ()),
    ],
)
def test_where_no_question_waits_a_late_tap_is_a_word_like_any_other(
    ask: dict[str, Any], path: tuple[str, ...]
) -> None:
    branches = {"wait": "answered" if ask["data"].get("until_reply") else None, "ai": "answered"}
    ways = [f"ask {branch} last" if (branch := branches[ask["type"]]) else "ask last", "ask timeout end"]
    first = [{"id": "bread", "label": "Pão"}]
    last = node("last", "menu", text="?", options=YES_OR_NO)
    walk = Walk(
        flow(
            *(node("first", "menu", text="?", options=first, as_="buttons"), ask, last, node("end", "end")),
            *("start first", "first bread ask", *ways, "last yes end", "last no end"),
        )
    )
    walk.begin().hear(tap("bread", "first"))
    walk.hear(tap("bread", ""))
    assert walk.taken.path == path
    assert walk.run is not None


@pytest.mark.parametrize("together", [0, 90])
def test_a_draft_is_held_against_late_taps_as_they_were_meant(together: int) -> None:
    said = [("oi", None, None), ("Pão", "bread", "first"), ("Bolo", "cake", "first"), ("quero", None, None)]
    times = (MONDAY + timedelta(minutes=minutes) for minutes in (0, 5, 10, 11))
    past = Past(7, tuple(PastMessage(text, at, *tap) for (text, *tap), at in zip(said, times, strict=True)))
    context = r.Context(now=MONDAY, locale="pt-BR")
    found = check_past(graph(), past, context, together=timedelta(seconds=together))
    assert found.path[:4] == ("start", "first", "ask", "cakes")
