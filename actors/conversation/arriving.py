"""A message in the chat, from either side: what the customer wrote, and what left our number.

A customer's message wakes and reopens the conversation, is stored, and starts its clocks; then the business's
automation has its say. A message of ours is the echo of one that is under way, or somebody's word from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from plixa.actors.conversation import (
    automation,
    broadcasting,
    commands as cmd,
    events as ev,
    notices,
    placing,
    promises,
    resolving,
    scheduling,
    surveying,
)
from plixa.actors.conversation.answering import person_spoke
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation, Pending, Recent
from plixa.actors.flows.menus import tap_of
from plixa.actors.merged import AskParts
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.engine.actor import Moment
from plixa.engine.errors import NotFound
from plixa.engine.events import Event

ECHO_SKEW = timedelta(minutes=2)
ECHO_LATE = timedelta(minutes=15)
"""What was left in doubt is settled by the same words within this time of its last try, by the gateway's clock; later
ones are somebody's who wrote them again."""
NEWS = timedelta(minutes=15)
"""What a look-back finds later than this rings nobody."""


def take_message(state: Conversation, command: cmd.TakeMessage, now: Moment) -> Sequence[Event]:
    """A message in the chat, from either side; one that is here already, and could be read, changes nothing."""
    if state.deleted:
        raise NotFound("conversation")
    if command.erased:
        return []
    d, known = Deciding(state, now), state.find_key(command.seen.key_id)
    if known is not None:
        _again(d, command, known)
    elif command.seen.content.aside:
        _aside(d, command)
    elif command.seen.from_me:
        _ours(d, command)
    else:
        _theirs(d, command)
    return d.events


def _theirs(d: Deciding, command: cmd.TakeMessage) -> None:
    """The customer wrote."""
    first, text = d.state.last_message_id is None, _words(command.seen.content)
    surveyed = d.state.status == "resolved" and surveying.is_for_survey(d, text)
    no_more = not surveyed and _wants_no_more(d, command, text)
    at_rest = surveyed or (no_more and d.state.status == "resolved")
    _arrive(d, command, reopens=not at_rest)
    received = _received(d.state, command, d.now, unread=0 if at_rest else 1)
    d.add(received)
    _answered(d, command, no_more=no_more)
    if not no_more:
        _follow(d, command.seen, received.message_id, text, surveyed=surveyed, first=first and not command.greeted)


def _wants_no_more(d: Deciding, command: cmd.TakeMessage, text: str | None) -> bool:
    return broadcasting.wants_no_more(d, text, command.seen.sent_at, _quoted(d.state, command.seen, command.quoted))


def _answered(d: Deciding, command: cmd.TakeMessage, *, no_more: bool) -> None:
    quoted = _quoted(d.state, command.seen, command.quoted)
    broadcasting.answered(d, command.seen.sent_at, quoted, no_more=no_more)


def _words(content: Content) -> str | None:
    """What a survey may read; "" for a sticker, which says something without words, as an emoji does. A late tap on a
    flow's menu rates nothing, even where its words are a number.
    """
    if content.kind is MessageKind.STICKER:
        return ""
    return content.body if content.kind is MessageKind.TEXT and tap_of(content.choice) is None else None


def _follow(d: Deciding, seen: MessageSeen, message_id: int, text: str | None, *, surveyed: bool, first: bool) -> None:
    """What comes of the customer's words, once they are stored."""
    scheduling.customer_wrote(d)
    if surveyed:
        surveying.heard(d, text)
        return
    promises.customer_wrote(d)
    if notices.answered(d, seen.content, message_id):
        return
    if seen.content.kind in automation.KINDS_OF_WORDS:
        automation.customer_wrote(d, seen.content, message_id, seen.sent_at, first=first)


def _again(d: Deciding, command: cmd.TakeMessage, known: Recent) -> None:
    """The same message once more: WhatsApp sends again what could not be read at first, and now it may be readable."""
    content = command.seen.content
    if known.kind is not MessageKind.UNSUPPORTED or known.deleted or content.kind is MessageKind.UNSUPPORTED:
        return
    if command.seen.from_me:
        d.add(_revealed(d, command, known, unread=0))
        return
    first, text = _is_first(d.state, known), _words(content)
    surveyed = d.state.status == "resolved" and surveying.is_for_survey(d, text)
    no_more = not surveyed and _wants_no_more(d, command, text)
    at_rest = surveyed or (no_more and d.state.status == "resolved")
    _arrive(d, command, reopens=not at_rest)
    is_counted = at_rest or known.key_id in d.state.unread_keys
    d.add(_revealed(d, command, known, unread=0 if is_counted else 1))
    _answered(d, command, no_more=no_more)
    if not no_more:
        _follow(d, command.seen, known.id, text, surveyed=surveyed, first=first and not command.greeted)


def _is_first(state: Conversation, known: Recent) -> bool:
    return len(state.recent) == 1 and state.last_message_id == known.id


def _revealed(d: Deciding, command: cmd.TakeMessage, known: Recent, *, unread: int) -> ev.MessageRevealed:
    seen = command.seen
    return ev.MessageRevealed(
        message_id=known.id,
        key_id=seen.key_id,
        sent_at=min(seen.sent_at, d.at),
        unread_count=d.state.unread_count + unread,
        quoted_message_id=_quoted(d.state, seen, command.quoted),
        last=known.id == d.state.last_message_id,
        rings=bool(unread) and _rings(d.now, seen),
        content=seen.content,
    )


def _aside(d: Deciding, command: cmd.TakeMessage) -> None:
    """At most a line in the thread: it reopens nothing, counts as nobody's word and begins no conversation."""
    if d.state.begun:
        d.add(_echoed(d, command) if command.seen.from_me else _received(d.state, command, d.now, unread=0))


