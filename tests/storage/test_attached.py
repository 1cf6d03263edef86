"""What goes along with a command is a value: it can be compared, and shows no secret where it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plixa.actors.people import accounts, team
from plixa.engine.events import Event
from plixa.engine.ports import Address, Commit
from plixa.http.api import Answer, Kept, answer_belongs, rendering, settled
from plixa.http.contacts.importer import ImportFile
from plixa.storage.eventlog.attached import rows_of
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.people import vault
from plixa.storage.webhooks.secrets import EndpointSecret
from plixa.storage.whatsapp.numbers import NumberSecret

KEY = ApplicationKey("k" * 40)
AT = datetime(2026, 1, 2, tzinfo=UTC)
MADE = team.InvitationCreated(
    invitation_id=9, email="a@b.example", role="agent", invited_by=1, created_at=AT, expires_at=AT + timedelta(7)
)


def commit(attached: Sequence[object], *events: Event) -> Commit:
    return Commit(Address(3, "workspace", 3), 0, None, None, events, AT, "user:1", "http:x", 1, attached=attached)


def shown(events: Sequence[Event], more: str) -> Answer:
    [made] = [event for event in events if isinstance(event, team.InvitationCreated)]
    return Answer({"id": made.invitation_id, "more": more}, status=201)


def test_rows_are_written_as_they_are_and_in_their_order() -> None:
    first, last = vault.password_row(3, 1, "hash"), vault.drop_secret_row(3, "reset", 1)
    secret = vault.InvitationSecret(3, "s" * 40)
    rows = rows_of(commit([first, secret, last], MADE), KEY)
    assert (rows[0], rows[2]) == (first, last)
    statement, (tenant, kind, ref, hashed, sealed, at, expires_at) = rows[1]
    assert (statement.table, tenant, kind, ref, at, expires_at) == (
        "one_time_secrets", 3, team.SECRET, 9, AT, MADE.expires_at,
    )  # fmt: skip
    assert hashed == vault.token_hash("s" * 40)
    assert isinstance(sealed, bytes)
    assert KEY.unseal(sealed, vault.secret_belongs(3, team.SECRET, 9)) == b"s" * 40


def test_what_is_to_be_written_can_be_compared() -> None:
    one, same, other = ([vault.InvitationSecret(3, each), vault.password_row(3, 1, "h")] for each in "aab")
    assert one == same != other
    assert rendering(shown, "x") == rendering(shown, "x") != rendering(shown, "y")


@pytest.mark.parametrize("moved", ["old@b.example", None])
def test_a_link_to_an_earlier_address_goes_with_it(moved: str | None) -> None:
    verified = accounts.MemberEmailVerified(user_id=7, email="new@b.example", was=moved)
    rows = rows_of(commit([vault.AddressVerified(3, 7, b"h", AT)], verified), KEY)
    dropped = [vault.drop_secret_row(3, accounts.RESET, 7)] if moved else []
    assert rows == [vault.spend_secret_row(3, b"h", AT), *dropped]


def test_an_answer_is_what_its_renderer_makes_of_the_events() -> None:
    kept = Kept(3, "user:1 POST /v1/x", "key", "workspace-3", b"h", AT, rendering(shown, "x"))
    [(statement, values)] = rows_of(commit([kept], MADE), KEY)
    assert (statement.table, values[:5], values[5], values[7]) == (
        "answers", (3, "user:1 POST /v1/x", "key", "workspace-3", b"h"), 201, AT,
    )  # fmt: skip
    body = KEY.unseal(values[6], answer_belongs(3, "user:1 POST /v1/x", "key"))  # type: ignore[arg-type]
    assert body == b'{"data":{"id":9,"more":"x"},"meta":null,"errors":null}'
    assert rendering(settled, Answer(1))(()) == Answer(1)


@pytest.mark.parametrize(
    "value",
    [
        vault.InvitationSecret(3, "hidden"),
        EndpointSecret(3, None, "hidden", AT),
        NumberSecret(3, "plixa-3", "hidden"),
        ImportFile(3, b"hidden"),
        rendering(shown, "hidden"),
    ],
)
def test_a_secret_is_not_printed(value: Any) -> None:
    assert "hidden" not in repr(value)
