"""What was decided with a message goes along in its event. That it leads to the same state and effects whatever is
decided is held in `Given.when`, for every turn of every test here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec
import pytest
from tests.actors.given import NOON
from tests.kinds import workspace

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.packing import packed
from plixa.actors.conversation.view import show
from plixa.actors.flows.library import Flow
from plixa.actors.flows.run import Run
from plixa.actors.flows.templates import template
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.engine.actor import EffectDone, EffectStarting, Moment, TimerFired
from plixa.engine.events import Event, Recorded
from plixa.storage.eventlog.codec import decode_event, encode_event

PEER = Peer("5511999990000", None, "5511999990000@s.whatsapp.net")
KEY, STREAM = bytes(32), "conversation-9"


def _reception() -> Any:
    text = msgspec.json.encode(template("reception", "pt-BR")).decode()
    flow = Flow(id=50, name="Recepção", version=1, versions={1: text}, draft=text, enabled=True)
    return workspace(id=1, name="Padaria", flows={50: flow}, trial_ends_at=NOON + timedelta(days=9))


class Chat:
    """A customer and the reception; `decided` holds each turn as it was decided, `kept` as it is kept."""

    def __init__(self) -> None:
        self.state: Any = CONVERSATION.initial(9)
        self.decided: list[Event] = []
        self.kept: list[Event] = []
        self._ids, self._house, self.at = count(100), _reception(), NOON

    def turn(self, command: Any) -> None:
        events = CONVERSATION.decide(self.state, command, Moment(self.at, self._ids, self._house))
        self.decided += events
        for event in packed(events):
            self.kept.append(event)
            self.state = CONVERSATION.evolve(self.state, event)

    def answered(self, text: str) -> None:
        """They write, the flow answers, it goes out."""
        self.at += timedelta(minutes=1)
        content = Content(MessageKind.TEXT, text, "conversation")
        seen = MessageSeen(f"K{self.at.minute}", PEER, False, "contact", content, self.at)
        self.turn(cmd.TakeMessage(seen=seen, contact_id=5, number_id=3))
        due = CONVERSATION.timers(self.state)["answer"]
        self.at = due
        self.turn(TimerFired(name="answer", due=due))
        [pending] = self.state.pending
        self.turn(EffectStarting(effect_id=f"send-{pending.id}"))
        self.turn(EffectDone(effect_id=f"send-{pending.id}", result={"key_id": f"OUT{pending.id}"}))


@pytest.fixture
def chat() -> Chat:
    found = Chat()
    for text in ("oi", "1", "Bia Souza"):
        found.answered(text)
    return found


def _types(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]


def test_a_message_that_a_flow_answers_leaves_four_events_of_seven() -> None:
    chat = Chat()
    chat.answered("oi")
    chat.kept.clear()
    chat.decided.clear()
    chat.answered("nada")
    assert _types(chat.kept) == ["message.received", "message.queued", "message.sending", "message.sent"]
    assert len(chat.decided) == 7
    parts = [part for event in chat.kept for part in event.stands_for()]
    assert parts == chat.decided


def test_what_is_pushed_is_the_same_in_fewer_frames(chat: Chat) -> None:
    def folded(events: Sequence[Event]) -> tuple[Any, Any, Any]:
        messages, conversation, activities = dict[int, Any](), dict[str, Any](), list[Any]()
        for event in events:
            shown = show(Recorded(1, 1, STREAM, 1, NOON, "system", "test", event)) or {}
            if message := shown.get("message"):
                messages[message["id"]] = {**messages.get(message["id"], {}), **message}
            conversation |= shown.get("conversation", {})
            activities += [shown["activity"]] if "activity" in shown else []
        return messages, conversation, activities

    assert folded(chat.kept) == folded(chat.decided)


def test_where_a_flow_stands_is_sealed_and_erased_with_the_words(chat: Chat) -> None:
    for event in chat.kept:
        data = encode_event(event, KEY if event.personal else None, STREAM)
        assert "Bia" not in data
        back = msgspec.json.decode(data)
        assert decode_event(event.type, 1, dict(back), KEY, STREAM) == event
        erased = decode_event(event.type, 1, dict(back), None, STREAM)
        assert "Bia" not in str(erased.stands_for())
        if isinstance(event, ev.MessageQueued) and event.step is not None:
            assert isinstance(erased, ev.MessageQueued)
            assert (erased.run, erased.step) == (None, event.step)


AT = NOON
RECEIVED = ev.MessageReceived(
    message_id=1, key_id="K", sent_at=AT, unread_count=1, content=Content(MessageKind.TEXT, "oi", "conversation")
)
PLANNED = ev.AnswerPlanned(burst_id=1, upto=1, began_at=AT, due=AT, text="oi")
GIVEN = ev.AnswerGiven(burst_id=1, by="flow", why="It leads.", at=AT)
QUEUED = ev.MessageQueued(queued_at=AT, message_id=2, author=ev.Author("flow", 50, "A"), why="flow:50")
RUN = Run(flow_id=50, version=1, node_id="s", started_at=AT)
STEPPED = ev.FlowStepped(flow_id=50, version=1, path=("s",), why="It begins.", run=RUN)
HANDED = ev.ConversationHandedOver(why="It says so.")


@pytest.mark.parametrize(
    ("events", "kept"),
    [
        ([RECEIVED, PLANNED], ["message.received"]),
        ([RECEIVED, ev.WelcomePlanned(due=AT, delay_seconds=0), PLANNED], ["message.received", "welcome.planned"]),
        ([GIVEN, QUEUED, STEPPED], ["message.queued"]),
        ([GIVEN, QUEUED, ev.SlaMet(clock="first_response", met_at=AT), STEPPED], ["message.queued", "sla.met"]),
        ([STEPPED], ["flow.stepped"]),
        ([QUEUED, HANDED, STEPPED], ["message.queued", "conversation.handed_over", "flow.stepped"]),
        ([PLANNED, RECEIVED], ["answer.planned", "message.received"]),
    ],
)
def test_only_what_stands_in_nobodys_way_goes_along(events: list[Event], kept: list[str]) -> None:
    assert _types(packed(events)) == kept


@pytest.mark.parametrize(
    "planned", [{"text": "something else"}, {"upto": 7}, {"text": "oi", "choice": None, "upto": 2}]
)
def test_a_plan_for_other_words_stays_by_itself(planned: dict[str, Any]) -> None:
    other = msgspec.structs.replace(PLANNED, **planned)
    assert packed([RECEIVED, other]) == [RECEIVED, other]


def test_two_steps_of_a_flow_are_two() -> None:
    assert _types(packed([QUEUED, STEPPED, STEPPED])) == ["message.queued", "flow.stepped"]
