"""Who has linked a calendar, and how the link stands.

    (nobody) → connected ⇄ paused
                   ↓  ↑ by consenting anew
             reconnect_needed | missing_scope

`reconnect_needed`: Google takes our token no more. `missing_scope`: a permission was not granted, or taken back.
`paused`: Google lets nothing be written for hours. The member is told once of each, by mail; the panel shows the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.notifications.mail import mail
from plixa.actors.people.team import MemberRemoved
from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

State = Literal["connected", "reconnect_needed", "missing_scope", "paused"]
Trouble = Literal["reconnect_needed", "missing_scope", "paused"]
WRITES: frozenset[State] = frozenset({"connected", "paused"})
"""In which states Google is spoken to."""


class Link(Struct, frozen=True, omit_defaults=True):
    """number: of this consent, among all of the workspace. email: of the account at Google."""

    number: int
    state: State
    linked_at: datetime
    email: str = ""
    since: datetime | None = None


class Links(Struct, frozen=True, omit_defaults=True):
    """of: by member. last: the number of the last consent."""

    of: dict[int, Link] = {}  # msgspec copies an empty default
    last: int = 0


LINKS: Held[Links] = Held("calendar_links", Links, Links())
decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


class LinkCalendar(Command, frozen=True, kw_only=True, tag=True):
    """A member has consented."""

    user_id: int
    email: str


class UnlinkCalendar(Command, frozen=True, kw_only=True, tag=True):
    """The member does not want it any more, or is none. remove: future events of ours are taken out of it first."""

    user_id: int
    remove: bool = False


class TellTrouble(Command, frozen=True, kw_only=True, tag=True):
    """What a call to Google came to, of this consent."""

    user_id: int
    number: int
    trouble: Trouble


class TellWell(Command, frozen=True, kw_only=True, tag=True):
    """It takes writes again."""

    user_id: int
    number: int


@event("calendar.linked", personal=("email",))
class CalendarLinked(Event, frozen=True, kw_only=True):
    """instead_of: the number of a consent that this one takes the place of."""

    user_id: int
    number: int
    at: datetime
    email: str = ""
    instead_of: int | None = None


@event("calendar.unlinked")
class CalendarUnlinked(Event, frozen=True, kw_only=True):
    user_id: int
    number: int
    remove: bool = False


@event("calendar.troubled")
class CalendarTroubled(Event, frozen=True, kw_only=True):
    user_id: int
    number: int
    trouble: Trouble
    at: datetime


@event("calendar.well")
class CalendarWell(Event, frozen=True, kw_only=True):
    user_id: int
    number: int


@decide.on(LinkCalendar)
def _link(state: Workspace, command: LinkCalendar, now: Moment) -> Sequence[Event]:
    if command.user_id not in state.members:
        raise NotFound("member")
    links = LINKS.of(state)
    before = links.of.get(command.user_id)
    return [
        CalendarLinked(
            user_id=command.user_id,
            number=links.last + 1,
            at=now.at,
            email=command.email,
            instead_of=None if before is None else before.number,
        )
    ]


@decide.on(UnlinkCalendar)
def _unlink(state: Workspace, command: UnlinkCalendar, _now: Moment) -> Sequence[Event]:
    known = LINKS.of(state).of.get(command.user_id)
    if known is None:
        return []
    return [CalendarUnlinked(user_id=command.user_id, number=known.number, remove=command.remove)]


@decide.on(TellTrouble)
def _trouble(state: Workspace, command: TellTrouble, now: Moment) -> Sequence[Event]:
    known = LINKS.of(state).of.get(command.user_id)
    if known is None or known.number != command.number or known.state == command.trouble:
        return []
    if command.trouble == "paused" and known.state not in WRITES:
        return []
    told = CalendarTroubled(user_id=command.user_id, number=command.number, trouble=command.trouble, at=now.at)
    if command.user_id not in state.members:
        return [told]
    return [told, mail(now, f"calendar_{command.trouble}", user_id=command.user_id, values={"company": state.name})]


@decide.on(TellWell)
def _well(state: Workspace, command: TellWell, _now: Moment) -> Sequence[Event]:
    known = LINKS.of(state).of.get(command.user_id)
    if known is None or known.number != command.number or known.state != "paused":
        return []
    return [CalendarWell(user_id=command.user_id, number=command.number)]


@evolve.on(CalendarLinked)
def _linked(state: Workspace, event: CalendarLinked) -> Workspace:
    link = Link(event.number, "connected", event.at, event.email)
    return _with(state, replace(LINKS.of(state), last=event.number), event.user_id, link)


@evolve.on(CalendarUnlinked)
def _unlinked(state: Workspace, event: CalendarUnlinked) -> Workspace:
    links = LINKS.of(state)
    return _kept(state, replace(links, of={id_: each for id_, each in links.of.items() if id_ != event.user_id}))


@evolve.on(CalendarTroubled)
def _troubled(state: Workspace, event: CalendarTroubled) -> Workspace:
    link = replace(LINKS.of(state).of[event.user_id], state=event.trouble, since=event.at)
    return _with(state, LINKS.of(state), event.user_id, link)


@evolve.on(CalendarWell)
def _is_well(state: Workspace, event: CalendarWell) -> Workspace:
    link = replace(LINKS.of(state).of[event.user_id], state="connected", since=None)
    return _with(state, LINKS.of(state), event.user_id, link)


def _with(state: Workspace, links: Links, user_id: int, link: Link) -> Workspace:
    return _kept(state, replace(links, of={**links.of, user_id: link}))


def _kept(state: Workspace, links: Links) -> Workspace:
    fields: dict[str, Any] = {LINKS.name: links}
    return replace(state, **fields)


def linked(workspace: Workspace) -> tuple[int, ...]:
    """Whose calendars are written to, in order."""
    return tuple(sorted(id_ for id_, link in LINKS.of(workspace).of.items() if link.state in WRITES))


def effects(state: Workspace, happened: Event) -> Iterator[Effect]:
    """A new link is filled, one that is over is ended at Google, one of a member who left is unlinked."""
    match happened:
        case CalendarLinked():
            yield _effect("sync", happened.user_id, happened.number)
            if happened.instead_of is not None:
                yield _effect("end", happened.user_id, happened.instead_of, replaced=True)
        case CalendarUnlinked():
            yield _effect("end", happened.user_id, happened.number, remove=happened.remove)
        case MemberRemoved() if (link := LINKS.of(state).of.get(happened.user_id)) is not None:
            yield _effect("leave", happened.user_id, link.number)
        case _:
            return


def lane_of(user_id: int) -> str:
    """One thing at a time in a calendar. Also the pace: where Google is away for one, others go on."""
    return f"calendar-{user_id}"


def _effect(what: str, user_id: int, number: int, **more: bool) -> Effect:
    request = {"user_id": user_id, "number": number, **more}
    id_ = f"calendar-{what}-{user_id}-{number}"
    lane = id_ if what == "end" else lane_of(user_id)  # it waits for no write that fails and fails
    return Effect(id_, f"calendar.{what}", lane, lane, request)
