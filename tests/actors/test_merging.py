"""Two conversations that become one: what each of them decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from tests.actors.given import NOON, Given, house, replay, targets, types
from tests.actors.test_automation import QUIET, RECEPTION
from tests.actors.test_conversation import ANA, fresh, seen, sent, text
from tests.actors.test_conversation_menus import flow
from tests.actors.test_dispatch import ANA as MEMBER, BIA, FOR_ANA
from tests.fault.fold import Folded
from tests.mine import Mine

from plixa.actors.contacts import joining
from plixa.actors.contacts.actor import CONTACTS
from plixa.actors.contacts.labels import Label
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.explain import explain
from plixa.actors.conversation.view import show
from plixa.actors.hours.business_hours import BusinessHours, Day
from plixa.actors.merged import AskParts, Merged
from plixa.actors.whatsapp.gateway import Peer, ReactionSeen
from plixa.actors.workspace.state import NumberRef, Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, TimerFired
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Effect

HOUR = timedelta(hours=1)
ONE, OTHER = 1, 2
AWAY = cmd.MergeAway(into_id=ONE, merge_id=900, by=7)
STAFF = {"members": {7: MEMBER, 8: BIA}}


def pair(**settings: Any) -> tuple[Given, Given]:
    """Two conversations of a house, with ids from one source."""
    there = house(**{**STAFF, **settings})
    one = Given(CONVERSATION, CONVERSATION.initial(ONE), there)
    return one, Given(CONVERSATION, CONVERSATION.initial(OTHER), there, _ids=one._ids)


def take(key: str, body: str = "oi", lid: str | None = None, **more: Any) -> cmd.TakeMessage:
    """A message of the customer's, under the phone number or under a LID."""
    message = seen(key, body, **more)
    if lid is not None:
        message = replace(message, peer=Peer(None, lid, f"{lid}@lid"))
    return cmd.TakeMessage(seen=message, contact_id=5, number_id=3)


def joined(one: Given, other: Given, **more: Any) -> Sequence[Event]:
    """The other one becomes a part of the one; returns what that decides."""
    other.when(AWAY)
    return one.when(cmd.Absorb(part=other.state, merge_id=900, by=7, **more))


# -- the merged one ---------------------------------------------------------------------------------------------------


def test_what_would_speak_by_itself_falls_silent_and_the_timers_stop() -> None:
    conversation = fresh(flows={50: RECEPTION}, sla=targets(60, 600))
    conversation.when(take("A"))
    conversation.when(cmd.Schedule(due=NOON + HOUR, author=ANA, content=text("lembrete")))
    pending = conversation.timers
    assert {"answer", "first_response", "resolution"} <= pending.keys()
    assert types(conversation.when(AWAY)) == ["answer.dropped", "conversation.merged"]
    assert conversation.timers == {}
    for name, due in pending.items():
        assert conversation.when(TimerFired(name, due)) == []
    assert len(conversation.state.scheduled) == 1, "for the survivor to take"


def test_a_flow_and_a_turn_of_the_ai_end() -> None:
    conversation = fresh(flows={50: RECEPTION})
    conversation.when(take("A"))
    conversation.when(TimerFired("answer", conversation.timers["answer"]))
    assert conversation.state.flow is not None
    [stepped] = [event for event in conversation.when(AWAY) if isinstance(event, ev.FlowStepped)]
    assert (stepped.ended, conversation.state.flow) == ("merged", None)
    conversation = fresh().given(
        ev.ConversationOpened(opened_at=NOON, contact_id=5, number_id=3),
        ev.AiAsked(turn_id=70, upto=1, asked_at=NOON),
    )
    assert types(conversation.when(AWAY)) == ["ai.cancelled", "conversation.merged"]
    assert conversation.when(EffectStarting(effect_id="ai-70")) == []


def test_it_refuses_what_people_ask_and_says_where_to_go() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(AWAY)
    for command in (
        cmd.Send(author=ANA, content=text("oi")),
        cmd.AddNote(author=ANA, content=text("oi")),
        cmd.Update(fields=("notes",), notes="x", by=7),
        cmd.MarkRead(user_id=7),
        cmd.Claim(user_id=7),
        cmd.Informed(command=cmd.StartFlow(flow_id=50), contact={}),
        take("B"),
    ):
        with pytest.raises(Merged) as refused:
            conversation.when(command)
        assert (refused.value.into_id, refused.value.code) == (ONE, "CONVERSATION_MERGED")
    for told in (cmd.Place(user_id=7, why="x"), cmd.Forget(gone="contact", id=5), cmd.FollowContact(contact_id=6)):
        assert conversation.when(told) == []


