"""What holds for every route that there is, and for every one that will be added: who, how often, how much, and how
it says no."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import limits
import pytest
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables

from plixa.compose import Node, open_node
from plixa.http.api import DEFAULT_BODY, ROUTES, Route
from plixa.http.app import make_app
from plixa.http.routes import declare_all

declare_all()
PUBLIC = {
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "POST /v1/admin/auth/login",
    "POST /v1/team/invitations/accept",
    "POST /v1/waitlist",
}
BESIDE_ROUTES = {
    "/",
    "/panel/",
    "/panel/<name>",
    "/v1/docs",
    "/v1/openapi.json",
    "/v1/ws",
    "/dev/mail",
    "/dev/mail/<mail_id>",
    "/healthz",
    "/readyz",
    "/metrics",
}
PRIVATE = [route for route in ROUTES if route.who != "public"]
WITH_BODY = [route for route in ROUTES if route.body is not None]
OF_SOMETHING = [route for route in PRIVATE if "{" in route.path]
GOOD = {"body": "oi", "phone": "5511987650001", "name": "x", "message": "oi"}
"""Enough for every body that must not be empty: a body ignores what it does not know."""


class Ids(dict[str, object]):
    """An id for every parameter of a path; of nothing, where there is nothing."""

    def __missing__(self, name: str) -> object:
        return 987_654_321


@dataclass
class House:
    """A workspace with everything that a path can name."""

    chat: Chat
    ids: dict[str, int]

    @property
    def client(self) -> httpx.AsyncClient:
        """The owner's."""
        return self.chat.workspace.client

    def path(self, route: Route, **other: object) -> str:
        """A route's path, with the ids of this house."""
        return route.path.format_map(Ids({**self.ids, **other}))


