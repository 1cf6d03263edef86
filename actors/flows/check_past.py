"""Holding a graph against what customers really wrote: each past conversation is walked again, with nothing sent.

The clock is the conversation's own: timers fire between the messages as they would have. Messages after the run's end
belonged to people and are left out. Where the flow asks the AI, it is taken to have answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from plixa.actors.flows.graph import Graph
from plixa.actors.flows.run import Context, Said
from plixa.actors.flows.simulate import Dialogue, Ending, Played

Verdict = Literal["same", "differs", "dead_end", "handoff", "completed", "unfinished"]
MAX_MESSAGES = 200


class PastMessage(Struct, frozen=True):
    """What the customer wrote, and when (aware); `choice_id` where they pressed a button, `menu` as in `Said`."""

    text: str
    at: datetime
    choice_id: str | None = None
    menu: str | None = None


class Was(Struct, frozen=True):
    """What happened then: the nodes that were visited and how it ended; None is not known, or not ended."""

    path: tuple[str, ...] = ()
    ended: Ending | None = None


class Past(Struct, frozen=True):
    """A conversation of the past: the customer's messages in order.

    until: how far the record goes; timers up to there are taken to have fired. None: up to the last message.
    """

    conversation_id: int
    messages: tuple[PastMessage, ...]
    was: Was | None = None
    until: datetime | None = None


class Where(Struct, frozen=True):
    """The first place that matters: where it differs, or where a word fitted nothing.

    message: which of the customer's messages, from 0. node_id: where the flow stood after or before it.
    """

    message: int
    node_id: str | None
    text: str
    why: str


class Checked(Struct, frozen=True):
    """How a conversation would fare now.

    same: as it was. differs: from what it was, at `where`. dead_end: the customer's words fitted nothing, at `where`.
    Without anything to compare with, or besides: handoff, completed (the flow's own end), unfinished (still waiting).
    """

    conversation_id: int
    verdict: Verdict
    path: tuple[str, ...]
    ended: Ending | None
    where: Where | None = None


class Report(Struct, frozen=True):
    """All of them. `counts` by verdict."""

    checked: tuple[Checked, ...]
    counts: dict[str, int]


def check_all(
    graph: Graph,
    pasts: Iterable[Past],
    context: Context,
    hours: Callable[[datetime], bool] | None = None,
    together: timedelta = timedelta(0),
) -> Report:
    """Check many conversations, each as `check_past` does."""
    checked = tuple(check_past(graph, past, context, hours, together) for past in pasts)
    return Report(checked, dict(Counter(each.verdict for each in checked)))


def check_past(
    graph: Graph,
    past: Past,
    context: Context,
    hours: Callable[[datetime], bool] | None = None,
    together: timedelta = timedelta(0),
) -> Checked:
    """Walk one conversation again.

    context: the flow's settings, and what was known of the contact. hours: whether the business was open at a time;
    without it `context.hours_open` holds throughout. together: messages that follow each other sooner than this are
    heard as one, as they are when the customer writes.
    """
    turns, ended = _walk(graph, past, context, hours, together)
    path = tuple(id_ for _, played in turns for id_ in played.path)
    unclear = next((_where(past, at, played) for at, played in turns if not played.fitted), None)
    if past.was is not None and past.was == Was(path, ended):
        return Checked(past.conversation_id, "same", path, ended)
    if unclear is not None:
        return Checked(past.conversation_id, "dead_end", path, ended, unclear)
    if past.was is not None:
        return Checked(past.conversation_id, "differs", path, ended, _difference(past, past.was, turns))
    return Checked(past.conversation_id, _verdict(ended), path, ended)


def _verdict(ended: Ending | None) -> Verdict:
    if ended is None:
        return "unfinished"
    return "handoff" if ended == "handed_off" else "completed"


Turns = list[tuple[int, Played]]


def _walk(
    graph: Graph, past: Past, context: Context, hours: Callable[[datetime], bool] | None, together: timedelta
) -> tuple[Turns, Ending | None]:
    """Every exchange with the number of the message that led to it, or that came before it."""
    turns: Turns = []
    dialogue = Dialogue(graph, context)
    before = 0
    for at, message in _bursts(past.messages[:MAX_MESSAGES], together):
        if at == 0:
            dialogue.know(now=message.at.astimezone(context.now.tzinfo))
        turns += ((before, played) for played in dialogue.until(message.at))
        if dialogue.ended is not None:
            break
        if hours is not None:
            dialogue.know(hours_open=hours(message.at))
        turns += ((at, played) for played in dialogue.hear(Said(message.text, message.choice_id, message.menu)))
        turns += ((at, played) for played in dialogue.settle())
        before = at
    if past.until is not None and past.messages and dialogue.ended is None:
        turns += ((before, played) for played in dialogue.until(past.until))
    return turns, dialogue.ended


def _bursts(messages: Sequence[PastMessage], together: timedelta) -> list[tuple[int, PastMessage]]:
    """What is heard as one, with the number of its first message; it is heard when its last one came."""
    bursts: list[tuple[int, PastMessage]] = []
    for at, message in enumerate(messages):
        if bursts and message.at - bursts[-1][1].at < together:
            first, so_far = bursts[-1]
            text = "\n".join(part for part in (so_far.text, message.text) if part)
            tapped = message if message.choice_id is not None else so_far
            bursts[-1] = (first, PastMessage(text, message.at, tapped.choice_id, tapped.menu))
        else:
            bursts.append((at, message))
    return bursts


def _where(past: Past, at: int, played: Played) -> Where:
    return Where(at, played.node_id, past.messages[at].text, played.why)


def _difference(past: Past, was: Was, turns: Turns) -> Where:
    """Where the two ways part: the first node that is another one, or the end."""
    walked = [(at, played, id_) for at, played in turns for id_ in played.path]
    for (at, played, id_), then in zip(walked, was.path, strict=False):
        if id_ != then:
            return Where(
                at, id_, past.messages[at].text, f"it went to “{then}” then, and goes to “{id_}” now: {played.why}"
            )
    last = len(past.messages[:MAX_MESSAGES]) - 1
    text = past.messages[last].text if past.messages else ""
    if len(walked) > len(was.path):
        at, played, id_ = walked[len(was.path)]
        return Where(at, id_, past.messages[at].text, f"it stopped before “{id_}” then: {played.why}")
    if len(walked) < len(was.path):
        then = was.path[len(walked)]
        return Where(
            max(last, 0), walked[-1][2] if walked else None, text, f"it went on to “{then}” then, and does not now"
        )
    why = f"it ended as {was.ended or 'still waiting'} then"
    return Where(max(last, 0), walked[-1][2] if walked else None, text, why)
