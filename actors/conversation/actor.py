"""The conversation as an actor: its two pure functions, and what follows from its events outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.sending import decide
from plixa.actors.conversation.state import Conversation, evolve
from plixa.engine.actor import Kind
from plixa.engine.events import Event
from plixa.engine.outside import marks
from plixa.engine.ports import Effect, EffectMark


def timers(state: Conversation) -> Mapping[str, datetime]:
    """The timers that should be pending."""
    pending: dict[str, datetime] = {}
    if state.snoozed_until is not None:
        pending["snooze"] = state.snoozed_until
    if state.welcome_due is not None:
        pending["welcome"] = state.welcome_due
    clock = state.first_response
    if clock is not None and clock.met_at is None and clock.breached_at is None and state.status != "resolved":
        pending["first_response"] = clock.due_at
    return pending


def effects(state: Conversation, event: Event) -> Iterator[Effect | EffectMark]:
    """What must happen outside. Sends share the conversation's lane, so that they leave in order."""
    match event:
        case ev.MessageQueued():
            yield _effect(state, "gateway.send", f"send-{event.message_id}", {"message_id": event.message_id})
        case ev.MessageReceived() | ev.MessageEchoed() if event.content.media is not None:
            request = {"message_id": event.message_id, "key_id": event.key_id}
            yield _effect(state, "gateway.fetch", f"media-{event.message_id}", request, lane="media")
        case ev.ConversationRead() if event.keys:
            request = {"keys": list(event.keys), "jid": None}
            yield _effect(state, "gateway.read", f"read-{state.last_message_id}", request, lane="read")
        case ev.MessageSending():
            yield EffectMark(f"send-{event.message_id}", "attempting")
        case ev.MessageSent():
            yield EffectMark(f"send-{event.message_id}", "done")
        case ev.MessageFailed():
            yield EffectMark(f"send-{event.message_id}", "failed")
        case ev.MessageUncertain():
            yield EffectMark(f"send-{event.message_id}", "unknown")
        case ev.MessageDeferred():
            yield EffectMark(f"send-{event.message_id}", "queued", event.retry_at)
        case ev.MediaStored() | ev.MediaLost():
            yield EffectMark(f"media-{event.message_id}", "done")
        case ev.ConversationDeleted():
            for effect_id in event.cancelled:
                yield EffectMark(effect_id, "cancelled")
            yield _effect(state, "media.erase", f"erase-{state.id}", {"files": list(event.files)}, lane="media")
        case _:
            yield from marks(event)


def _effect(state: Conversation, kind: str, id_: str, request: Mapping[str, object], lane: str = "send") -> Effect:
    return Effect(
        id=id_,
        kind=kind,
        lane=f"{lane}-{state.id}",
        pace=f"number-{state.number_id}" if lane == "send" else f"{lane}-{state.number_id}",
        request={"conversation_id": state.id, "number_id": state.number_id, **request},
    )


CONVERSATION: Kind[Conversation] = Kind(
    name="conversation",
    initial=Conversation,
    decide=decide,
    evolve=evolve,
    timers=timers,
    effects=effects,
)
