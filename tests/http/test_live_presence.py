"""Who has the panel open, in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from plixa.http.realtime.presence import ONLINE_FOR, Presence

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def there() -> Presence:
    """Two of one workspace, and a namesake in another."""
    presence = Presence()
    for tenant, user_id in ((1, 7), (1, 8), (2, 7)):
        presence.beat(tenant, user_id, NOON)
    return presence


def test_a_heartbeat_is_good_for_two_minutes_and_not_longer() -> None:
    presence = there()
    assert presence.online(1, 7, NOON + ONLINE_FOR - timedelta(seconds=1))
    assert not presence.online(1, 7, NOON + ONLINE_FOR)
    assert not presence.online(1, 9, NOON)
    presence.beat(1, 7, NOON + ONLINE_FOR)
    assert presence.online(1, 7, NOON + ONLINE_FOR)
    assert presence.all_online(1, NOON + ONLINE_FOR) == (7,)
    assert presence.last_seen(1, 7) == NOON + ONLINE_FOR
    assert presence.last_seen(1, 8) == NOON
    assert presence.last_seen(1, 9) is None


@pytest.mark.parametrize(
    ("tenant", "user_id", "left"), [(1, 7, ((8,), (7,))), (1, None, ((), (7,))), (2, 8, ((7, 8), (7,)))]
)
def test_who_is_forgotten_and_nobody_else(tenant: int, user_id: int | None, left: tuple[tuple[int, ...], ...]) -> None:
    presence = there()
    presence.forget(tenant, user_id)
    assert tuple(presence.all_online(each, NOON) for each in (1, 2)) == left
