"""A workspace's state: what all its other actors may know of it (`now.workspace`).

What features keep in it they declare (`declarations.py`): the struct that is stored has a field for each declaration
of each feature (`kind.py`), and is read with `LABELS.of(workspace)`. Nothing of a feature is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.fields import Currency, TimeZone
from plixa.actors.workspace import events as ev
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import Invalid


class Member(Struct, frozen=True, omit_defaults=True):
    id: int
    name: str
    email: str
    role: ev.Role
    locale: str | None = None
    two_factor: bool = False
    joined_at: datetime | None = None
    is_available: bool = True
    email_verified: bool = False
    pending_email: str | None = None


class NumberRef(Struct, frozen=True, omit_defaults=True):
    """A number of the workspace. `name`: as it was added; what it is called now its own actor knows."""

    id: int
    instance: str
    name: str | None = None


class Invitation(Struct, frozen=True, omit_defaults=True):
    """Accepted ones stay for as long as their member does; cancelled ones are gone."""

    id: int
    email: str
    role: ev.Role
    invited_by: int
    created_at: datetime
    expires_at: datetime
    accepted_by: int | None = None

    def pending(self, at: datetime) -> bool:
        """Whether it may still be accepted."""
        return self.accepted_by is None and at < self.expires_at


class Deletion(Struct, frozen=True):
    """The workspace is to be erased at `due`."""

    due: datetime
    asked_at: datetime
    by: int


class Regional(Struct, frozen=True, omit_defaults=True):
    """`locale`: for members without one of their own, and for the workspace's e-mails."""

    timezone: TimeZone = "UTC"
    locale: Literal["en", "pt-BR", "pt", "es"] = "en"
    currency: Currency = "USD"


class Workspace(Struct, frozen=True, omit_defaults=True):
    """Founded once `name` is there. Small configuration needs no tables: it is all here, by declaration.

    collections, configs: the declarations, by name; of the class, so that they are no part of what is stored.
    """

    collections: ClassVar[Mapping[str, Any]] = {}
    configs: ClassVar[Mapping[str, Any]] = {}

    id: int
    name: str = ""
    slug: str = ""
    country_code: str = ""
    tax_id: str | None = None
    status: str = "active"
    founded_at: datetime | None = None
    trial_ends_at: datetime | None = None
    members: dict[int, Member] = {}  # msgspec copies an empty default
    numbers: dict[int, NumberRef] = {}
    invitations: dict[int, Invitation] = {}
    deletion: Deletion | None = None
    digest_due: datetime | None = None
    holidays_due: datetime | None = None
    holidays_known: bool = False
    waived: tuple[date, ...] = ()  # days that no holiday closes, because the owner opened them
    logo: str | None = None
    onboarding_dismissed: bool = False
    mailed_of: tuple[str, ...] = ()  # effects whose outcome has led to mails, the last ones
    pushed: tuple[int, ...] = ()  # members who have a browser that wants to be told
    regional: Regional = Regional()

    @property
    def timezone(self) -> str:
        """The IANA zone that everything scheduled follows."""
        return self.regional.timezone

    @property
    def zone(self) -> ZoneInfo:
        """The same, to compute with."""
        return ZoneInfo(self.timezone)

    @property
    def locale(self) -> str:
        """For members without a locale of their own, and for e-mails."""
        return self.regional.locale

    def locale_of(self, user_id: int | None) -> str:
        """The language of whoever asks: a member's own, or the workspace's."""
        member = None if user_id is None else self.members.get(user_id)
        return (None if member is None else member.locale) or self.locale

    def is_owner(self, user_id: int) -> bool:
        """Whether this is a member who may do everything."""
        return user_id in self.members and self.members[user_id].role == "owner"

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
        regional=Regional(event.timezone, event.locale, event.currency),
        tax_id=event.tax_id,
        founded_at=event.founded_at,
        trial_ends_at=event.trial_ends_at,
    )


@evolve.on(ev.MemberJoined)
def _joined(state: Workspace, event: ev.MemberJoined) -> Workspace:
    joined_at = event.joined_at or state.founded_at
    member = Member(event.user_id, event.name, event.email, event.role, event.locale, joined_at=joined_at)
    return replace(state, members={**state.members, member.id: member})


@evolve.on(ev.MemberChanged)
def _changed(state: Workspace, event: ev.MemberChanged) -> Workspace:
    member = replace(state.members[event.user_id], name=event.name, locale=event.locale)
    return replace(state, members={**state.members, member.id: member})


@evolve.on(ev.NumberAdded)
def _number_added(state: Workspace, event: ev.NumberAdded) -> Workspace:
    number = NumberRef(event.number_id, event.instance, event.name)
    return replace(state, numbers={**state.numbers, number.id: number})


@evolve.on(ev.NumberRemoved)
def _number_removed(state: Workspace, event: ev.NumberRemoved) -> Workspace:
    return replace(state, numbers={id_: number for id_, number in state.numbers.items() if id_ != event.number_id})
