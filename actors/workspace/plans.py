"""What each plan includes: the one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plixa.actors.assignment.rules import ASSIGNMENT_RULES
from plixa.actors.billing.state import BILLING, Plan, licensed_plan, paid_plan
from plixa.actors.workspace.declarations import Feature
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Forbidden

TRIAL = timedelta(days=14)
TRIAL_PLAN: Plan = "professional"


@dataclass(frozen=True, slots=True)
class Limits:
    """numbers, seats: how many at most."""

    numbers: int
    seats: int
    features: frozenset[Feature]


EVERYTHING: frozenset[Feature] = frozenset({"ai", "api_access", "broadcasts", "custom_fields", "auto_assignment"})
PLANS: dict[Plan, Limits] = {
    "starter": Limits(numbers=1, seats=3, features=frozenset()),
    "professional": Limits(numbers=3, seats=10, features=EVERYTHING),
    "business": Limits(numbers=10, seats=50, features=EVERYTHING),
}


def plan_of(workspace: Workspace, at: datetime) -> Plan:
    """The plan in effect: the licence's while it holds; else the better of what is paid for at Stripe and of the trial,
    while that runs; else the smallest."""
    billing = BILLING.of(workspace)
    if (licensed := licensed_plan(billing, at)) is not None:
        return licensed
    on_trial = workspace.trial_ends_at is not None and at < workspace.trial_ends_at
    return _better(paid_plan(billing), TRIAL_PLAN if on_trial else None)


def _better(*plans: Plan | None) -> Plan:
    found: Plan = "starter"
    for plan in PLANS:  # from the least to the most
        if plan in plans:
            found = plan
    return found


def limits_of(workspace: Workspace, at: datetime) -> Limits:
    """What the plan in effect includes."""
    return PLANS[plan_of(workspace, at)]


def assigns_by_rules(workspace: Workspace, at: datetime) -> bool:
    """Whether conversations are given to members by rules."""
    active = any(rule.is_active for rule in ASSIGNMENT_RULES.of(workspace).values())
    return active and "auto_assignment" in limits_of(workspace, at).features


def must_include(workspace: Workspace, feature: Feature, at: datetime) -> None:
    """Raises `Forbidden`, with the feature's own code, unless the plan in effect includes it."""
    plan = plan_of(workspace, at)
    if feature not in PLANS[plan].features:
        named = "AI" if feature == "ai" else feature.replace("_", " ")
        raise Forbidden(
            f"The {plan} plan does not include {named}. It comes with Professional and Business.",
            code=f"{feature.upper()}_PLAN_REQUIRED",
        )
