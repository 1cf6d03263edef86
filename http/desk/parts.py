"""What others use of the desk; and who of staff is looking at which ticket at this moment.

That is in memory, for half a minute, and never more than advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from plixa.http.api.services import Part

LASTS = timedelta(seconds=30)
MOST = 10_000
State = Literal["viewing", "writing"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody of staff. until: when they are gone unless they say so again."""

    admin_id: int
    name: str
    state: State
    until: datetime


class Viewers:
    """All of a node."""

    def __init__(self) -> None:
        self._seen: dict[int, dict[int, Viewer]] = {}

    def say(self, ticket: int, viewer: Viewer, now: datetime) -> None:
        """They are there, until `viewer.until`."""
        if len(self._seen) >= MOST:
            self._tidy(now)
        self._seen.setdefault(ticket, {})[viewer.admin_id] = viewer

    def leave(self, ticket: int, admin_id: int) -> None:
        """They are not there any more."""
        self._seen.get(ticket, {}).pop(admin_id, None)

    def others(self, ticket: int, admin_id: int, now: datetime) -> list[Viewer]:
        """Who else is there."""
        there: Mapping[int, Viewer] = self._seen.get(ticket, {})
        return [each for each in there.values() if each.until > now and each.admin_id != admin_id]

    def _tidy(self, now: datetime) -> None:
        for ticket, there in list(self._seen.items()):
            if all(each.until <= now for each in there.values()):
                del self._seen[ticket]


VIEWERS = Part[Viewers]("who is looking at which ticket")


class TakesMail(Protocol):
    """What takes mails that were sent in answer to ours."""

    async def take(self, data: dict[str, Any], id_: str, heard: Sequence[object]) -> None:
        """Take a mail, as Resend tells of it; what is nobody's is passed over. Raises `Unavailable`."""
        ...


TICKET_MAIL = Part[TakesMail]("answers to tickets by mail")
