"""What a plan includes, and how much of it there is.

Over the limit after a downgrade nothing is deleted: new numbers and seats are refused with their codes (where they are
asked for), and the owners are told once: again only of another plan, or of something else that is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from plixa.actors.billing.events import LimitsCompared
from plixa.actors.billing.state import BILLING, changed
from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.plans import PLANS, plan_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.events import Event

evolve: Evolver[Workspace] = Evolver()


def usage(workspace: Workspace, at: datetime) -> Mapping[str, tuple[int, int]]:
    """How many there are and how many the plan in effect includes, by what."""
    limits = PLANS[plan_of(workspace, at)]
    waiting = sum(each.pending(at) for each in workspace.invitations.values())
    return {
        "numbers": (len(workspace.numbers), limits.numbers),
        "seats": (len(workspace.members) + waiting, limits.seats),
    }


def compared(workspace: Workspace, now: Moment, at: datetime | None = None) -> Sequence[Event]:
    """What follows from a plan that may have become smaller. at: the time it is done for, if not now."""
    over = tuple(name for name, (used, included) in usage(workspace, now.at).items() if used > included)
    looked = LimitsCompared(plan=plan_of(workspace, now.at), over=over, at=at or now.at)
    if not over or BILLING.of(workspace).over == _said(looked):
        return [looked]
    shown = {name: f"{used} / {included}" for name, (used, included) in usage(workspace, now.at).items()}
    values = {"company": workspace.name, **shown}
    owners = [member.id for member in workspace.members.values() if member.role == "owner"]
    return [looked, *(mail(now, "over_limits", user_id=user_id, values=values) for user_id in owners)]


def _said(looked: LimitsCompared) -> tuple[str, ...]:
    """What the owners hear of it; nothing where nothing is over."""
    return (looked.plan, *looked.over) if looked.over else ()


def due(workspace: Workspace) -> datetime | None:
    """When the plan changes by itself: the trial or the licence is over."""
    if workspace.status == "erased":
        return None
    billing = BILLING.of(workspace)
    ends = (workspace.trial_ends_at, None if billing.licence is None else billing.licence.until)
    known = [each for each in ends if each is not None and (billing.limits_at is None or each > billing.limits_at)]
    return min(known, default=None)


def fired(workspace: Workspace, due: datetime, now: Moment) -> Sequence[Event]:
    """It has."""
    return compared(workspace, now, due)


@evolve.on(LimitsCompared)
def _compared(state: Workspace, event: LimitsCompared) -> Workspace:
    return changed(state, limits_at=event.at, over=_said(event))
