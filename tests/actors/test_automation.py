"""The order of the house: who speaks first, and what silences what."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from tests.actors.given import NOON, Given, greeting, house, targets, types
from tests.actors.test_conversation import ANA, take, text

from plixa.actors.ai.config import AiConfig
from plixa.actors.ai.values import HandedOff, Replied, Usage
from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.conversation import automation, commands as cmd, events as ev, flowing
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.flows.library import Flow
from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.hours.closures import Closure
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.actors.workspace.regional import Regional
from plixa.engine.actor import EffectDone, EffectStarting, TimerFired
from plixa.engine.ports import EffectMark

USAGE = Usage("reply/1", "embedded")
GRAPH = {
    "nodes": [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {
            "id": "m",
            "type": "menu",
            "data": {
                "text": "Como posso ajudar?",
                "options": [{"id": "a", "label": "Preços"}, {"id": "b", "label": "Pessoa"}],
            },
        },
        {"id": "p", "type": "end", "data": {"text": "O bolo custa 30 reais.", "resolve": False}},
        {"id": "h", "type": "handoff", "data": {"text": "Já chamo alguém."}},
    ],
    "edges": [
        {"id": "1", "source": "s", "target": "m"},
        {"id": "2", "source": "m", "target": "p", "condition": "a"},
        {"id": "3", "source": "m", "target": "h", "condition": "b"},
    ],
}
RECEPTION = Flow(id=50, name="Recepção", version=1, versions={1: msgspec.json.encode(GRAPH).decode()}, enabled=True)
CLOSED = BusinessHours(True, "Estamos fechados.", [Day("09:00", "18:00", False)] * 7)
WITH_AI = AiConfig("Uma padaria.", True)
TRIAL = {"trial_ends_at": NOON + timedelta(days=9)}
QUIET = InboxConfig(quiet_seconds=2.5)


def fresh(**settings: Any) -> Given:
    """A conversation that nobody has written in."""
    return Given(CONVERSATION, CONVERSATION.initial(9), house(**TRIAL, **settings))


def fire(conversation: Given, name: str) -> list[Any]:
    """The timer of this name, at its time."""
    due: datetime = conversation.timers[name]
    conversation.at = max(conversation.at, due)
    return list(conversation.when(TimerFired(name=name, due=due)))


def reply(body: str) -> cmd.Send:
    """Ana answers."""
    return cmd.Send(author=ANA, content=text(body))


def said(events: Any) -> list[str]:
    """What goes out, in order."""
    return [event.content.body for event in events if isinstance(event, ev.MessageQueued)]


def drafted(conversation: Given, outcome: Any) -> list[Any]:
    """The AI's outcome for the turn under way."""
    effect_id = f"ai-{conversation.state.turn.id}"
    conversation.when(EffectStarting(effect_id=effect_id))
    return list(conversation.when(EffectDone(effect_id=effect_id, result={"outcome": msgspec.to_builtins(outcome)})))


REPLIED = Replied(text="Custa 30 reais.", sources=("faq:1",), usage=USAGE)


def test_nothing_is_planned_where_nothing_could_answer() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    assert conversation.timers == {}


@pytest.mark.spec(160)
def test_a_burst_gets_one_answer_once_the_customer_is_quiet() -> None:
    conversation = fresh(flows={50: RECEPTION}, inbox=QUIET)
    conversation.when(take("A", "oi"))
    conversation.when(take("B", "tudo bem?"), after=1)
    assert conversation.timers == {"answer": conversation.at + timedelta(seconds=2.5)}
    events = fire(conversation, "answer")
    assert said(events) == ["Como posso ajudar?\n\n1. Preços\n2. Pessoa"]
    assert conversation.state.mode == "flow"
    assert "answer" not in conversation.timers
    conversation.when(take("C", "1"), after=5)
    assert said(fire(conversation, "answer")) == ["O bolo custa 30 reais."]
    assert conversation.state.flow is None


