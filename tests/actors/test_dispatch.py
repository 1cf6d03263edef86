"""The dispatcher: what it hands out of the queue, to whom, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.actors.given import NOON, Given, house, replay
from tests.actors.test_conversation import take

from plixa.actors.assignment.choice import QueuedConversation
from plixa.actors.assignment.dispatcher import (
    DISPATCH,
    AssignmentDecided,
    FindAssignee,
    Offer,
    OfferRound,
    QueueLookUp,
    Settled,
)
from plixa.actors.assignment.rules import AssignmentRule
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.workspace.state import Member
from plixa.engine.events import Event
from plixa.engine.ports import Effect

ANA = Member(7, "Ana", "ana@plixa.example", "owner")
BIA = Member(8, "Bia", "bia@plixa.example", "agent")
FOR_ANA = AssignmentRule(
    id=1,
    priority=1,
    condition_type="keyword",
    condition_value="reclamação",
    action_type="assign_user",
    action_user_id=7,
)


def office(*members: Member, **settings: Any) -> Given:
    """A dispatcher of a workspace with these members and a rule that wants complaints to go to Ana."""
    given = {"assignment_rules": {1: FOR_ANA}, "trial_ends_at": NOON + timedelta(days=9), **settings}
    there = house(members={each.id: each for each in members}, **given)
    return Given(DISPATCH, DISPATCH.initial(1), there)


def away(member: Member) -> Member:
    return Member(member.id, member.name, member.email, member.role, is_available=False)


def waiting(*ids: int) -> tuple[QueuedConversation, ...]:
    """In the queue since before noon, the first the longest."""
    return tuple(QueuedConversation(id_, NOON - timedelta(minutes=10 - at)) for at, id_ in enumerate(ids))


def handed(events: Sequence[Event]) -> list[tuple[int, int | None]]:
    return [(e.conversation_id, e.user_id) for e in events if isinstance(e, AssignmentDecided)]


def offer(user_id: int, queue: tuple[QueuedConversation, ...], loads: dict[int, int] | None = None) -> Offer:
    return Offer(user_id=user_id, found=QueueLookUp(loads or {}, queue))


@pytest.mark.spec(76)
def test_what_a_rule_wants_one_member_to_have_waits_for_that_member() -> None:
    there = office(away(ANA), BIA)
    there.when(FindAssignee(conversation_id=1, message="tenho uma reclamação", found=QueueLookUp()))
    assert handed(there.when(offer(8, waiting(1)), after=60)) == []
    assert handed(there.when(offer(8, waiting(1, 2)), after=60)) == [(2, 8)]
    there.workspace = office(ANA, BIA).workspace
    assert handed(there.when(offer(7, waiting(1)), after=60)) == [(1, 7)]


@pytest.mark.parametrize("how", ["the member is gone", "it was somebody's in between"])
def test_it_waits_for_nobody_in_particular_once_that_is_void(how: str) -> None:
    there = office(away(ANA), BIA)
    there.when(FindAssignee(conversation_id=1, message="tenho uma reclamação", found=QueueLookUp()))
    queue = waiting(1)
    if how == "the member is gone":
        there.workspace = office(BIA).workspace
    else:
        queue = (QueuedConversation(1, NOON + timedelta(minutes=5)),)
    assert handed(there.when(offer(8, queue), after=600)) == [(1, 8)]


def test_whoever_comes_online_gets_as_many_as_there_is_room_for_the_oldest_first() -> None:
    there = office(ANA, BIA, inbox=InboxConfig(agent_capacity=3))
    events = list(there.when(offer(8, waiting(4, 3, 2, 1), loads={8: 1})))
    assert handed(events) == [(4, 8), (3, 8)]
    assert handed(there.when(offer(8, waiting(4, 3, 2, 1), loads={8: 1}))) == [], "what is under way counts"
    there.when(Settled(conversation_id=4))
    assert handed(there.when(offer(8, waiting(2, 1), loads={8: 2}))) == []
    assert len({effect for effect in there.queued() if effect.startswith("assign-")}) == 2
    assert replay(DISPATCH, 1, events).underway == {4: 8, 3: 8}


def test_whom_a_rule_wanted_for_a_merged_conversation_gets_the_survivor() -> None:
    there = office(away(ANA), BIA)
    merged = OfferRound(let_go=1, waits_for=7, found=QueueLookUp({}, waiting(1)))
    assert handed(there.when(merged)) == [(1, None)]
    assert handed(there.when(offer(8, waiting(1)), after=60)) == []
    there.workspace = office(ANA, BIA).workspace
    assert handed(there.when(offer(7, waiting(1)), after=60)) == [(1, 7)]
    assert handed(office(ANA, BIA).when(merged)) == [(1, None), (1, 7)], "at once, if they are free"
    assert handed(office(BIA).when(merged)) == [(1, 8)], "they have left"


@pytest.mark.parametrize(
    "settings",
    [
        {"assignment_rules": {}},
        {"assignment_rules": {1: msgspec.structs.replace(FOR_ANA, is_active=False)}},
        {"trial_ends_at": None},
    ],
)
def test_where_no_rules_hold_nobody_is_given_anything_for_being_there(settings: dict[str, Any]) -> None:
    assert office(ANA, BIA, **settings).when(offer(8, waiting(1, 2))) == []


def test_only_who_is_online_is_given_conversations_where_the_workspace_wants_that() -> None:
    there = office(ANA, BIA, inbox=InboxConfig(assign_only_online=True))
    complaint = FindAssignee(conversation_id=1, message="tenho uma reclamação", found=QueueLookUp(), online=(8,))
    (queued,) = there.when(complaint)
    assert isinstance(queued, AssignmentDecided)
    assert (queued.user_id, queued.waits_for) == (None, 7)
    assert "It names Ana, who is not online." in queued.why
    assert handed(there.when(msgspec.structs.replace(offer(8, waiting(2)), online=(7,)))) == []
    assert handed(there.when(OfferRound(let_go=2, found=QueueLookUp({}, waiting(2)), online=()))) == []
    assert handed(there.when(OfferRound(let_go=2, found=QueueLookUp({}, waiting(2)), online=(8,)))) == [(2, 8)]
    assert handed(there.when(msgspec.structs.replace(offer(7, waiting(1)), online=(7, 8)))) == [(1, 7)]
    there.workspace = office(ANA, BIA).workspace
    (given,) = there.when(FindAssignee(conversation_id=5, message="reclamação", found=QueueLookUp(), online=()))
    assert isinstance(given, AssignmentDecided)
    assert given.user_id == 7, "the switch alone decides, where nothing else is wanted"


def test_without_a_limit_one_at_a_time() -> None:
    there = office(ANA, BIA)
    assert handed(there.when(offer(8, waiting(4, 3, 2)))) == [(4, 8)]


def test_what_is_resolved_is_in_no_queue_though_its_member_is_gone() -> None:
    conversation = Given(CONVERSATION, CONVERSATION.initial(9), office(ANA, BIA).workspace)
    conversation.when(take("A"))
    conversation.when(cmd.Update(fields=("assigned_user_id", "status"), assigned_user_id=8, status="resolved", by=7))
    conversation.workspace = office(ANA).workspace
    conversation.when(cmd.Forget(gone="member", id=8))
    assert (conversation.state.assigned_user_id, conversation.state.waiting_since) == (None, None)
    conversation.when(take("B", "voltei"))
    assert conversation.state.waiting_since is not None


def offers(conversation: Given) -> list[dict[str, Any]]:
    """What the dispatcher is asked for, in order."""
    asked = [each for each in conversation.effects if isinstance(each, Effect) and each.kind == "assignment.offer"]
    return [
        {name: each.request[name] for name in ("user_id", "had_by", "let_go") if name in each.request} for each in asked
    ]


def bias(**settings: Any) -> Given:
    """An open conversation that Bia looks after."""
    conversation = Given(CONVERSATION, CONVERSATION.initial(9), office(ANA, BIA, **settings).workspace)
    conversation.when(take("A"))
    conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=8, by=7))
    return conversation


@pytest.mark.parametrize("how", ["by hand", "its member is removed"])
def test_what_is_nobodys_again_is_offered_to_whoever_is_free(how: str) -> None:
    conversation = bias(trial_ends_at=NOON + timedelta(days=9))
    if how == "by hand":
        conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=None, by=8))
        assert offers(conversation) == [{"user_id": 8, "let_go": 9}, {"had_by": 8, "let_go": 9}]
    else:
        conversation.workspace = office(ANA, trial_ends_at=NOON + timedelta(days=9)).workspace
        conversation.when(cmd.Forget(gone="member", id=8))
        assert offers(conversation) == [{"had_by": 8, "let_go": 9}]


def test_what_is_resolved_is_offered_to_nobody_though_its_member_is_gone() -> None:
    conversation = bias(trial_ends_at=NOON + timedelta(days=9))
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    before = offers(conversation)
    conversation.when(cmd.Forget(gone="member", id=8))
    assert offers(conversation) == before


def test_whoever_lets_go_of_it_does_not_get_it_back_at_once() -> None:
    there = office(ANA, BIA)
    assert handed(there.when(Offer(user_id=8, let_go=2, found=QueueLookUp({}, waiting(2, 3))))) == [(3, 8)]
    there = office(away(ANA), BIA)
    assert handed(there.when(OfferRound(let_go=2, had_by=8, found=QueueLookUp({}, waiting(2))))) == []
    assert handed(there.when(offer(8, waiting(2)), after=60)) == [(2, 8)], "later they may"


def test_a_round_gives_the_oldest_to_whoever_has_the_least_to_do_and_only_that() -> None:
    there = office(ANA, BIA)
    assert handed(there.when(OfferRound(let_go=2, had_by=8, found=QueueLookUp({7: 4, 8: 5}, waiting(3, 2))))) == [
        (3, 7)
    ]
    there = office(ANA, BIA, inbox=InboxConfig(agent_capacity=4))
    assert handed(there.when(OfferRound(let_go=2, had_by=8, found=QueueLookUp({7: 4}, waiting(3, 2))))) == [(3, 8)]


def newcomer(message: str, *queue: int) -> FindAssignee:
    """Conversation 9, whose customer wrote this, while these wait, the first of them the longest."""
    return FindAssignee(conversation_id=9, message=message, found=QueueLookUp({}, waiting(*queue)))


TURNS = {1: FOR_ANA, 2: AssignmentRule(id=2, priority=2, condition_type="always", action_type="least_busy")}


def test_nobody_newer_overtakes_whoever_waits_unless_a_rule_names_who_gets_them() -> None:
    there = office(ANA, BIA, assignment_rules=TURNS)
    older, queued = there.when(newcomer("oi", 4, 3))
    assert handed([older, queued]) == [(4, 7), (9, None)]
    assert isinstance(queued, AssignmentDecided)
    assert queued.why == "Others have waited longer; whoever was free got the oldest of them."
    assert handed(there.when(newcomer("oi", 4, 3, 9))) == [(3, 8), (9, None)], "what is under way waits no longer"
    there = office(ANA, BIA, assignment_rules=TURNS)
    [named] = there.when(newcomer("tenho uma reclamação", 4, 3))
    assert handed([named]) == [(9, 7)]
    assert isinstance(named, AssignmentDecided)
    assert "Ana" in named.why
    assert handed(office(ANA, BIA, assignment_rules=TURNS).when(newcomer("oi"))) == [(9, 7)]
