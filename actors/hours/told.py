"""What sockets and the audit are told of holidays' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.hours.holiday_config import HolidaysSynced
from plixa.actors.sayings import told
from plixa.actors.workspace.upkeep import shown_value
from plixa.engine.events import Event, Recorded


def _synced(event: HolidaysSynced, _: Recorded) -> Data:
    return {"closures": [shown_value(each) for each in event.closed], "opened_closure_ids": list(event.opened)}


SHOWS: Mapping[type[Event], Show] = {HolidaysSynced: _synced}

TELLS: Mapping[str, Tell] = {
    "holiday.waived": None,
    "holidays.synced": lambda e: told(
        "closed {closed} and opened {opened} days for the public holidays",
        "fechou {closed} e abriu {opened} dias por causa dos feriados",
        "cerró {closed} y abrió {opened} días por los feriados",
        closed=len(e.closed),
        opened=len(e.opened),
    ),
}