@pytest.mark.spec(160)
def test_a_flow_hands_over_with_a_summary_and_is_silent_from_then_on() -> None:
    conversation = fresh(flows={50: RECEPTION}, ai=WITH_AI)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    conversation.when(take("B", "quero falar com uma pessoa"))
    events = fire(conversation, "answer")
    notes = [event.content.body for event in events if isinstance(event, ev.MessageNoted)]
    assert len(notes) == 1
    assert conversation.state.mode == "human"
    assert types(conversation.when(take("C", "alô?"))) == ["message.received"]
    assert conversation.timers == {}


@pytest.mark.spec(102)
def test_closed_hours_answer_instead_of_everything_else_and_only_once() -> None:
    conversation = fresh(business_hours=CLOSED, ai=WITH_AI, flows={50: RECEPTION}, welcome=greeting())
    conversation.when(take("A", "oi"))
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]
    conversation.when(take("B", "oi?"), after=60)
    assert said(fire(conversation, "answer")) == []
    assert conversation.state.turn is None
    assert conversation.state.welcome_due is None


def test_a_flow_comes_before_the_ai_and_the_ai_before_nothing() -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "quanto custa o bolo?"))
    assert types(fire(conversation, "answer")) == ["ai.asked"]
    assert conversation.queued()[-1] == f"ai-{conversation.state.turn.id}"
    events = drafted(conversation, REPLIED)
    assert said(events) == ["Custa 30 reais."]
    assert conversation.state.mode == "ai"
    assert conversation.state.burst is None


def test_an_answer_drafted_before_a_newer_message_is_never_sent() -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "quanto custa o bolo?"))
    fire(conversation, "answer")
    turn = conversation.state.turn.id
    events = conversation.when(take("B", "de chocolate"))
    assert "ai.cancelled" in types(events)
    assert EffectMark(f"ai-{turn}", "cancelled") in conversation.effects
    late = EffectDone(effect_id=f"ai-{turn}", result={"outcome": msgspec.to_builtins(REPLIED)})
    assert said(conversation.when(late)) == []
    fire(conversation, "answer")
    assert conversation.state.burst.texts == ("quanto custa o bolo?", "de chocolate")
    assert said(drafted(conversation, REPLIED)) == ["Custa 30 reais."]


@pytest.mark.parametrize("speak", [reply("olá"), cmd.TakeOver(by=7)])
def test_a_persons_word_silences_what_was_under_way(speak: Any) -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    events = conversation.when(speak)
    assert "ai.cancelled" in types(events)
    assert conversation.timers == {}
    assert types(conversation.when(take("B", "e aí?"))) == ["message.received"]
    conversation.when(cmd.GiveBack(by=7))
    conversation.when(take("C", "e o preço?"))
    assert "answer" in conversation.timers


PERSON = "One moment, a person of our team will take over."
SAYS = HandedOff(reason="not_grounded", usage=USAGE, note="No FAQ says this.")
LOOPS = HandedOff(reason="loop", usage=USAGE)


@pytest.mark.parametrize(
    ("own", "outcome", "words"),
    [
        (None, SAYS, [PERSON]),
        ("Já vem alguém!", SAYS, ["Já vem alguém!"]),
        ("", SAYS, []),
        (None, LOOPS, []),  # it would only be answered again
    ],
)
def test_what_the_ai_leaves_to_a_person_is_told_to_the_customer(
    own: str | None, outcome: HandedOff, words: list[str]
) -> None:
    conversation = fresh(ai=AiConfig("Uma padaria.", True, own))
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    events = drafted(conversation, outcome)
    assert said(events) == words
    assert ("answer.given" in types(events)) == bool(words)
    assert (conversation.state.burst, conversation.state.mode) == (None, "human")


def test_a_hand_off_is_told_in_the_workspaces_language_and_meets_no_clock() -> None:
    conversation = fresh(ai=WITH_AI, regional=Regional(locale="pt-BR"), sla=targets(first_response=600))
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    assert said(drafted(conversation, SAYS)) == ["Um momento, uma pessoa da nossa equipe vai continuar o atendimento."]
    assert conversation.state.first_response.open


def test_nobody_is_promised_a_person_while_the_house_is_closed() -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    conversation.workspace = house(**TRIAL, ai=WITH_AI, business_hours=msgspec.structs.replace(CLOSED, message=None))
    assert said(drafted(conversation, SAYS)) == []
    assert conversation.state.mode == "human"


