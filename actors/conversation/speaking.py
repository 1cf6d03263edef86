"""Saying something by itself: one place that queues an automatic message and keeps what follows from it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from plixa.actors.conversation import events as ev, promises
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation
from plixa.actors.flows.menus import Offer, menu_of
from plixa.actors.flows.nodes import MediaLink
from plixa.actors.whatsapp.gateway import Content, Media, MessageKind
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()

LONGEST = 4096
"""Characters that WhatsApp takes in one message."""
_LIKELY = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg", "document": "application/octet-stream"}
"""What a file will be, as far as one knows before it is fetched."""


def say(d: Deciding, author: ev.Author, text: str, why: str, offer: Offer | None = None) -> int:
    """Queue a text to the customer; returns its id. `why` names the rule behind it, `offer` what it lets them tap."""
    message_id, text = d.next_id(), text[:LONGEST]
    menu = None if offer is None else menu_of(offer, message_id, text)
    return _queue(d, author, Content(MessageKind.TEXT, text, "conversation", menu=menu), why, message_id)


def fitting(text: str) -> list[str]:
    """A text as messages that WhatsApp takes whole, cut between paragraphs where that can be."""
    fit: list[str] = []
    while len(text) > LONGEST:
        at = text.rfind("\n\n", 1, LONGEST + 2)
        at = at if at > 0 else LONGEST
        fit.append(text[:at])
        text = text[at:].lstrip("\n")
    return [*fit, text] if text else fit


def send_file(d: Deciding, author: ev.Author, link: MediaLink, why: str) -> int:
    """Queue a file, which is fetched from its address when it goes out; returns the message's id."""
    name = link.file_name or link.url.partition("?")[0].partition("#")[0].rpartition("/")[2][:120] or None
    media = Media(mime=_LIKELY[link.kind], file_name=name)
    content = Content(MessageKind(link.kind), None, f"{link.kind}Message", media, extra={"url": link.url})
    return _queue(d, author, content, why, d.next_id())


def _queue(d: Deciding, author: ev.Author, content: Content, why: str, message_id: int) -> int:
    d.add(ev.MessageQueued(queued_at=d.at, message_id=message_id, author=author, why=why, content=content))
    promises.answered(d, author, why)
    if author.kind in ("flow", "ai"):
        plan_close(d)
    return message_id


def stored_as(message_id: int, sha256: str, media: Media) -> ev.MediaStored:
    """A file of ours is with us already, before it goes out."""
    return ev.MediaStored(
        message_id=message_id, mime=media.mime, bytes=media.bytes or 0, sha256=sha256, stored_as=sha256
    )


def note(d: Deciding, author: ev.Author, text: str) -> None:
    """Leave a note for the people of the business."""
    content = Content(MessageKind.NOTE, text[:LONGEST], "note")
    d.add(ev.MessageNoted(noted_at=d.at, message_id=d.next_id(), author=author, content=content))


def plan_close(d: Deciding) -> None:
    """Our side has spoken: if the customer stays silent, the conversation is resolved by itself."""
    hours = INBOX.of(d.workspace).auto_close_hours
    if hours is not None and d.state.status != "resolved":
        d.add(ev.ClosePlanned(due=d.at + timedelta(hours=hours)))


@evolve.on(ev.ClosePlanned)
def _close_planned(state: Conversation, event: ev.ClosePlanned) -> Conversation:
    return replace(state, close_due=event.due)
