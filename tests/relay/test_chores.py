"""Chores of the whole installation are one node's: where tenant 0 is at home, or would be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trio
from trio.testing import MockClock

from plixa.engine.clock import ManualClock
from plixa.engine.ownership import Member, Owners
from plixa.engine.placement import wish
from plixa.engine.ports import Owner
from plixa.engine.telemetry import Telemetry
from plixa.http.api.services import Services
from plixa.http.billing.watching import Watching
from plixa.http.campaigns.sending import Sending
from plixa.http.notifications.pushing import Pushing
from plixa.http.workspace.erasure import Erasing
from plixa.storage.lifetime.retention import Retention

A, B = Owner("a", "1"), Owner("b", "1")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Chore = Callable[[Any], Callable[..., Awaitable[None]]]


class Asked:
    """A database and a Stripe that only count who asks."""

    def __init__(self) -> None:
        self.times = 0

    async def run(self, *_: Any, **__: Any) -> list[Any]:
        self.times += 1
        return []

    aio = events_after = run


def services(owners: Owners, database: Asked) -> Any:
    """As much of a node as a chore sees."""
    made = SimpleNamespace(owners=owners, database=database, clock=ManualClock(NOW), telemetry=Telemetry())
    made.once = lambda chore: Services.once(cast("Any", made), chore)
    return made


def owners(me: Owner, has_it: Owner | None, *members: Owner) -> Owners:
    async def find(tenant: int) -> Owner | None:
        assert tenant == 0
        return has_it

    return Owners(me, find, lambda _: False, lambda tenant: wish(tenant, map(Member, members)))


async def test_the_home_of_what_nobody_has_is_where_it_wishes_to_be() -> None:
    wished = wish(0, [Member(A), Member(B)])
    for has_it, at_home in ((A, A), (B, B), (None, wished)):
        assert [await owners(me, has_it, A, B).here(0) for me in (A, B)] == [at_home == A, at_home == B]
    assert await owners(A, None).here(0)  # nobody wants it: all are about to stop


def _retention(made: Any) -> Callable[..., Awaitable[None]]:
    schema = cast("Any", SimpleNamespace(tables={}))
    return Retention(made.database, schema, made.clock, made.telemetry, (), made.once).run


def _listening(made: Any) -> Callable[..., Awaitable[None]]:
    watching = Watching(made, made.database, cast("Any", None), cast("Any", None), "test")
    watching._compared_at = made.clock.now()  # what each node holds against Stripe is another matter
    return watching.run


@pytest.fixture
def mock_clock() -> MockClock:
    """Hours pass at once."""
    return MockClock(autojump_threshold=0)


@pytest.mark.parametrize(
    "chore",
    [
        lambda made: Erasing(made).run,
        lambda made: Pushing(made).run,
        lambda made: Sending(made, cast("Any", None)).run,
        _listening,
        _retention,
    ],
    ids=["erasing", "pushing", "campaigns", "billing", "retention"],
)
@pytest.mark.parametrize("here", [True, False])
async def test_a_chore_is_done_at_home_alone(mock_clock: MockClock, chore: Chore, here: bool) -> None:
    database = Asked()
    made = services(owners(A, A if here else B), database)
    with trio.move_on_after(4000):
        await chore(made)()
    assert (database.times > 0) is here
