"""What a conversation decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from msgspec import Struct
from tests.actors.given import NOON, Given, greeting, house, targets, types

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.sending import GIVE_UP_AFTER, REFUSED_AFTER
from plixa.actors.conversation.sla import SlaClock
from plixa.actors.conversation.state import RECENT, Conversation
from plixa.actors.conversation.updates import climbs
from plixa.actors.flows.run import Run
from plixa.actors.whatsapp.gateway import (
    Content,
    DeleteSeen,
    EditSeen,
    MessageKind,
    MessageSeen,
    Peer,
    ReactionSeen,
    StatusSeen,
)
from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectStarting, EffectUncertain, TimerFired
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import EffectMark

ANA = ev.Author("user", 7, "Ana")
PEER = Peer("5511999990000", None, "5511999990000@s.whatsapp.net")


def fresh(**settings: object) -> Given:
    return Given(CONVERSATION, CONVERSATION.initial(1), house(**settings))


def text(body: str) -> Content:
    return Content(MessageKind.TEXT, body, "conversation")


def seen(key: str, body: str = "oi", *, from_me: bool = False, ago: float = 0, name: str | None = "Bia") -> MessageSeen:
    via = "phone" if from_me else "contact"
    return MessageSeen(key, PEER, from_me, via, text(body), NOON - timedelta(seconds=ago), push_name=name)


def take(key: str, body: str = "oi", **more: object) -> cmd.TakeMessage:
    return cmd.TakeMessage(seen=seen(key, body, **more), contact_id=5, number_id=3)  # type: ignore[arg-type]


def sent(conversation: Given, body: str = "bom dia") -> int:
    """A message of Ana's that the gateway is being called for."""
    queued = conversation.when(cmd.Send(author=ANA, content=text(body)))
    message_id = next(event.message_id for event in queued if isinstance(event, ev.MessageQueued))
    conversation.when(EffectStarting(effect_id=f"send-{message_id}"))
    return message_id


def test_the_first_message_opens_the_conversation() -> None:
    conversation = fresh()
    assert types(conversation.when(take("A"))) == ["conversation.opened", "message.received"]
    assert (conversation.state.name, conversation.state.unread_count) == ("Bia", 1)


def test_the_same_message_again_changes_nothing() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    assert conversation.when(take("A")) == []


def test_unread_counts_up_and_an_answer_clears_it_with_blue_ticks() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(take("B"))
    assert conversation.state.unread_count == 2
    events = conversation.when(cmd.Send(author=ANA, content=text("bom dia")))
    assert ev.ConversationRead(keys=("A", "B")) in events
    assert conversation.state.unread_count == 0


@pytest.mark.spec(308)
@pytest.mark.spec(310)
def test_the_greeting_is_planned_on_first_contact_and_only_then() -> None:
    conversation = fresh(welcome=greeting(delay=30))
    assert "welcome.planned" in types(conversation.when(take("A")))
    assert conversation.timers == {"welcome": NOON + timedelta(seconds=30)}
    assert "welcome.planned" not in types(conversation.when(take("B")))
    events = conversation.when(TimerFired(name="welcome", due=NOON + timedelta(seconds=30)), after=30)
    assert types(events) == ["message.queued", "welcome.sent"]
    assert conversation.timers == {}


def test_a_greeting_is_dropped_when_a_person_answers_first() -> None:
    conversation = fresh(welcome=greeting(delay=30))
    conversation.when(take("A"))
    assert "welcome.dropped" in types(conversation.when(cmd.Send(author=ANA, content=text("oi Bia"))))
    assert conversation.when(TimerFired(name="welcome", due=NOON + timedelta(seconds=30)), after=30) == []


def test_a_message_caught_up_long_after_is_not_greeted() -> None:
    conversation = fresh(welcome=greeting())
    assert "welcome.planned" not in types(conversation.when(take("A", ago=3600)))


