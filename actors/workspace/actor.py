"""The workspace: a tenant's root actor. It holds the people, the settings and the list of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from plixa.actors.workspace import events as ev
from plixa.actors.workspace.plans import PLANS, TRIAL, plan_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()


class RegisterWorkspace(Command, frozen=True, kw_only=True, tag=True):
    """Make the workspace with its owner."""

    name: str
    slug: str
    country_code: str
    timezone: str
    locale: Literal["en", "pt-BR", "pt", "es"]
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


class AddNumber(Command, frozen=True, kw_only=True, tag=True):
    """Ask for one more WhatsApp number. `instance` is its name at the gateway, unique among all tenants."""

    instance: str
    name: str | None = None


class RemoveNumber(Command, frozen=True, kw_only=True, tag=True):
    """Give a number up: its conversations stay to be read."""

    number_id: int


_CURRENCIES = {"BR": "BRL", "MX": "MXN", "AR": "ARS", "CL": "CLP", "CO": "COP", "PE": "PEN", "GB": "GBP", "US": "USD"}
_EURO = frozenset(
    {
        "AT",
        "BE",
        "CY",
        "DE",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PT",
        "SI",
        "SK",
    }
)


def currency_of(country_code: str) -> str:
    """What a workspace of this country begins with; it can be changed."""
    return "EUR" if country_code in _EURO else _CURRENCIES.get(country_code, "USD")


@decide.on(RegisterWorkspace)
def _found(state: Workspace, command: RegisterWorkspace, now: Moment) -> Sequence[Event]:
    if state.name:
        raise Conflict("This workspace exists already.")
    founded = ev.WorkspaceFounded(
        founded_at=now.at,
        name=command.name,
        slug=command.slug,
        country_code=command.country_code,
        timezone=command.timezone,
        locale=command.locale,
        currency=currency_of(command.country_code),
        tax_id=command.tax_id,
        trial_ends_at=now.at + TRIAL,
    )
    owner = ev.MemberJoined(
        user_id=command.owner_id,
        name=command.owner_name,
        email=command.owner_email,
        role="owner",
        joined_at=now.at,
    )
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


@decide.on(AddNumber)
def _add_number(state: Workspace, command: AddNumber, now: Moment) -> Sequence[Event]:
    plan = plan_of(state, now.at)
    if len(state.numbers) >= PLANS[plan].numbers:
        allowed = PLANS[plan].numbers
        raise Conflict(
            f"The {plan} plan includes {allowed} WhatsApp number{'s' * (allowed != 1)}. Remove one or upgrade.",
            code="PHONE_NUMBER_LIMIT_REACHED",
        )
    return [ev.NumberAdded(number_id=next(now.ids), instance=command.instance, added_at=now.at, name=command.name)]


@decide.on(RemoveNumber)
def _remove_number(state: Workspace, command: RemoveNumber, now: Moment) -> Sequence[Event]:
    if command.number_id not in state.numbers:
        raise NotFound("phone instance")
    return [ev.NumberRemoved(number_id=command.number_id)]


def effects(_state: Workspace, event: Event) -> Iterator[Effect]:
    """What follows: a number that was added gets its actor, and the actor its instance at the gateway."""
    if isinstance(event, ev.NumberAdded):
        yield _of_number("provision", event.number_id, {"instance": event.instance, "name": event.name})
    if isinstance(event, ev.NumberRemoved):
        yield _of_number("remove", event.number_id, {})


def _of_number(what: str, number_id: int, request: dict[str, object]) -> Effect:
    lane = f"number-{number_id}"
    return Effect(f"{what}-{number_id}", f"number.{what}", lane, "numbers", {"number_id": number_id, **request})
