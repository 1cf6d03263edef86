"""Who gets a conversation that is opened again: who had it, or whoever is free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.actors.given import NOON, Given, types
from tests.actors.test_conversation import ANA as MESSAGE_OF_ANA, take, text
from tests.actors.test_dispatch import ANA, BIA, away, bias, offers, office

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.conversation.explain import explain

HOUR = 3600.0


def resolved(hours: int | None, **more: Any) -> Given:
    """Bia's conversation is resolved, and the house has this policy."""
    settings = {"inbox": InboxConfig(reopen_to_assignee_hours=hours), "trial_ends_at": NOON + timedelta(days=999)}
    conversation = bias(**settings, **more)
    conversation.when(cmd.Update(fields=("status",), status="resolved", by=7))
    conversation.effects.clear()
    return conversation


def reason(conversation: Given, events: Any) -> str:
    """What the timeline says of it."""
    event = next(event for event in events if isinstance(event, ev.ConversationReopened))
    return explain(event, conversation.workspace).removeprefix("It was opened again: the customer wrote.").strip()


@pytest.mark.parametrize(
    ("hours", "after", "stays", "why"),
    [
        (None, 9000.0, True, "It stays with Bia, who had it."),
        (0, 0.0, False, "What is opened again goes to the queue."),
        (24, 24.0, True, "It stays with Bia: it was resolved less than 24 h ago."),
        (24, 24.1, False, "It goes to the queue: it was resolved more than 24 h ago."),
    ],
)
def test_it_stays_with_who_had_it_for_as_long_as_the_house_says(
    hours: int | None, after: float, stays: bool, why: str
) -> None:
    conversation = resolved(hours)
    events = conversation.when(take("B", "voltei"), after=after * HOUR)
    assert conversation.state.assigned_user_id == (8 if stays else None)
    assert reason(conversation, events) == why
    assert offers(conversation) == ([] if stays else [{"had_by": None, "let_go": 9}])
    assert (conversation.state.waiting_since is None) == stays


def test_what_is_nobodys_is_offered_at_once_and_only_where_there_are_rules() -> None:
    conversation = resolved(None)
    conversation.workspace = office(ANA, trial_ends_at=NOON + timedelta(days=9)).workspace
    conversation.when(cmd.Forget(gone="member", id=8))
    assert offers(conversation) == []
    conversation.when(take("B", "voltei"))
    assert offers(conversation) == [{"had_by": None, "let_go": 9}]
    conversation = bias()
    conversation.when(cmd.Update(fields=("assigned_user_id", "status"), status="resolved", by=7))
    conversation.workspace = office(ANA, BIA, trial_ends_at=None).workspace  # no plan with rules
    assert "conversation.let_go" not in types(conversation.when(take("B", "voltei")))


def test_a_member_who_is_gone_does_not_keep_it_even_before_it_was_told() -> None:
    conversation = resolved(None)
    conversation.workspace = office(ANA, trial_ends_at=NOON + timedelta(days=9)).workspace
    events = conversation.when(take("B", "voltei"))
    assert (conversation.state.assigned_user_id, reason(conversation, events)) == (None, "The member was removed.")
    assert offers(conversation) == [{"had_by": None, "let_go": 9}]


@pytest.mark.parametrize(("hours", "stays"), [(None, True), (24, False)])
def test_a_member_who_is_not_available_keeps_it_only_where_that_is_for_always(hours: int | None, stays: bool) -> None:
    conversation = resolved(hours)
    house = office(ANA, away(BIA), inbox=conversation.workspace.inbox, trial_ends_at=NOON + timedelta(days=9)).workspace
    conversation.workspace = house
    events = conversation.when(take("B", "voltei"))
    assert conversation.state.assigned_user_id == (8 if stays else None)
    assert stays or reason(conversation, events) == "It goes to the queue: Bia is not available."


def test_what_our_own_side_opens_again_stays_with_who_had_it() -> None:
    for command in (
        cmd.Send(author=MESSAGE_OF_ANA, content=text("uma coisa ainda")),
        cmd.Update(fields=("status",), status="open", by=7),
    ):
        conversation = resolved(0)
        assert "conversation.assigned" not in types(conversation.when(command))
        assert conversation.state.assigned_user_id == 8