def test_what_the_ai_leaves_to_a_person_leaves_a_note_for_them() -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    events = drafted(conversation, SAYS)
    assert [e.content.body for e in events if isinstance(e, ev.MessageNoted)] == [
        "The AI left this to a person: No FAQ says this."
    ]
    assert conversation.state.mode == "human"


def test_the_greeting_goes_in_front_of_the_first_answer() -> None:
    conversation = fresh(ai=WITH_AI, welcome=greeting("Olá!"))
    conversation.when(take("A", "quanto custa?"))
    assert set(conversation.timers) == {"answer"}
    fire(conversation, "answer")
    assert conversation.timers == {}
    assert said(drafted(conversation, REPLIED)) == ["Olá!", "Custa 30 reais."]


@pytest.mark.parametrize(("own", "more"), [(None, [PERSON]), ("", [])])
def test_the_greeting_goes_in_front_of_a_hand_off_too(own: str | None, more: list[str]) -> None:
    conversation = fresh(ai=AiConfig("Uma padaria.", True, own), welcome=greeting("Olá!"))
    conversation.when(take("A", "quanto custa?"))
    fire(conversation, "answer")
    events = drafted(conversation, HandedOff(reason="asked_for_person", usage=USAGE))
    assert said(events) == ["Olá!", *more]
    assert conversation.state.mode == "human"


def test_what_was_caught_up_on_is_not_answered_by_itself() -> None:
    conversation = fresh(ai=WITH_AI, welcome=greeting())
    conversation.when(take("A", ago=3600))
    assert conversation.timers == {}


@pytest.mark.spec(106)
@pytest.mark.spec(107)
def test_the_survey_takes_its_answers_and_leaves_the_conversation_resolved() -> None:
    conversation = fresh(csat=CsatConfig(enabled=True, follow_up_enabled=True), ai=WITH_AI)
    conversation.when(take("A", "oi"))
    conversation.when(reply("olá"))
    events = conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert said(events) == ["How would you rate our service, from 1 (very bad) to 5 (excellent)?"]
    events = conversation.when(take("B", "2"), after=60)
    assert said(events) == ["We are sorry it was not better. What could we have done differently?"]
    events = conversation.when(take("C", "demorou muito"), after=60)
    assert said(events) == ["Thank you for your feedback!"]
    assert (conversation.state.survey.rating, conversation.state.survey.comment) == (2, "demorou muito")
    assert conversation.state.status == "resolved"
    assert conversation.timers == {}
    events = conversation.when(take("D", "quero marcar outra vez"), after=60)
    assert "conversation.reopened" in types(events)
    assert conversation.state.episode == 2


def test_a_sticker_does_not_end_the_survey_and_a_remark_beside_the_rating_is_kept() -> None:
    conversation = fresh(csat=CsatConfig(enabled=True, follow_up_enabled=True))
    conversation.when(take("A", "oi"))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    sticker = take("B")
    content = Content(MessageKind.STICKER, None, "stickerMessage")
    sticker = msgspec.structs.replace(sticker, seen=msgspec.structs.replace(sticker.seen, content=content))
    events = conversation.when(sticker, after=60)
    assert said(events) == ["Please answer with a number from 1 (very bad) to 5 (excellent)."]
    events = conversation.when(take("C", "2. Demorou demais"), after=60)
    assert said(events) == ["Thank you for your feedback!"]
    assert (conversation.state.survey.rating, conversation.state.survey.comment) == (2, "Demorou demais")
    assert (conversation.state.survey.stage, conversation.state.status) == ("done", "resolved")


def test_a_new_request_after_the_survey_question_reopens() -> None:
    conversation = fresh(csat=CsatConfig(enabled=True))
    conversation.when(take("A", "oi"))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    events = conversation.when(take("B", "preciso de 2 pães para amanhã"), after=60)
    assert types(events) == ["csat.ended", "conversation.reopened", "message.received"]


