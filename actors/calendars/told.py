"""What of links people are shown: the member by their sockets, the business by its audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.calendars import links
from plixa.actors.feature import Data, Show, Tell
from plixa.engine.events import Event, Recorded


def _linked(event: links.CalendarLinked, _: Recorded) -> Data:
    return _shown(event.user_id, "connected", email=event.email)


def _unlinked(event: links.CalendarUnlinked, _: Recorded) -> Data:
    return _shown(event.user_id, None)


def _troubled(event: links.CalendarTroubled, _: Recorded) -> Data:
    return _shown(event.user_id, event.trouble)


def _well(event: links.CalendarWell, _: Recorded) -> Data:
    return _shown(event.user_id, "connected")


def _shown(user_id: int, state: str | None, **more: Any) -> Data:
    return {"calendar_link": {"user_id": user_id, "state": state, **more}}


SHOWS: Mapping[type[Event], Show] = {
    links.CalendarLinked: _linked,
    links.CalendarUnlinked: _unlinked,
    links.CalendarTroubled: _troubled,
    links.CalendarWell: _well,
}
ONLY: Mapping[type[Event], Callable[[Any], int]] = dict.fromkeys(SHOWS, lambda event: event.user_id)
TELLS: Mapping[str, Tell] = {
    "calendar.linked": lambda e: f"member {e.user_id} linked their Google calendar",
    "calendar.unlinked": lambda e: f"the Google calendar of member {e.user_id} was disconnected",
    "calendar.troubled": lambda e: f"the Google calendar of member {e.user_id} needs attention: {e.trouble}",
    "calendar.well": None,
}