@pytest.mark.spec(204)
def test_first_response_is_met_by_a_person_and_breached_without_one() -> None:
    met = fresh(sla=targets(60))
    assert "sla.started" in types(met.when(take("A")))
    assert "sla.started" not in types(met.when(take("B"), after=10))
    assert "sla.met" in types(met.when(cmd.Send(author=ANA, content=text("oi")), after=10))
    assert met.when(TimerFired(name="first_response", due=NOON + timedelta(seconds=60)), after=60) == []

    breached = fresh(sla=targets(60))
    breached.when(take("A"))
    due = breached.timers["first_response"]
    assert types(breached.when(TimerFired(name="first_response", due=due), after=60)) == ["sla.breached"]
    assert breached.timers == {}


def _structs(type_: Any, seen: set[type[Struct]]) -> set[type[Struct]]:
    """All structs that a type can hold."""
    if isinstance(type_, type) and issubclass(type_, Struct) and type_ not in seen:
        seen.add(type_)
        for each in get_type_hints(type_).values():
            _structs(each, seen)
    for each in get_args(type_):
        _structs(each, seen)
    return seen


def test_what_is_resident_is_nothing_that_the_collector_walks() -> None:
    held = _structs(Conversation, set())
    assert {Conversation, SlaClock, Run, Content} <= held
    assert [each.__name__ for each in held if each.__struct_config__.gc] == []


def test_an_answer_that_overtakes_a_late_timer_tells_of_the_breach() -> None:
    conversation = fresh(sla=targets(60, 90))
    conversation.when(take("A"))
    late = conversation.when(cmd.Send(author=ANA, content=text("oi")), after=61)
    assert types(late).index("sla.breached") < types(late).index("sla.met")
    done = conversation.when(cmd.Update(fields=("status",), status="resolved", by=7), after=60)
    assert [e.clock for e in done if isinstance(e, ev.SlaBreached)] == ["resolution"]
    assert "sla.breached" not in types(conversation.when(TimerFired(name="resolution", due=NOON), after=60))


def test_a_running_clock_keeps_the_target_it_was_started_with() -> None:
    conversation = fresh(sla=targets(60))
    conversation.when(take("A"))
    conversation.workspace = house(sla=targets(5))
    conversation.when(take("B"))
    assert conversation.state.first_response.due_at == NOON + timedelta(seconds=60)
    assert conversation.timers == {"first_response": NOON + timedelta(seconds=48)}  # the warning comes first


def test_an_automatic_word_does_not_meet_the_first_response() -> None:
    conversation = fresh(sla=targets(60), welcome=greeting())
    conversation.when(take("A"))
    assert "sla.met" not in types(conversation.when(TimerFired(name="welcome", due=NOON)))


def test_a_message_goes_out_once_and_its_status_only_climbs() -> None:
    conversation = fresh().given()
    conversation.when(take("A"))
    message_id = sent(conversation)
    conversation.when(EffectDone(effect_id=f"send-{message_id}", result={"key_id": "K"}))
    assert types(conversation.when(cmd.TakeUpdate(update=StatusSeen("K", "read")))) == ["message.ticked"]
    assert conversation.when(cmd.TakeUpdate(update=StatusSeen("K", "delivered"))) == []
    assert conversation.when(cmd.TakeUpdate(update=StatusSeen("K", "failed"))) == []


def test_the_echo_before_the_answer_settles_the_send_and_the_answer_adds_nothing() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    message_id = sent(conversation, "bom  dia")
    echo = cmd.TakeMessage(seen=seen("K", "bom dia", from_me=True), contact_id=5, number_id=3)
    assert conversation.when(echo) == [ev.MessageSent(message_id=message_id, key_id="K", how="echo")]
    assert conversation.when(EffectDone(effect_id=f"send-{message_id}", result={"key_id": "K"})) == []


def test_what_was_typed_on_the_phone_is_a_persons_word() -> None:
    conversation = fresh(sla=targets(60))
    conversation.when(take("A"))
    events = conversation.when(take("P", "já vou", from_me=True))
    assert types(events) == ["message.echoed", "sla.met", "conversation.read"]
    assert conversation.state.mode == "human"


