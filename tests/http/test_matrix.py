"""Who may call what: one table, over all routes and all kinds of callers.

A caller who is let in is stopped right behind the door, by a body that is too large or of a wrong type: that leaves no
trace, and so every route can be tried by everybody. What reads is really read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import trio
from msgspec.structs import replace
from tests.http import people
from tests.http.access import IN_SUSPENSION, NEVER_STEPPED_IN, STEPPED_IN, THEIR_OWN, access
from tests.http.house import House

from plixa import features
from plixa.actors.people.security import SecurityConfig
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Route
from plixa.storage.staff import admins

ROUTES = features.routes()
TABLE = """
                    nobody agent owner foreign read write both expired revoked challenge staff suspended undone
public              in     in    in    in      in   in    in   in      in      in        in    in        in
staff               401    401   401   401     401  401   401  401     401     401       in    401       401
staff always        401    401   401   401     401  401   401  401     401     401       in    401       401
staff manages       401    401   401   401     401  401   401  401     401     401       in    401       401
staff challenge     401    401   401   401     401  401   401  401     401     401       401   401       401
challenge           401    401   401   401     401  401   401  401     401     in        401   401       401
member read         401    in    in    404     in   no    in   401     401     401       401   closed    2fa
member write        401    in    in    in      no   in    in   401     401     401       401   closed    2fa
member panel        401    in    in    404     no   no    no   401     401     401       401   closed    2fa
member panel always 401    in    in    404     no   no    no   401     401     401       401   in        in
owner read          401    no    in    404     in   no    in   401     401     401       401   closed    2fa
owner write         401    no    in    in      no   in    in   401     401     401       401   closed    2fa
owner panel         401    no    in    404     no   no    no   401     401     401       401   closed    2fa
owner panel always  401    no    in    404     no   no    no   401     401     401       401   in        no
"""
"""A row a kind of route, a column a kind of caller; the columns are explained in `CALLERS`.

404: where the path names what is another workspace's; in where it names nothing.
"""
OF_STAFF = """
                    clerk fired nosy busy left
public              in    in    in   in   in
staff               in    401   401  401  401
staff always        in    401   401  401  401
staff manages       no    401   401  401  401
staff challenge     401   401   401  401  401
challenge           401   401   401  401  401
member read         401   401   look act  401
member write        401   401   look act  401
member panel        401   401   own  own  401
member panel always 401   401   own  own  401
owner read          401   401   look act  401
owner write         401   401   look act  401
owner panel         401   401   own  own  401
owner panel always  401   401   own  own  401
"""
"""The same for those who are staff, or were, by themselves and as members."""
PLANS = """
                    owner   token
public              in      in
staff               401     401
staff always        401     401
staff manages       401     401
staff challenge     401     401
challenge           401     401
member read         in      api
member write        feature api
member panel        in      no
member panel always in      no
owner read          in      api
owner write         feature api
owner panel         feature no
owner panel always  in      no
"""
"""The same on the smallest plan, for the owner and for a token of theirs with every ability."""
REFUSED = {
    "401": (401, "UNAUTHENTICATED"),
    "404": (404, "NOT_FOUND"),
    "no": (403, "FORBIDDEN"),
    "closed": (403, "WORKSPACE_SUSPENDED"),
    "2fa": (403, "TWO_FACTOR_REQUIRED"),
    "api": (403, "API_ACCESS_PLAN_REQUIRED"),
    "acting": (403, "NOT_WHILE_ACTING"),
}
AT_THE_DOOR = ("PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "VALIDATION_FAILED")
"""What is said to somebody who is let in. The last one: to another workspace's owner, of what a query names."""


def kind(route: Route) -> str:
    """The row of a route, by the table that is written by hand (`access.py`)."""
    return access()[route.key][0]


def declared(route: Route) -> tuple[str, str | None]:
    """What a route itself says."""
    return _declared_kind(route), route.feature


def _declared_kind(route: Route) -> str:
    if route.who == "public":
        return "public"
    if route.who == "admin":
        more = " challenge" if route.ability == "challenge" else " always" if route.always else ""
        return f"staff{more}{' manages' * route.manages}"
    if route.ability == "challenge":
        return "challenge"
    return f"{route.who} {route.ability}{' always' if route.always else ''}"


def rows(table: str) -> dict[str, dict[str, str]]:
    """Kind of route → column → what is expected."""
    head, *lines = table.strip("\n").splitlines()
    columns = head.split()
    width = len(head) - len(head.lstrip())
    return {line[:width].strip(): dict(zip(columns, line[width:].split(), strict=True)) for line in lines}


