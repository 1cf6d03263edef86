"""What a business says of its agenda: services, resources, each member's filters of the calendar, the base schedule,
when reminders go out, and until when customers may change their minds.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace
from pydantic import Field

from plixa.actors.fields import TimeZone
from plixa.actors.scheduling.offering import CalendarFilter, Minutes, OpenWindow, Resource, Service
from plixa.actors.scheduling.rules import Rule
from plixa.actors.workspace.declarations import Collection, Config, by_name, by_position
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid

DEFAULT_OFFSETS = (1440, 120)
"""Minutes before an appointment: what reminders a business has that says nothing."""


class BaseSchedule(Struct, frozen=True, omit_defaults=True):
    """Weekly opening windows that providers' own schedules begin as; who has none of their own follows it."""

    timezone: TimeZone = "UTC"
    rules: Annotated[list[OpenWindow], Field(max_length=200)] = []  # msgspec copies it


class Reminders(Struct, frozen=True, omit_defaults=True):
    """Minutes before an appointment. Null is the default, a day and two hours; of an empty list none goes out."""

    offsets: Annotated[list[Minutes], Field(max_length=5)] | None = None


class Booking(Struct, frozen=True, omit_defaults=True):
    """Until so many minutes before the start customers may move and cancel by themselves; later a person decides.

    `tell_customers`: what your team or an integration books, moves or cancels is told to its customer in the chat.
    """

    cancel_before_minutes: Annotated[int, Field(ge=0, le=43_200)] = 120
    tell_customers: bool = True


def rules_of(base: BaseSchedule) -> tuple[Rule, ...]:
    """The base schedule as a provider's rules."""
    return tuple(Rule("open", each.start_time, each.end_time, weekday=each.weekday) for each in base.rules)


def _sensible(workspace: Workspace, service: Service) -> Service:
    if service.price_cents is not None and (service.deposit_cents or 0) > service.price_cents:
        raise Invalid({"deposit_cents": ["A deposit is a part of the price, and cannot be more than it."]})
    if (service.price_cents is not None or service.deposit_cents) and service.currency is None:
        service = replace(service, currency=workspace.regional.currency)
    offsets = service.reminder_offsets
    return service if offsets is None else replace(service, reminder_offsets=in_order(offsets))


def _ordered(_workspace: Workspace, value: Reminders, _by: int) -> Reminders:
    return value if value.offsets is None else Reminders(in_order(value.offsets))


def in_order(offsets: list[int]) -> list[int]:
    """The earliest reminder first, each once."""
    return sorted({*offsets}, reverse=True)


SERVICES = Collection(
    name="services",
    one="service",
    item=Service,
    path="/v1/scheduling/services",
    tag="Scheduling — services",
    references={"provider_ids": "members", "resource_ids": "resources"},
    check=_sensible,
    order=by_name,
    most=500,
)
RESOURCES = Collection(
    name="resources",
    one="resource",
    item=Resource,
    path="/v1/scheduling/resources",
    tag="Scheduling — resources",
    order=by_name,
    most=500,
)
CALENDAR_FILTERS = Collection(
    name="calendar_filters",
    one="calendar_filter",
    item=CalendarFilter,
    path="/v1/scheduling/calendar-filters",
    tag="Scheduling — saved filters",
    param="filter",
    write="member",
    unique=("name",),
    references={"provider_ids": "members", "service_ids": "services"},
    order=by_position,
    hidden=frozenset({"id", "position", "user_id"}),
    most=50,
)
BASE_SCHEDULE = Config(
    name="base_schedule",
    value=BaseSchedule,
    path="/v1/scheduling/default-schedule",
    tag="Scheduling — base schedule",
    required=("timezone", "rules"),
)
REMINDERS = Config(
    name="reminders",
    value=Reminders,
    path="/v1/scheduling/reminder-config",
    tag="Scheduling — reminders",
    required=("offsets",),
    check=_ordered,
)
BOOKING = Config(name="booking", value=Booking, path="/v1/scheduling/booking-config", tag="Scheduling — appointments")
