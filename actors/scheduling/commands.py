"""What can be asked of the agenda. Starts are minutes since 1970 in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from plixa.actors.scheduling.events import By, Source, Wish
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.series import Repeat
from plixa.engine.actor import Command

Scope = Literal["this", "following", "all"]
Busy = dict[int, tuple[tuple[int, int], ...]]
"""What providers' other calendars have, by provider, in order."""


@dataclass(frozen=True, slots=True)
class Seeing:
    """Any command, with what providers' other calendars have: what it leads to may give somebody their time."""

    command: Any
    busy: Busy = field(default_factory=dict[int, Any])


class Book(Command, frozen=True, kw_only=True, tag=True):
    """provider_id: None where any of the service's will do. occurrences: of a series, all of them or none.

    busy: what providers' other calendars have, by provider, in order. contact_known: whether there is such a contact.
    collects: whether a deposit can be paid now; a customer's time is held for that, and no longer.
    """

    service_id: int
    start: int
    source: Source = "staff"
    collects: bool = False
    provider_id: int | None = None
    contact_id: int | None = None
    conversation_id: int | None = None
    notes: str | None = None
    repeat: Repeat | None = None
    occurrences: int = 1
    busy: Busy = {}  # noqa: RUF012  # msgspec copies it
    contact_known: bool = True


class Reschedule(Command, frozen=True, kw_only=True, tag=True):
    """revision: the one that the customer was told of; None where it does not matter."""

    appointment_id: int
    start: int
    by: By = "staff"
    provider_id: int | None = None
    revision: int | None = None
    busy: Busy = {}  # noqa: RUF012  # msgspec copies it


class Cancel(Command, frozen=True, kw_only=True, tag=True):
    """scope: of a series, this one, this and those that follow, or all that have not begun."""

    appointment_id: int
    by: By = "staff"
    scope: Scope = "this"
    reason: str | None = None
    revision: int | None = None


class Edit(Command, frozen=True, kw_only=True, tag=True):
    """Only what `fields` names is touched. notes: as they are afterwards, also where they stay."""

    appointment_id: int
    fields: tuple[str, ...]
    contact_id: int | None = None
    notes: str | None = None
    contact_known: bool = True


class Mark(Command, frozen=True, kw_only=True, tag=True):
    """What became of it."""

    appointment_id: int
    status: Literal["arrived", "completed", "no_show"]


class Unmark(Command, frozen=True, kw_only=True, tag=True):
    """It was not so: `status` is taken back, and it is confirmed again, if its time is still free."""

    appointment_id: int
    status: Literal["arrived", "completed", "no_show"]


class Approve(Command, frozen=True, kw_only=True, tag=True):
    appointment_id: int


class Decline(Command, frozen=True, kw_only=True, tag=True):
    appointment_id: int
    reason: str | None = None


class Pay(Command, frozen=True, kw_only=True, tag=True):
    """What is owed has been paid. Its time is kept, or taken back where it was given up meanwhile and is free."""

    appointment_id: int


class HoldOn(Command, frozen=True, kw_only=True, tag=True):
    """What is owed is on its way, by a voucher or a code that can be paid until then: its time is held so long."""

    appointment_id: int
    until: datetime


class LetGo(Command, frozen=True, kw_only=True, tag=True):
    """What was on its way will not come: its time is held no more."""

    appointment_id: int


class SetSchedule(Command, frozen=True, kw_only=True, tag=True):
    user_id: int
    timezone: str
    rules: tuple[Rule, ...]


class ImportSchedule(Command, frozen=True, kw_only=True, tag=True):
    """These weekly hours for each of these members."""

    user_ids: tuple[int, ...]
    timezone: str
    rules: tuple[Rule, ...]


class LeadContact(Command, frozen=True, kw_only=True, tag=True):
    """A contact was merged into another one."""

    contact_id: int
    to: int


class ForgetContact(Command, frozen=True, kw_only=True, tag=True):
    """A contact is erased."""

    contact_id: int


class Confirm(Command, frozen=True, kw_only=True, tag=True):
    """The customer says that they will come, to what they were told of as this revision."""

    appointment_id: int
    revision: int


class Follow(Command, frozen=True, kw_only=True, tag=True):
    """The business's settings may be others: what follows from them is looked at. reopened: a day is not closed now."""

    reopened: bool = False


class JoinWaitlist(Command, frozen=True, kw_only=True, tag=True):
    """Nothing fits: tell them when something does. Who waits for this service already goes on waiting, as said now."""

    service_id: int
    contact_id: int
    provider_id: int | None = None
    conversation_id: int | None = None
    wishes: tuple[Wish, ...] = ()


class LeaveWaitlist(Command, frozen=True, kw_only=True, tag=True):
    """Somebody of the team, or the customer, clears an entry. What is held for it is free again."""

    entry_id: int


class TakeOffer(Command, frozen=True, kw_only=True, tag=True):
    """The customer wants what is held for them. collects: as of `Book`."""

    appointment_id: int
    collects: bool = False


class PassOffer(Command, frozen=True, kw_only=True, tag=True):
    """They do not, or nobody could be asked."""

    appointment_id: int
