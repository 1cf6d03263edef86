"""A broadcast's message in a conversation: what becomes of it, what answers it, and the word that ends them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace
from tests.actors.given import NOON, Given, targets, types
from tests.actors.test_conversation import ANA, fresh, seen, take, text
from tests.actors.test_merging import pair

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.view import show
from plixa.actors.flows.run import Run
from plixa.actors.whatsapp.gateway import Content, MessageKind, StatusSeen
from plixa.actors.workspace.state import Regional
from plixa.engine.actor import EffectDone, EffectFailed, EffectLeft, EffectStarting, EffectUncertain
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Effect


def one_of_many(broadcast_id: int = 40, place: int = 2, body: str = "tem pão") -> cmd.SendBroadcast:
    return cmd.SendBroadcast(
        broadcast_id=broadcast_id, place=place, content=text(body), number_id=3, contact_id=5, phone="5511999990000"
    )


def progress(events: Sequence[Event]) -> list[tuple[str, bool]]:
    """What a broadcast's message has come to, and whether its broadcast hears of it."""
    return [(each.what, each.tells) for each in events if isinstance(each, ev.BroadcastProgressed)]


def queued(conversation: Given, command: cmd.SendBroadcast | None = None) -> str:
    """A broadcast's message on its way; the effect's id."""
    events = conversation.when(command or one_of_many())
    return f"send-{next(event.message_id for event in events if isinstance(event, ev.MessageQueued))}"


def delivered(conversation: Given, key: str = "K", command: cmd.SendBroadcast | None = None) -> str:
    """The same, at the customer's."""
    effect_id = queued(conversation, command)
    conversation.when(EffectStarting(effect_id=effect_id))
    conversation.when(EffectDone(effect_id=effect_id, result={"key_id": key}))
    conversation.when(tick(key, "delivered"))
    return effect_id


def tick(key: str, status: ev.Tick) -> cmd.TakeUpdate:
    return cmd.TakeUpdate(update=StatusSeen(key, status))


def test_it_begins_a_conversation_at_rest_and_meets_no_promise() -> None:
    conversation = fresh(sla=targets(60, 600))
    assert types(conversation.when(one_of_many())) == ["conversation.opened", "message.queued"]
    assert (conversation.state.status, conversation.state.mode, conversation.state.waiting_since) == (
        "resolved", "idle", None
    )  # fmt: skip
    [effect] = [each for each in conversation.effects if isinstance(each, Effect)]
    assert (effect.kind, effect.ordering_key, effect.rate_key) == (
        "gateway.send_one_of_many",
        "broadcast-1",
        "broadcast-3",
    )
    assert conversation.timers == {}


def test_in_an_open_conversation_it_answers_nobody() -> None:
    conversation = fresh(sla=targets(60, 600))
    conversation.when(take("A"))
    assert types(conversation.when(one_of_many())) == ["message.queued"]
    assert (conversation.state.unread_count, conversation.state.mode, "first_response" in conversation.timers) == (
        1, "idle", True
    )  # fmt: skip


def test_the_same_turn_again_sends_nothing() -> None:
    conversation = fresh()
    queued(conversation)
    assert conversation.when(one_of_many()) == []
    assert conversation.when(one_of_many(place=3)) == []
    queued(conversation, one_of_many(broadcast_id=41))


def test_an_erased_conversation_takes_none_and_frees_the_turn_that_waited() -> None:
    conversation = fresh()
    queued(conversation)
    assert progress(conversation.when(cmd.Delete())) == [("failed", True)]
    with pytest.raises(NotFound):
        conversation.when(one_of_many())


def test_whatever_becomes_of_it_is_told_once_where_it_matters() -> None:
    conversation = fresh()
    effect_id = queued(conversation)
    conversation.when(EffectStarting(effect_id=effect_id))
    assert progress(conversation.when(EffectUncertain(effect_id=effect_id, reason="?"))) == [("unknown", False)]
    assert progress(conversation.when(EffectFailed(effect_id=effect_id, reason="no", permanent=False))) == [
        ("pending", False)
    ]
    conversation.when(EffectStarting(effect_id=effect_id))
    assert progress(conversation.when(EffectDone(effect_id=effect_id, result={"key_id": "K"}))) == [("sent", True)]
    ticks = [progress(conversation.when(tick("K", status))) for status in ("delivered", "read", "played")]
    assert ticks == [[("delivered", False)], [("read", False)], [("read", False)]]
    told = [each.id for each in conversation.effects if isinstance(each, Effect) and each.kind == "broadcast.heard"]
    assert len(told) == len(set(told)) == 1


