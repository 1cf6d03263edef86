"""Which rows follow from what happens to workspaces: as staff find them, and whose sends are held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plixa.actors.billing.state import BILLING, Plan
from plixa.actors.staff import stays
from plixa.actors.workspace.plans import plan_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.events import Recorded
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector, StateRows
from plixa.storage.staff import statements as sql

projects = Projector()


@projects.on(stays.WorkspaceSuspended)
def _suspended(recorded: Recorded, event: stays.WorkspaceSuspended, _: Any) -> Iterator[Row]:
    yield sql.SUSPENDED, (recorded.tenant, event.at)


@projects.on(stays.WorkspaceResumed)
def _resumed(recorded: Recorded, _event: stays.WorkspaceResumed, _: Any) -> Iterator[Row]:
    yield sql.REACTIVATED, (recorded.tenant,)


def card(tenant: int, state: Any, at: datetime) -> Iterator[Row]:
    """A workspace's row in the list of staff: a function of its state."""
    if isinstance(state, Workspace) and state.name and state.status != "erased":
        yield sql.CARD, _card(tenant, state, at)


def _card(tenant: int, house: Workspace, at: datetime) -> tuple[object, ...]:
    owners = sorted(member.email for member in house.members.values() if member.role == "owner")
    return (
        tenant,
        house.id,
        house.name,
        house.slug,
        house.country_code,
        house.locale,
        house.status,
        *plans(house),
        " ".join(owners),
        len(house.members),
        len(house.numbers),
        house.founded_at,
        revenue(house, at),
        at,
    )


def revenue(house: Workspace, at: datetime) -> str:
    """How it pays: its subscription's status in Stripe's words, `licence`, or `none`."""
    billing = BILLING.of(house)
    if billing.licence is not None and (billing.licence.until is None or at < billing.licence.until):
        return "licence"
    return "none" if billing.subscription is None else billing.subscription.status


def plans(house: Workspace) -> tuple[Plan, datetime | None, Plan]:
    """The plan in effect, until when it is by itself, and what comes then: whatever the time is now."""
    first = plan_of(house, house.founded_at) if house.founded_at else "starter"
    licence = BILLING.of(house).licence
    turns = (house.trial_ends_at, None if licence is None else licence.until)
    for turn in sorted(at for at in turns if at is not None):
        if (then := plan_of(house, turn)) != first:
            return first, turn, then
    return first, None, first


CARDS = StateRows(
    card, sql.CARD, alike=("name", "slug", "status", "plan", "owners", "members", "numbers"), but="updated_at"
)