def test_an_answer_to_the_survey_is_a_word_too_where_a_message_was_meant_for_silence() -> None:
    conversation = fresh(csat=CsatConfig(enabled=True))
    conversation.when(take("A", "oi"))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    later = cmd.Schedule(due=conversation.at + timedelta(hours=1), author=ANA, content=text("Ainda aí?"))
    conversation.when(later)
    events = conversation.when(take("B", "5"), after=60)
    assert "message.unscheduled" in types(events)
    assert conversation.timers == {}


def test_silence_after_our_word_resolves_where_the_house_wants_that() -> None:
    conversation = fresh(inbox=InboxConfig(auto_close_hours=24))
    conversation.when(take("A", "oi"))
    conversation.when(reply("olá"))
    assert conversation.timers == {"close": NOON + timedelta(hours=24)}
    conversation.when(take("B", "obrigado"))
    assert conversation.timers == {}
    conversation.when(reply("de nada"))
    fire(conversation, "close")
    assert conversation.state.status == "resolved"


def test_a_scheduled_message_is_dropped_if_the_customer_writes_first() -> None:
    conversation = fresh()
    conversation.when(take("A", "oi"))
    content = reply("lembrete").content
    due = NOON + timedelta(hours=2)
    conversation.when(cmd.Schedule(due=due, author=ev.Author("user", 7), content=content))
    assert list(conversation.timers.values()) == [due]
    assert "message.unscheduled" in types(conversation.when(take("B", "voltei")))
    assert conversation.timers == {}


def test_a_scheduled_message_goes_out_in_its_time() -> None:
    conversation = fresh()
    conversation.when(take("A", "oi"))
    due = NOON + timedelta(hours=2)
    conversation.when(cmd.Schedule(due=due, author=ev.Author("user", 7), content=reply("lembrete").content))
    [name] = conversation.timers
    assert said(fire(conversation, name)) == ["lembrete"]
    assert conversation.timers == {}


def test_the_events_survive_the_log() -> None:
    conversation = fresh(ai=WITH_AI, flows={50: RECEPTION}, welcome=greeting())
    events = [*conversation.when(take("A", "oi")), *fire(conversation, "answer")]
    for event in events:
        again = msgspec.convert(msgspec.to_builtins(event), type(event))
        assert again == event


# -- found by attacking it --------------------------------------------------------------------------------------------


def one_step(trigger: dict[str, Any], *nodes: dict[str, Any]) -> Flow:
    """An enabled flow of these nodes in a row."""
    row = [{"id": "s", "type": "start", "data": trigger}, *nodes]
    ways = [
        {"id": str(at), "source": one["id"], "target": other["id"]} for at, (one, other) in enumerate(pairwise(row))
    ]
    graph = msgspec.json.encode({"nodes": row, "edges": ways}).decode()
    return Flow(id=51, name="Preços", version=1, versions={1: graph}, enabled=True)


BYE = {"id": "e", "type": "end", "data": {"text": "Custa 30 reais."}}


def test_a_flow_that_is_over_leads_no_more() -> None:
    conversation = fresh(flows={51: one_step({}, BYE)})
    conversation.when(take("A", "oi"))
    assert said(fire(conversation, "answer")) == ["Custa 30 reais."]
    assert (conversation.state.flow, conversation.state.mode) == (None, "idle")


def test_a_status_that_is_not_said_changes_nothing() -> None:
    conversation = fresh()
    conversation.when(take("A", "oi"))
    assert list(conversation.when(cmd.Update(fields=("status",), status=None, by=7))) == []


def test_a_button_is_not_forgotten_by_what_is_written_after_it() -> None:
    conversation = fresh(flows={50: RECEPTION}, inbox=QUIET)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    pressed = take("B", "O primeiro da lista")
    button = Content(MessageKind.TEXT, "…", "buttonsResponseMessage", choice="plixa:1:50:m:a")
    pressed = msgspec.structs.replace(pressed, seen=msgspec.structs.replace(pressed.seen, content=button))
    conversation.when(pressed)
    conversation.when(take("C", "por favor"), after=1)
    assert said(fire(conversation, "answer")) == ["O bolo custa 30 reais."]


