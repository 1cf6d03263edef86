"""What staff do: sign in with two factors, find workspaces, suspend them, step in; and that all of it is told."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pyotp
import pytest
import trio
from tests.harness import PASSWORD, Json, Number, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.house import STAFF, House
from tests.http.second_factor import refused
from tests.http.tables import Tables

from plixa import features
from plixa.actors.billing.state import BILLING, Billing, Licence, Subscription
from plixa.actors.conversation.commands import Send
from plixa.actors.conversation.events import Author
from plixa.actors.webhooks.endpoints import WEBHOOKS, AddEndpoint, SwitchOff
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.http.api import auth
from plixa.http.api.limits import Limits
from plixa.http.api.witness import told
from plixa.http.staff.routes.admin_auth import AdminLogin
from plixa.storage.staff import admins
from plixa.storage.staff.rows import revenue

LOGIN = "/v1/admin/auth/login"
TENANTS = "/v1/admin/tenants"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Desk:
    """Somebody of staff, and what they say and hear."""

    def __init__(self, client: httpx.AsyncClient, bearer: str) -> None:
        self.client = client
        self.headers = {"Authorization": bearer}

    async def call(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """The answer's data. sent: as of httpx."""
        answer = await self.client.request(method, path, headers=self.headers, **sent)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()["data"] if answer.content else None

    async def get(self, path: str, **query: Any) -> Any:
        return await self.call("GET", path, params=query)

    async def post(self, path: str, sent: Json | None = None, status: int = 200) -> Any:
        return await self.call("POST", path, status, json=sent or {})

    async def deeds(self, **query: Any) -> list[Json]:
        """The audit, newest first, without this look at it."""
        found: list[Json] = await self.get("/v1/admin/audit-logs", limit=100, **query)
        return [each for each in found if each["act"] != "audit.listed"]


async def signed_in(node: Node, workspace: Workspace, email: str = STAFF, *, manage: bool = True) -> Desk:
    """Somebody of staff at work."""
    hashed = await auth.hash_password(PASSWORD)
    await node.services.database.run(admins.add_admin, email, "Rita", hashed, manage=manage)
    made = await workspace.post(LOGIN, {"email": email, "password": PASSWORD})
    return Desk(workspace.client, f"Bearer {made['token']}")


@pytest.fixture
async def desk(node: Node, workspace: Workspace) -> Desk:
    """Rita of staff."""
    return await signed_in(node, workspace)


async def _audit(workspace: Workspace, **query: Any) -> list[Json]:
    deeds: list[Json] = (await workspace.get("/v1/audit", **query))["data"]
    return deeds


# -- who they are -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(37)
async def test_a_second_factor_is_demanded_from_the_next_sign_in_on(
    node: Node, workspace: Workspace, desk: Desk
) -> None:
    other = await signed_in(node, workspace)  # a new password: the first one's session is over
    refused(await desk.client.get("/v1/admin/me", headers=desk.headers), 401, "UNAUTHENTICATED")
    made = await other.post("/v1/admin/me/2fa/setup", {"password": PASSWORD})
    totp = pyotp.TOTP(made["secret"])
    assert (await other.post("/v1/admin/me/2fa/confirm", {"code": totp.now()}))["two_factor_enabled"] is True
    asked = await workspace.post(LOGIN, {"email": STAFF, "password": PASSWORD})
    assert asked["two_factor_required"] is True
    waiting = Desk(workspace.client, f"Bearer {asked['token']}")
    await waiting.call("GET", "/v1/admin/me", 401)
    await waiting.post("/v1/admin/auth/2fa-challenge", {"code": totp.now()}, 422)  # used up by the confirmation
    later = totp.at(node.services.clock.now() + timedelta(seconds=30))
    session = await waiting.post("/v1/admin/auth/2fa-challenge", {"code": later})
    assert session["admin"]["email"] == STAFF
    await waiting.post("/v1/admin/auth/2fa-challenge", {"code": later}, 401)  # its token is spent


async def test_five_wrong_codes_spend_a_sign_in(node: Node, workspace: Workspace, desk: Desk) -> None:
    node.services.limits = Limits(enabled=False)
    made = await desk.post("/v1/admin/me/2fa/setup", {"password": PASSWORD})
    await desk.post("/v1/admin/me/2fa/confirm", {"code": pyotp.TOTP(made["secret"]).now()})
    asked = await workspace.post(LOGIN, {"email": STAFF, "password": PASSWORD})
    waiting = Desk(workspace.client, f"Bearer {asked['token']}")
    for _ in range(5):
        await waiting.post("/v1/admin/auth/2fa-challenge", {"code": "000000"}, 422)
    await waiting.post("/v1/admin/auth/2fa-challenge", {"code": "000000"}, 401)