def test_what_was_under_way_goes_on_and_is_told_of_where_its_message_is() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    first, second = sent(conversation, "um"), sent(conversation, "dois")
    waiting = conversation.when(cmd.Send(author=ANA, content=text("três")))[0]
    assert isinstance(waiting, ev.MessageQueued)
    conversation.when(AWAY)
    [done] = conversation.when(EffectDone(effect_id=f"send-{first}", result={"key_id": "S1"}))
    assert done == ev.MessageSent(message_id=first, key_id="S1", moved_to=ONE)
    [echoed] = conversation.when(take("S2", "dois", from_me=True))
    assert echoed == ev.MessageSent(message_id=second, key_id="S2", how="echo", moved_to=ONE)
    assert conversation.when(take("S2", "dois", from_me=True)) == []
    [sending] = conversation.when(EffectStarting(effect_id=f"send-{waiting.message_id}"))
    assert isinstance(sending, ev.MessageSending)
    assert sending.moved_to == ONE
    [failed] = conversation.when(EffectFailed(effect_id=f"send-{waiting.message_id}", reason="no", permanent=True))
    assert isinstance(failed, ev.MessageFailed)
    with pytest.raises(Merged):
        conversation.when(take("S3", "digitado", from_me=True))


def test_a_menu_that_is_under_way_goes_out_as_numbers_where_the_gateway_has_no_buttons() -> None:
    conversation = fresh(flows={50: flow()}, inbox=QUIET)
    conversation.when(take("A"))
    conversation.when(TimerFired("answer", conversation.timers["answer"]))
    [menu] = conversation.state.pending
    conversation.when(AWAY)
    conversation.when(EffectStarting(effect_id=f"send-{menu.id}"))
    [numbered] = conversation.when(cmd.SendNumbered(message_id=menu.id, why="It has none."))
    assert numbered == ev.MessageNumbered(message_id=menu.id, why="It has none.", moved_to=ONE)
    shown = show(Recorded(OTHER, 9, f"conversation-{OTHER}", 9, NOON, "system", "c", numbered))
    assert shown is not None
    assert shown["conversation_id"] == ONE
    conversation.when(EffectDone(effect_id=f"send-{menu.id}", result={"key_id": "S1"}))
    assert conversation.when(cmd.SendNumbered(message_id=menu.id, why="It has none.")) == []


def test_of_several_merges_the_latest_counts() -> None:
    conversation = fresh()
    conversation.when(take("A"))
    conversation.when(AWAY)
    assert conversation.when(AWAY) == []
    conversation.when(cmd.MergeAway(into_id=9, merge_id=901))
    assert conversation.when(AWAY) == []
    assert conversation.state.merged_into == 9


# -- the survivor -----------------------------------------------------------------------------------------------------


def test_it_takes_what_is_unread_and_the_last_message_and_what_it_has_not() -> None:
    one, other = pair(
        labels={4: Label(id=4, name="VIP", color="#ffffff"), 6: Label(id=6, name="novo", color="#ffffff")}
    )
    one.when(take("A", name=None))
    one.when(cmd.Label(label_id=4, attach=True, why="user:7"))
    other.when(take("B", lid="77"), after=60)
    other.when(cmd.Update(fields=("contact_name", "notes"), name="Bia Lima", notes="alérgica", by=7))
    for label_id in (4, 6):
        other.when(cmd.Label(label_id=label_id, attach=True, why="user:7"))
    events = joined(one, other, seen={7: 3})
    state = one.state
    assert (state.unread_count, state.unread_keys, state.labels) == (2, ("A", "B"), (4, 6))
    assert (state.last_message_id, state.last_activity_at) == (
        other.state.last_message_id,
        other.state.last_activity_at,
    )
    assert (state.name, state.named_by_us, state.notes, state.phone, state.lid) == (
        "Bia Lima", True, "alérgica", "5511999990000", "77",
    )  # fmt: skip
    assert (state.parts, state.seen) == ((OTHER,), {7: 3})
    assert one.when(cmd.Absorb(part=other.state, merge_id=900)) == [], "again"
    said = explain(events[0], one.workspace)
    assert said == "Conversation 2 was merged into this one by Ana: they are one customer's."


