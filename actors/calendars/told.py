"""What of links people are shown: the member by their sockets, the business by its audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.calendars import links
from plixa.actors.feature import Data, Show, Tell
from plixa.actors.sayings import Told, told
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
TROUBLES: Mapping[str, Told] = {
    "reconnect_needed": Told(
        "it must be connected again", "é preciso conectá-lo de novo", "hay que conectarlo de nuevo"
    ),
    "missing_scope": Told("a permission is missing", "falta uma permissão", "falta un permiso"),
    "paused": Told("it is paused", "está em pausa", "está en pausa"),
}


def _in_trouble(event: links.CalendarTroubled) -> Told:
    return told(
        "the Google calendar of member {who} needs attention: {why}",
        "o Google Agenda do membro {who} precisa de atenção: {why}",
        "el Google Calendar del miembro {who} necesita atención: {why}",
        who=event.user_id,
        why=TROUBLES[event.trouble],
    )


TELLS: Mapping[str, Tell] = {
    "calendar.linked": lambda e: told(
        "member {who} linked their Google calendar",
        "o membro {who} conectou o seu Google Agenda",
        "el miembro {who} conectó su Google Calendar",
        who=e.user_id,
    ),
    "calendar.unlinked": lambda e: told(
        "the Google calendar of member {who} was disconnected",
        "o Google Agenda do membro {who} foi desconectado",
        "el Google Calendar del miembro {who} fue desconectado",
        who=e.user_id,
    ),
    "calendar.troubled": _in_trouble,
    "calendar.well": None,
}