@pytest.mark.own_door("a setting is changed in the middle of a life, and staff are let in where they come in")
async def test_in_production_nobody_works_without_a_second_factor(
    node: Node, workspace: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_production(node, monkeypatch)
    answer = await desk.client.get(TENANTS, headers=desk.headers)
    refused(answer, 403, "TWO_FACTOR_REQUIRED")
    made = await desk.post("/v1/admin/me/2fa/setup", {"password": PASSWORD})
    await desk.post("/v1/admin/me/2fa/confirm", {"code": pyotp.TOTP(made["secret"]).now()})
    assert await desk.get(TENANTS)


def _in_production(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node.services, "settings", replace(node.services.settings, env="production"))


async def test_who_tries_to_sign_in_is_in_the_audit(workspace: Workspace, desk: Desk) -> None:
    await workspace.client.post(LOGIN, json={"email": STAFF, "password": "guess"}, headers={"Authorization": ""})
    await workspace.client.post(LOGIN, json={"email": "x@y.example", "password": "guess"})
    deeds = await desk.deeds(act="staff.login")
    me = (await desk.get("/v1/admin/me"))["id"]
    assert [(each["admin_id"], each["outcome"]) for each in deeds] == [
        (0, "INVALID_CREDENTIALS"),
        (me, "INVALID_CREDENTIALS"),
        (me, "ok"),
    ]


# -- the audit ---------------------------------------------------------------------------------------------------------


@pytest.mark.spec(42)
@pytest.mark.spec(45)
@pytest.mark.spec(57)
async def test_every_request_of_staff_leaves_one_entry_and_the_workspace_that_it_concerns_has_one_too(
    house: House, tables: Tables
) -> None:
    bearer, succeeded = await house.staff(), set[str]()
    routes = [each for each in features.routes() if each.who == "admin" and each.ability != "challenge"]
    for route in sorted(routes, key=lambda each: (each.key == "POST /v1/admin/auth/logout", each.method == "DELETE")):
        before = await _told(tables)
        answer = await house.call(route, bearer)
        query = f"select * from admin_audit_logs where request_id = '{answer.headers['x-request-id']}'"
        [entry] = await tables.rows(query)
        assert entry["act"] == route.act, route.key
        assert (entry["outcome"] == "ok") == answer.is_success, f"{route.key}: {entry} {answer.text}"
        if answer.is_success:
            # By what the path names, and not by what the handler said.
            concerns = "{tenant_id}" in route.path or "{ticket}" in route.path
            assert entry["tenant_id"] == (house.chat.workspace.tenant if concerns else 0), route.key
            assert bool(await _told(tables) - before) == concerns, route.key
            succeeded.add(route.key)
        assert PASSWORD not in str(entry)
    assert {each.key for each in routes} - succeeded == FAILING


FAILING = {
    "POST /v1/admin/me/2fa/confirm",  # with a code that only an app knows
    "POST /v1/admin/campaigns/{id}/pause",  # of one that does not run
    "POST /v1/admin/campaigns/{id}/resume",
}
"""What the walk asks in vain for; each has tests of its own, and none concerns a workspace."""


async def _told(tables: Tables) -> set[int]:
    """What workspaces' owners read of staff, as soon as they may: positions in the log."""
    found = await tables.rows("select position, type from events where tenant_id > 0 and actor like 'admin:%'")
    return {each["position"] for each in found if features.tells().get(each["type"], "") is not None}


async def test_the_audit_is_narrowed_and_exported(workspace: Workspace, desk: Desk) -> None:
    await desk.get(TENANTS, q="padaria")
    await desk.post(f"{TENANTS}/{workspace.tenant}/suspend", {"reason": "=1+1"})
    [entry] = await desk.deeds(tenant_id=workspace.tenant)
    assert (entry["act"], entry["before"], entry["reason"]) == ("tenant.suspended", {"status": "active"}, "=1+1")
    assert (entry["target"], entry["target_id"], entry["address"]) == ("tenant", workspace.tenant, "127.0.0.1")
    [looked] = await desk.deeds(act="tenant.listed")
    assert looked["after"] == {"q": "padaria"}
    await desk.post(f"{TENANTS}/{workspace.tenant}/reactivate", {"reason": "＝2+2"})
    exported = await desk.client.get("/v1/admin/audit-logs/export.csv", headers=desk.headers)
    assert exported.content.startswith(codecs.BOM_UTF8), "Excel reads what has no mark as Latin-1"
    assert ",'=1+1," in exported.text
    assert ",'＝2+2," in exported.text  # full-width signs begin formulas, too
    assert exported.headers["content-disposition"].startswith("attachment")


async def test_an_entry_cannot_be_changed_nor_removed(desk: Desk, tables: Tables) -> None:
    await desk.get(TENANTS)
    for statement in ("update admin_audit_logs set act = 'x'", "delete from admin_audit_logs"):
        with pytest.raises(Exception, match="never changed"):
            await tables.rows(f"{statement} returning 1")


# -- workspaces --------------------------------------------------------------------------------------------------------


@pytest.mark.spec(54)
@pytest.mark.spec(55)
async def test_workspaces_are_listed_with_plan_usage_status_and_health_and_found(
    workspace: Workspace, neighbour: Workspace, desk: Desk, node: Node
) -> None:
    listed = await desk.get(TENANTS)
    both = sorted((neighbour.tenant, workspace.tenant), reverse=True)
    assert [each["id"] for each in listed] == both
    mine = next(each for each in listed if each["id"] == workspace.tenant)
    assert (mine["plan"], mine["status"], mine["owners"]) == ("professional", "active", [workspace.email])
    assert mine["usage"]["members"] == 1
    assert mine["health"] == {"numbers_down": 0, "dead_letters": 0, "doubtful_sends": 0, "webhooks_off": 0}
    bus, root = node.services.bus, Address(workspace.tenant, "workspace", workspace.tenant)
    await bus.ask(root, AddEndpoint(url="https://a.example/", events=("message.inbound",)), actor="test", cause="test")
    [endpoint] = WEBHOOKS.of(await bus.workspace(workspace.tenant))
    await bus.ask(root, SwitchOff(endpoint_id=endpoint, reason="failing"), actor="test", cause="test")
    assert {each["id"]: each["health"]["webhooks_off"] for each in await desk.get(TENANTS)} == {
        workspace.tenant: 1,
        neighbour.tenant: 0,
    }
    local = workspace.email.partition("@")[0]
    assert [each["id"] for each in await desk.get(TENANTS, q=local)] == [workspace.tenant]
    assert await desk.get(TENANTS, q="nobody is called that") == []
    assert len(await desk.get(TENANTS, plan="professional")) == 2
    assert await desk.get(TENANTS, plan="starter") == []
    await desk.post(f"{TENANTS}/{workspace.tenant}/suspend", {"reason": "abuse"})
    assert [each["id"] for each in await desk.get(TENANTS, status="suspended")] == [workspace.tenant]
    page = await desk.client.get(TENANTS, params={"limit": 1}, headers=desk.headers)
    rest = await desk.get(TENANTS, limit=1, cursor=page.json()["meta"]["next_cursor"])
    assert [each["id"] for each in (*page.json()["data"], *rest)] == both
    opened = await desk.get(f"{TENANTS}/{workspace.tenant}")
    assert [each["email"] for each in opened["team"]] == [workspace.email]
    assert opened["suspension"]["reason"] == "abuse"
    await desk.call("GET", f"{TENANTS}/999999", 404)
    await desk.call("GET", f"{TENANTS}/0", 404)


@pytest.mark.spec(56)
async def test_members_of_a_suspended_workspace_see_why_and_little_else(workspace: Workspace, desk: Desk) -> None:
    path = f"{TENANTS}/{workspace.tenant}"
    first = await desk.post(f"{path}/suspend", {"reason": "unpaid"})
    again = await desk.post(f"{path}/suspend", {"reason": "twice"})
    assert first["suspension"] == again["suspension"]
    error = refused(await workspace.client.get("/v1/labels"), 403, "WORKSPACE_SUSPENDED")
    assert error["details"] == {"reason": ["unpaid"]}
    assert (await workspace.get("/v1/me"))["data"]["tenant"]["suspension"]["reason"] == "unpaid"
    assert (await workspace.client.get("/v1/contacts/export.csv")).status_code == 200
    again_in = await workspace.post("/v1/auth/login", {"email": workspace.email, "password": PASSWORD})
    assert again_in["tenant"]["status"] == "suspended"
    back = await desk.post(f"{path}/reactivate")
    assert (back["status"], back["suspension"]) == ("active", None)
    assert (await workspace.client.get("/v1/labels")).status_code == 200
    types = [each["type"] for each in await _audit(workspace) if each["actor"].startswith("admin:")]
    assert types.count("workspace.suspended") == types.count("workspace.reactivated") == 1


@pytest.mark.parametrize("customers", [50, pytest.param(500, marks=pytest.mark.slow)])
async def test_a_suspended_workspace_sends_nothing_and_answers_once_when_it_is_back(
    workspace: Workspace, number: Number, desk: Desk, tables: Tables, customers: int
) -> None:
    """Five hundred webhooks come in meanwhile."""
    welcome = {"enabled": True, "message": "Olá!", "delay_seconds": 0}
    assert (await workspace.client.put("/v1/welcome-config", json=welcome)).status_code == 200
    await desk.post(f"{TENANTS}/{workspace.tenant}/suspend", {"reason": "abuse"})

    at_once = trio.CapacityLimiter(20)  # they and the server share a loop

    async def write(n: int) -> None:
        for message in range(500 // customers):
            sent = number.message(f"5511{987650000 + n}", "oi", f"KEY{n}-{message}")
            async with at_once:
                assert (await number.post(workspace.client, sent)).status_code == 200

    async with trio.open_nursery() as nursery:
        for n in range(customers):
            nursery.start_soon(write, n)
    assert await _count(tables, "select 1 from messages where direction = 'inbound'", 500)
    due = "select 1 from timers where stream like 'conversation-%' and due_at < now()"
    await _until(lambda: _count(tables, due, customers))
    assert await _count(tables, SENT, 0)
    await desk.post(f"{TENANTS}/{workspace.tenant}/reactivate")
    await _until(lambda: _count(tables, SENT, customers))
    assert await _count(tables, due, 0)
    await _until(lambda: _count(tables, "select 1 from outbox where state in ('queued', 'attempting', 'unknown')", 0))
    twice = f"select conversation_id from ({SENT.replace('select 1', 'select conversation_id')}) m group by 1"
    assert await _count(tables, f"{twice} having count(*) > 1", 0)
    assert await _count(tables, SENT, customers)


async def test_what_was_queued_waits_in_the_outbox_and_goes_out_once(
    workspace: Workspace, number: Number, desk: Desk, node: Node, tables: Tables
) -> None:
    written = number.message("5511987650000", "oi", "KEY")
    assert (await number.post(workspace.client, written)).status_code == 200
    await desk.post(f"{TENANTS}/{workspace.tenant}/suspend", {"reason": "abuse"})
    [row] = await tables.rows("select id from conversations")
    author, content = Author("user", workspace.user_id, "Ana"), Content(MessageKind.TEXT, "Olá!", "conversation")
    address = Address(workspace.tenant, "conversation", row["id"])
    await node.services.bus.ask(address, Send(author=author, content=content), actor="test", cause="test")
    queued = "select 1 from outbox where kind = 'gateway.send' and state = 'queued'"
    for _ in range(20):
        assert await _count(tables, queued, 1)
        await trio.sleep(0.05)
    await desk.post(f"{TENANTS}/{workspace.tenant}/reactivate")
    await _until(lambda: _count(tables, f"{SENT} and body = 'Olá!'", 1))
    assert await _count(tables, queued, 0)


async def test_what_is_older_than_a_day_is_let_go_of_and_listed(chat: Chat, node: Node, tables: Tables) -> None:
    message = await chat.written()
    desk, workspace = await signed_in(node, chat.workspace), chat.workspace
    path = f"/v1/conversations/{message['conversation_id']}"
    later = (node.services.clock.now() + timedelta(hours=1)).isoformat()
    sent = {"body": "later", "send_at": later, "only_if_silent": False}
    scheduled = await workspace.post(f"{path}/scheduled-messages", sent)
    await tables.rows("insert into suspensions select tenant_id, now() from tenant_cards returning 1")
    scope = await node.services.bus.supervisor.scope(workspace.tenant)
    scope.root.state = msgspec.structs.replace(scope.root.state, status="suspended")
    await tables.rows(
        "update timers set due_at = now() - interval '25 hours' where name like 'scheduled-%' returning 1"
    )
    await desk.post(f"{TENANTS}/{workspace.tenant}/reactivate")
    await _until(lambda: _count(tables, "select 1 from events where type = 'workspace.resumed'", 1))
    [resumed] = await tables.rows("select data::text as data from events where type = 'workspace.resumed'")
    assert str(scheduled["id"]) in resumed["data"]
    assert await _count(tables, "select 1 from timers where name like 'scheduled-%'", 0)


SENT = "select 1 from messages where direction = 'outbound' and status in ('sent', 'delivered', 'read')"


async def _count(tables: Tables, query: str, expected: int) -> bool:
    return len(await tables.rows(query)) == expected


async def _until(met: Callable[[], Any]) -> None:
    with trio.fail_after(50):
        while not await met():  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)


@pytest.mark.spec(57)
@pytest.mark.spec(59)
@pytest.mark.spec(60)
@pytest.mark.spec(61)
@pytest.mark.spec(62)
async def test_a_licence_unlocks_its_plan_at_once_and_falls_back_when_revoked(
    node: Node, workspace: Workspace, desk: Desk, tables: Tables
) -> None:
    path = f"{TENANTS}/{workspace.tenant}/license"
    for wrong in (
        {},
        {"plan_key": "gold"},
        *({"plan_key": "business", "expires_in_months": n} for n in (0, 121, 1.5, "3", True)),
    ):
        await desk.post(path, wrong, 422)
    life = await desk.post(path, {"plan_key": "business"})
    assert (life["plan"], life["licence"]) == ("business", {"plan": "business", "until": None})
    assert [each["id"] for each in await desk.get(TENANTS, plan="business")] == [workspace.tenant]
    year = await desk.post(path, {"plan_key": "starter", "expires_in_months": 12, "reason": "beta"})
    assert year["plan"] == "starter"
    assert year["licence"]["until"][:4] == str(node.services.clock.now().year + 1)
    refused(
        await workspace.client.post("/v1/api-tokens", json={"name": "x", "abilities": ["read"]}),
        403,
        "API_ACCESS_PLAN_REQUIRED",
    )
    for _ in range(2):
        await desk.call("DELETE", path, 204)
    assert (await desk.get(f"{TENANTS}/{workspace.tenant}"))["plan"] == "professional"  # the trial's
    entries = [each for each in await desk.deeds(tenant_id=workspace.tenant) if each["act"].startswith("licence.")]
    assert [each["act"] for each in entries[:3]] == ["licence.revoked", "licence.revoked", "licence.granted"]
    assert (entries[2]["before"], entries[2]["reason"]) == ({"plan": "business", "until": None}, "beta")


# -- stepping in -------------------------------------------------------------------------------------------------------


@pytest.mark.spec(58)
async def test_staff_step_in_for_half_an_hour_and_both_audits_say_so(
    node: Node, workspace: Workspace, desk: Desk
) -> None:
    path = f"{TENANTS}/{workspace.tenant}/impersonate"
    await desk.post(path, {}, 422)
    stay = await desk.post(path, {"reason": "a ticket", "mode": "write"})
    assert stay["user"]["id"] == workspace.user_id
    me = Desk(workspace.client, f"Bearer {stay['token']}")
    acting = (await me.get("/v1/me"))["acting"]
    assert (acting["name"], acting["mode"], acting["until"]) == ("Rita", "write", stay["expires_at"])
    label = await me.post("/v1/labels", {"name": "VIP", "color": "#112233"}, 201)
    assert label["id"]
    admin_id = (await desk.get("/v1/admin/me"))["id"]
    types = {each["type"] for each in await _audit(workspace, actor=f"admin:{admin_id}")}
    assert {"staff.stepped_in", "staff.looked", "setting.created"} <= types
    acts = [each["act"] for each in await desk.deeds(tenant_id=workspace.tenant)]
    assert acts[:3] == ["acting POST /v1/labels", "acting GET /v1/me", "tenant.impersonated"]
    second = await desk.post(path, {"reason": "again"})
    await me.call("GET", "/v1/me", 401)  # a second stay ends the first
    me.headers = {"Authorization": f"Bearer {second['token']}"}
    await me.post("/v1/labels", {"name": "B", "color": "#112233"}, 403)  # to look only, unless asked for
    await desk.call("DELETE", path, 204)
    await me.call("GET", "/v1/me", 401)


async def test_a_stay_ends_with_its_time_and_with_whoever_has_it(
    node: Node, workspace: Workspace, desk: Desk, tables: Tables
) -> None:
    path = f"{TENANTS}/{workspace.tenant}/impersonate"
    for end in (
        "update tokens set expires_at = now() where acting_admin is not null returning 1",
        "update admins set abilities = '{}' returning 1",
        "update admins set removed_at = now() returning 1",
    ):
        await tables.rows("update admins set abilities = '{staff:manage}', removed_at = null returning 1")
        stay = await desk.post(path, {"reason": "a ticket"})
        me = Desk(workspace.client, f"Bearer {stay['token']}")
        await me.get("/v1/me")
        await tables.rows(end)
        await me.call("GET", "/v1/me", 401)


async def test_who_does_not_manage_does_not_step_in(node: Node, workspace: Workspace) -> None:
    clerk = await signed_in(node, workspace, "clerk@plixa.example", manage=False)
    await clerk.post(f"{TENANTS}/{workspace.tenant}/impersonate", {"reason": "x"}, 403)


async def test_a_stay_in_a_suspended_workspace_may_look(node: Node, workspace: Workspace, desk: Desk) -> None:
    await desk.post(f"{TENANTS}/{workspace.tenant}/suspend", {"reason": "abuse"})
    stay = await desk.post(f"{TENANTS}/{workspace.tenant}/impersonate", {"reason": "why", "mode": "write"})
    me = Desk(workspace.client, f"Bearer {stay['token']}")
    assert await me.get("/v1/labels") == []
    await me.post("/v1/labels", {"name": "B", "color": "#112233"}, 403)


async def test_a_member_of_another_workspace_is_nobody_to_step_in_as(
    workspace: Workspace, neighbour: Workspace, desk: Desk, node: Node
) -> None:
    path = f"{TENANTS}/{workspace.tenant}/impersonate"
    await desk.post(path, {"reason": "x", "user_id": neighbour.user_id}, 404)
    member = await people.agent(node, workspace)
    assert (await desk.post(path, {"reason": "x", "user_id": member.user_id}))["user"]["id"] == member.user_id


def test_what_is_sent_is_told_without_secrets_and_long_texts() -> None:
    sent = AdminLogin(email="a@b.example", password="hush hush")
    assert told(sent) == {"email": "a@b.example", "password": "hidden"}


# -- at a glance -------------------------------------------------------------------------------------------------------


async def test_the_platform_at_a_glance(workspace: Workspace, neighbour: Workspace, number: Number, desk: Desk) -> None:
    await desk.post(f"{TENANTS}/{neighbour.tenant}/suspend", {"reason": "x"})
    sent = number.message("5511987650000", "oi", "KEY")
    assert (await number.post(workspace.client, sent)).status_code == 200
    await workspace.post("/v1/support/tickets", {"subject": "a", "body": "b"})
    seen = await desk.get("/v1/admin/overview")
    assert seen["workspaces"] == {
        "total": 2, "active": 1, "suspended": 1, "founded_30d": 2, "trials_ending_7d": 0,
        "by_plan": {"professional": 2},
    }  # fmt: skip
    assert (seen["messages"][-1]["inbound"], seen["numbers"]) == (1, {"total": 1, "connected": 1})
    assert (seen["desk"]["open"], seen["desk"]["waiting"], seen["desk"]["overdue"]) == (1, 1, 0)
    assert (seen["revenue"], seen["gateway"]["numbers"]) == ({"trial": 2}, {"connected": 1})
    assert (seen["gateway"]["waiting"], seen["gateway"]["failed_1h"]) == (0, 0)
    assert 0 < seen["database"]["connections"] < seen["database"]["most_connections"]
    assert seen["database"]["bytes"] > 0


@pytest.mark.parametrize(
    ("licence", "subscription", "expected"),
    [
        (None, None, "none"),
        (None, "past_due", "past_due"),
        (NOW + timedelta(days=1), "past_due", "licence"),
        (NOW - timedelta(days=1), "active", "active"),
    ],
)
def test_how_a_workspace_pays(licence: datetime | None, subscription: str | None, expected: str) -> None:
    held = Billing(
        licence=None if licence is None else Licence(plan="business", granted_at=NOW, by=1, until=licence),
        subscription=None if subscription is None else Subscription(id="sub_1", status=subscription, price="p"),
    )
    house = features.kinds()["workspace"].initial(1)
    assert revenue(msgspec.structs.replace(house, **{BILLING.name: held}), NOW) == expected
