"""Notices, and what comes back from the agenda: said once, understood while they can be tapped, and never an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.actors.given import NOON, Given, targets, types
from tests.actors.test_automation import CLOSED, WITH_AI, drafted, fire, fresh, said
from tests.actors.test_conversation import ANA, seen, take

from plixa.actors.ai.values import HandedOff, Replied, Usage, Wished
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.notices import REMEMBERED
from plixa.actors.conversation.speaking import LONGEST
from plixa.actors.flows.library import Flow
from plixa.actors.whatsapp.gateway import Media, MessageKind
from plixa.engine.actor import EffectFailed
from plixa.engine.errors import Invalid, NotFound

YES, NO = ("confirm", "Confirmo"), ("cancel", "Não posso")
TELL = cmd.Tell(key="a1", why="reminder", text="Amanhã às 10h.", subject="appointment-4", options=(YES, NO))
DRAWING = Media("application/pdf", 900, "fatura.pdf")
USAGE = Usage("reply/1", "small", 12, 7, 90)


def booking(service: int = 3) -> Flow:
    """It books, and says which way it left."""
    ways = ("booked", "none", "person")
    nodes: list[dict[str, Any]] = [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "b", "type": "schedule", "data": {"service_id": service, "text": "Vamos marcar."}},
        *({"id": way, "type": "end", "data": {"text": f"Fim: {way}."}} for way in ways),
    ]
    edges = [{"id": "0", "source": "s", "target": "b"}]
    edges += [{"id": way, "source": "b", "target": way, "condition": way} for way in ways]
    graph = msgspec.json.encode({"nodes": nodes, "edges": edges}).decode()
    return Flow(
        id=50, name="Agenda", version=1, versions={1: graph}, enabled=True, reprompt_after_minutes=10,
        close_after_minutes=30,
    )  # fmt: skip


def written(**settings: Any) -> Given:
    """The customer has written once."""
    conversation = fresh(**settings)
    conversation.when(take("A"))
    return conversation


def choosing() -> Given:
    """A flow waits for what the customer makes of the free times."""
    conversation = written(flows={50: booking()})
    fire(conversation, "answer")
    assert conversation.state.flow.waiting == "agenda"
    return conversation


def tell_content(events: Any) -> Any:
    return next(each.content for each in events if isinstance(each, ev.MessageQueued))


# -- telling ----------------------------------------------------------------------------------------------------------


def test_it_is_said_once_with_its_options_to_be_tapped() -> None:
    conversation = written()
    queued, told = conversation.when(TELL)
    assert isinstance(queued, ev.MessageQueued)
    assert (queued.author, queued.why, queued.queued_at) == (ev.Author("system"), "reminder", NOON)
    content = queued.content
    assert (content.kind, content.body) == (MessageKind.TEXT, "Amanhã às 10h.\n\n1. Confirmo\n2. Não posso")
    assert content.menu is not None
    assert [each.label for each in content.menu.options] == ["Confirmo", "Não posso"]
    assert told == ev.NoticeTold(key="a1", message_id=queued.message_id, subject="appointment-4", options=(YES, NO))
    assert conversation.when(TELL) == []
    assert types(conversation.when(replace(TELL, key="a2"))) == ["message.queued", "notice.told"]
    assert conversation.when(TELL) == [], "also when another came after it"


def test_what_was_told_long_ago_is_forgotten_and_not_sooner() -> None:
    conversation = written()
    for number in range(REMEMBERED):
        conversation.when(replace(TELL, key=str(number)))
    assert conversation.when(replace(TELL, key="0")) == []
    conversation.when(replace(TELL, key=str(REMEMBERED)))
    assert conversation.when(replace(TELL, key="0")) != []


@pytest.mark.parametrize("part", [{"subject": None}, {"options": ()}])
def test_nothing_is_to_be_tapped_without_a_subject_or_options(part: dict[str, Any]) -> None:
    assert tell_content(written().when(replace(TELL, **part))).menu is None


def test_a_long_one_is_cut_to_what_the_gateway_takes() -> None:
    assert len(tell_content(written().when(replace(TELL, text="a" * (LONGEST + 9)))).body) == LONGEST


def test_a_file_goes_instead_of_words_and_is_stored_where_it_is() -> None:
    conversation = written()
    events = conversation.when(replace(TELL, file=DRAWING, stored="ab" * 32, subject=None, options=()))
    assert types(events) == ["message.queued", "media.stored", "notice.told"]
    content = tell_content(events)
    assert (content.kind, content.body, content.media) == (MessageKind.DOCUMENT, None, DRAWING)
    assert events[1] == ev.MediaStored(
        message_id=conversation.state.last_message_id or 0,
        mime="application/pdf",
        bytes=900,
        sha256="ab" * 32,
        stored_as="ab" * 32,
    )
    assert types(written().when(replace(TELL, file=DRAWING))) == ["message.queued", "notice.told"]


def test_it_goes_out_while_a_person_leads_and_answers_and_opens_nothing() -> None:
    conversation = written(sla=targets(60))
    assert types(conversation.when(TELL)) == ["message.queued", "notice.told"]
    assert conversation.state.first_response.open
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert types(conversation.when(replace(TELL, key="a2"))) == ["message.queued", "notice.told"]
    assert conversation.state.status == "resolved"


def test_one_that_hands_over_says_why_to_the_people_unless_one_leads_already() -> None:
    conversation = written()
    over = replace(TELL, hands_over="Nobody may move it.")
    noted, handed = conversation.when(over)[-2:]
    assert isinstance(noted, ev.MessageNoted)
    assert (noted.content.body, noted.author) == ("Nobody may move it.", ev.Author("system"))
    assert handed == ev.ConversationHandedOver(why="Nobody may move it.")
    assert conversation.state.mode == "human"
    assert types(conversation.when(replace(over, key="a2"))) == ["message.queued", "notice.told"]


@pytest.mark.parametrize(
    "command",
    [TELL, cmd.AgendaCameBack(service_id=3, outcome="booked"), cmd.Claim(user_id=7), cmd.StartFlow(flow_id=50)],
    ids=lambda command: type(command).__name__,
)
def test_there_is_nobody_to_tell_where_nothing_has_begun_or_all_is_erased(command: Any) -> None:
    with pytest.raises(NotFound):
        fresh(flows={50: booking()}).when(command)
    erased = written(flows={50: booking()})
    erased.when(cmd.Delete())
    with pytest.raises(NotFound):
        erased.when(command)


# -- answering --------------------------------------------------------------------------------------------------------


def answers(events: Any) -> list[tuple[int, str, str]]:
    return [(each.message_id, each.subject, each.action) for each in events if isinstance(each, ev.NoticeAnswered)]


@pytest.mark.parametrize(("words", "action"), [("1", "confirm"), ("confirmo", "confirm"), ("2", "cancel")])
def test_words_choose_right_after_it_and_once(words: str, action: str) -> None:
    conversation = written()
    conversation.when(TELL)
    events = conversation.when(take("B", words))
    received = next(each for each in events if isinstance(each, ev.MessageReceived))
    assert answers(events) == [(received.message_id, "appointment-4", action)]
    assert answers(conversation.when(take("C", words))) == []


def test_words_are_none_after_something_else_was_said() -> None:
    conversation = written()
    conversation.when(TELL)
    assert answers(conversation.when(take("B", "quanto custa?"))) == []
    assert answers(conversation.when(take("C", "1"))) == []


def test_words_are_none_where_nothing_was_asked() -> None:
    conversation = written()
    conversation.when(replace(TELL, subject=None))
    assert answers(conversation.when(take("B", "1"))) == []


def test_a_tap_chooses_however_late() -> None:
    conversation = written()
    menu = tell_content(conversation.when(TELL)).menu
    conversation.when(take("B", "quanto custa?"))
    seen_tap = seen("C", "Não posso")
    tapped = replace(seen_tap, content=replace(seen_tap.content, choice=menu.options[1].id))
    events = conversation.when(cmd.TakeMessage(seen=tapped, contact_id=5, number_id=3), after=9000)
    assert [each[1:] for each in answers(events)] == [("appointment-4", "cancel")]


def test_a_choice_keeps_a_flow_awake_that_waits_for_the_agenda() -> None:
    conversation = choosing()
    conversation.when(TELL)
    before = dict(conversation.timers)
    events = conversation.when(take("B", "1"), after=300)
    stepped = events[-1]
    assert isinstance(stepped, ev.FlowStepped)
    assert (stepped.flow_id, stepped.version, stepped.path) == (50, 1, ())
    assert stepped.why == "The customer is choosing a time."
    assert conversation.state.flow.prompted_at == conversation.at
    later = {name: due - before[name] for name, due in conversation.timers.items() if name in before}
    assert set(later.values()) == {timedelta(seconds=300)}


def test_a_choice_leaves_alone_a_flow_that_waits_for_something_else() -> None:
    conversation = choosing()
    elsewhere = replace(conversation.state.flow, waiting="menu")
    conversation.state = replace(conversation.state, flow=elsewhere)
    conversation.when(TELL)
    assert "flow.stepped" not in types(conversation.when(take("B", "1")))
    assert conversation.state.flow == elsewhere


# -- what comes back from the agenda ----------------------------------------------------------------------------------


def test_the_flow_that_waits_for_it_goes_on() -> None:
    conversation = choosing()
    assert said(conversation.when(cmd.AgendaCameBack(service_id=3, outcome="booked"))) == ["Fim: booked."]
    assert conversation.state.flow is None


@pytest.mark.parametrize("outcome", ["booked", "none"])
def test_what_is_of_another_service_moves_nothing(outcome: Any) -> None:
    conversation = choosing()
    assert conversation.when(cmd.AgendaCameBack(service_id=4, outcome=outcome)) == []
    waits = replace(conversation.state.flow, waiting="menu")
    conversation.state = replace(conversation.state, flow=waits)
    assert conversation.when(cmd.AgendaCameBack(service_id=3, outcome=outcome)) == []


def test_whoever_wants_a_person_gets_one_without_any_flow() -> None:
    conversation = written()
    [handed] = conversation.when(cmd.AgendaCameBack(service_id=3, outcome="person"))
    assert isinstance(handed, ev.ConversationHandedOver)
    assert conversation.when(cmd.AgendaCameBack(service_id=3, outcome="person")) == []
    assert written().when(cmd.AgendaCameBack(service_id=3, outcome="none")) == []


# -- what comes back from the AI --------------------------------------------------------------------------------------


def asked(**settings: Any) -> Given:
    """The AI has been asked."""
    conversation = written(ai=WITH_AI, **settings)
    fire(conversation, "answer")
    assert conversation.state.turn is not None
    return conversation


@pytest.mark.parametrize(
    ("wish", "start", "day"),
    [
        (Wished(action="book", usage=USAGE, service_id=3, start="2026-03-03T10:00"), "2026-03-03T10:00", None),
        (Wished(action="list", usage=USAGE, service_id=3, start="2026-03-03"), None, "2026-03-03"),
        (Wished(action="list", usage=USAGE, service_id=3, start="amanhã"), None, None),
        (Wished(action="move", usage=USAGE, appointment_id=4, note="They asked."), None, None),
    ],
)
def test_a_wish_for_the_agenda_is_left_to_it_without_a_word(wish: Wished, start: str | None, day: str | None) -> None:
    conversation = asked()
    turn_id = conversation.state.turn.id
    events = drafted(conversation, wish)
    assert types(events) == ["answer.given", "ai.acted", "agenda.asked"]
    assert events[1] == ev.AiActed(
        turn_id=turn_id, action=wish.action, prompt_version="reply/1", model="small", tokens_in=12, tokens_out=7,
        cost_micros=90, note=wish.note,
    )  # fmt: skip
    told = events[2]
    assert (told.source, told.action, told.service_id) == ("ai", wish.action, wish.service_id)
    assert (told.start, told.day and told.day.isoformat(), told.appointment_id) == (start, day, wish.appointment_id)
    assert (conversation.state.burst, conversation.state.turn) == (None, None)


def test_an_ai_that_cannot_be_asked_leaves_it_to_a_person_with_the_reason() -> None:
    conversation = asked()
    turn = conversation.state.turn.id
    other = EffectFailed(effect_id=f"ai-{turn + 1}", reason="down", permanent=True)
    assert conversation.when(other) == []
    events = conversation.when(EffectFailed(effect_id=f"ai-{turn}", reason="down", permanent=True))
    assert events[0] == ev.AiHandedOff(
        turn_id=turn, reason="unavailable", prompt_version="none", model="none", note="down"
    )
    assert "conversation.handed_over" in types(events)
    assert conversation.state.mode == "human"


def test_what_is_closed_meanwhile_says_so_whatever_came_of_the_ai() -> None:
    conversation = asked()
    turn = conversation.state.turn.id
    conversation.workspace = fresh(ai=WITH_AI, business_hours=CLOSED).workspace
    events = conversation.when(EffectFailed(effect_id=f"ai-{turn}", reason="down", permanent=True))
    assert types(events)[0] == "ai.cancelled"
    assert said(events) == ["Estamos fechados."]


def test_what_is_resolved_wants_no_answer_any_more() -> None:
    conversation = asked()
    turn, burst = conversation.state.turn.id, conversation.state.burst.id
    why = "The conversation was resolved."
    events = conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert events[:2] == [ev.AiCancelled(turn_id=turn, why=why), ev.AnswerDropped(burst_id=burst, why=why)]
    assert (conversation.state.turn, conversation.state.burst) == (None, None)


def asking() -> Flow:
    """It asks the AI, and says by which way it left."""
    nodes: list[dict[str, Any]] = [
        {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
        {"id": "a", "type": "ai", "data": {"goal": "Responda."}},
        {"id": "y", "type": "end", "data": {"text": "Pronto."}},
        {"id": "n", "type": "end", "data": {"text": "Não deu."}},
    ]
    edges = [
        {"id": "0", "source": "s", "target": "a"},
        {"id": "1", "source": "a", "target": "y", "condition": "answered"},
        {"id": "2", "source": "a", "target": "n", "condition": "handoff"},
    ]
    graph = msgspec.json.encode({"nodes": nodes, "edges": edges}).decode()
    return Flow(id=50, name="IA", version=1, versions={1: graph}, enabled=True)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Replied(text="Custa 30.", sources=("faq:1",), usage=USAGE), ["Custa 30.", "Pronto."]),
        (HandedOff(reason="unavailable", usage=USAGE), ["Não deu."]),
        (Wished(action="mine", usage=USAGE), ["Pronto."]),
    ],
)
def test_a_flow_that_asked_the_ai_goes_on_by_what_came_of_it(outcome: Any, words: list[str]) -> None:
    conversation = asked(flows={50: asking()})
    assert conversation.state.turn.goal == "Responda."
    assert said(drafted(conversation, outcome)) == words
    assert conversation.state.flow is None


def test_a_flow_that_asked_and_is_gone_says_nothing_more() -> None:
    conversation = asked(flows={50: asking()})
    conversation.workspace = fresh(ai=WITH_AI).workspace
    assert said(drafted(conversation, Replied(text="Custa 30.", sources=("faq:1",), usage=USAGE))) == ["Custa 30."]


# -- starting one by hand ---------------------------------------------------------------------------------------------


def test_a_flow_is_started_by_hand_whoever_led_and_opens_what_was_resolved() -> None:
    conversation = written(flows={50: booking(), 51: Flow(id=51, name="Neu")})
    conversation.when(cmd.Send(author=ANA, content=seen("x").content))
    assert conversation.state.mode == "human"
    events = conversation.when(cmd.StartFlow(flow_id=50))
    assert said(events) == ["Vamos marcar."]
    assert conversation.state.mode == "flow"
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert types(conversation.when(cmd.StartFlow(flow_id=50)))[0] == "conversation.reopened"
    for unknown in (51, 52):
        with pytest.raises(Invalid) as refused:
            conversation.when(cmd.StartFlow(flow_id=unknown))
        assert "flow_id" in (refused.value.details or {})
