"""Part (f): what deciding by itself takes, without any I/O: a turn of a conversation in which a flow answers, and
conversations of the past walked against a draft."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.flows.check_past import Past, PastMessage, check_all
from plixa.actors.flows.library import Flow
from plixa.actors.flows.run import Context
from plixa.actors.flows.templates import graph_of, template
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment, TimerFired
from tests.bench.figures import Row, median, percentile
from tests.kinds import workspace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PEER = Peer("5511999990000", None, "5511999990000@s.whatsapp.net")
WORDS = ("oi", "1", "Bia Souza")


def measure(conversations: int) -> Iterator[Row]:
    """All rows of the part. `conversations`: how many walk through the flow."""
    times = _decisions(conversations)
    yield Row(
        part="f",
        what="a decision in which a flow answers, median",
        value=median(times) * 1000,
        unit="ms",
        note=f"p99 {percentile(times, 0.99) * 1000:.2f} ms; deciding, folding, timers and effects, no I/O",
        more={"p99_ms": percentile(times, 0.99) * 1000},
    )
    yield Row(
        part="f",
        what="messages that a flow answers, deciding only",
        value=len(times) / sum(times),
        unit="/s",
        note="an inbound message and the flow's answer to it",
    )
    yield Row(
        part="f",
        what="conversations of the past held against a draft",
        value=_checks(conversations),
        unit="/s",
        note="three messages each",
    )


def _house() -> Workspace:
    text = msgspec.json.encode(template("reception", "pt-BR")).decode()
    flow = Flow(id=50, name="Recepção", version=1, versions={1: text}, draft=text, enabled=True)
    return workspace(id=1, name="Padaria", flows={50: flow}, trial_ends_at=NOON + timedelta(days=9))


def _decisions(conversations: int) -> list[float]:
    """Seconds of each message with its answer."""
    house, ids, times = _house(), count(1000), list[float]()
    for number in range(conversations):
        state: Any = CONVERSATION.initial(number)
        at = NOON
        for word in WORDS:
            at += timedelta(seconds=10)
            began = time.perf_counter()
            seen = MessageSeen(
                f"{number}-{word}", PEER, False, "contact", Content(MessageKind.TEXT, word, "conversation"), at
            )
            state = _turn(state, cmd.TakeMessage(seen=seen, contact_id=5, number_id=3), Moment(at, ids, house))
            for name, due in CONVERSATION.timers(state).items():
                if name == "answer":
                    at = due
                    state = _turn(state, TimerFired(name=name, due=due), Moment(at, ids, house))
            times.append(time.perf_counter() - began)
    return times


def _turn(state: Any, command: Any, now: Moment) -> Any:
    for event in CONVERSATION.decide(state, command, now):
        state = CONVERSATION.evolve(state, event)
        list(CONVERSATION.effects(state, event))
    CONVERSATION.timers(state)
    return state


def _checks(conversations: int) -> float:
    """Conversations a second."""
    messages = tuple(PastMessage(word, NOON + timedelta(minutes=n)) for n, word in enumerate(WORDS))
    pasts = [Past(number, messages) for number in range(conversations)]
    began = time.perf_counter()
    check_all(graph_of("reception", "pt-BR"), pasts, Context(now=NOON))
    return conversations / (time.perf_counter() - began)