def expected(cell: str, route: Route) -> tuple[int, str] | None:
    """The refusal that a cell stands for; None: let in."""
    if cell == "feature":
        feature = access()[route.key][1]
        return (403, f"{feature.upper()}_PLAN_REQUIRED") if feature else None
    if cell == "404" and "{" not in route.path:
        return None
    if cell == "closed" and route.key in IN_SUSPENSION:
        return None
    if cell in ("look", "act", "own"):
        return None if stepped_in(cell, route) else REFUSED["acting"]
    return REFUSED.get(cell)


def stepped_in(cell: str, route: Route) -> bool:
    """Whether staff who act as a member are let in. look: to read; act: to change, too; own: it is the member's own."""
    if route.key in STEPPED_IN | NEVER_STEPPED_IN:
        return route.key in STEPPED_IN
    return cell == "act" or (cell == "look" and route.method == "GET")


async def knock(house: House, route: Route, bearer: str) -> httpx.Response:
    """Call a route so that nothing comes of it."""
    if route.method == "GET":
        return await house.call(route, bearer)
    if route.body is not None:
        return await house.call(route, bearer, content=b"x", headers={"Content-Type": "text/plain"})
    return await house.call(route, bearer, content=bytes(route.max_body + 1))


def found(answer: httpx.Response) -> tuple[int, str] | None:
    """How a caller was refused; None: they were let in."""
    if answer.is_success:
        return None
    code = answer.json()["errors"][0]["code"]
    return None if code in AT_THE_DOOR else (answer.status_code, code)


async def differences(house: House, table: str, callers: dict[str, str]) -> list[str]:
    """Every cell that is not as the table says."""
    table_rows, wrong = rows(table), list[str]()
    for column, bearer in callers.items():
        for route in ROUTES:
            cell = table_rows[kind(route)][column]
            if cell == "404" and route.method != "GET":
                cell = "in"  # the door does not know yet whose it is; test_policy.py goes through it
            if column == "agent" and route.key in THEIR_OWN:
                cell = "404"
            seen = found(await knock(house, route, bearer))
            if seen != expected(cell, route):
                wrong.append(f"{route.key} as {column}: {seen}, expected {cell}")
    return wrong


# -- callers ----------------------------------------------------------------------------------------------------------


async def _token(house: House, *abilities: str, **more: Any) -> str:
    return await people.token(house.node, house.chat.workspace, list(abilities), **more)


async def _agent(house: House) -> str:
    return (await people.agent(house.node, house.chat.workspace)).bearer


async def _expired(house: House) -> str:
    bearer = await _token(house, "*")
    await _database(house, "update tokens set expires_at = $2 where id = $1", bearer, datetime.now(UTC))
    return bearer


async def _revoked(house: House) -> str:
    bearer = await _token(house, "*")
    assert (await house.client.post("/v1/auth/logout", headers={"Authorization": bearer})).status_code == 204
    return bearer


async def _database(house: House, statement: str, bearer: str, *args: Any) -> None:
    async def run(connection: Any) -> None:
        await connection.execute(statement, int(bearer.removeprefix("Bearer ").partition("|")[0]), *args)

    await house.node.services.database.run(run)


async def _as_it_is(house: House) -> str:
    return f"Bearer {house.chat.workspace.token}"


async def _nobody(_house: House) -> str:
    return ""


async def _fired(house: House) -> str:
    bearer = await house.staff("fired@plixa.example")
    await house.node.services.database.run(admins.disable_admin, "fired@plixa.example")
    return bearer


async def _left(house: House) -> str:
    bearer = await house.stepped_in("left@plixa.example", "write")
    tenant = house.chat.workspace.tenant
    [admin_id] = {
        row["id"]
        for row in await house.node.services.database.run(admins.list_admins)
        if row["email"] == "left@plixa.example"
    }
    assert await house.node.services.database.run(admins.end_stay, tenant, admin_id) == 1
    return bearer


CALLERS: dict[str, Callable[[House], Awaitable[str]]] = {
    "nobody": _nobody,
    "agent": _agent,
    "owner": _as_it_is,
    "read": lambda house: _token(house, "read"),
    "write": lambda house: _token(house, "write"),
    "both": lambda house: _token(house, "read", "write"),
    "expired": _expired,
    "revoked": _revoked,
    "challenge": lambda house: _token(house, "challenge"),
    "staff": lambda house: house.staff(),
}
STAFF: dict[str, Callable[[House], Awaitable[str]]] = {
    "clerk": lambda house: house.staff("clerk@plixa.example", manage=False),
    "fired": lambda house: _fired(house),
    "nosy": lambda house: house.stepped_in("nosy@plixa.example", "read"),
    "busy": lambda house: house.stepped_in("busy@plixa.example", "write"),
    "left": lambda house: _left(house),
}
"""clerk: does not manage. fired: was disabled since. nosy, busy: act as the owner, to read and to write. left: did."""
"""Who is calling. Besides: foreign (another workspace's owner), suspended (the owner, the workspace being so), undone
(an agent without the second factor that the workspace demands)."""