def test_a_draft_is_not_sent_where_the_ai_was_switched_off_meanwhile() -> None:
    conversation = fresh(ai=WITH_AI)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    conversation.workspace = house(**TRIAL)
    assert said(drafted(conversation, REPLIED)) == [PERSON]
    assert (conversation.state.turn, conversation.state.mode) == (None, "human")


@pytest.mark.parametrize("flow", [RECEPTION, one_step({"trigger": "keyword", "keywords": ["menu"]}, BYE)])
def test_two_machines_that_talk_to_each_other_are_parted(flow: Flow) -> None:
    conversation = fresh(flows={flow.id: flow})
    answers = 0
    for number in range(60):
        conversation.when(take(f"K{number}", "menu"), after=3)
        answers += len(said(fire(conversation, "answer"))) if "answer" in conversation.timers else 0
    assert answers == automation.MOST_ANSWERS
    assert (conversation.state.mode, conversation.state.flow, conversation.timers) == ("human", None, {})


def test_a_greeting_that_comes_due_while_closed_is_not_sent() -> None:
    conversation = fresh(welcome=greeting(delay=300), business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi"))
    assert types(fire(conversation, "welcome")) == ["welcome.dropped"]


UNTIL_NOON = BusinessHours(True, "Estamos fechados.", [Day("09:00", "12:01", True)] * 7)
"""Open from nine to a minute past noon."""
TOMORROW = NOON.replace(hour=9) + timedelta(days=1)


def reminded_at_night() -> Given:
    """A flow whose reminder has come due while it is closed."""
    reminding = msgspec.structs.replace(RECEPTION, reprompt_after_minutes=10)
    conversation = fresh(flows={50: reminding}, business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    assert said(fire(conversation, "flow.reprompt")) == []
    return conversation


def test_a_flows_reminder_that_comes_due_while_closed_waits_until_the_house_opens() -> None:
    conversation = reminded_at_night()
    assert (conversation.state.mode, conversation.timers) == ("flow", {"flow.reprompt": TOMORROW})
    assert len(said(fire(conversation, "flow.reprompt"))) == 1
    assert conversation.at == TOMORROW
    conversation.when(take("B", "1", ago=-80_000), after=60)
    assert said(fire(conversation, "answer")) == ["O bolo custa 30 reais."]


def test_who_answers_a_flow_while_closed_is_left_to_a_person_with_what_the_flow_learnt() -> None:
    conversation = fresh(flows={50: RECEPTION}, business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    conversation.when(take("B", "1", ago=-120), after=120)
    events = fire(conversation, "answer")
    assert said(events) == ["Estamos fechados."]
    assert conversation.state.flow is None
    [told] = [event.content.body or "" for event in events if isinstance(event, ev.MessageNoted)]
    assert "The customer wrote on while we were closed." in told
    conversation.when(take("C", "alô?", ago=-180), after=60)
    assert types(fire(conversation, "answer")) == ["answer.dropped"]


def test_what_waits_for_the_house_to_open_follows_the_hours() -> None:
    conversation = reminded_at_night()
    later = msgspec.structs.replace(UNTIL_NOON, hours=[Day("11:00", "12:01", True)] * 7)
    conversation.workspace = with_hours(conversation, later)
    conversation.when(cmd.HoursChanged())
    assert conversation.timers == {"flow.reprompt": TOMORROW + timedelta(hours=2)}
    conversation.workspace = with_hours(conversation, BusinessHours(False))
    conversation.when(cmd.HoursChanged(), after=60)
    assert conversation.timers == {"flow.reprompt": conversation.at}, "a time of its own: no timer fires twice"
    assert len(said(fire(conversation, "flow.reprompt"))) == 1


def test_a_flow_in_a_house_that_does_not_open_again_is_left_to_a_person_with_a_summary() -> None:
    reminding = msgspec.structs.replace(RECEPTION, reprompt_after_minutes=10)
    conversation = fresh(flows={50: reminding})
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    conversation.workspace = with_hours(conversation, CLOSED)
    events = fire(conversation, "flow.reprompt")
    notes = [event.content.body for event in events if isinstance(event, ev.MessageNoted)]
    assert len(notes) == 1
    assert "no opening is in sight" in notes[0]
    assert said(events) == []
    assert (conversation.state.flow, conversation.state.mode) == (None, "human")


def with_hours(conversation: Given, hours: BusinessHours) -> Any:
    """Its house with other opening hours."""
    return msgspec.structs.replace(conversation.workspace, business_hours=hours)


def test_a_second_closing_is_told_although_the_first_was_to_last_longer() -> None:
    conversation = fresh(business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi", ago=-36_000), after=3600)
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]
    evening = msgspec.structs.replace(UNTIL_NOON, hours=[Day("14:00", "15:00", True)] * 7)
    conversation.workspace = with_hours(conversation, evening)
    conversation.when(cmd.HoursChanged())
    conversation.when(take("B", "ainda?", ago=-36_000), after=60)
    assert said(fire(conversation, "answer")) == [], "told already, for this closing"
    conversation.when(take("C", "e agora?", ago=-36_000), after=3 * 3600)
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]


def test_a_closing_after_an_unplanned_opening_is_told() -> None:
    conversation = fresh(business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi", ago=-36_000), after=3600)
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]
    for hours in (BusinessHours(False), UNTIL_NOON):
        conversation.workspace = with_hours(conversation, hours)
        conversation.when(cmd.HoursChanged(), after=600)
    conversation.when(take("B", "e agora?", ago=-36_000), after=60)
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]


def told_and_resolved() -> Given:
    """A customer who was told at 13:00 that the house is closed until tomorrow, in a conversation that is done."""
    conversation = fresh(business_hours=UNTIL_NOON)
    conversation.when(take("A", "oi", ago=-36_000), after=3600)
    assert said(fire(conversation, "answer")) == ["Estamos fechados."]
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7), after=60)
    return conversation