def test_what_is_left_in_doubt_and_comes_to_light_is_told_as_both() -> None:
    conversation = fresh()
    effect_id = queued(conversation)
    conversation.when(EffectStarting(effect_id=effect_id))
    conversation.when(EffectUncertain(effect_id=effect_id, reason="?"))
    assert progress(conversation.when(EffectLeft(effect_id=effect_id, reason="?"))) == [("left", True)]
    echo = cmd.TakeMessage(seen=seen("K", "tem pão", from_me=True), contact_id=5, number_id=3)
    assert progress(conversation.when(echo)) == [("sent", True)]


def test_a_tick_that_overtakes_the_answer_is_told_once() -> None:
    conversation = fresh()
    effect_id = queued(conversation)
    conversation.when(EffectStarting(effect_id=effect_id))
    known = cmd.KnownMessage(int(effect_id.removeprefix("send-")), "K", "outbound", "sending")
    quick = cmd.TakeUpdate(update=StatusSeen("K", "sent"), known=known)
    assert progress(conversation.when(quick)) == [("sent", True)]
    assert progress(conversation.when(EffectDone(effect_id=effect_id, result={"key_id": "K"}))) == [("sent", False)]


def test_a_refusal_that_comes_late_is_told() -> None:
    conversation = fresh()
    effect_id = queued(conversation)
    conversation.when(EffectStarting(effect_id=effect_id))
    conversation.when(EffectDone(effect_id=effect_id, result={"key_id": "K"}))
    assert progress(conversation.when(tick("K", "failed"))) == [("failed", True)]


# -- answers ----------------------------------------------------------------------------------------------------------


def test_the_first_word_after_it_answers_it_and_begins_an_ordinary_episode() -> None:
    conversation = fresh()
    delivered(conversation)
    events = conversation.when(take("A", "quero"))
    assert types(events)[:1] == ["conversation.reopened"]
    assert progress(events) == [("replied", False)]
    assert (conversation.state.status, conversation.state.broadcast_id) == ("open", 40)
    assert progress(conversation.when(take("B", "dois"))) == []
    assert progress(conversation.when(tick("K", "read"))) == [("read", False)]
    assert conversation.state.broadcasts[0].replied


def test_a_quote_tells_which_one_is_answered_and_otherwise_it_is_the_latest() -> None:
    conversation = fresh()
    delivered(conversation, "K1")
    delivered(conversation, "K2", one_of_many(41))
    quoting = replace(seen("A", "quero"), quoted_key_id="K1")
    conversation.when(cmd.TakeMessage(seen=quoting, contact_id=5, number_id=3))
    assert conversation.state.broadcast_id == 40
    conversation.when(take("B", "e dois"))
    assert conversation.state.broadcast_id == 41


@pytest.mark.parametrize("hours", [-1, 24 * 7])
def test_what_was_written_before_or_long_after_answers_nothing(hours: int) -> None:
    conversation = fresh()
    delivered(conversation)
    conversation.at += timedelta(hours=24 * 8)
    late = replace(seen("A", "sair"), sent_at=NOON + timedelta(hours=hours))
    events = conversation.when(cmd.TakeMessage(seen=late, contact_id=5, number_id=3))
    assert progress(events) == []
    assert conversation.state.status == "open"


def test_one_that_failed_is_not_answered() -> None:
    conversation = fresh()
    effect_id = queued(conversation)
    conversation.when(EffectStarting(effect_id=effect_id))
    conversation.when(EffectFailed(effect_id=effect_id, reason="no", permanent=True))
    assert progress(conversation.when(take("A", "sair"))) == []


