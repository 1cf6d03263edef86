"""Plan, usage and bills as they are answered."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Literal

import msgspec

from plixa.actors.ai.budget import MICROS_PER_CENT
from plixa.actors.ai.ledger import Ledger
from plixa.actors.billing.limits import usage
from plixa.actors.billing.state import BILLING, Billing, Invoice, Plan, Subscription, licensed_plan, paid_plan
from plixa.actors.billing.statements import TYPES, Counted, Line, Tally, rule_of
from plixa.actors.workspace.plans import PLANS, plan_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.engine.ports import Address
from plixa.http.ai.settings import AI_MONTHLY_CENTS
from plixa.http.api import Call
from plixa.storage.billing import periods

PAGE = 100
READ = 5_000


async def shown(call: Call, workspace: Workspace) -> dict[str, Any]:
    """The workspace's billing."""
    billing, now = BILLING.of(workspace), call.services.clock.now()
    plan, used = plan_of(workspace, now), usage(workspace, now)
    on_trial = workspace.trial_ends_at is not None and now < workspace.trial_ends_at
    licence = billing.licence
    return {
        "plan": plan,
        "because": _because(billing, plan, licensed=licensed_plan(billing, now) is not None, on_trial=on_trial),
        "trial_ends_at": workspace.trial_ends_at,
        "licence": None if licence is None else {"plan": licence.plan, "until": licence.until},
        "subscription": None if billing.subscription is None else _subscription(billing.subscription),
        "checkout": "open" if billing.attempt is not None and billing.attempt.session is not None else None,
        "manageable": billing.customer is not None,
        "features": sorted(PLANS[plan].features),
        "usage": {
            **{name: {"used": each, "included": most} for name, (each, most) in used.items()},
            "ai_cents": await _ai(call),
        },
        "over": [name for name, (each, most) in used.items() if each > most],
    }


def _because(
    billing: Billing, plan: Plan, *, licensed: bool, on_trial: bool
) -> Literal["licence", "subscription", "trial", "none"]:
    if licensed:
        return "licence"
    if paid_plan(billing) == plan:
        return "subscription"
    return "trial" if on_trial else "none"


def _subscription(found: Subscription) -> dict[str, Any]:
    return {
        "status": found.status,
        "plan": found.plan,
        "interval": found.interval,
        "amount_cents": found.amount,
        "currency": found.currency,
        "period_end": found.period_end,
        "trial_end": found.trial_end,
        "ends_at": found.cancel_at,
    }


async def _ai(call: Call) -> dict[str, int]:
    ledger: Ledger = await call.services.bus.state(Address(call.tenant, "ledger", call.tenant))
    spend, now = ledger.workspace, call.services.clock.now()
    spent = spend.committed if spend.month == f"{now.astimezone(UTC):%Y-%m}" else 0
    return {"used": -(-spent // MICROS_PER_CENT), "included": call.services.settings[AI_MONTHLY_CENTS]}


def invoice_resource(row: Any) -> dict[str, Any]:
    """An invoice as the API shows it."""
    found = msgspec.convert(row["data"], Invoice, strict=False)
    return {
        "id": row["position"],
        "invoice": found.id,
        "number": found.number,
        "status": found.status,
        "amount_cents": found.amount,
        "currency": found.currency,
        "period_start": found.period_start,
        "period_end": found.period_end,
        "closed_at": row["closed_at"],
    }


async def statement(call: Call, position: int) -> tuple[Any, list[Line]]:
    """An invoice's row, and what is counted in its range. Raises `NotFound`."""
    row = await _period(call, position)
    tally, after = Tally(), row["after"]
    while found := await call.read(periods.counted_events, call.tenant, after, row["position"], TYPES, READ):
        tally.count(counted(each) for each in found)
        after = found[-1]["position"]
    return row, tally.lines


def counted(row: Any) -> Counted:
    """A row of the log as lines count it."""
    return Counted(row["position"], row["type"], row["data"])


def line_resource(row: Any, line: Line) -> dict[str, Any]:
    """A line as the API shows it: what is paid for has the invoice's amount, allowances have none."""
    found = msgspec.convert(row["data"], Invoice, strict=False)
    paid = line.kind == "plan"
    return {
        "kind": line.kind,
        "rule": line.rule,
        "amount_cents": found.amount if paid else 0,
        "currency": found.currency if paid else None,
        "quantity": line.quantity,
        "events": line.events,
        "from_position": row["after"] + 1,
        "to_position": row["position"],
        "digest": line.digest,
    }


async def line_events(call: Call, position: int, kind: str, after: int) -> list[dict[str, Any]]:
    """The events of a line, a page of them. Raises `NotFound`."""
    row, rule = await _period(call, position), rule_of(kind)
    if rule is None:
        raise NotFound("line")
    begin = max(after, row["after"])
    found = await call.read(periods.counted_events, call.tenant, begin, row["position"], list(rule.units), PAGE)
    return [
        {
            "position": each["position"],
            "at": each["at"],
            "type": each["type"],
            "stream": each["stream"],
            "units": rule.of(counted(each)),
        }
        for each in found
    ]


async def _period(call: Call, position: int) -> Any:
    rows = await call.read(periods.periods, call.tenant)
    found = next((row for row in rows if row["position"] == position), None)
    if found is None:
        raise NotFound("invoice")
    return found
