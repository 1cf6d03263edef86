"""The workspace: a tenant's root actor. It holds the people, the settings and the list of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from plixa.actors.workspace import events as ev
from plixa.actors.workspace.plans import PLANS, TRIAL, plan_of
from plixa.actors.workspace.state import Workspace, evolve
from plixa.engine.actor import (
    Command,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Kind,
    Moment,
)
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event
from plixa.engine.outside import decide_harmless, marks
from plixa.engine.ports import Effect, EffectMark

decide: Decider[Workspace] = Decider()


class Found(Command, frozen=True, kw_only=True, tag=True):
    """Make the workspace with its owner."""

    name: str
    slug: str
    country_code: str
    timezone: str
    locale: str
    tax_id: str | None
    owner_id: int
    owner_name: str
    owner_email: str


class ChangeMember(Command, frozen=True, kw_only=True, tag=True):
    """A member's own name and locale; `fields` names what was sent along."""

    user_id: int
    fields: tuple[str, ...]
    name: str | None = None
    locale: str | None = None


class ConfigureWelcome(Command, frozen=True, kw_only=True, tag=True):
    """What is None stays as it is; `message_sent` tells an omitted message from a null one."""

    enabled: bool | None
    message: str | None
    message_sent: bool
    delay_seconds: int | None


class ConfigureSla(Command, frozen=True, kw_only=True, tag=True):
    """Targets in seconds; `fields` names what was sent along."""

    fields: tuple[str, ...]
    first_response_seconds: int | None = None
    resolution_seconds: int | None = None


class AddNumber(Command, frozen=True, kw_only=True, tag=True):
    """Ask for one more WhatsApp number. `instance` is its name at the gateway, unique among all tenants."""

    instance: str
    name: str | None = None


WorkspaceCommand = Found | ChangeMember | ConfigureWelcome | ConfigureSla | AddNumber
Locale = Literal["en", "pt-BR", "pt", "es"]


@decide.on(Found)
def _found(state: Workspace, command: Found, now: Moment) -> Sequence[Event]:
    if state.name:
        raise Conflict("This workspace exists already.")
    founded = ev.WorkspaceFounded(
        founded_at=now.at,
        name=command.name,
        slug=command.slug,
        country_code=command.country_code,
        timezone=command.timezone,
        locale=command.locale,
        tax_id=command.tax_id,
        trial_ends_at=now.at + TRIAL,
    )
    owner = ev.MemberJoined(user_id=command.owner_id, name=command.owner_name, email=command.owner_email, role="owner")
    return [founded, owner]


@decide.on(ChangeMember)
def _change_member(state: Workspace, command: ChangeMember, now: Moment) -> Sequence[Event]:
    member = state.members.get(command.user_id)
    if member is None:
        raise NotFound("member")
    name = command.name if "name" in command.fields and command.name else member.name
    locale = command.locale if "locale" in command.fields else member.locale
    if (name, locale) == (member.name, member.locale):
        return []
    return [ev.MemberChanged(user_id=member.id, name=name, locale=locale)]


@decide.on(ConfigureWelcome)
def _configure_welcome(state: Workspace, command: ConfigureWelcome, now: Moment) -> Sequence[Event]:
    old = state.welcome
    new = ev.WelcomeConfigured(
        enabled=old.enabled if command.enabled is None else command.enabled,
        message=command.message if command.message_sent else old.message,
        delay_seconds=old.delay_seconds if command.delay_seconds is None else command.delay_seconds,
    )
    same = (new.enabled, new.message, new.delay_seconds) == (old.enabled, old.message, old.delay_seconds)
    return [] if same else [new]


@decide.on(ConfigureSla)
def _configure_sla(state: Workspace, command: ConfigureSla, now: Moment) -> Sequence[Event]:
    first, resolution = state.first_response_seconds, state.resolution_seconds
    if "first_response_seconds" in command.fields:
        first = command.first_response_seconds
    if "resolution_seconds" in command.fields:
        resolution = command.resolution_seconds
    if (first, resolution) == (state.first_response_seconds, state.resolution_seconds):
        return []
    return [ev.SlaConfigured(first_response_seconds=first, resolution_seconds=resolution)]


@decide.on(AddNumber)
def _add_number(state: Workspace, command: AddNumber, now: Moment) -> Sequence[Event]:
    plan = plan_of(state, now.at)
    if len(state.numbers) >= PLANS[plan].numbers:
        allowed = PLANS[plan].numbers
        raise Conflict(
            f"The {plan} plan includes {allowed} WhatsApp number{'s' * (allowed != 1)}. Disconnect one or upgrade.",
            code="PHONE_NUMBER_LIMIT_REACHED",
        )
    return [ev.NumberAdded(number_id=next(now.ids), instance=command.instance, added_at=now.at, name=command.name)]


decide.on(EffectStarting, EffectDone, EffectFailed, EffectUncertain)(decide_harmless)


def effects(state: Workspace, event: Event) -> Iterator[Effect | EffectMark]:
    """A number that was added gets its actor, and the actor its instance at the gateway."""
    if isinstance(event, ev.NumberAdded):
        request = {"number_id": event.number_id, "instance": event.instance, "name": event.name}
        yield Effect(
            f"provision-{event.number_id}", "number.provision", f"number-{event.number_id}", "numbers", request
        )
    yield from marks(event)


WORKSPACE: Kind[Workspace] = Kind(
    name="workspace",
    initial=lambda id_: Workspace(id=id_),
    decide=decide,
    evolve=evolve,
    effects=effects,
    mailbox=256,
)
