"""A workspace's state: what all its other actors may know of it (`now.house`).

`decide` and `evolve` are the workspace's; each file of this folder adds the cases of its own commands and events.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai.config import AiConfig
from plixa.actors.ai.faqs import Faq
from plixa.actors.assignment.rules import AssignmentRule
from plixa.actors.assignment.sectors import Sector
from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.contacts.labels import Label
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.conversation.configs.sla import SlaTargets
from plixa.actors.conversation.configs.welcome import Welcome
from plixa.actors.conversation.saved_replies import SavedReply
from plixa.actors.conversation.views import View
from plixa.actors.flows.library import Flow
from plixa.actors.hours.business_hours import BusinessHours
from plixa.actors.hours.closures import Closure
from plixa.actors.hours.holiday_config import HolidayConfig
from plixa.actors.hours.week import Hours, hours_of
from plixa.actors.notifications.digest_config import DigestConfig
from plixa.actors.people.security import SecurityConfig
from plixa.actors.workspace import events as ev
from plixa.actors.workspace.regional import Regional
from plixa.engine.dispatch import Decider, Evolver
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


class Workspace(Struct, frozen=True, omit_defaults=True):
    """Founded once `name` is there. Small configuration needs no tables: it is all here."""

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
    # lists: see collections/
    labels: dict[int, Label] = {}
    sectors: dict[int, Sector] = {}
    saved_replies: dict[int, SavedReply] = {}
    custom_fields: dict[int, CustomField] = {}
    assignment_rules: dict[int, AssignmentRule] = {}
    faqs: dict[int, Faq] = {}
    views: dict[int, View] = {}
    closures: dict[int, Closure] = {}
    flows: dict[int, Flow] = {}
    # single values: see configs/
    regional: Regional = Regional()
    welcome: Welcome = Welcome()
    sla: SlaTargets = SlaTargets()
    business_hours: BusinessHours = BusinessHours()
    csat: CsatConfig = CsatConfig()
    digest: DigestConfig = DigestConfig()
    security: SecurityConfig = SecurityConfig()
    ai: AiConfig = AiConfig()
    inbox: InboxConfig = InboxConfig()
    holidays: HolidayConfig = HolidayConfig()

    @property
    def timezone(self) -> str:
        """The IANA zone that everything scheduled follows."""
        return self.regional.timezone

    @property
    def zone(self) -> ZoneInfo:
        """The same, to compute with."""
        return ZoneInfo(self.timezone)

    @property
    def hours(self) -> Hours:
        """When it is open: the weekly hours, but for the days that are closed."""
        return hours_of(self.business_hours, self.timezone, self.closed_days)

    @property
    def closed_days(self) -> dict[date, str | None]:
        """The dates on which it is closed, and why."""
        return {each.date: each.reason for each in self.closures.values()}

    @property
    def locale(self) -> str:
        """For members without a locale of their own, and for e-mails."""
        return self.regional.locale

    def is_owner(self, user_id: int) -> bool:
        """Whether this is a member who may do everything."""
        return user_id in self.members and self.members[user_id].role == "owner"

    def must_have_member(self, user_id: int | None, field: str) -> None:
        """Raises `Invalid` on `field` unless this is a member (or nobody)."""
        if user_id is not None and user_id not in self.members:
            raise Invalid({field: ["This is not a member of the workspace."]})


decide: Decider[Workspace] = Decider()
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