def test_a_resolved_conversation_is_told_once_too_for_as_long_as_the_house_stays_closed() -> None:
    conversation = told_and_resolved()
    conversation.when(take("B", "e agora?", ago=-36_000), after=60)
    assert said(fire(conversation, "answer")) == []
    assert conversation.state.closed_told_until == TOMORROW


def test_hours_that_changed_while_it_was_resolved_hold_when_it_is_opened_again() -> None:
    evening = msgspec.structs.replace(UNTIL_NOON, hours=[Day("14:00", "15:00", True)] * 7)
    for after, answers in ((60, []), (3 * 3600, ["Estamos fechados."])):
        conversation = told_and_resolved()
        conversation.workspace = with_hours(conversation, evening)
        conversation.when(cmd.HoursChanged())
        conversation.when(take("B", "e agora?", ago=-36_000), after=after)
        assert said(fire(conversation, "answer")) == answers
        assert conversation.state.closed_told_until == (
            TOMORROW + timedelta(hours=5) if answers else NOON.replace(hour=14)
        )


def test_a_day_that_closes_is_waited_through() -> None:
    conversation = reminded_at_night()
    closures = {1: Closure(id=1, date=TOMORROW.date())}
    conversation.workspace = msgspec.structs.replace(conversation.workspace, closures=closures)
    conversation.when(cmd.HoursChanged())
    assert conversation.timers == {"flow.reprompt": TOMORROW + timedelta(days=1)}
    conversation.workspace = msgspec.structs.replace(conversation.workspace, closures={})
    conversation.when(cmd.HoursChanged(), after=60)
    assert conversation.timers == {"flow.reprompt": TOMORROW}


def test_a_long_dialogue_at_a_persons_pace_is_no_loop() -> None:
    conversation = fresh(flows={50: RECEPTION})
    for number in range(60):
        conversation.when(take(f"K{number}", "menu", ago=-36_000), after=25)
        assert said(fire(conversation, "answer"))


def test_who_begins_by_asking_for_a_person_gets_one() -> None:
    conversation = fresh(flows={50: RECEPTION})
    conversation.when(take("A", "bom dia"))
    conversation.when(take("B", "quero falar com um atendente"))
    events = fire(conversation, "answer")
    assert said(events) == ["One moment, a person of our team will take over."]
    assert conversation.state.mode == "human"


