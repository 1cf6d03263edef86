"""Endpoints of webhooks as pure decisions: no server, no database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.actors.given import NOON, Given, house
from tests.actors.test_conversation import text
from tests.actors.test_dispatch import ANA, BIA
from tests.kinds import WORKSPACE

from plixa.actors.conversation import events as ev
from plixa.actors.notifications.mail import MailRequested
from plixa.actors.webhooks.endpoints import (
    MOST,
    WEBHOOKS,
    AddEndpoint,
    ChangeEndpoint,
    Endpoint,
    EndpointChanged,
    EndpointCreated,
    EndpointDisabled,
    EndpointRemoved,
    RemoveEndpoint,
    SwitchOff,
)
from plixa.actors.workspace.state import Member
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event, Recorded
from plixa.http.webhooks import courier
from plixa.http.webhooks.happened import Happening, TellingOf
from plixa.storage.webhooks import statements as sql
from plixa.storage.webhooks.secrets import secret_rows

CARLA = Member(9, "Carla", "carla@plixa.example", "owner")
ADD = AddEndpoint(
    url="https://far.example/hook/s3cret", events=("message.inbound",), is_active=True, description="Livro-caixa"
)


def there(**settings: Any) -> Given:
    """A house with two owners and an agent."""
    members = {each.id: each for each in (ANA, BIA, CARLA)}
    return Given(WORKSPACE, house(members=members, trial_ends_at=NOON + timedelta(days=9), **settings))


def added(house_: Given, command: AddEndpoint = ADD) -> int:
    [event] = house_.when(command)
    assert isinstance(event, EndpointCreated)
    return event.endpoint_id


def endpoint(house_: Given, id_: int) -> Endpoint:
    return WEBHOOKS.of(house_.state)[id_]


# -- what their actor decides -----------------------------------------------------------------------------------------


def test_one_that_is_added_is_kept_as_it_was_asked_for() -> None:
    house_ = there()
    id_ = added(house_)
    assert endpoint(house_, id_) == Endpoint(id_, ADD.url, ADD.events, NOON, True, "Livro-caixa")
    other = added(house_, AddEndpoint(url="https://far.example/b", events=(), is_active=False))
    assert endpoint(house_, other) == Endpoint(other, "https://far.example/b", (), NOON, False)
    assert endpoint(house_, id_).url == ADD.url


def test_there_are_no_more_than_so_many() -> None:
    house_ = there()
    for _ in range(MOST):
        id_ = added(house_)
    with pytest.raises(Conflict) as refused:
        house_.when(ADD)
    assert refused.value.code == "TOO_MANY"
    assert house_.when(RemoveEndpoint(endpoint_id=id_)) == [EndpointRemoved(endpoint_id=id_)]
    assert added(house_) != id_


@pytest.mark.parametrize(
    "command",
    [ChangeEndpoint(endpoint_id=1, fields=("url",), url="https://x.example"), RemoveEndpoint(endpoint_id=1)],
    ids=lambda command: type(command).__name__,
)
def test_what_there_is_not_is_neither_changed_nor_removed(command: Any) -> None:
    house_ = there()
    added(house_)
    with pytest.raises(NotFound):
        house_.when(command)


def test_a_change_changes_what_was_sent_along_and_nothing_else() -> None:
    house_ = there()
    id_, other = added(house_), added(house_)
    change = ChangeEndpoint(endpoint_id=id_, fields=("url",), url="https://new.example", is_active=False)
    assert house_.when(change) == [
        EndpointChanged(
            endpoint_id=id_, events=ADD.events, is_active=True, url="https://new.example", description="Livro-caixa"
        )
    ]
    assert house_.when(change) == [], "it is so already"
    assert endpoint(house_, other).url == ADD.url
    [rotated] = house_.when(ChangeEndpoint(endpoint_id=id_, fields=(), rotated=True))
    assert isinstance(rotated, EndpointChanged)
    assert rotated.rotated
    assert not rotated.started


def test_one_that_is_of_no_use_is_switched_off_and_the_owners_are_told_its_host_alone() -> None:
    house_ = there()
    id_ = added(house_)
    disabled, *letters = house_.when(SwitchOff(endpoint_id=id_, reason="failing"))
    assert disabled == EndpointDisabled(endpoint_id=id_, at=NOON, reason="failing")
    assert [(each.user_id, each.template, each.values) for each in letters if isinstance(each, MailRequested)] == [
        (owner, "webhook_failing", {"host": "far.example"}) for owner in (7, 9)
    ]
    off = endpoint(house_, id_)
    assert (off.is_active, off.disabled_at, off.disabled_reason) == (False, NOON, "failing")
    assert house_.when(SwitchOff(endpoint_id=id_, reason="gone")) == []
    assert house_.when(SwitchOff(endpoint_id=id_ + 1, reason="gone")) == []


def test_switched_on_again_it_begins_anew_and_another_change_does_not() -> None:
    house_ = there()
    id_ = added(house_)
    house_.when(SwitchOff(endpoint_id=id_, reason="gone"))
    [changed] = house_.when(ChangeEndpoint(endpoint_id=id_, fields=("description",), description="x"))
    assert isinstance(changed, EndpointChanged)
    assert not changed.started
    assert endpoint(house_, id_).disabled_reason == "gone"
    [started] = house_.when(ChangeEndpoint(endpoint_id=id_, fields=("is_active",), is_active=True))
    assert isinstance(started, EndpointChanged)
    assert started.started
    assert (endpoint(house_, id_).disabled_at, endpoint(house_, id_).disabled_reason) == (None, None)


# -- who hears nothing ------------------------------------------------------------------------------------------------


def why_not(house_: Given, id_: int, later: timedelta = timedelta()) -> str | None:
    return courier._why_not(house_.state, id_, NOON + later)  # pyright: ignore[reportPrivateUsage]


def test_why_an_endpoint_hears_nothing_more() -> None:
    house_ = there()
    id_ = added(house_)
    assert why_not(house_, id_) is None
    assert why_not(house_, id_ + 1) == "The endpoint was removed."
    assert why_not(house_, id_, timedelta(days=99)) == "The plan does not include webhooks any more."
    house_.when(SwitchOff(endpoint_id=id_, reason="gone"))
    assert why_not(house_, id_) == "The endpoint is switched off."


def test_the_last_try_is_no_earlier_than_promised_and_there_is_none_after_it() -> None:
    last = len(courier.PAUSES)
    for chance, share in ((0.0, 0.8), (0.5, 1.0), (1.0, 1.2)):
        for tries, pause in enumerate(courier.PAUSES[:-1], start=1):
            again = courier.next_try(NOON - timedelta(days=30), NOON, tries, None, chance)
            assert again is not None
            assert again - NOON == pytest.approx(pause * share, abs=timedelta(seconds=1))
    assert courier.next_try(NOON, NOON, last, None, 0.5) == NOON + courier.AT_LEAST
    assert courier.next_try(NOON, NOON, last + 1, None, 0.5) is None


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_what_signed_before_signs_beside_a_new_secret_for_a_day() -> None:
    assert secret_rows(1, 2, b"x", NOON) == [
        (sql.SECRET_ENDS, (1, 2, NOON, NOON + timedelta(hours=24))),
        (sql.SECRET, (1, 2, NOON, b"x")),
    ]


# -- what is told -----------------------------------------------------------------------------------------------------


def telling(*commits: list[Event], stream: str = "conversation-5") -> list[tuple[int, str, int | None]]:
    """By position: the type, and of which message."""
    recorded = list[Recorded]()
    for number, commit in enumerate(commits):
        at = NOON + timedelta(minutes=number)
        recorded += [
            Recorded(1, len(recorded) + place, stream, place, at, "x", f"c{number}", each)
            for place, each in enumerate(commit, start=1)
        ]
    told: Any = TellingOf.happenings(None, recorded)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return [(each.position, each.type, each.message_id) for each in told]


OPENED = ev.ConversationOpened(opened_at=NOON, contact_id=5, number_id=3)
WROTE = ev.MessageReceived(message_id=8, key_id="K", sent_at=NOON, unread_count=1, content=text("oi"))
RENAMED = ev.ConversationRenamed(name="Bia")
DELETED = ev.ConversationDeleted(contact_id=5, number_id=3)
MERGED = ev.ConversationMerged(into_id=4, merge_id=1, by=7)


@pytest.mark.parametrize(
    ("commits", "told"),
    [
        ([[OPENED, WROTE]], [(1, "conversation.created", None), (2, "", 8)]),
        ([[OPENED, RENAMED]], [(1, "conversation.created", None)]),
        ([[RENAMED, RENAMED]], [(2, "conversation.updated", None)]),
        ([[RENAMED], [RENAMED]], [(1, "conversation.updated", None), (2, "conversation.updated", None)]),
        ([[RENAMED, DELETED]], [(2, "conversation.deleted", None)]),
        ([[MERGED]], [(1, "conversation.deleted", None)]),
    ],
)
def test_what_a_commit_changes_is_told_once_as_of_its_last_change(
    commits: list[list[Event]], told: list[tuple[int, str, int | None]]
) -> None:
    assert telling(*commits) == told
    assert telling(*commits, stream="workspace-1") == []


@pytest.mark.parametrize(("event", "into", "erased"), [(DELETED, None, True), (MERGED, 4, False)])
def test_an_end_says_where_it_went_and_whether_it_is_erased(event: Event, into: int | None, erased: bool) -> None:
    recorded = [Recorded(1, 3, "conversation-5", 1, NOON, "x", "c", event)]
    [told] = TellingOf.happenings(None, recorded)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert told == Happening(
        3, NOON, 5, type="conversation.deleted", data={"id": 5, "merged_into": into}, erased=erased
    )
