"""Workspaces, as staff find, open, suspend and step into them.

Stepping in gives a member's token that is good for 30 minutes. It is the member's to the workspace's customers, and
staff's to both audits; a second one of the same member of staff ends the first; it ends with their session, their
right to manage, and whenever they or a colleague say so. It is never stored for an Idempotency-Key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.billing.commands import GrantLicence, RevokeLicence, until_of
from plixa.actors.billing.state import BILLING
from plixa.actors.staff import stays
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import NotFound
from plixa.http.api import Answer, Call, auth, cursors, route
from plixa.http.api.fields import Body, Id, Page, Text
from plixa.storage.people import vault
from plixa.storage.staff import admins
from plixa.storage.staff.tenants import TenantFilter, get_tenant, list_tenants as list_cards

TAG = "Admin — Tenants"
PATH = "/v1/admin/tenants"
STAY = timedelta(minutes=30)
Reason = Annotated[Text, StringConstraints(min_length=1, max_length=280)]
Plan = Literal["starter", "professional", "business"]


class TenantQuery(Page):
    """`q`: the beginnings of words of the name, the slug or an owner's address."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] | None = None
    status: Literal["active", "suspended"] | None = None
    plan: Plan | None = None


class Licence(Body):
    """`expires_in_months`: calendar months, by the workspace's clock; null is for life."""

    plan_key: Plan
    expires_in_months: Annotated[int, Field(ge=1, le=120, strict=True)] | None = None
    reason: Annotated[Text, StringConstraints(max_length=280)] | None = None


class Suspend(Body):
    """`reason`: shown to the workspace's members."""

    reason: Reason


class Reactivate(Body):
    reason: Annotated[Text, StringConstraints(max_length=280)] | None = None


class Impersonate(Body):
    """`user_id`: null is the owner who was there first. `mode`: `read` may look, `write` may change things, too."""

    reason: Reason
    user_id: Annotated[Id, Field()] | None = None
    mode: Literal["read", "write"] = "read"


class Health(TypedDict):
    numbers_down: int
    dead_letters: int
    doubtful_sends: int
    webhooks_off: int


class Usage(TypedDict):
    members: int
    numbers: int
    events: int


class TenantCard(TypedDict):
    id: int
    name: str
    slug: str
    country_code: str
    locale: str
    owners: list[str]
    status: Literal["active", "suspended"]
    plan: Plan
    founded_at: datetime | None
    last_activity_at: datetime | None
    usage: Usage
    health: Health


class SuspensionShown(TypedDict):
    since: datetime
    reason: str


class TenantMember(TypedDict):
    id: int
    name: str
    email: str
    role: Literal["owner", "agent"]
    two_factor_enabled: bool


class LicenceShown(TypedDict):
    plan: Plan
    until: datetime | None


class TenantDetail(TenantCard):
    timezone: str
    trial_ends_at: datetime | None
    suspension: SuspensionShown | None
    licence: LicenceShown | None
    deletion_scheduled_for: datetime | None
    messages_30d: int
    contacts: int
    team: list[TenantMember]


class ActingUser(TypedDict):
    id: int
    name: str
    email: str


class Stay(TypedDict):
    token: str
    expires_at: datetime
    mode: Literal["read", "write"]
    user: ActingUser
    actor: ActingUser


@route("GET", PATH, tag=TAG, who="admin", query=TenantQuery, answer=list[TenantCard], act="tenant.listed")
async def list_tenants(call: Call) -> Answer:
    """List all workspaces

    Newest first, with plan, usage, status, last activity and health. Doubtful sends and dead letters are counted to
    1,000; `webhooks_off` are endpoints that we have switched off. What was looked for is in the audit.
    """
    query: TenantQuery = call.query
    chosen = TenantFilter(query.status, query.plan, query.q)
    before = cursors.decode(query.cursor, int)
    rows, more = await call.read(list_cards, chosen, call.services.clock.now(), before, query.limit)
    return Answer([_card(row) for row in rows], {"next_cursor": cursors.encode(more), "limit": query.limit})


