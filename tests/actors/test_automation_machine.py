"""What must hold whatever happens: customers, people, timers, late AI answers, changed settings, crashes and restarts,
in any order, over random settings. What is looked at turn by turn is in `machine_watch.py`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.actors import machine_house as mh
from tests.actors.given import NOON, Given, replay, types
from tests.actors.machine_watch import Watch
from tests.actors.test_automation import REPLIED, USAGE
from tests.actors.test_conversation import ANA, PEER, text
from tests.fault.fold import Folded
from tests.mine import Mine, unread_to

from plixa.actors.ai.values import HandedOff
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.sla import SlaClock
from plixa.actors.conversation.view import iso, show
from plixa.actors.flows import library as flows
from plixa.actors.flows.check import problems
from plixa.actors.flows.nodes import NODE_TYPES
from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.hours.closures import Closure
from plixa.actors.hours.week import hours_of, is_open
from plixa.actors.whatsapp.gateway import Content, MessageSeen
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment, TimerFired
from plixa.engine.errors import PlixaError
from plixa.engine.events import Event, Recorded

OUTCOMES = ("replied", "replied", "handed_off", "failed")
BIA = ev.Author("user", 8, "Bia")
WORDS_OF_PEOPLE: dict[str, Callable[[House], Any]] = {
    "Ana answers": lambda _: cmd.Send(author=ANA, content=text("já vejo")),
    "Bia answers": lambda _: cmd.Send(author=BIA, content=text("oi, sou a Bia")),
    "a program answers": lambda _: cmd.Send(author=ev.Author("api", name="ERP"), content=text("pedido 12")),
    "on the phone": lambda it: it.message(text(f"do celular {it.keys}"), from_me=True),
    "takes over": lambda _: cmd.TakeOver(by=7),
    "gives back": lambda _: cmd.GiveBack(by=7),
    "gives back to all": lambda _: cmd.GiveBack(by=8),
    "opens": lambda _: cmd.Update(fields=("status",), status="open", by=7),
    "resolves": lambda _: cmd.Update(fields=("status",), status="resolved", by=7),
    "starts a flow": lambda _: cmd.StartFlow(flow_id=52),
}
INBOX_WORK: dict[str, Callable[[House], Any]] = {
    "writes a note": lambda _: cmd.AddNote(author=ANA, content=text("ligar amanhã")),
    "assigns": lambda _: cmd.Update(fields=("assigned_user_id",), assigned_user_id=8, by=7),
    "takes away": lambda _: cmd.Update(fields=("assigned_user_id",), assigned_user_id=None, by=7),
    "claims": lambda _: cmd.Claim(user_id=7),
    "labels": lambda it: cmd.Label(label_id=11, attach=11 not in it.state.labels, why="user:7"),
    "routes": lambda it: cmd.Update(fields=("sector_id",), sector_id=None if it.state.sector_id else 4, by=7),
    "snoozes": lambda it: cmd.Snooze(until=it.conversation.at + timedelta(hours=2)),
    "wakes": lambda _: cmd.Snooze(until=None),
    "schedules": lambda it: it.later(only_if_silent=True),
    "schedules whatever happens": lambda it: it.later(only_if_silent=False),
    "unschedules": lambda it: cmd.Unschedule(scheduled_id=it.state.scheduled[0].id if it.state.scheduled else 1),
    "reads": lambda _: cmd.MarkRead(user_id=7),
    "reads in person": lambda _: cmd.MarkRead(user_id=7, in_person=True),
    "another reads in person": lambda _: cmd.MarkRead(user_id=8, in_person=True),
    "the dispatcher places": lambda _: cmd.Place(user_id=8, why="Rule 1."),
    "the dispatcher queues": lambda _: cmd.Place(user_id=None, why="Nobody is there.", waits_for=8),
    **{f"absorbs one that {how}": partial(mh.absorbing, how) for how in mh.BEFORE},
}


class House(RuleBasedStateMachine):
    """One conversation of a house with any settings."""

    @initialize(**mh.SETTINGS)
    def begin(self, hour: float, **on: Any) -> None:
        """Choose the settings, and the hour: long before the house closes, just before, or at night."""
        at = NOON + timedelta(hours=hour - 12)
        self.conversation = Given(CONVERSATION, CONVERSATION.initial(9), mh.random_house(**on), at)
        self.log: list[Event] = []
        self.watching = Folded(Mine(7))
        self.watch = Watch()
        self.keys = 0
        self.turns: list[int] = []
        self.last: Any = None

    @property
    def state(self) -> Any:
        """The conversation's."""
        return self.conversation.state

    def message(self, content: Content, *, from_me: bool = False, ago: int = 0) -> cmd.TakeMessage:
        """The gateway brings a message."""
        self.keys += 1
        via: Any = "phone" if from_me else "contact"
        at = self.conversation.at - timedelta(seconds=ago)
        seen = MessageSeen(f"K{self.keys}", PEER, from_me, via, content, at, push_name="Bia")
        return cmd.TakeMessage(seen=seen, contact_id=5, number_id=3)

    def later(self, *, only_if_silent: bool) -> cmd.Schedule:
        """A message for in an hour."""
        due = self.conversation.at + timedelta(hours=1)
        return cmd.Schedule(due=due, author=ANA, content=text("lembrete"), only_if_silent=only_if_silent)

    # -- what happens -------------------------------------------------------------------------------------------------

    def _turn(self, command: Any) -> list[Event]:
        before, at, there = self.state, self.conversation.at, self.conversation.workspace
        try:
            lost = types(CONVERSATION.decide(before, command, Moment(at, count(10**6), there)))
        except PlixaError as error:
            with pytest.raises(type(error)):
                self.conversation.when(command)
            assert self.state == before
            return []
        events = list(self.conversation.when(command))
        assert types(events) == lost, "what a crash lost is not decided again in the same way"
        for event in events:
            self.log.append(event)
            recorded = Recorded(1, len(self.log), "conversation-9", len(self.log), at, "", None, event)
            if (data := show(recorded)) is not None:
                self.watching.take({"offset": len(self.log), "data": data})
        self.turns += [event.turn_id for event in events if isinstance(event, ev.AiAsked)]
        self.watch.turn(command, events, self.state, there, at)
        return events

    @rule(words=st.sampled_from(mh.WORDS), ago=st.sampled_from((0, 0, 0, 3600)))
    def customer_writes(self, words: str, ago: int) -> None:
        """A message comes in, now and then one from long ago."""
        self.last = self.message(text(words), ago=ago)
        self._turn(self.last)

    @rule(thing=st.sampled_from(tuple(mh.THINGS)))
    def customer_sends(self, thing: str) -> None:
        """Something else than words."""
        self.last = self.message(mh.THINGS[thing])
        self._turn(self.last)

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_gateway_brings_it_again(self) -> None:
        """As it does after a time-out of its own: nothing follows."""
        assert self._turn(self.last) == []

    @rule(words=st.sampled_from(mh.WORDS))
    def customer_writes_and_waits(self, words: str) -> None:
        """As most do: a word, and then quiet for long enough."""
        self.customer_writes(words, 0)
        self.time_passes(4)

    @rule(
        options=st.lists(st.sampled_from(mh.OPTIONS), min_size=1, max_size=3),
        outcome=st.sampled_from((*OUTCOMES, "")),
        publish_after=st.sampled_from((0, 1, 2, 9)),
    )
    def customer_follows_the_flow(self, options: list[str], outcome: str, publish_after: int) -> None:
        """Some do, for a while: so that flows are seen in their depth."""
        for step in range(4):
            if step == publish_after:
                self.the_house_changes("publishes")
            node = self.state.flow.node_id if self.state.flow is not None else ""
            self.customer_writes_and_waits(
                options.pop() * 9 if node == "menu" and options else mh.FITTING.get(node, "oi")
            )
            if self.state.turn is not None and outcome:
                self.an_ai_answer_comes(0, outcome)

    @precondition(lambda self: self.state.begun)
    @rule(doing=st.sampled_from(tuple(WORDS_OF_PEOPLE)))
    def a_person_speaks(self, doing: str) -> None:
        """On the panel, by a program, on the phone itself; or says who leads."""
        self._turn(WORDS_OF_PEOPLE[doing](self))

    @precondition(lambda self: self.state.begun)
    @rule(doing=st.sampled_from(tuple(INBOX_WORK)))
    def a_person_works(self, doing: str) -> None:
        """What changes nothing about who speaks."""
        self._turn(INBOX_WORK[doing](self))

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
            assert self._turn(TimerFired(name=name, due=at)) == [], f"the timer {name} took effect twice"
        else:
            pytest.fail("timers without end")
        self.conversation.at = until

    @rule(seconds=st.sampled_from((60, 700, 3 * 3600)))
    def the_server_is_away(self, seconds: int) -> None:
        """Timers that were due meanwhile are late: whatever comes next may overtake them."""
        self.conversation.at += timedelta(seconds=seconds)

    @rule(
        meanwhile=st.sampled_from(("a word", "a person", "resolved", "switched off", "closed")),
        which=st.sampled_from((0, 0, 1)),
        outcome=st.sampled_from(("replied", "replied", "replied", "failed")),
    )
    def something_overtakes_a_draft(self, meanwhile: str, which: int, outcome: str) -> None:
        """What comes while the AI is at work, and then its answer."""
        if self.state.mode == "human":
            self.a_person_speaks("gives back")
        self.customer_writes_and_waits("quanto custa?")
        if self.state.turn is None:
            return
        match meanwhile:
            case "a word":
                self.customer_writes_and_waits("ah, mais uma coisa")
            case "a person":
                self.a_person_speaks("Ana answers")
            case "resolved":
                self.a_person_speaks("resolves")
            case "switched off":
                self.the_house_changes("ai")
            case _:
                self.the_house_changes("hours")
        self.an_ai_answer_comes(which, outcome)

    @precondition(lambda self: bool(self.turns))
    @rule(which=st.sampled_from((0, 0, 0, 1, 2, 5)), outcome=st.sampled_from(OUTCOMES))
    def an_ai_answer_comes(self, which: int, outcome: str) -> None:
        """Of any turn there ever was: most of them are late."""
        effect_id = f"ai-{self.turns[-1 - which % len(self.turns)]}"
        self._turn(EffectStarting(effect_id=effect_id))
        if outcome == "failed":
            self._turn(EffectFailed(effect_id=effect_id, reason="down", permanent=True))
            return
        value = REPLIED if outcome == "replied" else HandedOff(reason="not_grounded", usage=USAGE)
        self._turn(EffectDone(effect_id=effect_id, result={"outcome": msgspec.to_builtins(value)}))

    @precondition(lambda self: self.state.pending)
    @rule(how=st.sampled_from(("goes", "goes", "fails", "is in doubt")))
    def a_message_goes_out(self, how: str) -> None:
        """The outbox reports."""
        effect_id = f"send-{self.state.pending[0].id}"
        self._turn(EffectStarting(effect_id=effect_id))
        match how:
            case "goes":
                self._turn(EffectDone(effect_id=effect_id, result={"key_id": f"S{effect_id}"}))
            case "fails":
                self._turn(EffectFailed(effect_id=effect_id, reason="down", permanent=False))
            case _:
                self._turn(EffectUncertain(effect_id=effect_id, reason="cut off"))

    @precondition(lambda self: self.state.begun)
    @rule(first=st.sampled_from(("schedules", "schedules whatever happens")), words=st.sampled_from(("oi", "preço")))
    def the_customer_is_quicker_than_a_reminder(self, first: str, words: str) -> None:
        """It was meant for their silence, or it was not."""
        self.a_person_works(first)
        self.customer_writes_and_waits(words)
        self.time_passes(3700)

    @precondition(lambda self: self.state.flow is not None)
    @rule(seconds=st.sampled_from((700, 3700)))
    def the_house_closes_on_a_flow(self, seconds: int) -> None:
        """Its timers come due at night."""
        self.the_house_changes("hours")
        self.time_passes(seconds)

    @precondition(lambda self: self.state.begun)
    @rule(
        what=st.sampled_from(
            ("publishes", "deletes a flow", "ai", "hours", "a day", "a member goes", "sector", "label")
        )
    )
    def the_house_changes(self, what: str) -> None:
        """A setting, while conversations are under way; they are told what they must know."""
        there = self.conversation.workspace
        match what:
            case "publishes":
                live = {id_: mh.next_version(flow) if id_ != 50 else flow for id_, flow in there.flows.items()}
                self.conversation.workspace = mh.changed(there, flows=live)
            case "deletes a flow":
                self.conversation.workspace = mh.changed(there, flows=dict(list(there.flows.items())[1:]))
            case "ai":
                self.conversation.workspace = mh.changed(
                    there, ai=msgspec.structs.replace(there.ai, enabled=not there.ai.enabled)
                )
            case "hours":
                days = (
                    [Day("09:00", "18:00", enabled=False)] * 7
                    if there.business_hours.hours[0].enabled
                    else list(mh.OPEN)
                )
                hours = BusinessHours(True, there.business_hours.message, days, True)
                self.conversation.workspace = mh.changed(there, business_hours=hours)
                self.watch.hours_changed()
                self._turn(cmd.HoursChanged())
            case "a day":
                self._a_day_closes_or_opens()
            case "a member goes":
                self._without("members", "member", 8)
            case "sector":
                self._without("sectors", "sector", 4)
            case _:
                self._without("labels", "label", 11)

    def _a_day_closes_or_opens(self) -> None:
        """Today and tomorrow are closed, or open after all."""
        there, today = self.conversation.workspace, self.conversation.at.date()
        days = () if there.closures else (today, today + timedelta(days=1))
        closures = {id_: Closure(id=id_, date=day) for id_, day in enumerate(days, 1)}
        self.conversation.workspace = mh.changed(there, closures=closures)
        self.watch.hours_changed()
        self._turn(cmd.HoursChanged())

    def _without(self, collection: str, one: Any, id_: int) -> None:
        there = self.conversation.workspace
        left = {key: value for key, value in getattr(there, collection).items() if key != id_}
        self.conversation.workspace = mh.changed(there, **{collection: left})
        self._turn(cmd.Forget(gone=one, id=id_))

    @rule()
    def the_server_restarts(self) -> None:
        """What is in memory is what the log says, and what a snapshot brings back."""
        assert replay(CONVERSATION, 9, self.log) == self.state
        state = self.state
        self.conversation.state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=type(state))
        assert self.state == state

    def teardown(self) -> None:
        """The whole log, once more."""
        with suppress(AttributeError):  # nothing has begun
            assert replay(CONVERSATION, 9, self.log) == self.state

    # -- what must hold of the state ----------------------------------------------------------------------------------

    @invariant()
    def what_is_nobodys_is_in_the_queue(self) -> None:
        """Open and unassigned, and only that."""
        state = self.state
        waits = state.begun and state.status != "resolved" and state.assigned_user_id is None
        assert (state.waiting_since is not None) == waits

    @invariant()
    def what_is_gone_is_held_by_nothing(self) -> None:
        """Members, sectors and labels that there are not any more."""
        state, there = self.state, self.conversation.workspace
        assert state.assigned_user_id in (None, *there.members)
        assert state.sector_id in (None, *there.sectors)
        assert set(state.labels) <= set(there.labels)

    @invariant()
    def who_watches_sees_what_is(self) -> None:
        """What a live client folds, event by event, is what a fresh look shows."""
        state = self.state
        if state.begun:
            shown = self.watching.conversations[9]
            real = {
                "status": state.status,
                "mode": state.mode,
                "unread_count": state.unread_count,
                "unread_by_me": unread_to(7, self.log),
                "assigned_user_id": state.assigned_user_id,
                "sector_id": state.sector_id,
                "labels": list(state.labels),
                "last_activity_at": iso(state.last_activity_at),
                "resolved_at": iso(state.resolved_at),
                "snoozed_until": iso(state.snoozed_until),
                "sla": {
                    kind: _clock(clock)
                    for kind, clock in (("first_response", state.first_response), ("resolution", state.resolution))
                    if clock is not None
                },
            }
            if "unread_by_me" not in shown:  # it has become one with another: a client asks
                del real["unread_by_me"]
            told = {name: shown.get(name) for name in real} | {"labels": shown.get("labels") or []}
            assert {**told, "sla": {k: {n: v.get(n) for n in CLOCK} for k, v in (told["sla"] or {}).items()}} == real

    @invariant()
    def nothing_is_under_way_where_a_person_leads(self) -> None:
        """No turn, no burst, no flow; and whatever leads by its mode is there."""
        state = self.state
        if state.mode == "human" or state.status == "resolved":
            assert (state.turn, state.burst, state.flow) == (None, None, None)
        assert (state.mode == "flow") <= (state.flow is not None), "a flow leads that is over"
        assert not (self.watch.silenced and state.status != "resolved") or state.mode == "human"


CLOCK = ("target_seconds", "due_at", "breached_at", "met_at", "running")


def _clock(clock: SlaClock) -> dict[str, Any]:
    times = {"due_at": iso(clock.due_at), "breached_at": iso(clock.breached_at), "met_at": iso(clock.met_at)}
    return {"target_seconds": clock.target_seconds, **times, "running": clock.running}


House.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
test_whatever_happens = House.TestCase


def test_noon_is_a_monday_in_the_opening_hours() -> None:
    assert is_open(hours_of(BusinessHours(True, None, list(mh.OPEN)), "UTC"), NOON)


def test_the_machines_flow_is_one_that_could_be_published() -> None:
    flow = mh.rich()
    there = mh.random_house(
        flow="rich",
        ai=True,
        welcome=True,
        closed_message=True,
        survey=True,
        auto_close=True,
        rules=True,
        delay=0,
        handoff=None,
    )
    graph = flows.read(flow.versions[1])
    assert list(problems(graph, flows.known(there))) == []
    assert {kind for kind, _ in mh.RICH.values()} == set(NODE_TYPES)