def test_what_both_have_stays_the_survivors_and_nothing_is_lost() -> None:
    one, other = pair()
    for conversation, name in ((one, "A"), (other, "B")):
        conversation.when(take(name, name=name))
        fields = ("notes", "assigned_user_id")
        mine = 7 if conversation is one else 8
        conversation.when(cmd.Update(fields=fields, notes=f"nota {name}", assigned_user_id=mine, by=7))
    events = joined(one, other)
    assert (one.state.name, one.state.notes, one.state.assigned_user_id) == ("A", "nota A", 7)
    [noted] = [event for event in events if isinstance(event, ev.MessageNoted)]
    assert (noted.content.body or "").endswith("nota B")


@pytest.mark.parametrize("of_the_one", [None, 7])
def test_a_resolved_survivor_is_open_again_with_who_looks_after_the_open_one(of_the_one: int | None) -> None:
    one, other = pair()
    one.when(take("A"))
    one.when(cmd.Update(fields=("assigned_user_id", "status"), assigned_user_id=of_the_one, status="resolved", by=7))
    other.when(take("B"))
    other.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=8, by=7))
    joined(one, other)
    assert (one.state.status, one.state.assigned_user_id, one.state.waiting_since) == ("open", 8, None)
    assert one.state.wrote_this_episode


def test_a_resolved_part_leaves_an_open_survivor_as_it_is() -> None:
    one, other = pair()
    one.when(take("A"))
    one.when(cmd.Snooze(until=NOON + HOUR))
    other.when(take("B"))
    other.when(cmd.Update(fields=("assigned_user_id", "status"), assigned_user_id=8, status="resolved", by=7))
    assert types(joined(one, other)) == ["conversation.absorbed"]
    assert (one.state.status, one.state.snoozed_until, one.state.assigned_user_id) == ("open", NOON + HOUR, None)


def test_it_waits_since_the_first_of_both_and_is_offered() -> None:
    plan = {"assignment_rules": {1: FOR_ANA}, "trial_ends_at": NOON + 9 * HOUR}
    one, other = pair(**plan)
    other.when(take("B"))
    one.when(take("A"), after=60)
    one.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert "conversation.let_go" in types(joined(one, other))
    assert (one.state.status, one.state.waiting_since) == ("open", NOON)


@pytest.mark.parametrize(("of_one", "of_other", "told"), [(None, 7, 7), (8, 7, None), (None, None, None)])
def test_whom_a_rule_wants_to_have_the_merged_one_is_to_have_the_survivor(
    of_one: int | None, of_other: int | None, told: int | None
) -> None:
    one, other = pair(assignment_rules={1: FOR_ANA}, trial_ends_at=NOON + 9 * HOUR)
    for conversation, key, user_id in ((one, "A", of_one), (other, "B", of_other)):
        conversation.when(take(key))
        conversation.when(cmd.Place(user_id=None, why="They are away.", waits_for=user_id))
    joined(one, other)
    request = one.effects[-1].request if isinstance(one.effects[-1], Effect) else {}
    assert (request["let_go"], request.get("waits_for")) == (ONE, told)


def test_whoever_looked_after_the_merged_one_has_one_less() -> None:
    plan = {"assignment_rules": {1: FOR_ANA}, "trial_ends_at": NOON + 9 * HOUR}
    for mine, theirs, freed in ((7, 8, [8]), (7, 7, [7]), (7, None, []), (None, 8, [])):
        one, other = pair(**plan)
        for conversation, user_id in ((one, mine), (other, theirs)):
            conversation.when(take("A"))
            conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=user_id, by=7))
        events = joined(one, other)
        assert [event.user_id for event in events if isinstance(event, ev.MemberFreed)] == freed, (mine, theirs)