@pytest.fixture
async def house(chat: Chat) -> House:
    """One conversation with one message and one file."""
    message = await chat.written(type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    conversation_id = message["conversation_id"]
    ids = {"id": conversation_id, "conversation": conversation_id, "conversation_id": conversation_id}
    return House(chat, {**ids, "message_id": message["id"], "phone_instance": chat.number.id})


def _good(route: Route) -> dict[str, Any]:
    """A body that the route takes, as an argument of httpx."""
    if route.body is None:
        return {}
    return {"files": {"file": ("a.txt", b"oi")}} if route.form else {"json": GOOD}


async def _call(client: httpx.AsyncClient, route: Route, path: str, **arguments: Any) -> httpx.Response:
    return await client.request(route.method, path, **arguments)


def _refused(answer: httpx.Response, status: int, code: str) -> Json:
    """The one error of an answer in the envelope."""
    where = f"{answer.request.method} {answer.request.url.path}"
    assert answer.status_code == status, f"{where}: {answer.status_code} {answer.text}"
    body = answer.json()
    assert (body["data"], body["meta"], len(body["errors"])) == (None, None, 1), where
    error: Json = body["errors"][0]
    assert error["code"] == code, f"{where}: {error}"
    assert error["message"].endswith((".", "!")), where
    return error


# -- what is declared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_a_route_declares_who_may_call_it_how_often_and_how_much(route: Route) -> None:
    assert route.path.startswith("/v1/")
    assert route.who in ("public", "member", "owner")
    assert route.ability in ("read", "write", "panel")
    assert limits.parse(route.rate).amount <= 600
    assert 0 < route.max_body <= (DEFAULT_BODY if not route.form else 20 * 1024 * 1024)
    assert route.summary
    assert not route.summary.endswith(".")
    assert (route.answer is None) == (route.status == 204)


def test_only_these_routes_are_public() -> None:
    assert {route.key for route in ROUTES if route.who == "public"} <= PUBLIC


def test_a_route_is_declared_once() -> None:
    assert len({route.key for route in ROUTES}) == len(ROUTES)


async def test_nothing_is_served_that_is_not_declared(node: Node) -> None:
    keys = {route.key for route in ROUTES}
    rules = list(make_app(node.services).url_map.iter_rules())
    assert {rule.rule for rule in rules if rule.endpoint not in keys} <= BESIDE_ROUTES
    assert keys <= {rule.endpoint for rule in rules}


# -- who --------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(2)
@pytest.mark.spec(3)
async def test_without_a_good_token_there_is_nothing_to_see(house: House, neighbour: Workspace) -> None:
    theirs = neighbour.token.partition("|")[0]
    bad = ["", "Bearer", "Bearer x", "Bearer 1|", f"Bearer {theirs}|{'x' * 40}", "Bearer ²|x", f"Bearer {'9' * 30}|x"]
    bad += [f"Basic {house.chat.workspace.token}", f"Bearer {house.chat.workspace.token}x"]
    for route in PRIVATE:
        for header in bad if route is PRIVATE[0] else ["", bad[-1]]:
            answer = await _call(house.client, route, house.path(route), headers={"Authorization": header.encode()})
            error = _refused(answer, 401, "UNAUTHENTICATED")
            assert error["message"] == "Authentication required."
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.spec(74)
@pytest.mark.spec(75)
async def test_a_token_that_signed_out_is_no_good_and_others_are(house: House, node: Node) -> None:
    other = await people.token(node, house.chat.workspace, ["*"])
    answer = await house.client.post("/v1/auth/logout", headers={"Authorization": other})
    assert (answer.status_code, answer.content) == (204, b"")
    _refused(await house.client.get("/v1/me", headers={"Authorization": other}), 401, "UNAUTHENTICATED")
    assert (await house.client.get("/v1/me")).status_code == 200


@pytest.mark.spec(192)
@pytest.mark.spec(196)
async def test_what_is_the_owners_is_refused_to_an_agent(house: House, node: Node, tables: Tables) -> None:
    member = await people.agent(node, house.chat.workspace)
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in PRIVATE:
        arguments = _good(route) | {"headers": {"Authorization": member.bearer}}
        if route.who == "owner":
            _refused(await _call(house.client, route, house.path(route), **arguments), 403, "FORBIDDEN")
        elif route.method == "GET":
            assert (await _call(house.client, route, house.path(route), **arguments)).status_code == 200, route.key
    assert await tables.tenant(house.chat.workspace.tenant) == before


async def test_an_integration_may_do_what_its_abilities_say(house: House, node: Node, tables: Tables) -> None:
    reads = await people.token(node, house.chat.workspace, ["read"])
    both = await people.token(node, house.chat.workspace, ["read", "write"])
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in PRIVATE:
        for bearer in (reads, both) if route.ability == "panel" else (reads,):
            arguments = _good(route) | {"headers": {"Authorization": bearer}}
            answer = await _call(house.client, route, house.path(route), **arguments)
            if route.ability == "read":
                assert answer.status_code == 200, route.key
            else:
                _refused(answer, 403, "FORBIDDEN")
    assert await tables.tenant(house.chat.workspace.tenant) == before


async def test_what_is_another_workspaces_does_not_exist(house: House, neighbour: Workspace, tables: Tables) -> None:
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in OF_SOMETHING:
        _refused(await _call(neighbour.client, route, house.path(route), **_good(route)), 404, "NOT_FOUND")
    assert await tables.tenant(house.chat.workspace.tenant) == before


async def test_an_id_that_cannot_be_one_does_not_exist(house: House) -> None:
    for route in OF_SOMETHING:
        for wrong in ("0", "-1", "x", "1.5", str(2**63), "9" * 40, "%00", "²"):
            path = house.path(route, **dict.fromkeys(house.ids, wrong))
            _refused(await _call(house.client, route, path, **_good(route)), 404, "NOT_FOUND")


# -- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(4)
@pytest.mark.spec(206)
@pytest.mark.spec(310)
async def test_all_wrong_fields_are_named_at_once(house: House) -> None:
    for route in WITH_BODY:
        assert route.body is not None
        wrong: dict[str, Any] = dict.fromkeys(route.body.model_fields, "x" * 5000 if route.form else {"wrong": []})
        arguments: dict[str, Any] = {"data": wrong, "files": {"file": b"x"}} if route.form else {"json": wrong}
        error = _refused(await _call(house.client, route, house.path(route), **arguments), 422, "VALIDATION_FAILED")
        assert error["message"] == "The given data was invalid."
        assert {path.partition(".")[0] for path in error["details"]} == wrong.keys(), route.key
        assert all(text.endswith(".") for texts in error["details"].values() for text in texts)


async def test_a_wrong_query_is_named_field_by_field(house: House) -> None:
    for route in ROUTES:
        if route.query is not None:
            wrong = dict.fromkeys(route.query.model_fields.keys() - {"q", "cursor"}, "%%")
            answer = await _call(house.client, route, house.path(route), params=wrong)
            error = _refused(answer, 422, "VALIDATION_FAILED")
            assert {path.partition(".")[0] for path in error["details"]} == wrong.keys(), route.key


async def test_a_cursor_that_no_list_gave_is_refused(house: House) -> None:
    for route in ROUTES:
        if route.query is not None and "cursor" in route.query.model_fields:
            for cursor in ("x", "bnVsbA", "²", "W10", "a" * 9000):
                answer = await _call(house.client, route, house.path(route), params={"cursor": cursor})
                assert list(_refused(answer, 422, "VALIDATION_FAILED")["details"]) == ["cursor"]


async def test_a_body_that_is_no_json_object_is_refused(house: House) -> None:
    for route in WITH_BODY:
        if not route.form:
            for body in (b"{", b"[1]", b"\xff", b'"x"', b"null", b"[" * 50_000, b'{"a":"\\ud800"}'):
                headers = {"Content-Type": "application/json"}
                answer = await _call(house.client, route, house.path(route), content=body, headers=headers)
                required = route.body is not None and any(f.is_required() for f in route.body.model_fields.values())
                if body.startswith(b'{"a"') and not required:
                    continue  # a field that nobody knows is nobody's business
                _refused(answer, 422, "VALIDATION_FAILED")


async def test_a_body_of_another_type_or_too_large_is_refused(house: House) -> None:
    for route in WITH_BODY:
        path = house.path(route)
        for type_ in ("text/plain", "application/xml", "application/json" if route.form else "multipart/form-data"):
            answer = await _call(house.client, route, path, content=b"{}", headers={"Content-Type": type_})
            _refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        for body in (bytes(route.max_body + 1), _in_parts(route.max_body + 1)):
            type_ = "multipart/form-data; boundary=x" if route.form else "application/json"
            answer = await _call(house.client, route, path, content=body, headers={"Content-Type": type_})
            _refused(answer, 413, "PAYLOAD_TOO_LARGE")


def _in_parts(size: int) -> Any:
    async def parts() -> Any:
        for start in range(0, size, 65_536):
            yield bytes(min(65_536, size - start))

    return parts()


# -- how it says no ---------------------------------------------------------------------------------------------------


@pytest.mark.spec(2)
async def test_what_is_not_there_and_what_is_not_allowed_come_in_the_envelope(house: House) -> None:
    for path in ("/v1/nothing", "/v1/conversations/1/nothing", "/v2", "/v1/conversations/"):
        _refused(await house.client.get(path), 404, "NOT_FOUND")
    answer = await house.client.delete("/v1/conversations")
    _refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer.headers["allow"]


async def test_a_route_that_is_called_too_often_says_when_to_come_back(house: House, neighbour: Workspace) -> None:
    route = next(route for route in ROUTES if route.key.endswith("/media-messages"))
    amount = limits.parse(route.rate).amount
    answers = [await house.client.post(house.path(route), content=b"") for _ in range(amount + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {415}
    _refused(answers[-1], 429, "RATE_LIMITED")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await house.client.get("/v1/me")).status_code == 200
    assert (await neighbour.client.post(house.path(route), content=b"")).status_code == 415


async def test_a_password_cannot_be_guessed_at_leisure(node: Node, workspace: Workspace) -> None:
    wrong = {"email": workspace.email.upper(), "password": "guess"}
    answers = [await workspace.client.post("/v1/auth/login", json=wrong) for _ in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    _refused(answers[10], 429, "RATE_LIMITED")


async def test_every_answer_carries_the_security_headers(house: House) -> None:
    for path in ("/v1/me", "/v1/nothing", "/v1/conversations/0", "/healthz", "/panel/", "/v1/docs", "/v1/openapi.json"):
        _secure((await house.client.get(path)).headers)
    _secure((await house.client.delete("/v1/conversations")).headers)
    _secure((await house.client.get("/v1/me", headers={"Authorization": ""})).headers)


def _secure(headers: httpx.Headers) -> None:
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"]
    assert "server" not in headers


async def test_a_browser_may_call_from_the_origins_that_are_set_and_from_no_other(
    database_url: str, simulator: Phones, tmp_path: Path
) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path, CORS_ORIGINS="https://app.example")
    async with open_node(settings) as node, httpx.AsyncClient(base_url=node.services.public_url) as client:
        for origin, allowed in (("https://app.example", True), ("https://evil.example", False), ("null", False)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
            for route in ROUTES:
                answer = await client.options(route.path.replace("{", "").replace("}", ""), headers=asked)
                assert (answer.status_code == 204) == allowed, route.key
                assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
                assert ("authorization" in answer.headers.get("access-control-allow-headers", "").lower()) == allowed
            refused = await client.get("/v1/me", headers={"Origin": origin})
            assert refused.headers.get("access-control-allow-origin") == (origin if allowed else None)
            assert "access-control-allow-credentials" not in refused.headers