def _rings(now: Moment, seen: MessageSeen) -> bool:
    return bool(now.workspace.pushed) and now.at - seen.sent_at < NEWS and not seen.content.aside


def _arrive(d: Deciding, command: cmd.TakeMessage, *, reopens: bool) -> None:
    """What a customer's message does to the conversation before it is stored."""
    seen = command.seen
    if not d.state.begun:
        _open(d, command)
        return
    adopt(d, command.contact_id)
    if d.state.status == "resolved" and reopens:
        resolving.reopen(d, "customer")
    if d.state.snoozed_until is not None:
        d.add(ev.ConversationWoken(why="customer"))
    _identify(d, seen.peer)
    if seen.push_name and not d.state.named_by_us and seen.push_name != d.state.name:
        _introduced(d, seen.push_name)


def adopt(d: Deciding, contact_id: int) -> None:
    """The contact was erased once and is there again."""
    if not d.state.contact_id and contact_id:
        d.add(ev.ConversationMoved(contact_id=contact_id))


def _introduced(d: Deciding, name: str) -> None:
    learn_id = next(d.now.ids) if d.state.contact_id else None
    d.add(ev.ConversationRenamed(by_contact=True, learn_id=learn_id, name=name))


def call_by_name(d: Deciding, name: str | None) -> None:
    """What the business calls the customer goes before what they call themselves."""
    if name and name != d.state.name:
        d.add(ev.ConversationRenamed(name=name))


def _open(d: Deciding, command: cmd.TakeMessage) -> None:
    seen, nameless = command.seen, command.called == ""
    d.add(
        ev.ConversationOpened(
            opened_at=d.at,
            contact_id=command.contact_id,
            number_id=command.number_id,
            phone=seen.peer.phone,
            lid=seen.peer.lid,
            name=None if nameless else seen.push_name,
        )
    )
    if nameless and seen.push_name:  # an event of its own: the address book learns the name by it
        _introduced(d, seen.push_name)
    call_by_name(d, command.called)
    promises.episode_began(d)
    placing.opened(d)


def _identify(d: Deciding, peer: Peer) -> None:
    phone, lid = d.state.phone or peer.phone, d.state.lid or peer.lid
    if (phone, lid) != (d.state.phone, d.state.lid):
        d.add(ev.ConversationIdentified(phone=phone, lid=lid))


def _received(state: Conversation, command: cmd.TakeMessage, now: Moment, *, unread: int) -> ev.MessageReceived:
    seen = command.seen
    return ev.MessageReceived(
        message_id=next(now.ids),
        key_id=seen.key_id,
        jid=seen.peer.jid,
        sent_at=min(seen.sent_at, now.at),
        unread_count=state.unread_count + unread,
        quoted_message_id=_quoted(state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        rings=_rings(now, seen),
        aside=seen.content.aside,
        content=seen.content,
    )


def _quoted(state: Conversation, seen: MessageSeen, known: cmd.KnownMessage | None) -> int | None:
    if seen.quoted_key_id is None:
        return None
    recent = state.find_key(seen.quoted_key_id)
    if recent is not None:
        return recent.id
    return known.message_id if known is not None else None


def _ours(d: Deciding, command: cmd.TakeMessage) -> None:
    """A message from our number: the echo of one that is under way, or one that was written elsewhere."""
    seen, state, sent = command.seen, d.state, echo_of(d.state, command)
    if sent is not None:
        d.add(sent)
        return
    if state.parts and not command.parts_asked:
        raise AskParts(state.parts)
    if not state.begun:
        _open(d, command)
    else:
        adopt(d, command.contact_id)
    if d.state.status == "resolved":
        resolving.reopen(d, "reply")
    _identify(d, seen.peer)
    echoed = _echoed(d, command)
    unread = d.state.unread_count, d.state.unread_keys
    d.add(echoed)
    person_spoke(d, echoed.author, unread)


def _echoed(d: Deciding, command: cmd.TakeMessage) -> ev.MessageEchoed:
    seen = command.seen
    return ev.MessageEchoed(
        message_id=next(d.now.ids),
        key_id=seen.key_id,
        sent_at=min(seen.sent_at, d.at),
        author=ev.Author("phone") if seen.via == "phone" else ev.Author("api", name="another program"),
        quoted_message_id=_quoted(d.state, seen, command.quoted),
        quoted_key_id=seen.quoted_key_id,
        aside=seen.content.aside,
        content=seen.content,
    )


def echo_of(state: Conversation, command: cmd.TakeMessage) -> ev.MessageSent | None:
    """What a message from our number says of one that is under way, if it is its echo."""
    seen = command.seen
    if not seen.from_me:
        return None
    found = next((each for each in state.pending if _is_echo(seen, each, replayed=command.replayed)), None)
    found = found or next((each for each in state.in_doubt if _is_late_echo(seen, each)), None)
    return None if found is None else ev.MessageSent(message_id=found.id, key_id=seen.key_id, how="echo")


def _is_echo(seen: MessageSeen, pending: Pending, *, replayed: bool) -> bool:
    if pending.since is None or pending.status == "queued":
        return False
    if not pending.is_said_by(seen.content):
        return False
    # A `send.message` is always some program's. For the rest the gateway's clock tells, which need not agree with ours.
    return (seen.via == "api" and not replayed) or seen.sent_at > pending.since - ECHO_SKEW


def _is_late_echo(seen: MessageSeen, left: Pending) -> bool:
    if left.since is None or not left.is_said_by(seen.content):
        return False
    return -ECHO_SKEW < seen.sent_at - left.since < ECHO_LATE
