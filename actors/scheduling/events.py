"""What happens to appointments, and who is there when. What people wrote is sealed with the contact's key."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from plixa.actors.scheduling.choosing import Chosen
from plixa.actors.scheduling.offering import Status
from plixa.actors.scheduling.rules import LocalDate, Rule
from plixa.engine.events import Event, event

Source = Literal["staff", "ai", "flow", "contact", "api"]
By = Literal["staff", "contact", "system"]
How = Literal["cancelled", "declined", "expired", "unpaid"]
Awaits = Literal["approval", "payment", "answer"]
HOLDING: tuple[Status, ...] = ("pending", "confirmed", "arrived")
"""What keeps others away."""


class Claim(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An appointment, as far as time is concerned. Times are minutes since 1970 in UTC.

    units: which unit of each resource it holds. before, after: its buffers, as they were when it was booked.
    revision: one more each time it is moved; what was sent about an earlier one is out of date.
    holds_until: when it ends by itself, while it is pending; None where it stays. awaits: whose word it waits for until
    then; None in those that were stored before this was written down.
    deposit: what is owed for it, as it was when it was booked, in minor units of the currency. refund_minutes: a
    customer who cancels so long before gets it back. paid: it was. ended: in which way it was cancelled.
    since: from when on it is as it is now; what it should have been reminded of before is over. told: when it was last
    told of along with another appointment of that day.
    """

    id: int
    service_id: int
    start: int
    minutes: int
    provider_id: int | None = None
    before: int = 0
    after: int = 0
    units: dict[int, int] = {}  # msgspec copies it
    status: Status = "confirmed"
    source: Source = "staff"
    contact_id: int | None = None
    conversation_id: int | None = None
    series_id: int | None = None
    occurrence: int | None = None
    revision: int = 1
    holds_until: datetime | None = None
    since: int = 0
    told: int = 0
    awaits: Awaits | None = None
    deposit: int = 0
    currency: str = ""
    refund_minutes: int = 0
    paid: bool = False
    ended: How | None = None

    @property
    def span(self) -> tuple[int, int]:
        """Its own time."""
        return self.start, self.start + self.minutes

    @property
    def occupied(self) -> tuple[int, int]:
        """What nobody else may have."""
        return self.start - self.before, self.start + self.minutes + self.after

    @property
    def holds(self) -> bool:
        """Whether it still keeps others away."""
        return self.status in HOLDING


class AboutAppointment(Event, frozen=True, kw_only=True):
    """Base of events of one appointment. contact_id: whose it is, and whose key seals what it says of them."""

    appointment_id: int
    contact_id: int | None = None

    def sealed_for(self, stream: str) -> str:
        """The contact's own key: one of many can be erased."""
        return stream if self.contact_id is None else f"contact-{self.contact_id}"


@event("appointment.booked", personal=("notes",))
class AppointmentBooked(AboutAppointment, frozen=True, kw_only=True):
    """claim: what it holds. zone: on whose wall it is read. chosen: why this provider, where any would do.

    reseated: other appointments' new units, by appointment and resource. warnings: what customers could not have.
    """

    claim: Claim
    zone: str
    booked_at: datetime
    chosen: Chosen | None = None
    reseated: dict[int, dict[int, int]] = {}  # noqa: RUF012  # msgspec copies it
    warnings: tuple[str, ...] = ()
    notes: str | None = None


@event("appointment.moved")
class AppointmentMoved(AboutAppointment, frozen=True, kw_only=True):
    """claim: what it holds now. was: when it began before."""

    claim: Claim
    zone: str
    was: int
    moved_at: datetime
    by: By = "staff"
    reseated: dict[int, dict[int, int]] = {}  # noqa: RUF012  # msgspec copies it
    warnings: tuple[str, ...] = ()


@event("appointment.edited", personal=("notes",))
class AppointmentEdited(AboutAppointment, frozen=True, kw_only=True):
    """Contact and notes as they are now; `fields` names what is new."""

    fields: tuple[str, ...]
    notes: str | None = None


@event("appointment.status", personal=("reason",))
class AppointmentStatus(AboutAppointment, frozen=True, kw_only=True):
    """It has another status. how: which sort of cancellation. scope: what was asked to be cancelled with it.

    claim: what it holds, where it holds its time anew. reseated: others' new units, then. awaited: whose word it was
    pending for. along: what was cancelled in one go, itself the first; in the others only the first one.
    """

    status: Status
    at: datetime
    was: Status
    by: By = "staff"
    how: How | None = None
    scope: str | None = None
    reason: str | None = None
    claim: Claim | None = None
    awaited: Awaits | None = None
    reseated: dict[int, dict[int, int]] = {}  # noqa: RUF012  # msgspec copies it
    along: tuple[int, ...] = ()