async def _house_is(house: House, **fields: Any) -> None:
    """Change the workspace behind the API."""
    scope = await house.node.services.bus.supervisor.scope(house.chat.workspace.tenant)
    state: Workspace = scope.root.state
    scope.root.state = replace(state, **fields)


# -- the table --------------------------------------------------------------------------------------------------------


def test_what_routes_declare_is_what_was_written_down_by_hand() -> None:
    assert {route.key: declared(route) for route in ROUTES} == access()


def test_what_is_said_of_stays_and_of_suspensions_is_what_was_written_down_by_hand() -> None:
    assert {route.key for route in ROUTES if route.acting is True} == STEPPED_IN
    assert {route.key for route in ROUTES if route.acting is False} == NEVER_STEPPED_IN
    assert {route.key for route in ROUTES if route.in_suspension} == IN_SUSPENSION
    assert {route.key for route in ROUTES if route.who == "admin" and not route.act} == set()


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    kinds = {kind(route) for route in ROUTES}
    assert kinds == rows(TABLE).keys() == rows(PLANS).keys() == rows(OF_STAFF).keys()
    assert {*STAFF} == rows(OF_STAFF)["public"].keys()
    assert {*CALLERS, "foreign", "suspended", "undone"} == rows(TABLE)["public"].keys()


def test_only_ways_out_and_in_are_open_in_a_suspended_workspace() -> None:
    always = {route.path for route in ROUTES if route.always and route.who != "admin"}
    assert {path for path in always if not path.startswith(("/v1/me/2fa", "/v1/auth/", "/v1/billing/"))} <= {"/v1/me"}


@pytest.mark.spec(1)
@pytest.mark.spec(2)
@pytest.mark.spec(3)
@pytest.mark.spec(38)
@pytest.mark.spec(77)
@pytest.mark.spec(126)
@pytest.mark.spec(173)
@pytest.mark.spec(174)
@pytest.mark.spec(179)
@pytest.mark.spec(207)
@pytest.mark.spec(208)
@pytest.mark.spec(263)
@pytest.mark.spec(264)
@pytest.mark.spec(313)
@pytest.mark.parametrize("half", [0, 1])
async def test_everybody_is_let_in_where_the_table_says_and_nowhere_else(house: House, half: int) -> None:
    callers = {column: await CALLERS[column](house) for column in list(CALLERS)[half::2]}
    with trio.fail_after(50):
        assert await differences(house, TABLE, callers) == []


async def test_staff_are_let_in_where_the_table_says_and_nowhere_else(house: House) -> None:
    callers = {column: await made(house) for column, made in STAFF.items()}
    with trio.fail_after(50):
        assert await differences(house, OF_STAFF, callers) == []


async def test_a_neighbour_finds_nothing(house: House, neighbour: Any) -> None:
    assert await differences(house, TABLE, {"foreign": f"Bearer {neighbour.token}"}) == []


async def test_a_suspended_workspace_is_closed(house: House) -> None:
    await _house_is(house, status="suspended")
    assert await differences(house, TABLE, {"suspended": await _as_it_is(house)}) == []


async def test_the_live_push_tells_nobody_what_only_owners_may_read(house: House) -> None:
    security = {"agent_restricted_to_own_conversations": True}
    for path, body in (("security", security), ("sla", {"first_response_seconds": 60})):
        assert (await house.client.put(f"/v1/{path}-config", json=body)).status_code == 200
    for bearer in (await _agent(house), await _token(house, "read")):
        answer = await house.client.get("/v1/events?after=0&limit=500", headers={"Authorization": bearer})
        told = {
            each["data"]["config"]: each["data"]["values"] for each in answer.json()["data"] if "config" in each["data"]
        }
        assert told["security"] == {}
        assert told["sla"]["first_response_seconds"] == 60


@pytest.mark.spec(267)
async def test_whoever_has_no_second_factor_where_one_is_demanded_can_only_set_it_up(house: House) -> None:
    agent = await _agent(house)
    await _house_is(house, security=SecurityConfig(require_two_factor=True))
    [only] = await differences(house, TABLE, {"undone": agent})
    assert only.startswith("PUT /v1/security-config as undone: (403, 'FORBIDDEN')")  # an owner may turn the demand off


@pytest.mark.spec(11)
@pytest.mark.spec(13)
@pytest.mark.spec(23)
@pytest.mark.spec(78)
@pytest.mark.spec(103)
@pytest.mark.spec(108)
@pytest.mark.spec(127)
@pytest.mark.spec(180)
@pytest.mark.spec(309)
async def test_the_smallest_plan_takes_no_tokens_and_has_no_features(house: House) -> None:
    callers = {"owner": await _as_it_is(house), "token": await _token(house, "read", "write")}
    await _house_is(house, trial_ends_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await differences(house, PLANS, callers) == []
