"""Closures, and whether the country's public holidays are among them.

They are looked up for this year and the next, when the setting is saved and on the first of each month after that, so
that they never run out and a change of the law arrives with a release. A day that is closed already, or that the owner
opened, is left alone; the days of a holiday sync that lie ahead follow the country, the language and the setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from plixa.actors.hours.closures import Closure, HolidayWaived
from plixa.actors.hours.public_holidays import days_of
from plixa.actors.workspace.declarations import Collection, Config, Derived
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.events import Event, event

AT = time(3)
"""When a new month is looked at, in the workspace's time zone."""


class HolidayConfig(Struct, frozen=True, omit_defaults=True):
    """`block_holidays`: public holidays are closed days."""

    block_holidays: bool = False


class HolidayStatus(Derived, frozen=True):
    """country_code: whose holidays. synced: they are among the closures, as the setting says; otherwise `message` says
    why not, and it is tried again each month.
    """

    country_code: str
    synced: bool
    message: str | None

    @classmethod
    def of(cls, workspace: Workspace) -> HolidayStatus:
        """As things stand."""
        known = workspace.holidays_known or not HOLIDAYS.of(workspace).block_holidays
        return cls(workspace.country_code, known, None if known else unknown(workspace.country_code))


@event("holidays.synced")
class HolidaysSynced(Event, frozen=True, kw_only=True):
    """The closures follow the holidays: `closed` are new or have another name, `opened` (by id) are none any more.

    day: the workspace's, when it happened. known: the country's holidays are. due: when they are looked at again.
    """

    sync_id: int
    why: str
    country_code: str
    day: date
    known: bool = True
    closed: tuple[Closure, ...] = ()
    opened: tuple[int, ...] = ()
    due: datetime | None = None


def saved(workspace: Workspace, now: Moment) -> Sequence[Event]:
    """The setting was saved."""
    if HOLIDAYS.of(workspace).block_holidays:
        return sync(workspace, now, "The owner closes the business on public holidays.")
    return _dropped(workspace, now)


def followed(workspace: Workspace, now: Moment) -> Sequence[Event]:
    """The workspace's language or time zone is another one."""
    return (
        sync(workspace, now, "The workspace's regional settings changed.")
        if HOLIDAYS.of(workspace).block_holidays
        else []
    )


def sync(workspace: Workspace, now: Moment, why: str) -> Sequence[Event]:
    """Let the closures from today on be what the country's holidays are; nothing where they are that already."""
    today = _today(workspace, now)
    found = days_of(workspace.country_code, (today.year, today.year + 1), workspace.locale)
    due = _next_month(today, workspace.timezone)
    closed, opened = _differences(workspace, {} if found is None else found, today, now)
    same = (
        not closed and not opened and (found is not None) == workspace.holidays_known and due == workspace.holidays_due
    )
    if same:
        return []
    if found is None:
        why = f"{why} {unknown(workspace.country_code)}"
    return [
        HolidaysSynced(
            sync_id=next(now.ids),
            why=why,
            country_code=workspace.country_code,
            day=today,
            known=found is not None,
            closed=closed,
            opened=opened,
            due=due,
        )
    ]


def unknown(country_code: str) -> str:
    """What is said where nothing can be looked up."""
    return f"The public holidays of {country_code or 'no country'} are not known; close those days by hand."


def _differences(
    workspace: Workspace, wanted: dict[date, str], today: date, now: Moment
) -> tuple[tuple[Closure, ...], tuple[int, ...]]:
    """New closures or new names, and the ids of closures that are no holidays (any more)."""
    there = {closure.date: closure for closure in CLOSURES.of(workspace).values()}
    closed: list[Closure] = []
    for day, name in wanted.items():
        closure = there.get(day)
        if day < today or day in workspace.waived:
            continue
        if closure is None:
            closed.append(Closure(id=next(now.ids), date=day, reason=name, source="holiday"))
        elif closure.source == "holiday" and closure.reason != name:
            closed.append(Closure(id=closure.id, date=day, reason=name, source="holiday"))
    return tuple(closed), tuple(each.id for each in _ahead(workspace, today) if each.date not in wanted)


def _dropped(workspace: Workspace, now: Moment) -> Sequence[Event]:
    """Without the holidays that are still to come; what has been stays."""
    today = _today(workspace, now)
    opened = tuple(each.id for each in _ahead(workspace, today))
    if not opened and workspace.holidays_due is None:
        return []
    why = "The owner opens the business on public holidays."
    country, known = workspace.country_code, workspace.holidays_known
    return [HolidaysSynced(sync_id=next(now.ids), why=why, country_code=country, day=today, known=known, opened=opened)]


def _ahead(workspace: Workspace, today: date) -> list[Closure]:
    return [each for each in CLOSURES.of(workspace).values() if each.source == "holiday" and each.date > today]


def _today(workspace: Workspace, now: Moment) -> date:
    return now.at.astimezone(workspace.zone).date()


def _next_month(today: date, zone: str) -> datetime:
    """The first of the month after `today`, in UTC."""
    first = date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return datetime.combine(first, AT, ZoneInfo(zone)).astimezone(UTC)


HOLIDAYS = Config(
    name="holidays",
    value=HolidayConfig,
    path="/v1/scheduling/holiday-config",
    tag="Scheduling — holidays",
    required=("block_holidays",),
    then=saved,
    again=True,
    tells=HolidayStatus,
)


def _opened(workspace: Workspace, closure: Closure) -> Sequence[Event]:
    waives = HOLIDAYS.of(workspace).block_holidays and closure.date not in workspace.waived
    return [HolidayWaived(date=closure.date)] if waives else []


def _by_date(closure: Any) -> Any:
    return (closure.date, closure.id)


CLOSURES = Collection(
    name="closures",
    one="closure",
    item=Closure,
    path="/v1/scheduling/closures",
    tag="Scheduling — workspace closures",
    order=_by_date,
    once=("date",),
    changes=False,
    removed=_opened,
    hidden=frozenset({"id", "source"}),
    most=2000,
)