def test_a_queued_message_with_the_same_words_is_not_taken_for_an_echo() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(cmd.Send(author=ANA, content=text("ok")))
    assert types(conversation.when(take("P", "ok", from_me=True)))[0] == "message.echoed"


def test_an_uncertain_send_is_shown_as_unknown_before_any_second_try() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    message_id = sent(conversation)
    effect = f"send-{message_id}"
    uncertain = conversation.when(EffectUncertain(effect_id=effect, reason="no answer"))
    assert types(uncertain) == ["message.uncertain"]
    assert conversation.when(EffectStarting(effect_id=effect)) == []
    absent = EffectFailed(effect_id=effect, reason="not there", permanent=False)
    assert types(conversation.when(absent)) == ["message.deferred"]
    assert types(conversation.when(EffectStarting(effect_id=effect))) == ["message.sending"]


def test_an_uncertain_send_that_is_found_is_sent() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    effect = f"send-{sent(conversation)}"
    conversation.when(EffectUncertain(effect_id=effect, reason="no answer"))
    [found] = conversation.when(EffectDone(effect_id=effect, result={"key_id": "K"}))
    assert isinstance(found, ev.MessageSent)
    assert found.how == "lookup"
    assert EffectMark(effect, "done") in conversation.effects


def left_in_doubt(conversation: Given, body: str = "bom dia") -> int:
    """A message of Ana's of which nobody knows whether it went out, and nobody asks any more."""
    message_id = sent(conversation, body)
    effect = f"send-{message_id}"
    conversation.when(EffectUncertain(effect_id=effect, reason="no answer"))
    [left] = conversation.when(EffectLeft(effect_id=effect, reason="refused"), after=600)
    assert left.type == "message.left_in_doubt"
    return message_id


def late_echo(conversation: Given, key: str, body: str = "bom dia", ago: float = 590) -> Sequence[Event]:
    at = conversation.at - timedelta(seconds=ago)
    echo = MessageSeen(key, PEER, True, "phone", text(body), at)
    return conversation.when(cmd.TakeMessage(seen=echo, contact_id=5, number_id=3, replayed=True))


def test_a_doubt_that_is_left_says_so_and_is_settled_by_its_echo() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    message_id = left_in_doubt(conversation)
    effect = f"send-{message_id}"
    assert EffectMark(effect, "left") in conversation.effects
    assert conversation.state.pending == ()
    assert conversation.when(EffectStarting(effect_id=effect)) == []  # never a second try
    assert conversation.when(EffectLeft(effect_id=effect, reason="refused")) == []
    [settled] = late_echo(conversation, "K")
    assert settled == ev.MessageSent(message_id=message_id, key_id="K", how="echo")
    assert conversation.state.in_doubt == ()


def test_the_same_words_sent_again_are_not_taken_for_what_was_left_in_doubt() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    first = left_in_doubt(conversation)
    second = sent(conversation)
    [settled] = late_echo(conversation, "K", ago=0)
    assert settled == ev.MessageSent(message_id=second, key_id="K", how="echo")
    [settled] = late_echo(conversation, "L")
    assert settled == ev.MessageSent(message_id=first, key_id="L", how="echo")
    third = left_in_doubt(conversation)
    assert types(late_echo(conversation, "M", ago=-3600))[0] == "message.echoed"  # somebody typed it an hour later
    assert [each.id for each in conversation.state.in_doubt] == [third]


def test_the_doubts_that_are_left_are_bounded() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    left = [left_in_doubt(conversation, f"text {n}") for n in range(RECENT + 3)]
    assert [each.id for each in conversation.state.in_doubt] == left[3:]


def test_a_message_that_fails_with_the_gateway_there_is_given_up_sooner_than_one_that_waits_for_it() -> None:
    for away, tries in ((False, REFUSED_AFTER), (True, GIVE_UP_AFTER)):
        conversation = fresh()
        conversation.when(take("A"))
        effect, n = f"send-{sent(conversation)}", 1
        while True:
            failed = EffectFailed(effect_id=effect, reason="no", permanent=False, away=away, tries=0 if away else n)
            [event] = conversation.when(failed)
            if isinstance(event, ev.MessageFailed):
                break
            assert event == ev.MessageDeferred(
                message_id=int(effect[5:]), reason="no", retry_at=event.retry_at, away=away
            )
            assert EffectMark(effect, "queued", event.retry_at, uncounted=away) in conversation.effects
            conversation.when(EffectStarting(effect_id=effect))
            n += 1
        assert n == tries


