"""The conversation as an actor: its two pure functions, and what follows from its events outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.clock import TIMER_FAMILIES, timers
from plixa.actors.conversation.evolving import evolve
from plixa.actors.conversation.merged import decide
from plixa.actors.conversation.packing import packed
from plixa.actors.conversation.state import Conversation
from plixa.engine.actor import ActorType
from plixa.engine.events import Event
from plixa.engine.ports import Effect, EffectMark

PUSH_LANES = 4


def effects(state: Conversation, event: Event) -> Iterator[Effect | EffectMark]:
    """What must happen outside. Sends share the conversation's lane, so that they leave in order."""
    if isinstance(event, ev.MessageReceived | ev.MessageRevealed) and event.rings:
        yield _push(state, event)
    match event:
        case ev.MessageQueued() if event.broadcast is not None:
            yield _one_of_many(state, event)
        case ev.BroadcastProgressed() if event.tells:
            one = {"broadcast_id": event.broadcast_id, "place": event.place}
            told = {**one, "what": event.what, "contact_id": state.contact_id}
            yield _inner(state, "broadcast.heard", f"heard-{event.message_id}-{event.what}", told)
        case ev.MessageQueued():
            yield _effect(state, "gateway.send", f"send-{event.message_id}", {"message_id": event.message_id})
        case ev.MessageReceived() | ev.MessageRevealed() | ev.MessageEchoed() if event.content.media is not None:
            request = {"message_id": event.message_id, "key_id": event.key_id}
            id_ = f"media-{event.message_id}"
            # A lane for each: one that cannot be had holds up no other.
            yield _effect(state, "gateway.fetch", id_, request, lane="media", of=event.message_id)
        case ev.ConversationRead() if event.keys:
            request = {"keys": list(event.keys), "jid": None}
            # Merged ones had their own; what comes from them may be older than what was read here before.
            receipt = f"read-{state.id}-{len(state.parts)}-{state.last_message_id}"
            yield _effect(state, "gateway.read", receipt, request, lane="read")
        case ev.MessageSending():
            yield EffectMark(f"send-{event.message_id}", "attempting")
        case ev.MessageSent():
            yield EffectMark(f"send-{event.message_id}", "done")
        case ev.MessageFailed():
            yield EffectMark(f"send-{event.message_id}", "failed")
        case ev.MessageUncertain():
            yield EffectMark(f"send-{event.message_id}", "unknown")
        case ev.MessageDeferred():
            yield EffectMark(f"send-{event.message_id}", "queued", event.retry_at, uncounted=event.away)
        case ev.MessageLeftInDoubt():
            yield EffectMark(f"send-{event.message_id}", "left")
        case ev.AiAsked():
            yield _effect(state, "ai.reply", f"ai-{event.turn_id}", {"turn_id": event.turn_id}, lane="ai", pace="ai")
        case ev.AiCancelled():
            yield EffectMark(f"ai-{event.turn_id}", "cancelled")
        case ev.AssignmentWanted():
            yield _inner(state, "assignment.place", f"place-{state.id}-{event.episode}", {})
        case ev.MemberFreed():
            freed = {"user_id": event.user_id, "let_go": state.id if event.let_go else None}
            yield _inner(state, "assignment.offer", f"offer-{event.offer_id}", freed)
        case ev.ConversationLetGo():
            waits = {"had_by": event.had_by, "let_go": state.id}
            if event.waits_for is not None:
                waits = {**waits, "waits_for": event.waits_for}
            yield _inner(state, "assignment.offer", f"offer-{event.offer_id}", waits)
        case ev.ConversationRenamed(learn_id=int(learn_id)):
            yield _inner(state, "contact.capture", f"name-{learn_id}", {"key": None})
        case ev.NoticeAnswered():
            chosen = {"message_id": event.message_id, "subject": event.subject, "action": event.action}
            yield _inner(state, "appointment.answer", f"notice-{event.message_id}", chosen)
        case ev.AgendaAsked():
            names = ("source", "action", "service_id", "start", "appointment_id", "again")
            asked = {name: getattr(event, name) for name in names}
            asked |= {"day": event.day.isoformat() if event.day else None}
            yield _inner(state, "appointment.serve", f"agenda-{event.ask_id}", asked)
        case ev.FieldCaptured():
            captured = f"capture-{state.id}-{event.key}-{state.flow.steps if state.flow else 0}-{state.last_message_id}"
            yield _inner(state, "contact.capture", captured, {"key": event.key})
        case ev.ConversationDeleted():
            if event.parts:
                yield _inner(state, "conversation.erase_parts", f"parts-{state.id}", {"parts": list(event.parts)})
            for effect_id in event.cancelled:
                yield EffectMark(effect_id, "cancelled")
        case _:
            pass


def _push(state: Conversation, event: ev.MessageReceived | ev.MessageRevealed) -> Effect:
    """Few lanes for all conversations of a workspace: push services that dawdle hold up nobody else's effects."""
    request = {"message_id": event.message_id, "sent_at": event.sent_at.isoformat()}
    lane = f"push-{state.id % PUSH_LANES}"
    return Effect(
        id=f"push-{event.message_id}{'-again' if isinstance(event, ev.MessageRevealed) else ''}",
        kind="push.send",
        ordering_key=lane,
        rate_key="push",
        request={"conversation_id": state.id, **request},
    )


def _one_of_many(state: Conversation, event: ev.MessageQueued) -> Effect:
    """In a lane and at a pace of its own: what people say to each other waits for no broadcast."""
    pace = f"broadcast-{state.number_id}"
    request = {"message_id": event.message_id}
    return _effect(state, "gateway.send_one_of_many", f"send-{event.message_id}", request, lane="broadcast", pace=pace)


def _inner(state: Conversation, kind: str, id_: str, request: Mapping[str, object]) -> Effect:
    """Something that other actors of ours are to do."""
    return _effect(state, kind, id_, request, lane="inner", pace="inner")


def _effect(
    state: Conversation,
    kind: str,
    id_: str,
    request: Mapping[str, object],
    lane: str = "send",
    pace: str = "",
    of: int | None = None,
) -> Effect:
    """An effect in the conversation's lane of this name, or in that of one message of it."""
    return Effect(
        id=id_,
        kind=kind,
        ordering_key=f"{lane}-{of or state.id}",
        rate_key=pace or (f"number-{state.number_id}" if lane == "send" else f"{lane}-{state.number_id}"),
        request={"conversation_id": state.id, "number_id": state.number_id, **request},
    )


CONVERSATION: ActorType[Conversation] = ActorType(
    name="conversation",
    initial=Conversation,
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=TIMER_FAMILIES,
    effects=effects,
    packed=packed,
)