@pytest.mark.parametrize(
    ("of_one", "of_other", "until"), [(2, None, None), (None, 2, None), (2, 3, 2), (3, 2, 2), (None, None, None)]
)
def test_it_sleeps_only_where_both_did(of_one: int | None, of_other: int | None, until: int | None) -> None:
    one, other = pair()
    for conversation, hours in ((one, of_one), (other, of_other)):
        conversation.when(take("A"))
        if hours:
            conversation.when(cmd.Snooze(until=NOON + hours * HOUR))
    joined(one, other)
    assert one.state.snoozed_until == (None if until is None else NOON + until * HOUR)


def test_a_person_who_leads_goes_on_leading() -> None:
    one, other = pair(flows={50: RECEPTION})
    one.when(take("A"))
    other.when(take("B"))
    other.when(cmd.TakeOver(by=8))
    assert {"answer.dropped", "conversation.handed_over"} <= set(types(joined(one, other)))
    assert (one.state.mode, one.state.burst) == ("human", None)


def test_the_earlier_promise_holds() -> None:
    one, other = pair(sla=targets(600, 6000))
    other.when(take("B"))
    one.when(take("A"), after=60)
    one.when(cmd.Send(author=ANA, content=text("olá")))
    events = joined(one, other)
    assert [(e.clock, e.started_at) for e in events if isinstance(e, ev.SlaStarted)] == [
        ("first_response", NOON),
        ("resolution", NOON),
    ]
    assert one.timers["first_response"] == other.state.first_response.warn_at
    one, other = pair(sla=targets(600, 6000))
    one.when(take("A"))
    other.when(take("B"), after=60)
    assert not [event for event in joined(one, other) if isinstance(event, ev.SlaStarted)]


def test_a_survey_of_the_merged_one_is_over_and_episodes_are_told_apart() -> None:
    one, other = pair()
    for conversation, times in ((one, 2), (other, 3)):
        for n in range(times):
            conversation.when(take(f"{n}"))
            conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    absorbed = joined(one, other)[0]
    assert isinstance(absorbed, ev.ConversationAbsorbed)
    assert (absorbed.shift, absorbed.episode, one.state.episode) == (2, 5, 5)


def test_what_was_scheduled_goes_on_unless_the_customer_wrote_in_the_other_one() -> None:
    one, other = pair()
    one.when(take("A"))
    other.when(take("B"))
    due = NOON + HOUR
    one.when(cmd.Schedule(due=due, author=ANA, content=text("da um")))
    one.when(cmd.Schedule(due=due, author=ANA, content=text("sempre"), only_if_silent=False))
    other.when(take("C"))  # breaks the silence that the first one was meant for
    other.when(cmd.Schedule(due=due, author=ANA, content=text("da outra")))
    events = joined(one, other)
    assert [each.content.body for each in one.state.scheduled] == ["sempre", "da outra"]
    assert {name for name in one.timers if name.startswith("scheduled")} == {
        f"scheduled-{each.id}" for each in one.state.scheduled
    }
    absorbed = events[0]
    assert isinstance(absorbed, ev.ConversationAbsorbed)
    assert (len(absorbed.kept), absorbed.dropped) == (1, ())
    assert "Scheduled messages that go out from here now: 1." in explain(absorbed, one.workspace)


def test_what_was_scheduled_in_the_merged_one_is_dropped_if_the_customer_wrote_here() -> None:
    one, other = pair()
    other.when(take("B"))
    other.when(cmd.Schedule(due=NOON + HOUR, author=ANA, content=text("da outra")))
    one.when(take("A"))
    absorbed = joined(one, other)[0]
    assert isinstance(absorbed, ev.ConversationAbsorbed)
    assert ((), len(absorbed.dropped), one.state.scheduled) == (absorbed.kept, 1, ())
    assert "do not go out" in explain(absorbed, one.workspace)


def test_the_survivor_asks_its_parts_first_whose_echo_it_is() -> None:
    one, other = pair()
    one.when(take("A"))
    other.when(take("B"))
    joined(one, other)
    echo = take("S", "digitado", from_me=True)
    with pytest.raises(AskParts) as asked:
        one.when(echo)
    assert asked.value.parts == (OTHER,)
    assert types(one.when(replace(echo, parts_asked=True)))[0] == "message.echoed"
    message_id = sent(one, "nosso")
    assert one.when(take("S2", "nosso", from_me=True)) == [
        ev.MessageSent(message_id=message_id, key_id="S2", how="echo")
    ]


