"""What the workspace offers, as the agenda sees it: services, resources, providers, and on which days it is closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.dataclasses import dataclass as checked

from plixa.actors.fields import Color, Currency, HourMinute, Id, Line, Text
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.slots import Length
from plixa.actors.workspace.declarations import Item, Own

Minutes = Annotated[int, Field(ge=5, le=43_200)]
Buffer = Annotated[int, Field(ge=0, le=240)]
Cents = Annotated[int, Field(ge=0, le=100_000_000)]
Status = Literal["pending", "confirmed", "arrived", "completed", "no_show", "cancelled"]


class Service(Item, frozen=True, omit_defaults=True, kw_only=True):
    """What can be booked. reminder_offsets: minutes before; None follows the workspace, none at all is no reminder.

    deposit_refund_hours: whoever cancels so long before gets their deposit back; where the business cancels, it goes
    back in any case.
    """

    name: Annotated[Line, StringConstraints(max_length=80)]
    duration_minutes: Annotated[int, Field(ge=5, le=720)]
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    price_cents: Cents | None = None
    currency: Currency | None = None
    deposit_cents: Cents | None = None
    deposit_refund_hours: Annotated[int, Field(ge=0, le=720)] = 24
    requires_approval: bool = False
    provider_ids: Annotated[list[Id], Field(max_length=500)] = []  # noqa: RUF012  # msgspec copies it
    resource_ids: Annotated[list[Id], Field(max_length=20)] = []  # noqa: RUF012
    reminder_offsets: Annotated[list[Minutes], Field(max_length=5)] | None = None
    is_active: bool = True
    color: Color | None = None
    description: Annotated[Text, StringConstraints(max_length=500)] | None = None

    @property
    def length(self) -> Length:
        """Its minutes and its buffers'."""
        return Length(self.duration_minutes, self.buffer_before_minutes, self.buffer_after_minutes)


class Resource(Item, frozen=True, omit_defaults=True, kw_only=True):
    """A room, a chair, a machine. capacity: how many there are of it."""

    name: Annotated[Line, StringConstraints(max_length=80)]
    capacity: Annotated[int, Field(ge=1, le=1000)] = 1
    is_active: bool = True


class CalendarFilter(Own, frozen=True, omit_defaults=True, kw_only=True):
    """What a member wants to see of the calendar; of nothing, everything."""

    name: Annotated[Line, StringConstraints(max_length=60)]
    provider_ids: Annotated[list[Id], Field(max_length=100)] = []  # noqa: RUF012
    service_ids: Annotated[list[Id], Field(max_length=100)] = []  # noqa: RUF012
    statuses: Annotated[list[Status], Field(max_length=6)] = []  # noqa: RUF012


@checked(frozen=True)
class OpenWindow:
    """A weekday's (0 is Sunday) opening on the wall. `end_time` at or before `start_time` is on the next day."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    start_time: HourMinute
    end_time: HourMinute


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody who can be booked. rules: None where none are set: they are there whenever they are free."""

    zone: str
    rules: tuple[Rule, ...] | None = None


@dataclass(frozen=True, slots=True)
class Offering:
    """All of it. zone: the workspace's. closed: its local dates. providers: by their user id.

    cancel_before_minutes: until so long before the start customers may move and cancel by themselves.
    reminders: minutes before the start, where a service says nothing else. calendars: whose own calendars are linked.
    """

    zone: str
    services: Mapping[int, Service] = field(default_factory=dict[int, Service])
    resources: Mapping[int, Resource] = field(default_factory=dict[int, Resource])
    providers: Mapping[int, Provider] = field(default_factory=dict[int, Provider])
    closed: frozenset[date] = frozenset()
    cancel_before_minutes: int = 120
    reminders: tuple[int, ...] = ()
    calendars: tuple[int, ...] = ()

    def providers_of(self, service: Service) -> list[int | None]:
        """Who may be booked for it; nobody in particular where it names none."""
        return [id_ for id_ in service.provider_ids if id_ in self.providers] if service.provider_ids else [None]

    def zone_of(self, provider: int | None) -> str:
        """On whose wall its times are read."""
        known = self.providers.get(provider) if provider is not None else None
        return known.zone if known is not None else self.zone

    def zone_of_all(self, providers: Sequence[int | None]) -> str:
        """The providers', where they have one in common, and otherwise the business's."""
        zones = {self.zone_of(each) for each in providers}
        return zones.pop() if len(zones) == 1 else self.zone

    def units_of(self, service: Service) -> dict[int, int]:
        """The capacity of each resource that it needs."""
        needed = (self.resources.get(id_) for id_ in service.resource_ids)
        return {each.id: each.capacity for each in needed if each is not None and each.is_active}
