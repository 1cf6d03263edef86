"""What must hold whatever happens: customers, agents, timers, late AI answers and restarts in any order, over random
settings. After every step the invariants of the house's order are looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.actors.given import NOON, Given, greeting, house, replay, targets
from tests.actors.test_automation import RECEPTION, REPLIED, TRIAL, USAGE
from tests.actors.test_conversation import ANA, PEER, text
from tests.fault.fold import Folded

from plixa.actors.ai.values import HandedOff
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.sla import Clock
from plixa.actors.conversation.view import iso, show
from plixa.actors.gateway import MessageSeen
from plixa.actors.hours import hours_of, is_open
from plixa.actors.workspace.configs.ai import AiConfig
from plixa.actors.workspace.configs.business_hours import BusinessHours, Day
from plixa.actors.workspace.configs.csat import CsatConfig
from plixa.actors.workspace.configs.inbox import InboxConfig
from plixa.actors.workspace.flows import Flow
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, TimerFired
from plixa.engine.events import Event, Recorded

WORDS = ("oi", "1", "2", "quanto custa?", "falar com uma pessoa", "menu", "5", "obrigado", "")
OPEN = [Day("09:00", "18:00", True)] * 7
AUTOMATIC = ("system", "flow", "ai")


def with_timers(flow: Flow) -> Flow:
    """The reception, with a reminder and an end."""
    return msgspec.structs.replace(
        flow, reprompt_after_minutes=10, close_after_minutes=60, close_conversation_on_timeout=True
    )


class House(RuleBasedStateMachine):
    """One conversation of a house with any settings."""

    @initialize(
        flow=st.booleans(),
        ai=st.booleans(),
        welcome=st.booleans(),
        closed_message=st.booleans(),
        survey=st.booleans(),
        auto_close=st.booleans(),
        delay=st.sampled_from((0, 5, 300)),
    )
    def begin(self, **on: Any) -> None:
        """Choose the settings."""
        self.conversation = Given(
            CONVERSATION,
            CONVERSATION.initial(9),
            house(
                **TRIAL,
                flows={50: with_timers(RECEPTION)} if on["flow"] else {},
                ai=AiConfig("Uma padaria.", on["ai"]),
                welcome=greeting(delay=on["delay"])
                if on["welcome"]
                else msgspec.structs.replace(greeting(), enabled=False),
                business_hours=BusinessHours(True, "Fechado." if on["closed_message"] else None, list(OPEN), True),
                csat=CsatConfig(enabled=on["survey"], follow_up_enabled=True),
                inbox=InboxConfig(auto_close_hours=3 if on["auto_close"] else None),
                sla=targets(600, 7200),
            ),
        )
        self.log: list[Event] = []
        self.watching = Folded()
        self.keys = 0
        self.silenced = False
        self.turns: list[int] = []
        self.last_inbound = 0
        self.told_closed: list[datetime] = []

    # -- what happens -------------------------------------------------------------------------------------------------

    def _turn(self, command: Any) -> list[Event]:
        events = list(self.conversation.when(command))
        for event in events:
            self.log.append(event)
            recorded = Recorded(
                1, len(self.log), "conversation-9", len(self.log), self.conversation.at, "", None, event
            )
            if (data := show(recorded)) is not None:
                self.watching.take({"offset": len(self.log), "data": data})
        self._look_at(events)
        return events

    @rule(words=st.sampled_from(WORDS), ago=st.sampled_from((0, 0, 0, 3600)))
    def customer_writes(self, words: str, ago: int) -> None:
        """A message comes in, now and then one from long ago."""
        self.keys += 1
        at = self.conversation.at - timedelta(seconds=ago)
        seen = MessageSeen(f"K{self.keys}", PEER, False, "contact", text(words), at, push_name="Bia")
        self._turn(cmd.TakeMessage(seen=seen, contact_id=5, number_id=3))

    @precondition(lambda self: self.conversation.state.begun)
    @rule(act=st.sampled_from(("answers", "phone", "takes over", "opens", "resolves", "gives back", "gives back")))
    def a_person_acts(self, act: str) -> None:
        """On the panel, or on the phone itself."""
        match act:
            case "answers":
                self._turn(cmd.Send(author=ANA, content=text("já vejo")))
            case "phone":
                self.keys += 1
                words = text(f"do celular {self.keys}")
                seen = MessageSeen(f"P{self.keys}", PEER, True, "phone", words, self.conversation.at)
                self._turn(cmd.TakeMessage(seen=seen, contact_id=5, number_id=3))
            case "takes over":
                self._turn(cmd.TakeOver(by=7))
            case "gives back":
                self._turn(cmd.GiveBack(by=7))
            case _:
                status: Any = "open" if act == "opens" else "resolved"
                self._turn(cmd.Update(fields=("status",), status=status, by=7))

    @rule(words=st.sampled_from(WORDS))
    def customer_writes_and_waits(self, words: str) -> None:
        """As most do: a word, and then quiet for long enough."""
        self.customer_writes(words, 0)
        self.time_passes(4)

    @rule(seconds=st.sampled_from((1, 4, 60, 700, 3600, 6 * 3600)))
    def time_passes(self, seconds: int) -> None:
        """And every timer that is due on the way fires, twice: the second time must do nothing."""
        until = self.conversation.at + timedelta(seconds=seconds)
        for _ in range(200):
            due = sorted((due, name) for name, due in self.conversation.timers.items() if due <= until)
            if not due:
                break
            at, name = due[0]
            self.conversation.at = max(self.conversation.at, at)
            assert self._turn(TimerFired(name=name, due=at)), f"the timer {name} stays pending"
            if self.conversation.timers.get(name) != at:
                assert self._turn(TimerFired(name=name, due=at)) == []
        else:
            pytest.fail("timers without end")
        self.conversation.at = until

    @rule(seconds=st.sampled_from((60, 700, 3 * 3600)))
    def the_server_is_away(self, seconds: int) -> None:
        """Timers that were due meanwhile are late: whatever comes next may overtake them."""
        self.conversation.at += timedelta(seconds=seconds)

    @precondition(lambda self: bool(self.turns))
    @rule(which=st.sampled_from((0, 0, 0, 1, 2, 5)), outcome=st.sampled_from(("replied", "handed_off", "failed")))
    def an_ai_answer_comes(self, which: int, outcome: str) -> None:
        """Of any turn there ever was: most of them are late."""
        effect_id = f"ai-{self.turns[-1 - which % len(self.turns)]}"
        self._turn(EffectStarting(effect_id=effect_id))
        if outcome == "failed":
            self._turn(EffectFailed(effect_id=effect_id, reason="down", permanent=True))
            return
        value = REPLIED if outcome == "replied" else HandedOff(reason="not_grounded", usage=USAGE)
        self._turn(EffectDone(effect_id=effect_id, result={"outcome": msgspec.to_builtins(value)}))

    @precondition(lambda self: self.conversation.state.pending)
    @rule()
    def a_message_goes_out(self) -> None:
        """The outbox reports."""
        pending = self.conversation.state.pending[0]
        self._turn(EffectStarting(effect_id=f"send-{pending.id}"))
        self._turn(EffectDone(effect_id=f"send-{pending.id}", result={"key_id": f"S{pending.id}"}))

    @rule()
    def the_server_restarts(self) -> None:
        """What is in memory is what the log says, and what a snapshot brings back."""
        state = self.conversation.state
        assert replay(CONVERSATION, 9, self.log) == state
        self.conversation.state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state))
        assert self.conversation.state == state

    # -- what must hold -----------------------------------------------------------------------------------------------

    def _look_at(self, events: list[Event]) -> None:
        state, closed = self.conversation.state, self._closed()
        for event in events:
            match event:
                case ev.MessageReceived():
                    self.last_inbound = event.message_id
                case ev.AiAsked():
                    self.turns.append(event.turn_id)
                case ev.MessageEchoed() | ev.ConversationHandedOver():
                    self.silenced = True
                case ev.ConversationGivenBack() | ev.ConversationResolved() | ev.ConversationReopened():
                    self.silenced = False
                case ev.MessageQueued() if event.author.kind == "user":
                    self.silenced = True
                case ev.MessageQueued() if event.author.kind in AUTOMATIC:
                    assert not self.silenced or (event.why or "").startswith("csat"), "it spoke after a person's word"
                    if closed:
                        assert event.why == "closed_hours", f"{event.why} went out while closed"
                        assert self.conversation.at not in self.told_closed
                case ev.AiAnswered():
                    upto = next(e.upto for e in self.log if isinstance(e, ev.AiAsked) and e.turn_id == event.turn_id)
                    assert upto == self.last_inbound or state.flow is not None, "it answered what was overtaken"
                case _:
                    pass

    def _closed(self) -> bool:
        """Closed, with a message for that."""
        there = self.conversation.house
        hours = hours_of(there.business_hours, there.timezone)
        return bool(there.business_hours.message) and not is_open(hours, self.conversation.at)

    @invariant()
    def a_burst_has_one_answer(self) -> None:
        """At most one, and none once it was dropped."""
        over = [e.burst_id for e in self.log if isinstance(e, ev.AnswerGiven | ev.AnswerDropped)]
        assert len(over) == len(set(over))

    @invariant()
    def the_closed_message_goes_once(self) -> None:
        """Between two openings."""
        told = [e for e in self.log if isinstance(e, ev.ClosedTold)]
        assert len({e.until for e in told}) == len(told)

    @invariant()
    def what_is_nobodys_is_in_the_queue(self) -> None:
        """Open and unassigned, and only that."""
        state = self.conversation.state
        waits = state.begun and state.status != "resolved" and state.assigned_user_id is None
        assert (state.waiting_since is not None) == waits

    @invariant()
    def who_watches_sees_what_is(self) -> None:
        """What a live client folds, event by event, is what a fresh look shows."""
        state = self.conversation.state
        if state.begun:
            shown = self.watching.conversations[9]
            real = {
                "status": state.status,
                "mode": state.mode,
                "unread_count": state.unread_count,
                "assigned_user_id": state.assigned_user_id,
                "resolved_at": iso(state.resolved_at),
                "snoozed_until": iso(state.snoozed_until),
                "sla": {
                    kind: _clock(clock)
                    for kind, clock in (("first_response", state.first_response), ("resolution", state.resolution))
                    if clock is not None
                },
            }
            told = {name: shown.get(name) for name in real}
            assert {**told, "sla": {k: {n: v.get(n) for n in CLOCK} for k, v in (told["sla"] or {}).items()}} == real

    @invariant()
    def nothing_is_under_way_where_a_person_leads(self) -> None:
        """No turn, no burst, no flow."""
        state = self.conversation.state
        if state.mode == "human" or state.status == "resolved":
            assert (state.turn, state.burst, state.flow) == (None, None, None)


CLOCK = ("target_seconds", "due_at", "breached_at", "met_at", "running")


def _clock(clock: Clock) -> dict[str, Any]:
    times = {"due_at": iso(clock.due_at), "breached_at": iso(clock.breached_at), "met_at": iso(clock.met_at)}
    return {"target_seconds": clock.target_seconds, **times, "running": clock.running}


House.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_whatever_happens = House.TestCase


def test_noon_is_a_monday_in_the_opening_hours() -> None:
    assert is_open(hours_of(BusinessHours(True, None, list(OPEN)), "UTC"), NOON)
