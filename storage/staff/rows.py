"""Which rows follow from what happens to workspaces: as staff find them, and whose sends are held."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plixa.actors.billing.state import BILLING, Plan
from plixa.actors.staff import stays
from plixa.actors.webhooks.endpoints import WEBHOOKS
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


def _card(tenant: int, workspace: Workspace, at: datetime) -> tuple[object, ...]:
    owners = sorted(member.email for member in workspace.members.values() if member.role == "owner")
    return (
        tenant,
        workspace.id,
        workspace.name,
        workspace.slug,
        workspace.country_code,
        workspace.locale,
        workspace.status,
        *plans(workspace),
        " ".join(owners),
        len(workspace.members),
        len(workspace.numbers),
        workspace.founded_at,
        revenue(workspace, at),
        sum(each.disabled_at is not None for each in WEBHOOKS.of(workspace).values()),
        at,
    )


def revenue(workspace: Workspace, at: datetime) -> str:
    """How it pays: its subscription's status in Stripe's words, `licence`, or `none`."""
    billing = BILLING.of(workspace)
    if billing.licence is not None and (billing.licence.until is None or at < billing.licence.until):
        return "licence"
    return "none" if billing.subscription is None else billing.subscription.status


def plans(workspace: Workspace) -> tuple[Plan, datetime | None, Plan]:
    """The plan in effect, until when it is by itself, and what comes then: whatever the time is now."""
    first = plan_of(workspace, workspace.founded_at) if workspace.founded_at else "starter"
    licence = BILLING.of(workspace).licence
    turns = (workspace.trial_ends_at, None if licence is None else licence.until)
    for turn in sorted(at for at in turns if at is not None):
        if (then := plan_of(workspace, turn)) != first:
            return first, turn, then
    return first, None, first


CARDS = StateRows(
    card, sql.CARD, alike=("name", "slug", "status", "plan", "owners", "members", "numbers"), but="updated_at"
)