def test_erasing_the_survivor_names_its_parts_and_they_erase_themselves() -> None:
    one, other = pair()
    one.when(take("A"))
    other.when(take("B"))
    joined(one, other)
    [deleted] = [event for event in one.when(cmd.Delete()) if isinstance(event, ev.ConversationDeleted)]
    assert deleted.parts == (OTHER,)
    assert "parts-1" in one.queued()
    with pytest.raises(Merged):
        other.when(cmd.Delete())
    assert types(other.when(cmd.Delete(as_part=True))) == ["conversation.deleted"]
    with pytest.raises(NotFound):
        other.when(AWAY)
    with pytest.raises(NotFound):
        one.when(cmd.Absorb(part=CONVERSATION.initial(3), merge_id=901))


def test_parts_of_parts_are_parts() -> None:
    one, other = pair()
    third = Given(CONVERSATION, CONVERSATION.initial(3), one.workspace, _ids=one._ids)
    for conversation in (one, other, third):
        conversation.when(take("A"))
    joined(other, third)
    joined(one, other)
    assert one.state.parts == (OTHER, 3)
    assert one.when(cmd.Absorb(part=third.state, merge_id=900)) == []
    assert replay(CONVERSATION, ONE, []) == CONVERSATION.initial(ONE)


def test_a_client_that_folds_the_events_of_both_shows_one_thread() -> None:
    one, other = pair()
    folded = Folded(Mine(ANA.id or 0))

    def told(conversation: Given, command: Any) -> None:
        for event in conversation.when(command):
            position = folded.offset + 1
            stream = f"conversation-{conversation.state.id}"
            data = show(Recorded(1, position, stream, position, NOON, "", None, event))
            if data is not None:
                folded.take({"offset": position, "data": data})

    told(one, take("A"))
    told(other, take("B"))
    told(other, cmd.Send(author=ANA, content=text("já vai")))
    message_id = other.state.pending[0].id
    told(other, AWAY)
    last = ev.LastMessage(message_id, "outbound", "text", "já vai", NOON)
    told(one, cmd.Absorb(part=other.state, merge_id=900, last=last))
    told(other, EffectStarting(effect_id=f"send-{message_id}"))
    told(other, EffectDone(effect_id=f"send-{message_id}", result={"key_id": "S"}))
    shown_in = [(message["conversation_id"], message.get("body")) for message in folded.messages.values()]
    assert shown_in == [(ONE, "oi"), (ONE, "oi"), (ONE, "já vai")]
    assert folded.messages[message_id]["status"] == "sent"
    assert list(folded.conversations) == [ONE]
    shown = folded.conversations[ONE]
    assert (shown["unread_count"], shown["last_message"]["body"], shown["mode"]) == (1, "já vai", "human")


def test_what_it_knows_of_changes_and_of_being_closed_goes_along() -> None:
    one, other = pair()
    one.when(take("A"))
    other.when(take("B"))
    message_id = other.state.last_message_id
    other.given(
        ev.MessageReacted(message_id=message_id, by="contact", reacted_at=NOON + HOUR, emoji="👍"),
        ev.ClosedTold(until=NOON + 2 * HOUR),
    )
    joined(one, other)
    known = cmd.KnownMessage(message_id, "B", "inbound", "received")
    older = cmd.TakeUpdate(update=ReactionSeen("B", "R", "👎", False, NOON), known=known)
    assert one.when(older) == [], "webhooks overtake each other"
    assert one.state.closed_told_until == NOON + 2 * HOUR


def closed_until(time: str) -> Workspace:
    """The house opens every day at that time, for five minutes."""
    return house(**STAFF, business_hours=BusinessHours(True, "Fechado.", [Day(time, f"{time[:3]}05", True)] * 7))


@pytest.mark.parametrize("of_the_merged_one", [True, False])
def test_hours_that_changed_while_one_was_resolved_hold_for_what_the_other_goes_on_with(
    *, of_the_merged_one: bool
) -> None:
    one, other = pair()
    for conversation, key in ((one, "A"), (other, "B")):
        conversation.when(take(key))
    told = other if of_the_merged_one else one
    told.given(ev.ClosedTold(until=NOON + 20 * HOUR, at=NOON))
    told.when(cmd.Update(fields=("status",), status="resolved", by=7))
    one.workspace = other.workspace = closed_until("14:00")
    other.at = one.at = NOON + HOUR
    joined(one, other)
    assert (one.state.closed_told_until, one.state.closed_told_at) == (NOON + 2 * HOUR, NOON)


