"""Notices: what the business tells the customer of its own accord, like a reminder of an appointment.

A notice is no answer: it neither counts as one nor silences one, goes out while a person leads, and opens nothing
again; what the customer answers does. Its options are understood for as long as they can be tapped; in words, only by
the very next message. What comes of them is whoever's business the notice is (`NoticeAnswered`, by an effect).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from plixa.actors.conversation import commands as cmd, events as ev, flowing
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import LONGEST, note, stored_as
from plixa.actors.conversation.state import Conversation, Notice
from plixa.actors.flows import run as r
from plixa.actors.flows.menus import Offer, menu_of, numbered, tap_of
from plixa.actors.flows.words import Choice, surely
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event

evolve: Evolver[Conversation] = Evolver()
NO_FLOW = 0
"""In the place of a flow's id, in the ids of a notice's options."""
REMEMBERED = 20


def tell(state: Conversation, command: cmd.Tell, now: Moment) -> Sequence[Event]:
    """Say it once."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    if command.key in state.notices:
        return []
    d = Deciding(state, now)
    choices = tuple(Choice(action, label) for action, label in command.options)
    text = "\n\n".join(filter(None, (command.text, numbered(choices))))[:LONGEST]
    message_id = d.next_id()
    offer = Offer(NO_FLOW, command.subject, choices, command.locale) if command.subject and choices else None
    menu = menu_of(offer, message_id, text) if offer else None
    content = Content(MessageKind.TEXT, text, "conversation", menu=menu)
    if command.file is not None:
        content = Content(MessageKind.DOCUMENT, None, "documentMessage", command.file)
    author = ev.Author("system")
    d.add(ev.MessageQueued(queued_at=d.at, message_id=message_id, author=author, why=command.why, content=content))
    if command.file is not None and command.stored is not None:
        d.add(stored_as(message_id, command.stored, command.file))
    d.add(ev.NoticeTold(key=command.key, message_id=message_id, subject=command.subject, options=command.options))
    if command.hands_over and state.mode != "human":
        note(d, author, command.hands_over)
        d.add(ev.ConversationHandedOver(why=command.hands_over))
    return d.events


def answered(d: Deciding, content: Content, message_id: int) -> bool:
    """Whether the customer's message chooses one of a notice's options."""
    chosen = _tapped(content) or _said(d.state, content, message_id)
    if chosen is None:
        return False
    subject, action = chosen
    d.add(ev.NoticeAnswered(message_id=message_id, subject=subject, action=action))
    flowing.still_chooses(d)
    return True


def came_back(state: Conversation, command: cmd.AgendaCameBack, now: Moment) -> Sequence[Event]:
    """The flow that waits for it goes on; without one, whoever wants a person gets one."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    d = Deciding(state, now)
    heard = flowing.agenda_came_back(d, command.service_id, r.AgendaOutcome(command.outcome))
    if not heard and command.outcome == "person" and state.mode != "human":
        d.add(ev.ConversationHandedOver(why="The customer found no time that suits, and asked for a person."))
    return d.events


def _tapped(content: Content) -> tuple[str, str] | None:
    tap = tap_of(content.choice)
    return (tap.node_id, tap.option_id) if tap is not None and tap.flow_id == NO_FLOW else None


def _said(state: Conversation, content: Content, message_id: int) -> tuple[str, str] | None:
    """In words, or by its number: right after the notice, with nothing said in between."""
    notice = state.notice
    if notice is None or notice.subject is None or content.kind is not MessageKind.TEXT or content.choice is not None:
        return None
    if any(notice.message_id < each.id < message_id for each in state.recent):
        return None
    fit = surely([Choice(action, label) for action, label in notice.options], content.body or "")
    return (notice.subject, fit.choice.id) if fit is not None else None


@evolve.on(ev.NoticeTold)
def _told(state: Conversation, event: ev.NoticeTold) -> Conversation:
    notices = (*state.notices, event.key)[-REMEMBERED:]
    notice = Notice(event.message_id, event.subject, event.options)
    return replace(state, notices=notices, notice=notice)


@evolve.on(ev.NoticeAnswered)
def _answered(state: Conversation, event: ev.NoticeAnswered) -> Conversation:
    return replace(state, notice=None)


evolve.ignores(ev.AgendaAsked)