def _card(row: Any) -> dict[str, Any]:
    return {
        "id": row["tenant_id"],
        "name": row["name"],
        "slug": row["slug"],
        "country_code": row["country"],
        "locale": row["locale"],
        "owners": row["owners"].split(),
        "status": row["status"],
        "plan": row["plan_now"],
        "founded_at": row["founded_at"],
        "last_activity_at": row["last_activity_at"],
        "usage": {"members": row["members"], "numbers": row["numbers"], "events": row["events"]},
        "health": {name: row[name] for name in Health.__annotations__},
    }


@route("GET", f"{PATH}/{{tenant_id}}", tag=TAG, who="admin", answer=TenantDetail, act="tenant.opened")
async def get_one_tenant(call: Call) -> Answer:
    """Open a workspace

    Its card, its team, and how things stand with it. The workspace's own audit says that staff had a look.
    """
    return Answer(await _detail(call))


async def _detail(call: Call) -> dict[str, Any]:
    tenant = call.concern.tenant = await _tenant(call)
    row = await call.read(get_tenant, tenant, call.services.clock.now())
    workspace: Workspace = await call.services.bus.workspace(tenant)
    if row is None:
        raise NotFound("workspace")
    suspension = stays.SUSPENSION.of(workspace)
    return {
        **_card(row),
        "timezone": workspace.timezone,
        "trial_ends_at": workspace.trial_ends_at,
        "suspension": None if suspension is None else {"since": suspension.since, "reason": suspension.reason},
        "licence": licence_of(workspace),
        "deletion_scheduled_for": None if workspace.deletion is None else workspace.deletion.due,
        "messages_30d": row["messages_30d"],
        "contacts": row["contacts"],
        "team": [
            {**_person(each), "role": each.role, "two_factor_enabled": each.two_factor}
            for each in workspace.members.values()
        ],
    }


def licence_of(workspace: Workspace) -> dict[str, Any] | None:
    """The licence that staff have granted, if there is one."""
    licence = BILLING.of(workspace).licence
    return None if licence is None else {"plan": licence.plan, "until": licence.until}


def _person(member: Any) -> dict[str, Any]:
    return {"id": member.id, "name": member.name, "email": member.email}


async def _tenant(call: Call) -> int:
    """The workspace of the path. Raises `NotFound` unless there is one: nothing is opened that is none."""
    tenant = call.params["tenant_id"]
    if await call.read(get_tenant, tenant, call.services.clock.now()) is None:
        raise NotFound("workspace")
    return tenant


@route(
    "POST",
    f"{PATH}/{{tenant_id}}/suspend",
    tag=TAG,
    who="admin",
    body=Suspend,
    answer=TenantDetail,
    act="tenant.suspended",
)
async def suspend(call: Call) -> Answer:
    """Suspend a workspace

    From now on its members may only see why, write to support, export and sign out; what customers write is stored,
    and nothing goes out by itself. Suspending it again changes nothing.
    """
    await _change(call, stays.Suspend(reason=call.body.reason), call.body.reason)
    return Answer(await _detail(call))


@route(
    "POST",
    f"{PATH}/{{tenant_id}}/reactivate",
    tag=TAG,
    who="admin",
    body=Reactivate,
    answer=TenantDetail,
    act="tenant.reactivated",
)
async def reactivate(call: Call) -> Answer:
    """Reactivate a workspace

    What was held goes on: customers who wrote meanwhile are answered, once. Doing it again changes nothing.
    """
    await _change(call, stays.Reactivate(reason=call.body.reason or ""), call.body.reason)
    return Answer(await _detail(call))


async def _change(call: Call, command: Any, reason: str | None) -> None:
    tenant = call.concern.tenant = await _tenant(call)
    workspace: Workspace = await call.services.bus.workspace(tenant)
    call.concern.before, call.concern.reason = {"status": workspace.status}, reason
    await call.ask("workspace", tenant, command, tenant=tenant)


