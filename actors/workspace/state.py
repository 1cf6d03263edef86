"""A workspace's state: what all its other actors may know of it (`now.house`)."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.workspace import events as ev
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import Invalid


class Member(Struct, frozen=True, omit_defaults=True):
    id: int
    name: str
    email: str
    role: ev.Role
    locale: str | None = None


class Welcome(Struct, frozen=True, omit_defaults=True):
    """The greeting for a first contact."""

    enabled: bool = False
    message: str | None = None
    delay_seconds: int = 0


class NumberRef(Struct, frozen=True, omit_defaults=True):
    id: int
    instance: str
    name: str | None = None


class Workspace(Struct, frozen=True, omit_defaults=True):
    """Founded once `name` is there."""

    id: int
    name: str = ""
    slug: str = ""
    country_code: str = ""
    timezone: str = "UTC"
    locale: str = "en"
    tax_id: str | None = None
    status: str = "active"
    founded_at: datetime | None = None
    trial_ends_at: datetime | None = None
    members: dict[int, Member] = {}  # msgspec copies an empty default
    numbers: dict[int, NumberRef] = {}
    welcome: Welcome = Welcome()
    first_response_seconds: int | None = None
    resolution_seconds: int | None = None

    def must_have_member(self, user_id: int | None, field: str) -> None:
        """Raises `Invalid` on `field` unless this is a member (or nobody)."""
        if user_id is not None and user_id not in self.members:
            raise Invalid({field: ["This is not a member of the workspace."]})


evolve: Evolver[Workspace] = Evolver()


@evolve.on(ev.WorkspaceFounded)
def _founded(state: Workspace, event: ev.WorkspaceFounded) -> Workspace:
    return replace(
        state,
        name=event.name,
        slug=event.slug,
        country_code=event.country_code,
        timezone=event.timezone,
        locale=event.locale,
        tax_id=event.tax_id,
        founded_at=event.founded_at,
        trial_ends_at=event.trial_ends_at,
    )


@evolve.on(ev.MemberJoined)
def _joined(state: Workspace, event: ev.MemberJoined) -> Workspace:
    member = Member(event.user_id, event.name, event.email, event.role, event.locale)
    return replace(state, members={**state.members, member.id: member})


@evolve.on(ev.MemberChanged)
def _changed(state: Workspace, event: ev.MemberChanged) -> Workspace:
    member = replace(state.members[event.user_id], name=event.name, locale=event.locale)
    return replace(state, members={**state.members, member.id: member})


@evolve.on(ev.WelcomeConfigured)
def _welcome(state: Workspace, event: ev.WelcomeConfigured) -> Workspace:
    return replace(state, welcome=Welcome(event.enabled, event.message, event.delay_seconds))


@evolve.on(ev.SlaConfigured)
def _sla(state: Workspace, event: ev.SlaConfigured) -> Workspace:
    return replace(
        state, first_response_seconds=event.first_response_seconds, resolution_seconds=event.resolution_seconds
    )


@evolve.on(ev.NumberAdded)
def _number_added(state: Workspace, event: ev.NumberAdded) -> Workspace:
    number = NumberRef(event.number_id, event.instance, event.name)
    return replace(state, numbers={**state.numbers, number.id: number})


@evolve.on(ev.NumberRemoved)
def _number_removed(state: Workspace, event: ev.NumberRemoved) -> Workspace:
    return replace(state, numbers={id_: number for id_, number in state.numbers.items() if id_ != event.number_id})