# -- the word that ends them ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("locale", "begins"), [("en", "Done"), ("pt-BR", "Pronto"), ("pt", "Pronto"), ("es", "Listo")])
def test_it_is_answered_once_in_the_houses_language_and_opens_nothing(locale: str, begins: str) -> None:
    conversation = fresh(regional=Regional(locale=locale))  # type: ignore[arg-type]
    delivered(conversation)
    events = conversation.when(take("A", "  Sair! "))
    assert progress(events) == [("opted_out", True)]
    [told] = [event for event in events if isinstance(event, ev.MessageQueued)]
    assert (told.content.body or "").startswith(begins)
    assert (conversation.state.status, conversation.state.unread_count) == ("resolved", 0)
    again = conversation.when(take("B", "SAIR"))
    assert (progress(again), [event for event in again if isinstance(event, ev.MessageQueued)]) == ([], [])
    [effect] = [each for each in conversation.effects if isinstance(each, Effect) and each.kind == "broadcast.heard"][
        1:
    ]
    assert (effect.request["what"], effect.request["contact_id"]) == ("opted_out", 5)


def test_in_an_open_conversation_people_see_it() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    delivered(conversation)
    conversation.when(take("B", "parar"))
    assert (conversation.state.status, conversation.state.unread_count) == ("open", 2)


def test_to_a_question_of_a_flow_it_is_an_answer_unless_it_quotes_the_broadcast() -> None:
    conversation = fresh()
    delivered(conversation)
    conversation.when(take("A", "oi"))
    run = Run(flow_id=1, version=1, node_id="m", started_at=NOON)
    conversation.state = replace(conversation.state, flow=run)
    assert progress(conversation.when(take("B", "sair"))) == []
    quoting = replace(seen("C", "sair"), quoted_key_id="K")
    conversation.state = replace(conversation.state, flow=run)
    told = conversation.when(cmd.TakeMessage(seen=quoting, contact_id=5, number_id=3))
    assert progress(told) == [("opted_out", True)]


def test_it_is_understood_though_it_could_not_be_read_at_first() -> None:
    conversation = fresh()
    delivered(conversation)
    unreadable = replace(seen("A"), content=Content(MessageKind.UNSUPPORTED, None, "ciphertext"))
    conversation.when(cmd.TakeMessage(seen=unreadable, contact_id=5, number_id=3))
    assert progress(conversation.when(take("A", "sair"))) == [("opted_out", True)]


def test_without_a_broadcast_it_is_a_word_like_any_other() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    assert progress(conversation.when(take("B", "sair"))) == []
    assert conversation.state.unread_count == 2


# -- merged, and watched ----------------------------------------------------------------------------------------------


def test_after_a_merge_the_part_tells_of_its_own_and_the_survivor_of_answers() -> None:
    one, other = pair()
    one.when(take("A"))
    effect_id = queued(other)
    other.when(EffectStarting(effect_id=effect_id))
    other.when(cmd.MergeAway(into_id=1, merge_id=900))
    one.when(cmd.Absorb(part=other.state, merge_id=900))
    assert progress(other.when(EffectDone(effect_id=effect_id, result={"key_id": "K"}))) == [("sent", True)]
    assert progress(one.when(take("B", "quero"))) == [("replied", False)]
    assert one.when(one_of_many()) == []


def test_the_live_push_shows_a_conversation_at_rest_and_what_it_answers() -> None:
    conversation = fresh()
    opened = conversation.when(one_of_many())[0]
    shown = show(Recorded(1, 1, "conversation-1", 1, NOON, "system", "x", opened)) or {}
    assert (shown["conversation"]["status"], shown["conversation"]["resolved_at"]) == ("resolved", NOON.isoformat())
    replied = ev.BroadcastProgressed(broadcast_id=40, place=1, message_id=9, what="replied", at=NOON)
    shown = show(Recorded(1, 2, "conversation-1", 2, NOON, "contact", "x", replied)) or {}
    assert shown["conversation"]["broadcast_id"] == 40
    sent = replace(replied, what="sent")
    assert show(Recorded(1, 3, "conversation-1", 3, NOON, "system", "x", sent)) is None


def test_what_a_person_writes_meanwhile_goes_out_beside_it() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    queued(conversation)
    conversation.when(cmd.Send(author=ANA, content=text("bom dia")))
    sends = [each for each in conversation.effects if isinstance(each, Effect) and "send" in each.kind]
    assert len({(each.ordering_key, each.rate_key) for each in sends}) == 2