# -- the address book -------------------------------------------------------------------------------------------------


def side(id_: int, **more: Any) -> joining.Side:
    return joining.Side(id_, **{"contact_id": 5, "number_id": 3, **more})


def asked(into: joining.Side | None, other: joining.Side | None) -> joining.MergeConversations:
    return joining.MergeConversations(into_id=ONE, from_id=OTHER, by=7, into=into, other=other)


def book() -> Given:
    numbers = {3: NumberRef(3, "plixa-1-x", "front")}
    return Given(CONTACTS, CONTACTS.initial(1), house(numbers=numbers))


def test_the_address_book_decides_and_asks_for_the_rest() -> None:
    there = book()
    events = there.when(asked(side(ONE), side(OTHER)))
    assert events == [joining.MergeDecided(merge_id=100, from_id=OTHER, into_id=ONE, by=7)]
    assert there.queued() == ["join-100"]
    assert there.when(asked(side(ONE), side(OTHER, merged_into=ONE))) == [], "the same request again"


def test_one_whose_number_is_gone_fits() -> None:
    assert types(book().when(asked(side(ONE), side(OTHER, number_id=2)))) == ["merge.decided"]


@pytest.mark.parametrize(
    ("into", "other", "error", "code"),
    [
        (side(ONE), None, NotFound, "NOT_FOUND"),
        (None, side(OTHER), NotFound, "NOT_FOUND"),
        (side(ONE, merged_into=OTHER), side(OTHER), Merged, "CONVERSATION_MERGED"),
        (side(ONE), side(OTHER, merged_into=9), Merged, "CONVERSATION_MERGED"),
        (side(ONE), side(OTHER, contact_id=6), Conflict, "DIFFERENT_CONTACTS"),
        (side(ONE, contact_id=None), side(OTHER, contact_id=None), Conflict, "DIFFERENT_CONTACTS"),
        (side(ONE, number_id=2), side(OTHER), Conflict, "DIFFERENT_NUMBERS"),
    ],
)
def test_the_address_book_refuses(
    into: joining.Side | None, other: joining.Side | None, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        book().when(asked(into, other))
    assert refused.value.code == code  # type: ignore[attr-defined]


def test_none_is_merged_into_itself() -> None:
    with pytest.raises(Invalid):
        book().when(joining.MergeConversations(into_id=ONE, from_id=ONE, into=side(ONE), other=side(ONE)))


# -- what a merge counts, and what it takes from where ----------------------------------------------------------------


def test_an_episode_that_a_merge_opens_is_the_next_one() -> None:
    one, other = pair()
    for conversation in (one, other):
        conversation.when(take("A"))
    one.when(cmd.Update(fields=("status",), status="resolved", by=7))
    before = one.state.episode
    reopened = next(each for each in joined(one, other) if isinstance(each, ev.ConversationReopened))
    assert (reopened.why, reopened.episode) == ("merged", before + 1)


@pytest.mark.parametrize(
    ("theirs", "number", "taken"),
    [(60, 3, "lid"), (-60, 3, "phone"), (60, 4, "phone")],
    ids=["the later one", "the earlier one", "the later one of another number"],
)
def test_answers_go_to_the_address_that_was_used_last_at_the_same_number(theirs: int, number: int, taken: str) -> None:
    one, other = pair()
    one.when(take("A"), after=600)
    other.when(replace(take("B", lid="77"), number_id=number), after=600 + theirs)
    addresses = {"phone": one.state.jid, "lid": other.state.jid}
    joined(one, other)
    assert one.state.jid == addresses[taken]


def test_a_promise_that_has_no_time_yet_changes_none() -> None:
    one, other = pair(sla=targets(60))
    for conversation in (one, other):
        conversation.when(take("A"))
    mine, theirs = one.state.first_response, other.state.first_response
    assert mine is not None
    assert theirs is not None
    other.state = replace(other.state, first_response=replace(theirs, due_at=None))
    assert "sla.started" not in types(joined(one, other))
    assert one.state.first_response == mine
