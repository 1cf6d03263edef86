"""What a flow does at each kind of node, and what is understood wherever it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.actors.flow_given import MONDAY, SALES_OR_HELP, Walk, flow, node

from plixa.actors.flows import run as r
from plixa.actors.flows.graph import Graph
from plixa.actors.flows.walk import AI_PATIENCE, MAX_NODES_A_STEP

BYE = node("bye", "end", text="Bye!")
PERSON = node("person", "handoff", text="One moment.")


def menu(**more: Any) -> Graph:
    """A menu of two; sales ends, help hands over."""
    ways = ["start menu", "menu sales bye", "menu help person"]
    return flow(node("menu", "menu", **{"text": "What for?", "options": SALES_OR_HELP, **more}), BYE, PERSON, *ways)


def question(**more: Any) -> Graph:
    """One question, then the end."""
    data = {"text": "Which city?", "field": "city", **more}
    return flow(node("ask", "capture", **data), BYE, "start ask", "ask bye")


# -- nodes ------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(160)
def test_a_flow_greets_asks_captures_routes_and_hands_over() -> None:
    graph = flow(
        node("hello", "message", text="Welcome, {{first_name}}!"),
        node("menu", "menu", text="What for?", options=SALES_OR_HELP),
        node("city", "capture", text="Which city?", field="city"),
        node("route", "route", sector_id=4),
        node("person", "handoff", text="One moment, {{first_name}}.", note="From {{city}}."),
        *("start hello", "hello menu", "menu sales city", "menu help person", "city route", "route person"),
    )
    walk = Walk(graph, contact={"name": "Bia Reis"}).begin("oi")
    assert walk.said == ["Welcome, Bia!", "What for?\n\n1. Vendas\n2. Suporte técnico"]
    assert walk.say("1").said == ["Which city?"]
    walk.say("Recife")
    assert walk.run is None
    assert walk.taken.path == ("route", "person")
    summary = "Handed over by the flow. From Recife.\nWhat for? → Vendas\ncity: Recife"
    wanted = [r.SetField("city", "Recife"), r.RouteTo(4), r.HandOff(summary, None, "One moment, Bia.")]
    assert list(walk.actions) == wanted


def test_who_takes_over_reads_what_the_customer_was_asked() -> None:
    graph = flow(
        node("menu", "menu", text="“{{message}}”? What for, {{first_name}}{{flow.none}}?", options=SALES_OR_HELP),
        node("person", "handoff"),
        *("start menu", "menu sales person", "menu help person"),
    )
    walk = Walk(graph, contact={"name": "Bia Reis"}).begin("pão")
    assert walk.said == ["“pão”? What for, Bia?\n\n1. Vendas\n2. Suporte técnico"]
    walk.say("2")
    [handed] = walk.actions
    assert isinstance(handed, r.HandOff)
    assert handed.summary == "Handed over by the flow.\n“pão”? What for, Bia? → Suporte técnico"


def test_a_message_may_be_a_file_and_an_empty_one_says_nothing() -> None:
    media = {"kind": "image", "url": "https://files.example/menu.jpg"}
    graph = flow(node("a", "message", media=media), node("b", "message"), BYE, "start a", "a b", "b bye")
    says = [action for action in Walk(graph).begin().actions if isinstance(action, r.Say)]
    assert [(say.node_id, say.media.url if say.media else None) for say in says] == [("a", media["url"])]


@pytest.mark.parametrize(
    "answer",
    ["1", "1.", "1️⃣", "opção 1", "one", "um", "VENDAS", "Vendas!", "comprar", "quero comprar pão", "ven", "vemdas"],
)
def test_a_menu_is_answered_by_number_by_word_or_nearly(answer: str) -> None:
    walk = Walk(menu(), locale="pt-BR").begin().say(answer)
    assert walk.taken.path == ("bye",)
    assert walk.actions == (r.End(False, "Bye!"),)


def test_a_menu_is_answered_by_a_button() -> None:
    walk = Walk(menu(as_="buttons")).begin()
    say = walk.actions[0]
    assert isinstance(say, r.Say)
    assert (say.text, [choice.id for choice in say.choices]) == ("What for?", ["sales", "help"])
    assert walk.say("", choice="help").taken.path == ("person",)


def test_a_button_of_another_menu_counts_by_its_words() -> None:
    assert Walk(menu()).begin().say("Vendas", choice="of-another-menu").taken.path == ("bye",)


def test_several_messages_heard_as_one_are_read_line_by_line() -> None:
    assert Walk(menu()).begin().say("hi again\n2").taken.path == ("person",)


def test_a_menu_asks_again_and_then_a_person_takes_over() -> None:
    walk = Walk(menu(invalid_text="Sorry?", max_tries=2)).begin().say("bananas")
    assert walk.said == ["Sorry?\n\n1. Vendas\n2. Suporte técnico"]
    assert not walk.taken.fitted
    walk.say("3")
    assert walk.run is None
    assert isinstance(walk.actions[-1], r.HandOff)
    assert "2 of 2" in walk.taken.why


def test_each_time_a_menu_is_reached_the_tries_begin_anew() -> None:
    again = flow(node("m", "menu", text="?", options=[{"id": "a", "label": "Again"}], max_tries=2), "start m", "m a m")
    walk = Walk(again).begin().say("bananas").say("again").say("bananas")
    assert walk.run is not None
    assert walk.run.tries == 1


def test_a_menu_goes_on_by_else_where_there_is_one() -> None:
    graph = flow(
        node("menu", "menu", text="?", options=SALES_OR_HELP, max_tries=1),
        *(BYE, PERSON, "start menu", "menu sales bye", "menu help bye", "menu else person"),
    )
    assert Walk(graph).begin().say("bananas").taken.path == ("person",)


@pytest.mark.parametrize(
    ("kind", "answer", "kept"),
    [
        ("text", "  Recife ", "Recife"),
        ("number", "12,50", "12.5"),
        ("number", "two", "2"),
        ("date", "2026-12-25", "2026-12-25"),
        ("date", "tomorrow", "2026-03-03"),
        ("email", "it is Bia@Example.com, thanks", "bia@example.com"),
        ("phone", "+55 (81) 99999-0000", "+5581999990000"),
    ],
)
def test_an_answer_is_checked_and_kept_in_one_form(kind: str, answer: str, kept: str) -> None:
    walk = Walk(question(kind=kind)).begin().say(answer)
    assert walk.actions[0] == r.SetField("city", kept)


@pytest.mark.parametrize(
    ("kind", "answer"), [("number", "many"), ("date", "30/02/2026"), ("email", "bia at home"), ("phone", "123")]
)
def test_an_answer_that_does_not_fit_is_asked_for_again(kind: str, answer: str) -> None:
    walk = Walk(question(kind=kind)).begin().say(answer)
    assert walk.run is not None
    assert (walk.run.tries, walk.run.waiting, walk.taken.fitted) == (1, "reply", False)
    assert len(walk.said) == 1


def test_a_choice_is_kept_as_its_author_wrote_it() -> None:
    walk = Walk(question(kind="choice", options=["Basic", "Plus"])).begin()
    assert walk.said == ["Which city?\n\n1. Basic\n2. Plus"]
    assert walk.say("plus please").actions[0] == r.SetField("city", "Plus")


def test_a_name_comes_without_the_words_around_it_and_is_used_at_once() -> None:
    graph = flow(node("ask", "capture", text="Name?", field="name"), node("ok", "message", text="Hi {{first_name}}!"))
    graph = msgspec.structs.replace(graph, edges=flow("start ask", "ask ok").edges)
    walk = Walk(graph, contact={"name": "12345"}).begin().say("meu nome é Ana Luz")
    assert walk.actions[0] == r.SetField("name", "Ana Luz")
    assert walk.said == ["Hi Ana!"]


def test_who_would_rather_not_say_goes_on_and_loses_nothing() -> None:
    walk = Walk(question(required=False), contact={"city": "Olinda"}).begin().say("skip")
    assert walk.actions == (r.End(False, "Bye!"),)


def test_a_picture_is_no_answer() -> None:
    assert not Walk(question()).begin().say("").taken.fitted


@pytest.mark.parametrize(
    ("rules", "match", "path"),
    [
        ([{"field": "city", "op": "is", "value": "RECIFE"}], "all", "yes"),
        ([{"field": "city", "op": "contains", "value": "cif"}, {"field": "name", "op": "is_set"}], "all", "no"),
        ([{"field": "city", "op": "starts_with", "value": "re"}, {"field": "name", "op": "is_set"}], "any", "yes"),
        ([{"field": "age", "op": "greater", "value": "9"}], "all", "yes"),
        ([{"field": "age", "op": "less", "value": "9,5"}], "all", "no"),
        ([{"field": "day", "op": "less", "value": "2026-04-01"}], "all", "yes"),
        ([{"field": "city", "op": "greater", "value": "9"}], "all", "no"),
        ([{"field": "city", "op": "one_of", "value": "Olinda, Recífe"}], "all", "yes"),
        ([{"field": "message", "op": "contains", "value": "price"}], "all", "yes"),
        ([{"field": "name", "op": "is_not_set"}, {"field": "city", "op": "is_not", "value": "x"}], "all", "yes"),
        ([{"field": "city", "op": "not_contains", "value": "cif"}], "all", "no"),
    ],
)
def test_a_condition_parts_the_ways(rules: list[dict[str, str]], match: str, path: str) -> None:
    ends = (node("yes", "end"), node("no", "end"))
    graph = flow(node("if", "condition", rules=rules, match=match), *ends, "start if", "if true yes", "if false no")
    walk = Walk(graph, contact={"city": "Recife", "age": "12", "day": "2026-03-31"}).begin("what PRICE is it?")
    assert walk.taken.path[-1] == path


def test_a_field_is_set_from_a_template_and_a_variable_stays_in_the_flow() -> None:
    graph = flow(
        node("a", "set_field", field="flow.greeting", value="Hello {{first_name}}"),
        node("b", "set_field", field="city", value="{{flow.greeting}}, {{nothing}}of {{message}}"),
        node("c", "set_field", field="phone", value="no"),
        node("d", "message", text="{{greeting}}|{{city}}"),
        *(BYE, "start a", "a b", "b c", "c d", "d bye"),
    )
    walk = Walk(graph, contact={"name": "Bia Reis"}).begin("{{name}}")
    writes = [action for action in walk.actions if isinstance(action, r.SetField)]
    assert writes == [r.SetField("city", "Hello Biaof {{name}}")]
    assert walk.said == ["Hello Bia|Hello Biaof {{name}}"]


@pytest.mark.parametrize(("hours_open", "path"), [(True, "bye"), (False, "person")])
def test_the_opening_hours_part_the_ways(hours_open: bool, path: str) -> None:
    graph = flow(node("hours", "schedule"), BYE, PERSON, "start hours", "hours open bye", "hours closed person")
    assert Walk(graph, hours_open=hours_open).begin().taken.path[-1] == path


def test_a_pause_ends_at_its_time_and_not_before() -> None:
    graph = flow(node("wait", "wait", minutes=30), BYE, "start wait", "wait bye")
    walk = Walk(graph).begin()
    assert walk.actions == (r.Waits(MONDAY + timedelta(minutes=30)),)
    assert r.timers(walk.run, walk.context) == {"wait": MONDAY + timedelta(minutes=30)}
    assert walk.say("hello?").actions == ()
    assert walk.later(29, "wait").actions == ()
    assert walk.later(1, "wait").actions == (r.End(False, "Bye!"),)


@pytest.mark.parametrize("answers", [True, False])
def test_a_wait_for_a_reply_knows_an_answer_from_silence(answers: bool) -> None:
    node_ = node("wait", "wait", minutes=30, until_reply=True)
    walk = Walk(flow(node_, BYE, PERSON, "start wait", "wait answered bye", "wait timeout person")).begin()
    walk = walk.say("here") if answers else walk.later(30, "wait")
    assert walk.taken.path == (("bye",) if answers else ("person",))


def ai(**more: Any) -> Walk:
    data = {"goal": "Answer {{first_name}}.", **more}
    return Walk(flow(node("ai", "ai", **data), BYE, PERSON, "start ai", "ai answered bye", "ai handoff person"))


def test_the_ai_is_asked_and_its_answer_is_not_said_again() -> None:
    walk = ai().begin()
    assert walk.actions == (r.AskAi("Answer.", "ai"),)
    assert walk.run is not None
    assert walk.run.waiting == "ai"
    assert walk.hear(r.AiOutcome("answered", "We are open.")).actions == (r.End(False, "Bye!"),)


def test_the_ai_answers_as_often_as_it_may() -> None:
    walk = ai(max_turns=2).begin().hear(r.AiOutcome("answered"))
    assert walk.run is not None
    assert walk.run.waiting == "reply"
    assert walk.say("and on Sunday?").actions == (r.AskAi("Answer.", "ai"),)
    assert walk.hear(r.AiOutcome("answered")).run is None


def test_a_new_word_while_the_ai_thinks_asks_it_again() -> None:
    assert ai().begin().say("I mean today").actions == (r.AskAi("Answer.", "ai"),)


def test_the_ai_asks_for_a_person() -> None:
    walk = ai(on_handoff="I will ask.").begin().hear(r.AiOutcome("handoff", "no idea"))
    assert walk.said == ["I will ask."]
    assert walk.taken.path == ("person",)
    last = walk.actions[-1]
    assert isinstance(last, r.HandOff)
    assert "AI: no idea" in last.summary
    assert "no idea" not in walk.taken.why


def test_an_ai_that_never_answers_leaves_the_customer_to_a_person() -> None:
    walk = Walk(flow(node("ai", "ai", goal="x"), BYE, "start ai", "ai answered bye")).begin()
    walk.later(AI_PATIENCE.total_seconds() / 60, "wait")
    assert isinstance(walk.actions[-1], r.HandOff)


def test_an_outcome_that_nobody_waits_for_changes_nothing() -> None:
    walk = Walk(menu()).begin()
    before = walk.run
    assert walk.hear(r.AiOutcome("answered")).run == before


def test_an_answer_of_the_ai_counts_once() -> None:
    walk = ai(max_turns=2).begin().hear(r.AiOutcome("answered"))
    assert walk.hear(r.AiOutcome("answered")).actions == ()
    assert walk.run is not None
    assert walk.run.turns == 1


def test_an_end_may_resolve() -> None:
    graph = flow(node("done", "end", text="Bye {{first_name}}", resolve=True), "start done")
    assert Walk(graph, contact={"first_name": "Bia"}).begin().actions == (r.End(True, "Bye Bia"),)


# -- understood everywhere --------------------------------------------------------------------------------------------

WAITING = {
    "menu": menu(),
    "question": question(),
    "number": question(kind="number"),
    "pause": flow(node("wait", "wait", minutes=9), BYE, "start wait", "wait bye"),
    "ai": ai().graph,
}


@pytest.mark.parametrize("where", WAITING)
@pytest.mark.parametrize(
    "word",
    [
        "atendente",
        "Humano!",
        "quero falar com uma pessoa",
        "talk to a human please",
        "agent",
        "hablar con una persona",
        "oi, pode me passar? queria um atendente",
        "No, quiero hablar con alguien",
        "não sei, falar com alguém",
    ],
)
def test_a_person_can_be_asked_for_wherever_the_flow_waits(where: str, word: str) -> None:
    walk = Walk(WAITING[where], locale="pt-BR").begin().say(word)
    assert walk.run is None
    assert isinstance(walk.actions[-1], r.HandOff)
    assert "asked for a person" in walk.taken.why
    assert "O cliente pediu" in walk.actions[-1].summary


@pytest.mark.parametrize("word", ["não quero falar com atendente", "I don't want to talk to a human", "uma pessoa só"])
def test_other_words_about_persons_are_answers(word: str) -> None:
    assert Walk(question()).begin().say(word).actions[0] == r.SetField("city", word)


@pytest.mark.parametrize("where", WAITING)
@pytest.mark.parametrize("word", ["menu", "Reiniciar", "start over", "Início", "volver al inicio"])
def test_beginning_again_can_be_asked_for_wherever_the_flow_waits(where: str, word: str) -> None:
    walk = Walk(WAITING[where]).begin().say(word)
    assert walk.run is not None
    assert walk.taken.path[0] == "start"
    assert walk.run.fields == {}


def test_an_option_may_use_such_a_word_itself() -> None:
    options = [{"id": "a", "label": "Ver o menu"}, {"id": "b", "label": "Falar com atendente"}]
    graph = flow(node("m", "menu", text="?", options=options), BYE, PERSON, "start m", "m a bye", "m b person")
    assert Walk(graph).begin().say("menu").taken.path == ("bye",)
    assert Walk(graph).begin().say("atendente").taken.path == ("person",)
    assert "asked for a person" in Walk(graph).begin().say("quero falar com alguém sobre o menu").taken.why


# -- silence ----------------------------------------------------------------------------------------------------------


def test_silence_is_reminded_once_and_then_closed() -> None:
    settings = {"reprompt_after_minutes": 10, "close_after_minutes": 30, "close_conversation_on_timeout": True}
    walk = Walk(menu(), reprompt_message="Are you there?", **settings).begin()
    assert r.timers(walk.run, walk.context) == {"reprompt": MONDAY + timedelta(minutes=10)}
    assert walk.later(10, "reprompt").said == ["Are you there?\n\n1. Vendas\n2. Suporte técnico"]
    assert walk.run is not None
    assert walk.run.timers == {"close": MONDAY + timedelta(minutes=40)} == r.timers(walk.run, walk.context)
    assert walk.hear(r.Woke("reprompt")).actions == ()
    assert walk.later(30, "close").actions == (r.End(True),)


def test_an_answer_begins_the_silence_anew() -> None:
    walk = Walk(menu(), reprompt_after_minutes=10, close_after_minutes=30).begin().later(10, "reprompt").say("bananas")
    assert walk.run is not None
    assert walk.run.timers == {"reprompt": MONDAY + timedelta(minutes=20)}


def test_without_a_reminder_closing_counts_from_the_question() -> None:
    walk = Walk(question(), close_after_minutes=30).begin()
    assert walk.later(30, "close").actions == (r.End(False),)


def test_without_settings_a_flow_waits_for_good() -> None:
    walk = Walk(question()).begin()
    assert r.timers(walk.run, walk.context) == {}
    assert r.timers(None, walk.context) == {}


def test_silence_goes_on_by_timeout_where_there_is_a_way() -> None:
    graph = flow(
        node("ask", "capture", text="?", field="city"), BYE, PERSON, "start ask", "ask bye", "ask timeout person"
    )
    assert Walk(graph, close_after_minutes=5).begin().later(5, "close").taken.path == ("person",)


def test_a_silent_customer_of_the_ai_is_reminded_too() -> None:
    walk = Walk(ai(max_turns=3).graph, reprompt_after_minutes=5).begin().hear(r.AiOutcome("answered"))
    assert walk.later(5, "reprompt").said == ["Are you still there?"]


# -- whatever happens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "graph", [Graph(), flow(), flow("start nowhere"), flow(node("a", "message", text="x"), "start a", "a a")]
)
def test_a_graph_that_leads_nowhere_leads_to_a_person(graph: Graph) -> None:
    walk = Walk(graph).begin()
    assert walk.run is None
    assert isinstance(walk.actions[-1], r.HandOff)
    assert len(walk.taken.path) <= MAX_NODES_A_STEP


@pytest.mark.spec(162)
def test_a_run_whose_step_is_gone_begins_again_at_the_next_word() -> None:
    walk = Walk(menu(), close_after_minutes=5).begin()
    walk.graph = question()
    assert walk.say("1").said == ["Which city?"]


def test_a_timer_of_a_step_that_is_gone_leads_to_a_person() -> None:
    walk = Walk(menu(), close_after_minutes=5).begin()
    walk.graph = question()
    assert isinstance(walk.later(5, "close").actions[-1], r.HandOff)


def test_a_run_is_plain_data() -> None:
    walk = Walk(question(kind="choice", options=["a", "b"]), close_after_minutes=5).begin()
    assert msgspec.json.decode(msgspec.json.encode(walk.run), type=r.Run) == walk.run
    for action in walk.actions:
        assert msgspec.json.decode(msgspec.json.encode(action), type=r.Action) == action


def test_every_step_says_why() -> None:
    walk = Walk(menu()).begin()
    assert "waits for an answer" in walk.taken.why
    assert "number 2" in walk.say("2").taken.why