def test_a_permanent_refusal_is_a_failure_that_says_why() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    effect = f"send-{sent(conversation)}"
    [failed] = conversation.when(EffectFailed(effect_id=effect, reason="not on WhatsApp", permanent=True))
    assert failed == ev.MessageFailed(message_id=int(effect[5:]), reason="not on WhatsApp")


def test_what_whatsapp_delivered_after_all_was_no_failure() -> None:
    assert climbs("failed", "delivered")
    assert not climbs("failed", "sent")
    assert not climbs("delivered", "failed")
    assert not climbs("read", "delivered")


@pytest.mark.spec(139)
@pytest.mark.spec(142)
def test_snoozed_until_due_or_until_the_customer_writes() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    until = NOON + timedelta(hours=1)
    conversation.when(cmd.Snooze(until=until))
    assert conversation.timers == {"snooze": until}
    assert types(conversation.when(TimerFired(name="snooze", due=until), after=3600)) == ["conversation.woken"]
    conversation.when(cmd.Snooze(until=NOON + timedelta(hours=2)))
    assert types(conversation.when(take("B")))[0] == "conversation.woken"
    conversation.when(cmd.Snooze(until=NOON + timedelta(hours=3)))
    assert types(conversation.when(cmd.Snooze(until=None))) == ["conversation.woken"]
    with pytest.raises(Invalid):
        conversation.when(cmd.Snooze(until=NOON))


def test_a_timer_of_an_earlier_decision_does_nothing() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(cmd.Snooze(until=NOON + timedelta(hours=2)))
    assert conversation.when(TimerFired(name="snooze", due=NOON + timedelta(hours=1))) == []


def test_a_resolved_conversation_is_reopened_by_the_customer() -> None:
    conversation = fresh(sla=targets(60))
    conversation.when(take("A"))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert conversation.timers == {}
    events = conversation.when(take("B"))
    assert types(events) == ["conversation.reopened", "message.received", "sla.started"]


def test_only_members_are_assigned() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    assert types(conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=7, by=7))) == [
        "conversation.assigned"
    ]
    with pytest.raises(Invalid):
        conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=8, by=7))


def test_a_name_given_by_the_house_is_not_overwritten_by_the_contacts_own() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(cmd.Update(fields=("contact_name",), name="Beatriz (VIP)", by=7))
    conversation.when(take("B", name="Bia 🌸"))
    assert conversation.state.name == "Beatriz (VIP)"


@pytest.mark.spec(147)
def test_a_quoted_note_stays_in_the_house() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    [note] = conversation.when(cmd.AddNote(author=ANA, content=Content(MessageKind.NOTE, "cuidado", "note")))
    assert isinstance(note, ev.MessageNoted)
    queued = conversation.when(cmd.Send(author=ANA, content=text("oi"), quoted_message_id=note.message_id))[0]
    assert isinstance(queued, ev.MessageQueued)
    assert (queued.quoted_message_id, queued.quoted_key_id) == (note.message_id, None)
    assert [each for each in conversation.queued() if each.startswith("send-")] == [f"send-{queued.message_id}"]


@pytest.mark.spec(145)
def test_a_quote_must_be_of_this_conversation() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    with pytest.raises(Invalid, match="invalid"):
        conversation.when(cmd.Send(author=ANA, content=text("oi"), quoted_message_id=999))


def test_edits_deletions_and_reactions_find_their_message() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    for update, type_ in (
        (EditSeen("A", "oi!", NOON), "message.edited"),
        (ReactionSeen("A", "R", "👍", False, NOON), "message.reacted"),
        (DeleteSeen("A"), "message.deleted"),
    ):
        assert types(conversation.when(cmd.TakeUpdate(update=update))) == [type_]
    assert conversation.when(cmd.TakeUpdate(update=EditSeen("unknown", "?", NOON))) == []


