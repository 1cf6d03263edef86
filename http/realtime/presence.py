"""Who has the panel open: in memory only, told by heartbeats and by open sockets. Gone with a restart, and back with
the next of them."""

from __future__ import annotations

from datetime import datetime, timedelta

ONLINE_FOR = timedelta(minutes=2)


class Presence:
    """When each member was last seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], datetime] = {}

    def beat(self, tenant: int, user_id: int, at: datetime) -> None:
        """Their panel is open."""
        self._seen[tenant, user_id] = at

    def last_seen(self, tenant: int, user_id: int) -> datetime | None:
        """None: not since this server started."""
        return self._seen.get((tenant, user_id))

    def online(self, tenant: int, user_id: int, at: datetime) -> bool:
        """Whether a heartbeat came within the last two minutes."""
        seen = self._seen.get((tenant, user_id))
        return seen is not None and at - seen < ONLINE_FOR

    def all_online(self, tenant: int, at: datetime) -> tuple[int, ...]:
        """The members of a workspace that are."""
        return tuple(user_id for other, user_id in self._seen if other == tenant and self.online(tenant, user_id, at))

    def forget(self, tenant: int, user_id: int | None = None) -> None:
        """They are no member any more; None: nobody of this workspace is."""
        for key in [key for key in self._seen if key[0] == tenant and user_id in (None, key[1])]:
            del self._seen[key]
