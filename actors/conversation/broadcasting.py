"""A broadcast's message in a conversation: queued, followed, answered, and the word that ends them.

It is no word of the business's: it opens nothing, answers nobody, meets no promise and leads nowhere. A conversation
that begins with one is at rest until its customer writes. Its broadcast hears what becomes of it
(`BroadcastProgressed`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.broadcasts.config import BROADCASTS
from plixa.actors.broadcasts.words import opts_out, told_in
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import say
from plixa.actors.conversation.state import Conversation
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event

evolve: Evolver[Conversation] = Evolver()
ANSWERS_WITHIN = timedelta(days=7)
SKEW = timedelta(minutes=2)
TOLD: frozenset[ev.Progress] = frozenset({"sent", "failed", "left", "opted_out"})
"""What a broadcast hears of; the rest is a row's."""
OPEN: frozenset[ev.Progress] = frozenset({"pending", "unknown"})


def send(state: Conversation, command: cmd.SendBroadcast, now: Moment) -> Sequence[Event]:
    """Queue it; the same recipient's turn, carried out once more, changes nothing."""
    if state.deleted or not (state.begun or command.contact_id):
        raise NotFound("conversation")
    if any(each.broadcast_id == command.broadcast_id for each in state.broadcasts):
        return []
    d = Deciding(state, now)
    if not state.begun:
        d.add(
            ev.ConversationOpened(
                opened_at=d.at,
                contact_id=command.contact_id,
                number_id=command.number_id,
                phone=command.phone,
                name=command.name,
                at_rest=True,
            )
        )
    elif not state.contact_id and command.contact_id:
        d.add(ev.ConversationMoved(contact_id=command.contact_id))
    d.add(
        ev.MessageQueued(
            queued_at=d.at,
            message_id=d.next_id(),
            author=ev.Author("system"),
            why="broadcast",
            broadcast=ev.OneOfMany(command.broadcast_id, command.place, command.stranger),
            content=command.content,
        )
    )
    return d.events


# -- what becomes of it -----------------------------------------------------------------------------------------------


def follow(state: Conversation, events: Sequence[Event], at: datetime) -> Sequence[Event]:
    """The same events, and after each that says something of a broadcast's message, what it says."""
    if not state.broadcasts or not events:
        return events
    return list(_followed(state, events, at))


def _followed(state: Conversation, events: Sequence[Event], at: datetime) -> Iterator[Event]:
    known = {each.message_id: each for each in state.broadcasts}
    for event in events:
        if isinstance(event, ev.ConversationDeleted):
            for each in filter(lambda each: each.state in OPEN, known.values()):
                yield _progressed(each, "failed", at, "erased")
        yield event
        one, what = known.get(getattr(event, "message_id", 0)), _what(event)
        if one is not None and what is not None:
            progressed = _progressed(one, what, at, getattr(event, "reason", None))
            known[one.message_id] = _after(one, progressed)
            yield progressed


def _what(event: Event) -> ev.Progress | None:
    match event:
        case ev.MessageSent():
            return "sent"
        case ev.MessageFailed():
            return "failed"
        case ev.MessageUncertain():
            return "unknown"
        case ev.MessageLeftInDoubt():
            return "left"
        case ev.MessageDeferred():
            return "pending"
        case ev.MessageTicked():
            return "read" if event.status == "played" else event.status
        case _:
            return None


def _progressed(each: ev.Broadcasted, what: ev.Progress, at: datetime, reason: str | None) -> ev.BroadcastProgressed:
    return ev.BroadcastProgressed(
        broadcast_id=each.broadcast_id,
        place=each.place,
        message_id=each.message_id,
        what=what,
        at=at,
        reason=reason if what in ("failed", "unknown", "left") else None,
        tells=what in TOLD and what not in each.told,
    )


# -- answers ----------------------------------------------------------------------------------------------------------


def wants_no_more(d: Deciding, text: str | None, sent_at: datetime, quoted: int | None) -> bool:
    """Whether this is the word that ends broadcasts: an answer to one of these days, and to no question of a flow."""
    asked = _asked(d.state, sent_at, quoted)
    if asked is None or not text or (d.state.flow is not None and asked.message_id != quoted):
        return False
    return opts_out(text, BROADCASTS.of(d.workspace).opt_out_words)


def answered(d: Deciding, sent_at: datetime, quoted: int | None, *, no_more: bool) -> None:
    """The customer wrote: if that answers a broadcast, it hears of it, once; and so does whoever wants no more."""
    asked = _asked(d.state, sent_at, quoted)
    if asked is None:
        return
    if no_more and not asked.opted_out:
        d.add(_progressed(asked, "opted_out", d.at, None))
        say(d, ev.Author("system"), told_in(d.workspace.locale), "opted_out")
    elif not (asked.replied or no_more):
        d.add(_progressed(asked, "replied", d.at, None))


def _asked(state: Conversation, sent_at: datetime, quoted: int | None) -> ev.Broadcasted | None:
    """The broadcast that a message of this time answers: the one that it quotes, or the latest."""
    found = [
        each
        for each in state.broadcasts
        if each.state != "failed" and -SKEW < sent_at - each.at < ANSWERS_WITHIN
    ]  # fmt: skip
    return next((each for each in found if each.message_id == quoted), found[-1] if found else None)


# -- folding ----------------------------------------------------------------------------------------------------------


def _after(each: ev.Broadcasted, event: ev.BroadcastProgressed) -> ev.Broadcasted:
    told = (*each.told, event.what) if event.tells else each.told
    if event.what in ("replied", "opted_out"):
        return replace(each, replied=True, opted_out=each.opted_out or event.what == "opted_out", told=told)
    return replace(each, state=event.what, told=told)


@evolve.on(ev.BroadcastProgressed)
def _has_progressed(state: Conversation, event: ev.BroadcastProgressed) -> Conversation:
    after = tuple(_after(each, event) if each.message_id == event.message_id else each for each in state.broadcasts)
    answers = event.broadcast_id if event.what in ("replied", "opted_out") else state.broadcast_id
    return replace(state, broadcasts=after, broadcast_id=answers)
