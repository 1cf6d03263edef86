"""What must hold of everything that a conversation decides, looked at turn by turn. Knows the log and the settings; has
its own idea of who leads and of what a customer has said, so that it does not believe the state it judges."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.automation import KINDS_OF_WORDS
from plixa.actors.conversation.state import Conversation
from plixa.actors.hours.opening import opening_hours
from plixa.actors.hours.week import is_open, next_opening
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, TimerFired
from plixa.engine.events import Event

AUTOMATIC = ("system", "flow", "ai")


@dataclass
class Watch:
    """The invariants. `silenced`: a person has spoken and nobody has given it back. `words`: the customer's messages
    that may be answered, by id; `asked`: for each turn of the AI, how many of them there were."""

    silenced: bool = False
    resolved: bool = False
    words: list[int] = field(default_factory=list)
    asked: dict[int, int] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    answered: int = 0
    planned_upto: int = 0
    told_closed: datetime | None = None
    fired: set[tuple[str, datetime]] = field(default_factory=set)
    silent_only: dict[int, int] = field(default_factory=dict)
    later_over: set[int] = field(default_factory=set)
    version: int | None = None
    flow_said: str = ""
    surveys: set[int] = field(default_factory=set)
    verdicts: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    greeted: int = 0

    def turn(self, command: Any, events: list[Event], state: Conversation, house: Workspace, at: datetime) -> None:
        """Judge one turn; `state` is the one after it."""
        if isinstance(command, cmd.StartFlow) and events:
            self.silenced = False  # a person gives it to a flow
        for event in events:
            self._who_leads(event)
            self._customer(event, state)
            self._said(command, event, house, at)
            self._answers(event)
            self._ai(event, house)
            self._flow(event)
            self._later(event, at)
            self._once(event, state)
        self._one_voice(command, events)
        self._its_own_turn(command, events)
        if isinstance(command, TimerFired) and events:
            key = (command.name, command.due)
            assert key not in self.fired, f"{command.name} took effect twice"
            self.fired.add(key)

    # -- who leads ----------------------------------------------------------------------------------------------------

    def _who_leads(self, event: Event) -> None:
        if isinstance(event, ev.ConversationResolved | ev.ConversationReopened):
            self.resolved = isinstance(event, ev.ConversationResolved)
        match event:
            case ev.MessageEchoed() | ev.ConversationHandedOver():
                self.silenced = True
            case ev.MessageQueued() if event.author.kind in ("user", "api"):
                self.silenced = True
            case ev.ConversationGivenBack() | ev.ConversationResolved() | ev.ConversationReopened():
                self.silenced = False
            case _:
                pass

    def _customer(self, event: Event, state: Conversation) -> None:
        if isinstance(event, ev.MessageReceived):
            assert state.status == "resolved" or state.snoozed_until is None, "it sleeps on though the customer wrote"
            if event.content.kind in KINDS_OF_WORDS:
                self.words.append(event.message_id)

    # -- what is said by itself ---------------------------------------------------------------------------------------

    def _said(self, command: Any, event: Event, house: Workspace, at: datetime) -> None:
        if not isinstance(event, ev.MessageQueued) or event.author.kind not in AUTOMATIC:
            return
        rule = (event.why or "").partition(":")[0]
        if rule == "flow" and event.content.media is None:
            self.flow_said = event.content.body or ""
        assert not self.silenced or rule == "csat", f"{rule} spoke after a person's word"
        assert not self.resolved or rule == "csat", f"{rule} spoke though it is resolved"
        hours = opening_hours(house)
        if is_open(hours, at):
            assert rule != "closed_hours", "it said that it is closed, and it is open"
        elif house.business_hours.message and not isinstance(command, cmd.StartFlow):
            assert rule == "closed_hours", f"{rule} went out while closed"
            assert self.told_closed is None or at >= self.told_closed, "it said twice that it is closed"
            self.told_closed = next_opening(hours, at)
        elif not house.business_hours.message:
            assert rule != "closed_hours", "it said that it is closed, and there is no such message"

    def hours_changed(self) -> None:
        """What was told of the next opening holds no more."""
        self.told_closed = None

    def _one_voice(self, command: Any, events: list[Event]) -> None:
        """In one turn each rule speaks once, and none without a reason to. Files may follow the words."""
        queued = [e for e in events if isinstance(e, ev.MessageQueued) and e.author.kind in AUTOMATIC]
        said = Counter((e.why or "").partition(":")[0] for e in queued if e.content.media is None)
        assert all(count == 1 for count in said.values()), f"one rule spoke more than once: {said}"
        answers = {"flow", "ai", "welcome", "handoff", "closed_hours"} & said.keys()
        given = any(isinstance(e, ev.AnswerGiven) for e in events)
        assert not answers or given or self._unasked(command), f"{answers} without a burst to answer"
        if {"flow", "ai"} <= said.keys():
            assert isinstance(command, EffectDone), "a flow and the AI answered the same words"

    @staticmethod
    def _unasked(command: Any) -> bool:
        """What may lead to words although no burst is answered by it: a timer of the flow's or of the greeting, a
        person who starts a flow, and what the AI makes of a flow's question."""
        if isinstance(command, TimerFired):
            return command.name.startswith("flow.") or command.name == "welcome"
        return isinstance(command, cmd.StartFlow | EffectDone | EffectFailed)

    def _answers(self, event: Event) -> None:
        match event:
            case ev.AnswerPlanned():
                assert event.upto == self.words[-1], "a plan that does not reach the last word"
                self.planned_upto = event.upto
            case ev.AnswerGiven() | ev.AnswerDropped():
                assert event.burst_id not in self.settled, "a burst with two ends"
                self.settled.add(event.burst_id)
                if isinstance(event, ev.AnswerGiven):
                    assert self.planned_upto == self.words[-1], "it answered what was overtaken"
                    assert len(self.words) > self.answered, "two answers, and not a word in between"
                    self.answered = len(self.words)
            case _:
                pass

    def _ai(self, event: Event, house: Workspace) -> None:
        assert house.ai.enabled or not isinstance(event, ev.AiAsked | ev.AiAnswered), "the AI is off"
        match event:
            case ev.AiAsked():
                assert not self.silenced, "the AI was asked after a person's word"
                self.asked[event.turn_id] = len(self.words)
            case ev.AiAnswered() | ev.AiHandedOff():
                assert self.asked.pop(event.turn_id) == len(self.words), "it answered what was overtaken"
            case ev.AiCancelled():
                self.asked.pop(event.turn_id)
            case _:
                pass

    @staticmethod
    def _its_own_turn(command: Any, events: list[Event]) -> None:
        if isinstance(command, EffectDone | EffectFailed) and command.effect_id.startswith("ai-"):
            taken = [e.turn_id for e in events if isinstance(e, ev.AiAnswered | ev.AiHandedOff)]
            assert taken in ([], [int(command.effect_id.removeprefix("ai-"))]), "one turn's draft answered another"

    # -- flows, and what happens once ---------------------------------------------------------------------------------

    def _flow(self, event: Event) -> None:
        if not isinstance(event, ev.FlowStepped):
            return
        assert not self.silenced or event.ended is not None, "a flow went on after a person's word"
        assert self.version in (None, event.version) or event.ended == "gone", "a run changed its version"
        self.version = None if event.run is None else event.version
        if event.version > 1 and {"bye", "menu"} & set(event.path):
            assert f"({event.version})" in self.flow_said, "a run took a step of another version"

    def _later(self, event: Event, at: datetime) -> None:
        match event:
            case ev.MessageScheduled():
                self.silent_only[event.scheduled_id] = len(self.words) if event.only_if_silent else -1
            case ev.MessageUnscheduled():
                assert event.scheduled_id not in self.later_over, "a scheduled message with two ends"
                self.later_over.add(event.scheduled_id)
                words = self.silent_only[event.scheduled_id]
                assert event.sent_as is None or words in (-1, len(self.words)), "it went out though they wrote first"
            case _:
                pass

    def _once(self, event: Event, state: Conversation) -> None:
        match event:
            case ev.SlaMet() | ev.SlaBreached() | ev.SlaWarned() | ev.SlaStopped():
                key = (state.episode, event.clock, event.type)
                self.verdicts[key] += 1
                assert self.verdicts[key] == 1, f"{key} twice"
            case ev.CsatAsked():
                assert event.episode not in self.surveys, "asked twice for one episode"
                self.surveys.add(event.episode)
            case ev.WelcomeSent():
                self.greeted += 1
                assert self.greeted == 1, "greeted twice"
            case _:
                pass
