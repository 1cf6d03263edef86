"""The connections that are open: how many there may be in all, and how many of one address.

Where there is no room, one that waits for its client's next request goes, the one that has waited longest; a client
of HTTP expects that at any time. If all are busy, the newest is turned away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol


class Guest(Protocol):
    """What a connection is to this module."""

    @property
    def source(self) -> str | None:
        """The address that it counts for; None for none."""
        ...

    @property
    def idle(self) -> bool:
        """Whether it waits for a request."""
        ...

    def hang_up(self) -> None:
        """Close it soon; must not wait."""
        ...


class Connections:
    """See the module's text. `most_of_one`: of one address; 0 for no bound."""

    def __init__(self, most: int, most_of_one: int = 0) -> None:
        self._most = most
        # Where there are few files, one address must still not be able to take them all.
        self._most_of_one = min(most_of_one, most * 3 // 4) if most_of_one else most
        self._open: set[Guest] = set()
        self._idle: dict[Guest, None] = {}  # the longest idle first
        self._of: defaultdict[str, dict[Guest, None]] = defaultdict(dict)
        self.turned_away = 0

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, guest: Guest) -> bool:
        """Whether there is room; if so, it is one of them until it `left`."""
        if not self._room_for(guest.source):
            self.turned_away += 1
            return False
        self._open.add(guest)
        if guest.source is not None:
            self._of[guest.source][guest] = None
        if guest.idle:
            self._idle[guest] = None
        return True

    def left(self, guest: Guest) -> None:
        """It is closed, or will be at once."""
        self._open.discard(guest)
        self._idle.pop(guest, None)
        if guest.source is not None:
            self._of[guest.source].pop(guest, None)
            if not self._of[guest.source]:
                del self._of[guest.source]

    def waits(self, guest: Guest) -> None:
        """It waits for a request."""
        if guest in self._open:
            self._idle[guest] = None

    def works(self, guest: Guest) -> None:
        """A request has come."""
        self._idle.pop(guest, None)

    def close_idle(self) -> None:
        """Close all that wait."""
        for guest in list(self._idle):
            self._send_off(guest)

    def _room_for(self, source: str | None) -> bool:
        if source is not None and len(self._of.get(source, ())) >= self._most_of_one:
            return self._make_room(each for each in self._of[source] if each.idle)
        return len(self._open) < self._most or self._make_room(self._idle)

    def _make_room(self, idle: Iterable[Guest]) -> bool:
        guest = next(iter(idle), None)
        if guest is None:
            return False
        self._send_off(guest)
        return True

    def _send_off(self, guest: Guest) -> None:
        self.left(guest)
        guest.hang_up()