def test_an_erased_conversation_takes_nothing_any_more() -> None:
    conversation = fresh(sla=targets(60))
    conversation.when(take("A"))
    effect = f"send-{sent(conversation)}"
    conversation.when(cmd.Delete())
    assert conversation.timers == {}
    assert conversation.when(EffectDone(effect_id=effect, result={"key_id": "K"})) == []
    with pytest.raises(NotFound):
        conversation.when(take("B"))
    with pytest.raises(NotFound):
        conversation.when(cmd.Delete())


def test_memory_is_bounded_whatever_is_said() -> None:
    conversation = fresh()
    for n in range(200):
        conversation.when(take(f"K{n}"))
    assert len(conversation.state.recent) == RECENT
    assert len(conversation.state.unread_keys) == RECENT
    assert conversation.state.unread_count == 200


def thing(key: str, kind: MessageKind, *, from_me: bool = False, aside: bool = False) -> cmd.TakeMessage:
    """What came under this key and says nothing that can be read."""
    content = Content(kind, "A line.", "something", aside=aside)
    return cmd.TakeMessage(
        seen=msgspec.structs.replace(seen(key, from_me=from_me), content=content), contact_id=5, number_id=3
    )


def test_words_take_the_place_of_what_could_not_be_read_and_count_once() -> None:
    conversation = fresh()
    [_, received] = conversation.when(thing("A", MessageKind.UNSUPPORTED))[:2]
    assert isinstance(received, ev.MessageReceived)
    [revealed] = [e for e in conversation.when(take("A", "quero cancelar")) if isinstance(e, ev.MessageRevealed)]
    assert (revealed.message_id, revealed.content.body, revealed.last) == (received.message_id, "quero cancelar", True)
    assert conversation.state.unread_count == 1
    assert conversation.when(take("A", "quero cancelar")) == []


def test_words_that_come_after_their_placeholder_was_read_are_news() -> None:
    conversation = fresh()
    conversation.when(thing("A", MessageKind.UNSUPPORTED))
    conversation.when(cmd.MarkRead(user_id=7))
    conversation.when(cmd.Update(by=7, fields=frozenset({"status"}), status="resolved"))
    conversation.when(take("A", "quero cancelar"))
    assert (conversation.state.status, conversation.state.unread_count) == ("open", 1)


def test_a_placeholder_after_the_words_takes_nothing_away() -> None:
    conversation = fresh()
    conversation.when(take("A", "oi"))
    assert conversation.when(thing("A", MessageKind.UNSUPPORTED)) == []


def test_automation_hears_words_that_follow_their_placeholder() -> None:
    conversation = fresh(welcome=greeting(delay=30))
    conversation.when(thing("A", MessageKind.UNSUPPORTED))
    conversation.when(take("A", "oi"))
    assert conversation.state.welcome_due is not None


@pytest.mark.parametrize("from_me", [False, True])
def test_what_is_no_message_is_at_most_a_line(from_me: bool) -> None:
    conversation = fresh(sla=targets(first_response=3600))
    assert conversation.when(thing("Z", MessageKind.UNSUPPORTED, from_me=from_me, aside=True)) == []
    conversation.when(take("A"))
    waiting = conversation.state
    expected = "message.echoed" if from_me else "message.received"
    assert types(conversation.when(thing("B", MessageKind.UNSUPPORTED, from_me=from_me, aside=True))) == [expected]
    after = conversation.state
    same = ("mode", "status", "unread_count", "unread_keys", "first_response")
    assert [getattr(after, field) for field in same] == [getattr(waiting, field) for field in same]
    conversation.when(cmd.Update(by=7, fields=frozenset({"status"}), status="resolved"))
    conversation.when(thing("C", MessageKind.UNSUPPORTED, from_me=from_me, aside=True))
    assert conversation.state.status == "resolved"
