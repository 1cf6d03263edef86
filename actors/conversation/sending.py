"""What a conversation decides when the outbox reports: a message may go out, has gone out, has not, or may have.

Only here does a message become `sent`, `failed` or `unknown`, save by its echo (`decide.py`), which may be quicker.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from plixa.actors.conversation import commands as cmd, drafted, events as ev
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation, Pending
from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectStarting, EffectUncertain, Moment, OfEffect
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event

decide: Decider[Conversation] = Decider()

GIVE_UP_AFTER, REFUSED_AFTER = 60, 8
"""Attempts that certainly did not go out: in all, some five hours with the waits between them, in which the gateway was
away; and with the gateway there, some ten minutes, for what is behind it waits."""
RETRY = timedelta(seconds=2)


def _pending(state: Conversation, command: OfEffect) -> Pending | None:
    what, message_id = command.about
    return state.find_pending(message_id) if what == "send" else None


@decide.on(EffectStarting)
def starting(state: Conversation, command: EffectStarting, now: Moment) -> Sequence[Event]:
    """May it go out? A message that was erased or has gone out otherwise may not."""
    pending = _pending(state, command)
    if pending is None or pending.status != "queued":
        return []
    return [ev.MessageSending(message_id=pending.id, attempt=pending.attempts + 1, at=now.at)]


@decide.on(cmd.SendNumbered)
def send_numbered(state: Conversation, command: cmd.SendNumbered, now: Moment) -> Sequence[Event]:
    """Said before it goes out so; one that was erased or has gone out needs no word."""
    if state.find_pending(command.message_id) is None:
        return []
    return [ev.MessageNumbered(message_id=command.message_id, why=command.why)]


@decide.on(EffectDone)
def done(state: Conversation, command: EffectDone, now: Moment) -> Sequence[Event]:
    """The gateway answered, or a look-up found it; or the AI has drafted its answer."""
    what, _ = command.about
    if what == "ai":
        return _turn_over(state, command, now)
    if what == "media":
        return [] if state.deleted else [_media(command)]
    file, pending = _sent_file(state, command), _pending(state, command)
    if pending is None:
        return file
    doubtful = pending.status == "unknown"
    key_id: str | None = command.result["key_id"]
    if command.result.get("taken") or (key_id and state.find_key(key_id) is not None):
        key_id = None
    return [*file, ev.MessageSent(message_id=pending.id, key_id=key_id, how="lookup" if doubtful else "answer")]


def _sent_file(state: Conversation, command: EffectDone) -> list[Event]:
    """A file that was fetched to be sent stays with us, for whoever reads the conversation."""
    file = command.result.get("file")
    if file is None or state.deleted:
        return []
    return [ev.MediaStored(message_id=command.about[1], **file)]


def _turn_over(state: Conversation, command: EffectDone | EffectFailed, now: Moment) -> Sequence[Event]:
    """What came of an AI turn."""
    d = Deciding(state, now)
    _, turn_id = command.about
    if isinstance(command, EffectDone):
        drafted.done(d, turn_id, command.result)
    else:
        drafted.failed(d, turn_id, command.reason)
    return d.events


def _media(command: EffectDone) -> Event:
    (_, message_id), result = command.about, command.result
    if "lost" in result:
        return ev.MediaLost(message_id=message_id, reason=result["lost"])
    return ev.MediaStored(
        message_id=message_id,
        mime=result["mime"],
        bytes=result["bytes"],
        sha256=result["sha256"],
        stored_as=str(message_id),
    )


@decide.on(EffectFailed)
def failed(state: Conversation, command: EffectFailed, now: Moment) -> Sequence[Event]:
    """It certainly did not go out: try again later, or give up and say so."""
    what, _ = command.about
    if what == "ai" and command.permanent:
        return _turn_over(state, command, now)
    if what == "media":
        return _media_failed(state, command)
    pending = _pending(state, command)
    if pending is None:
        return []
    if command.permanent or pending.attempts >= GIVE_UP_AFTER or command.tries >= REFUSED_AFTER:
        return [ev.MessageFailed(message_id=pending.id, reason=command.reason)]
    at = now.at + _backoff(pending.attempts)
    return [ev.MessageDeferred(message_id=pending.id, reason=command.reason, retry_at=at, away=command.away)]


def _media_failed(state: Conversation, command: EffectFailed) -> Sequence[Event]:
    if not command.permanent or state.deleted:
        return []
    return [ev.MediaLost(message_id=command.about[1], reason=command.reason)]


def _backoff(attempts: int) -> timedelta:
    return min(RETRY * (1 << min(attempts, 8)), timedelta(minutes=5))


@decide.on(EffectUncertain)
def uncertain(state: Conversation, command: EffectUncertain, now: Moment) -> Sequence[Event]:
    """It may have gone out."""
    pending = _pending(state, command)
    if pending is None or pending.status == "unknown":
        return []
    return [ev.MessageUncertain(message_id=pending.id, reason=command.reason)]


@decide.on(EffectLeft)
def left(state: Conversation, command: EffectLeft, now: Moment) -> Sequence[Event]:
    """Nobody could say whether it went out: people are told, and what is behind it goes on."""
    pending = _pending(state, command)
    if pending is None or pending.status != "unknown":
        return []
    advice = "It may have gone out, and could not be looked up: look at the phone before you send it again."
    reason = f"{advice} {command.reason}"
    return [ev.MessageLeftInDoubt(message_id=pending.id, reason=reason)]