def test_a_flow_that_is_called_by_such_a_word_begins_all_the_same() -> None:
    conversation = fresh(flows={51: one_step({"trigger": "keyword", "keywords": ["atendente"]}, BYE)})
    conversation.when(take("A", "atendente"))
    assert said(fire(conversation, "answer")) == ["Custa 30 reais."]


PLAN = CustomField(id=3, name="Plano", key="plan", type="text")
BY_PLAN = one_step({}, {"id": "e", "type": "end", "data": {"text": "Seu plano: {{plan}}."}})


def informed(conversation: Given, command: Any, **contact: str) -> list[Any]:
    """The command, by one who has looked the contact up."""
    return list(conversation.when(cmd.Informed(command=command, contact=contact)))


@pytest.mark.parametrize(("captured", "plan"), [({}, "Gold"), ({"plan": "Basic"}, "Basic")])
def test_a_flow_knows_what_is_stored_of_the_contact_and_better_what_was_learnt_here(
    captured: dict[str, str], plan: str
) -> None:
    conversation = fresh(flows={51: BY_PLAN}, custom_fields={3: PLAN})
    conversation.when(take("A", "oi"))
    conversation.given(*(ev.FieldCaptured(key=key, value=value) for key, value in captured.items()))
    conversation.at = conversation.timers["answer"]
    due = TimerFired(name="answer", due=conversation.at)
    assert said(informed(conversation, due, plan="Gold")) == [f"Seu plano: {plan}."]


def test_the_contact_is_looked_up_only_where_a_flow_may_take_a_step() -> None:
    conversation = fresh(flows={51: BY_PLAN}, custom_fields={3: PLAN}, ai=WITH_AI)
    conversation.when(take("A", "oi"))
    there, state = conversation.workspace, conversation.state
    answer = TimerFired(name="answer", due=NOON)
    assert flowing.leads_to_a_flow(state, answer, there)
    assert flowing.leads_to_a_flow(state, cmd.StartFlow(flow_id=51), there)
    off = msgspec.structs.replace(BY_PLAN, enabled=False)
    for command, elsewhere in (
        (TimerFired(name="snooze", due=NOON), there),
        (EffectDone(effect_id="ai-1", result={}), there),
        (answer, msgspec.structs.replace(there, flows={51: off})),
        (answer, msgspec.structs.replace(there, custom_fields={})),
        (answer, None),
    ):
        assert not flowing.leads_to_a_flow(state, command, elsewhere), command


MENU = {"kind": "image", "url": "https://files.example/menu.png?v=2"}


@pytest.mark.parametrize("words", ["O cardápio:", ""])
def test_a_flows_file_is_a_message_of_its_own_after_the_words(words: str) -> None:
    card = {"id": "c", "type": "message", "data": {"text": words, "media": MENU}}
    conversation = fresh(flows={51: one_step({}, card, {"id": "e", "type": "end", "data": {}})})
    conversation.when(take("A", "oi"))
    events = fire(conversation, "answer")
    queued = [event.content for event in events if isinstance(event, ev.MessageQueued)]
    assert [content.body for content in queued] == ([words] if words else []) + [None]
    assert (queued[-1].kind, queued[-1].media.file_name, queued[-1].extra) == (
        MessageKind.IMAGE,
        "menu.png",
        {"url": MENU["url"]},
    )
    assert "answer.given" in types(events)
    assert len([each for each in conversation.queued() if each.startswith("send-")]) == len(queued)


def test_a_file_that_was_fetched_to_be_sent_stays_with_us_even_if_the_echo_was_quicker() -> None:
    conversation = fresh(flows={51: one_step({}, {"id": "c", "type": "message", "data": {"media": MENU}})})
    conversation.when(take("A", "oi"))
    fire(conversation, "answer")
    send = next(each for each in conversation.queued() if each.startswith("send-"))
    conversation.when(EffectStarting(effect_id=send))
    file = {"mime": "image/png", "bytes": 9, "sha256": "ab" * 32, "stored_as": "ab" * 32}
    done = EffectDone(effect_id=send, result={"key_id": "K", "file": file})
    assert types(conversation.when(done)) == ["media.stored", "message.sent"]
    assert types(conversation.when(done)) == ["media.stored"]