@event("appointment.paid")
class AppointmentPaid(AboutAppointment, frozen=True, kw_only=True):
    """What was owed for it has been paid. kept: whether it can still be had; if not, a person decides.

    why: what stands in the way, where it is not kept.
    """

    at: datetime
    kept: bool = True
    why: str | None = None


@event("appointment.held")
class AppointmentHeld(AboutAppointment, frozen=True, kw_only=True):
    """Its customer pays by something that takes its time: it is held for so long."""

    at: datetime
    until: datetime


@event("agenda.contact_moved")
class ContactMoved(Event, frozen=True, kw_only=True):
    """The contact is a part of another one now: its appointments are that one's."""

    contact_id: int
    to: int


@event("agenda.contact_forgotten")
class ContactForgotten(Event, frozen=True, kw_only=True):
    """The contact is erased: appointments keep their time, and are nobody's."""

    contact_id: int


@event("provider.schedule_set")
class ProviderScheduleSet(Event, frozen=True, kw_only=True):
    """When a provider is there from now on, all of it."""

    user_id: int
    timezone: str
    rules: tuple[Rule, ...]


@event("appointment.confirmed")
class AppointmentConfirmed(AboutAppointment, frozen=True, kw_only=True):
    """The customer says that they will come."""

    at: datetime
    revision: int


class Reminded(Struct, frozen=True):
    """An appointment, at the time that it had when it was reminded of."""

    appointment_id: int
    revision: int


@event("reminder.due")
class ReminderDue(Event, frozen=True, kw_only=True):
    """A contact is told of their appointments of one day. due: of those it was planned for; the others come along."""

    reminder_id: int
    contact_id: int
    appointments: tuple[Reminded, ...]
    due: tuple[int, ...]
    minute: int


@event("reminders.looked")
class RemindersLooked(Event, frozen=True, kw_only=True):
    """All reminders up to a minute are on their way, or it is too late for them."""

    until: int


@event("reminders.planned")
class RemindersPlanned(Event, frozen=True, kw_only=True):
    """The business says something else of reminders: what lies ahead is planned anew.

    at: where there is much of it, some days at a time from then on; None: all of it, with this.
    """

    zone: str
    offsets: tuple[int, ...] = ()
    services: dict[int, tuple[int, ...]] = {}  # noqa: RUF012  # msgspec copies it
    at: datetime | None = None


@event("reminders.replanned")
class RemindersReplanned(Event, frozen=True, kw_only=True):
    """What begins on these days (of UTC, since 1970) is reminded of as the business says now."""

    days: tuple[int, ...]


class Wish(Struct, frozen=True, omit_defaults=True):
    """A time that would suit: a weekday (0 is Sunday) or a date, and a part of the day; None is any."""

    weekday: int | None = None
    date: LocalDate | None = None
    part: Literal["morning", "afternoon", "evening"] | None = None


class Waiting(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody who waits for a time to become free. wishes: any of them will do; where there are none, any time.

    offered: the appointment that is held for them while they think, from when on and until when. passed: the starts
    that they did not want.
    """

    id: int
    service_id: int
    contact_id: int
    created_at: datetime
    provider_id: int | None = None
    conversation_id: int | None = None
    wishes: tuple[Wish, ...] = ()
    offered: int | None = None
    until: datetime | None = None
    passed: tuple[int, ...] = ()


@event("waitlist.joined")
class WaitlistJoined(Event, frozen=True, kw_only=True):
    entry: Waiting


@event("waitlist.left")
class WaitlistLeft(Event, frozen=True, kw_only=True):
    """They wait no longer."""

    entry_id: int
    how: Literal["booked", "removed", "expired"]


@event("waitlist.offered")
class WaitlistOffered(Event, frozen=True, kw_only=True):
    """A time that became free is held for the first whom it suits. before: who joined earlier, and why not they.

    not_before: when they are asked, where it is night.
    """

    entry_id: int
    appointment_id: int
    contact_id: int
    start: int
    until: datetime
    not_before: datetime | None = None
    before: dict[int, str] = {}  # noqa: RUF012  # msgspec copies it


@event("waitlist.passed")
class WaitlistPassed(Event, frozen=True, kw_only=True):
    """They did not want it, or did not answer in time: they wait on, and the next one is asked."""

    entry_id: int
    appointment_id: int
    start: int


@event("agenda.calendars_followed")
class CalendarsFollowed(Event, frozen=True, kw_only=True):
    """Whose own calendars are linked: appointments are written there from now on."""

    providers: tuple[int, ...]
