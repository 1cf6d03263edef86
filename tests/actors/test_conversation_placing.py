"""Whose a conversation is and what hangs on it: taken, moved, labelled, and what goes with what is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors.given import NOON, Given, types
from tests.actors.test_automation import TOMORROW, TRIAL
from tests.actors.test_conversation import ANA, fresh, sent, take, text
from tests.actors.test_dispatch import ANA as MEMBER, BIA, FOR_ANA

from plixa.actors.assignment.sectors import Sector
from plixa.actors.contacts.labels import Label
from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.placing import NUMBER_GONE, PERHAPS_SENT
from plixa.engine.actor import EffectFailed, EffectUncertain
from plixa.engine.errors import Conflict, Invalid, NotFound

STAFF: dict[str, Any] = {"members": {7: MEMBER, 8: BIA}, **TRIAL}
RULES: dict[str, Any] = {**STAFF, "assignment_rules": {1: FOR_ANA}}
SECTORS = {4: Sector(id=4, name="Vendas"), 5: Sector(id=5, name="Suporte")}
LABELS = {id_: Label(id=id_, name=name, color="#aa0000") for id_, name in ((1, "Novo"), (2, "VIP"), (3, "Velho"))}


def written(**settings: Any) -> Given:
    conversation = fresh(**{**STAFF, **settings})
    conversation.when(take("A"))
    return conversation


def of(user_id: int | None, **settings: Any) -> Given:
    """It is theirs."""
    conversation = written(**settings)
    conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=user_id, by=7))
    return conversation


# -- whose it is ------------------------------------------------------------------------------------------------------


def test_it_is_claimed_by_who_comes_first_and_the_other_one_is_told_who() -> None:
    conversation = written()
    assert conversation.when(cmd.Claim(user_id=8)) == [
        ev.ConversationAssigned(assigned_user_id=8, why="user:8", at=NOON)
    ]
    assert conversation.when(cmd.Claim(user_id=8)) == []
    with pytest.raises(Conflict) as refused:
        conversation.when(cmd.Claim(user_id=7))
    assert (refused.value.code, str(refused.value)) == (
        "ALREADY_ASSIGNED",
        "Bia has taken this conversation already.",
    )


def test_what_somebody_has_who_left_is_free_to_be_claimed() -> None:
    conversation = of(8)
    conversation.workspace = fresh(**{**STAFF, "members": {7: MEMBER}}).workspace
    assert types(conversation.when(cmd.Claim(user_id=7))) == ["conversation.assigned"]


def test_what_is_let_go_waits_for_whoever_is_free_and_what_changes_hands_does_not() -> None:
    conversation = of(8, **RULES)
    passed = conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=7, by=7))
    assert types(passed) == ["conversation.assigned", "member.freed"]
    assert (passed[1].user_id, passed[1].let_go) == (8, False)  # type: ignore[attr-defined]
    freed, offered = conversation.when(cmd.Update(fields=("assigned_user_id",), assigned_user_id=None, by=7))[-2:]
    assert isinstance(freed, ev.MemberFreed)
    assert isinstance(offered, ev.ConversationLetGo)
    assert (freed.user_id, freed.let_go, offered.had_by, offered.waits_for) == (7, True, 7, None)
    assert len({freed.offer_id, offered.offer_id}) == 2


@pytest.mark.parametrize("house", [STAFF, RULES], ids=["without rules", "with rules"])
def test_what_a_member_had_who_is_removed_waits_again_where_it_is_live(house: dict[str, Any]) -> None:
    conversation = of(8, **house)
    assert conversation.when(cmd.Forget(gone="member", id=7)) == []
    events = conversation.when(cmd.Forget(gone="member", id=8))
    assert events[0] == ev.ConversationAssigned(assigned_user_id=None, why="The member was removed.", at=NOON)
    assert types(events[1:]) == (["conversation.let_go"] if house is RULES else [])
    resolved = of(8, **house)
    resolved.when(cmd.Update(fields=("status",), status="resolved", by=7))
    assert types(resolved.when(cmd.Forget(gone="member", id=8))) == ["conversation.assigned"]


# -- where it is, and what hangs on it --------------------------------------------------------------------------------


def test_it_is_moved_to_a_sector_that_there_is_and_once() -> None:
    conversation = written(sectors=SECTORS)
    moved = cmd.Update(fields=("sector_id",), sector_id=4, by=7)
    assert conversation.when(moved) == [ev.ConversationRouted(sector_id=4, why="user:7")]
    assert conversation.when(moved) == []
    with pytest.raises(Invalid) as refused:
        conversation.when(cmd.Update(fields=("sector_id",), sector_id=6, by=7))
    assert list(refused.value.details or ()) == ["sector_id"]
    assert conversation.when(cmd.Forget(gone="sector", id=5)) == []
    assert conversation.when(cmd.Forget(gone="sector", id=4)) == [
        ev.ConversationRouted(sector_id=None, why="The sector was deleted.")
    ]
    conversation.when(moved)
    assert conversation.when(cmd.Update(fields=("sector_id",), sector_id=None, by=7)) == [
        ev.ConversationRouted(sector_id=None, why="user:7")
    ]


def test_a_label_is_attached_once_and_goes_alone() -> None:
    conversation = written(labels=LABELS)
    for label_id in (1, 2, 3):
        conversation.when(cmd.Label(label_id=label_id, attach=True, why="user:7"))
    assert conversation.state.labels == (1, 2, 3)
    assert conversation.when(cmd.Label(label_id=2, attach=True, why="user:7")) == []
    assert conversation.when(cmd.Label(label_id=2, attach=False, why="user:8")) == [
        ev.ConversationUnlabelled(label_id=2, why="user:8", labels=(1, 3))
    ]
    assert conversation.when(cmd.Label(label_id=2, attach=False, why="user:8")) == []
    with pytest.raises(NotFound):
        conversation.when(cmd.Label(label_id=9, attach=True, why="user:7"))
    assert conversation.when(cmd.Forget(gone="label", id=2)) == []
    assert conversation.when(cmd.Forget(gone="label", id=3)) == [
        ev.ConversationUnlabelled(label_id=3, why="The label was deleted.", labels=(1,))
    ]


# -- the customer's entry in the address book -------------------------------------------------------------------------


def test_it_follows_its_contact_and_the_name_that_the_house_gave() -> None:
    conversation = written()
    assert conversation.when(cmd.FollowContact(contact_id=5)) == []
    assert conversation.when(cmd.FollowContact(contact_id=6)) == [ev.ConversationMoved(contact_id=6)]
    assert conversation.when(cmd.FollowName(contact_id=5, name="Dona Bia")) == [], "that of its contact of before"
    named = cmd.FollowName(contact_id=6, name="Dona Bia")
    assert conversation.when(named) == [ev.ConversationRenamed(name="Dona Bia")]
    assert conversation.when(named) == []
    assert conversation.when(cmd.Forget(gone="contact", id=5)) == []
    assert conversation.when(cmd.Forget(gone="contact", id=6)) == [
        ev.ConversationDetached(contact_id=6),
        ev.ConversationRenamed(name=None),
    ]
    assert (conversation.state.contact_id, conversation.state.name) == (0, None)


def test_the_name_that_the_customer_bears_stays_when_the_contact_goes() -> None:
    assert written().when(cmd.Forget(gone="contact", id=5)) == [ev.ConversationDetached(contact_id=5)]


@pytest.mark.parametrize(
    "told",
    [
        cmd.FollowContact(contact_id=6),
        cmd.FollowName(contact_id=5, name="x"),
        cmd.Place(user_id=7, why="x"),
        *(cmd.Forget(gone=gone, id=5) for gone in ("label", "sector", "member", "contact", "number")),
    ],
    ids=str,
)
def test_what_is_erased_follows_nothing(told: Any) -> None:
    conversation = written()
    conversation.when(cmd.Delete())
    assert conversation.when(told) == []


# -- its number -------------------------------------------------------------------------------------------------------


def test_what_waits_for_a_number_that_is_removed_fails_but_what_is_on_its_way_does_not() -> None:
    conversation = written()
    conversation.when(cmd.Schedule(due=TOMORROW, author=ANA, content=text("amanhã")))
    [planned] = conversation.state.scheduled
    sent(conversation, "em dúvida")
    doubtful = conversation.state.pending[0].id
    conversation.when(EffectUncertain(effect_id=f"send-{doubtful}", reason="timeout"))
    conversation.when(cmd.Send(author=ANA, content=text("na fila")))
    waits = conversation.state.pending[-1].id
    assert conversation.when(cmd.Forget(gone="number", id=4)) == []
    assert conversation.when(cmd.Forget(gone="number", id=3)) == [
        ev.MessageFailed(message_id=doubtful, reason=f"{NUMBER_GONE} {PERHAPS_SENT}"),
        ev.MessageFailed(message_id=waits, reason=NUMBER_GONE),
        ev.MessageUnscheduled(scheduled_id=planned.id, why="Its WhatsApp number was removed."),
    ]
    assert (conversation.state.pending, conversation.state.scheduled) == ((), ())
    late = EffectFailed(effect_id=f"send-{waits}", reason="down", permanent=False)
    assert conversation.when(late) == [], "it has failed already"
    going = written()
    sent(going)
    assert going.when(cmd.Forget(gone="number", id=3)) == []


def test_what_is_scheduled_is_cancelled_once_and_alone() -> None:
    conversation = written()
    for body in ("um", "dois"):
        conversation.when(cmd.Schedule(due=TOMORROW, author=ANA, content=text(body)))
    one, other = conversation.state.scheduled
    assert conversation.when(cmd.Unschedule(scheduled_id=one.id)) == [
        ev.MessageUnscheduled(scheduled_id=one.id, why="Cancelled by a person.")
    ]
    assert conversation.state.scheduled == (other,)
    with pytest.raises(NotFound):
        conversation.when(cmd.Unschedule(scheduled_id=one.id))