@route(
    "POST",
    f"{PATH}/{{tenant_id}}/impersonate",
    tag=TAG,
    who="admin",
    body=Impersonate,
    answer=Stay,
    manages=True,
    rate="30/minute",
    act="tenant.impersonated",
)
async def impersonate(call: Call) -> Answer:
    """Step into a workspace as one of its members

    For 30 minutes; the token is shown once. It marks nothing as read, shows nobody as present, and never reaches
    passwords, addresses, second factors, sessions, tokens, secrets, billing, exports, invitations or what is for good.
    """
    body: Impersonate = call.body
    tenant = call.concern.tenant = await _tenant(call)
    call.concern.reason = body.reason
    now = call.services.clock.now()
    until, me = now + STAY, call.caller
    workspace: Workspace = await call.services.bus.workspace(tenant)
    user_id = body.user_id if body.user_id is not None else stays.first_owner(workspace)
    if (member := workspace.members.get(user_id)) is None:
        raise NotFound("user")
    [token_id] = await call.read(vault.next_ids, "tokens")
    secret = auth.new_secret()

    token = vault.acting_token_row(token_id, tenant, user_id, secret, now, until, me.user_id, body.mode)
    await call.read(admins.end_stay, tenant, me.user_id)
    command = stays.StepIn(user_id=user_id, mode=body.mode, reason=body.reason, until=until)
    await call.ask("workspace", tenant, command, tenant=tenant, attach=[token])
    call.services.judge.hurry(tenant)
    actor = await call.read(admins.get_admin, me.user_id)
    return Answer(
        {
            "token": auth.bearer(token_id, secret),
            "expires_at": until,
            "mode": body.mode,
            "user": _person(member),
            "actor": {name: actor[name] for name in ("id", "name", "email")},
        }
    )


@route("DELETE", f"{PATH}/{{tenant_id}}/impersonate", tag=TAG, who="admin", status=204, manages=True, act="tenant.left")
async def leave(call: Call) -> Answer:
    """Step out of a workspace

    One's own token for it ends at once, and its sockets. Where there is none, nothing changes.
    """
    tenant = call.concern.tenant = await _tenant(call)
    if await call.read(admins.end_stay, tenant, call.caller.user_id):
        await call.ask("workspace", tenant, stays.StepOut(), tenant=tenant)
    call.services.judge.hurry(tenant)
    return Answer(status=204)


@route(
    "POST",
    f"{PATH}/{{tenant_id}}/license",
    tag=TAG,
    who="admin",
    body=Licence,
    answer=TenantDetail,
    manages=True,
    act="licence.granted",
)
async def grant_licence(call: Call) -> Answer:
    """Grant a licence

    A plan independent of Stripe, for so many calendar months or for life, instead of a licence that there is. What it
    includes is there at once.
    """
    body: Licence = call.body
    tenant = call.concern.tenant = await _tenant(call)
    workspace: Workspace = await call.services.bus.workspace(tenant)
    before = licence_of(workspace)
    call.concern.before = before and {**before, "until": before["until"] and before["until"].isoformat()}
    call.concern.reason = body.reason
    until = until_of(workspace, call.services.clock.now(), body.expires_in_months)
    command = GrantLicence(plan=body.plan_key, until=until, reason=body.reason or "", by=call.caller.user_id)
    await call.ask("workspace", tenant, command, tenant=tenant)
    return Answer(await _detail(call))


@route("DELETE", f"{PATH}/{{tenant_id}}/license", tag=TAG, who="admin", status=204, manages=True, act="licence.revoked")
async def revoke_licence(call: Call) -> Answer:
    """Revoke a licence

    What is paid for at Stripe counts again at once. Without a licence nothing changes.
    """
    tenant = call.concern.tenant = await _tenant(call)
    await call.ask("workspace", tenant, RevokeLicence(by=call.caller.user_id), tenant=tenant)
    return Answer(status=204)
