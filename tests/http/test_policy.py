"""What holds for every route that there is, and for every one that will be added: who, how often, how much, and how
it says no."""

from __future__ import annotations

import re
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import limits
import pytest
from pydantic import BaseModel, ValidationError
from tests import harness
from tests.harness import Json, Phones, Workspace
from tests.http import people
from tests.http.access import THEIR_OWN
from tests.http.chat import Chat
from tests.http.house import House, body, named_in_paths, query
from tests.http.tables import Tables

from plixa import features
from plixa.compose import Node, open_node
from plixa.engine.errors import Invalid
from plixa.http.api import DEFAULT_BODY, MOST_WRONG, Route, check
from plixa.http.server import app
from plixa.http.server.app import make_app

ROUTES = features.routes()
PUBLIC = {
    "POST /v1/auth/register",
    "POST /v1/auth/login",
    "POST /v1/auth/password/forgot",
    "POST /v1/auth/password/reset",
    "POST /v1/auth/email/verify",
    "POST /v1/admin/auth/login",
    "POST /v1/team/invitations/accept",
    "POST /v1/waitlist",
    "GET /v1/images/{key}",
    "POST /v1/webhooks/google-calendar",
    "POST /v1/webhooks/stripe",
    "GET /v1/kb/articles",
    "GET /v1/kb/articles/{slug}",
    "GET /v1/kb/search",
}
BESIDE_ROUTES = {
    "/",
    "/panel/",
    "/panel/<name>",
    "/panel/<release>/<path:name>",
    "/v1/docs",
    "/v1/openapi.json",
    "/v1/asyncapi.json",
    "/v1/ws",
    "/v1/admin/ws",
    "/v1/unsubscribe/<token>",
    "/calendar/google/callback",
    "/calendar/feed/<secret>",
    "/v1/webhooks/resend",
    "/staff/",
    "/staff/sw.js",
    "/help/",
    "/help/<locale>/",
    "/help/<locale>/<slug>",
    "/help/<locale>/search",
    "/dev/mail",
    "/pay/<token>",
    "/dev/mail/<mail_id>",
    "/healthz",
    "/readyz",
    "/metrics",
}
APART = [route for route in ROUTES if route.who == "admin" or route.ability == "challenge"]
"""Routes for tokens of a kind of their own; see test_auth.py and test_two_factor.py."""
WRONG_IDS = cycle(("0", "-1", "x", "1.5", str(2**63), "9" * 40, "%00", "²"))
PRIVATE = [route for route in ROUTES if route.who != "public"]
WITH_BODY = [
    route for route in ROUTES if route.body is not None and (route.who != "admin" or route.ability != "challenge")
]
OF_SOMETHING = [route for route in PRIVATE if "{" in route.path and route.who != "admin"]


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
    assert route.who in ("public", "member", "owner", "admin")
    assert route.ability in ("read", "write", "panel", "challenge")
    assert (route.who == "admin") <= route.path.startswith("/v1/admin/")
    assert limits.parse(route.rate).amount <= 600
    assert 0 < route.max_body <= (DEFAULT_BODY * 2 if not route.form else 20 * 1024 * 1024)
    assert route.summary
    assert not route.summary.endswith(".")
    assert (route.answer is None) == (route.status == 204)


def test_only_these_routes_are_public() -> None:
    assert {route.key for route in ROUTES if route.who == "public"} <= PUBLIC


NAMES_AN_ADDRESS = re.compile(r"url|uri|endpoint$|callback|host$")
CALLED = {
    ("POST /v1/push/subscriptions", "endpoint"),
    ("DELETE /v1/push/subscriptions", "endpoint"),
    ("POST /v1/admin/push/subscriptions", "endpoint"),
    ("DELETE /v1/admin/push/subscriptions", "endpoint"),
    ("POST /v1/webhook-endpoints", "url"),
    ("PUT /v1/webhook-endpoints/{endpoint}", "url"),
}
"""Fields by which somebody gives an address that we call: each is judged by `actors/hosts.py` when it is given
(test_push.py, tests/webhooks/test_ssrf.py). So are files of flows, which stand in graphs (test_flow_check.py)."""


def test_no_route_takes_an_address_that_nobody_judges() -> None:
    fields = {
        (route.key, name)
        for route in ROUTES
        for model in (route.body, route.query)
        if model is not None
        for name in model.model_json_schema().get("properties", {})
        if NAMES_AN_ADDRESS.search(name)
    }
    assert fields - CALLED == set(), "Judge it by `host_problem` when it is given, show that, and name it here."
    assert fields == CALLED


def test_a_route_is_declared_once() -> None:
    assert len({route.key for route in ROUTES}) == len(ROUTES)


async def test_nothing_is_served_that_is_not_declared(node: Node) -> None:
    keys = {route.key for route in ROUTES}
    rules = list(
        make_app(node.services, ROUTES, [page for edge in node.edges for page in edge.pages]).url_map.iter_rules()
    )
    assert {rule.rule for rule in rules if rule.endpoint not in keys} <= BESIDE_ROUTES
    assert keys <= {rule.endpoint for rule in rules}


async def test_the_house_of_these_tests_has_everything_that_a_path_names_and_its_bodies_are_good(house: House) -> None:
    assert {named for _, named in named_in_paths()} <= house.ids.keys()
    for route in ROUTES:
        if route.body is not None:
            sent = body(route, house)
            check(route.body, sent.get("json", sent.get("data")))


# -- who (see also test_matrix.py) ------------------------------------------------------------------------------------


@pytest.mark.spec(3)
async def test_a_bad_token_is_no_token(house: House, neighbour: Workspace) -> None:
    theirs = neighbour.token.partition("|")[0]
    bad = ["", "Bearer", "Bearer x", "Bearer 1|", f"Bearer {theirs}|{'x' * 40}", "Bearer ²|x", f"Bearer {'9' * 30}|x"]
    bad += [f"Basic {house.chat.workspace.token}", f"Bearer {house.chat.workspace.token}x"]
    for header in bad:
        answer = await house.client.get("/v1/me", headers={"Authorization": header.encode()})
        error = _refused(answer, 401, "UNAUTHENTICATED")
        assert error["message"] == "Authentication required."
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.spec(74)
@pytest.mark.spec(75)
async def test_a_token_that_signed_out_is_no_good_and_others_are(node: Node, workspace: Workspace) -> None:
    other = await people.token(node, workspace, ["*"])
    answer = await workspace.client.post("/v1/auth/logout", headers={"Authorization": other})
    assert (answer.status_code, answer.content) == (204, b"")
    _refused(await workspace.client.get("/v1/me", headers={"Authorization": other}), 401, "UNAUTHENTICATED")
    assert (await workspace.client.get("/v1/me")).status_code == 200


@pytest.mark.spec(192)
@pytest.mark.spec(196)
async def test_what_is_the_owners_changes_nothing_for_an_agent(house: House, node: Node, tables: Tables) -> None:
    member = await people.agent(node, house.chat.workspace)
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in PRIVATE:
        if route.who == "owner":
            _refused(await house.call(route, member.bearer), 403, "FORBIDDEN")
        elif route.method == "GET" and route.who != "admin" and route.key not in THEIR_OWN:
            assert (await house.call(route, member.bearer)).status_code == 200, route.key
    assert await tables.tenant(house.chat.workspace.tenant) == before


async def test_an_integration_changes_nothing_that_its_abilities_do_not_say(
    house: House, node: Node, tables: Tables
) -> None:
    reads = await people.token(node, house.chat.workspace, ["read"])
    both = await people.token(node, house.chat.workspace, ["read", "write"])
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in PRIVATE:
        for bearer in (reads, both) if route.ability == "panel" else (reads,):
            answer = await house.call(route, bearer)
            if route.who == "admin" or route.ability == "challenge":
                _refused(answer, 401, "UNAUTHENTICATED")
            elif route.ability == "read":
                assert answer.status_code == 200, route.key
            else:
                _refused(answer, 403, "FORBIDDEN")
    assert await tables.tenant(house.chat.workspace.tenant) == before


@pytest.mark.spec(110)
@pytest.mark.spec(133)
async def test_what_is_another_workspaces_does_not_exist(house: House, neighbour: Workspace, tables: Tables) -> None:
    before = await tables.tenant(house.chat.workspace.tenant)
    for route in OF_SOMETHING:
        _refused(await house.call(route, f"Bearer {neighbour.token}"), 404, "NOT_FOUND")
    chosen = {"action": "delete", "ids": [house.ids["conversations"]]}
    assert await neighbour.post("/v1/conversations/bulk", chosen) == {"affected": 0}
    assert await tables.tenant(house.chat.workspace.tenant) == before


async def test_an_id_that_cannot_be_one_does_not_exist(house: House) -> None:
    for route in OF_SOMETHING:
        for wrong in islice(WRONG_IDS, 3):  # what reads them is the same for all routes
            answer = await house.call(route, path=house.path(route, wrong), **body(route, house))
            _refused(answer, 404, "NOT_FOUND")


# -- what is sent -----------------------------------------------------------------------------------------------------


@pytest.mark.spec(4)
@pytest.mark.spec(206)
@pytest.mark.spec(310)
async def test_all_wrong_fields_are_named_at_once(house: House) -> None:
    for route in WITH_BODY:
        assert route.body is not None
        wrong = _wrong(route.body, "x" * 5000 if route.form else {"wrong": []})
        arguments: dict[str, Any] = {"data": wrong, "files": {route.file: b"x"}} if route.form else {"json": wrong}
        if not wrong:
            continue
        answer = await house.call(route, await _bearer(house, route), **arguments)
        error = _refused(answer, 422, "VALIDATION_FAILED")
        assert error["message"] == "The given data was invalid."
        assert {path.partition(".")[0] for path in error["details"]} == wrong.keys(), route.key
        assert all(text.endswith(".") for texts in error["details"].values() for text in texts)


def _wrong(model: type[BaseModel], value: Any) -> Json:
    """A wrong value for every field; a number where any object would be right."""
    fields: Json = model.model_json_schema().get("properties", {})
    return {name: 7 if "'type': 'object'" in str(field) or "$ref" in field else value for name, field in fields.items()}


async def _bearer(house: House, route: Route) -> str | None:
    """Somebody who gets as far as the body."""
    if route.who == "admin":
        return await house.staff()
    if route.ability != "challenge":
        return None
    return await people.token(house.node, house.chat.workspace, ["challenge"])


async def test_a_wrong_query_is_named_field_by_field(house: House) -> None:
    for route in ROUTES:
        if route.query is not None:
            names = {field.alias or name for name, field in route.query.model_fields.items()}
            wrong = dict.fromkeys(names - {"q", "cursor", "category"}, "%%")
            answer = await house.call(route, await _bearer(house, route), params={**query(route), **wrong})
            error = _refused(answer, 422, "VALIDATION_FAILED")
            assert {path.partition(".")[0] for path in error["details"]} == wrong.keys(), route.key


async def test_a_cursor_that_no_list_gave_is_refused(house: House) -> None:
    for route in ROUTES:
        if route.query is not None and "cursor" in route.query.model_fields:
            bearer = await _bearer(house, route)
            for cursor in ("x", "bnVsbA", "²", "W10", "a" * 9000):
                answer = await house.call(route, bearer, params={**query(route), "cursor": cursor})
                assert list(_refused(answer, 422, "VALIDATION_FAILED")["details"]) == ["cursor"]


async def test_a_body_that_is_no_json_object_is_refused(house: House) -> None:
    for route in WITH_BODY:
        if not route.form:
            bearer = await _bearer(house, route)
            required = route.body is not None and any(f.is_required() for f in route.body.model_fields.values())
            for sent in (
                b"{",
                b"[1]",
                b"\xff",
                b'"x"',
                b"null",
                b"[" * min(50_000, route.max_body),
                b'{"a":"\\ud800"}',
            ):
                headers = {"Content-Type": "application/json"}
                if sent.startswith(b'{"a"') and not required:
                    continue  # a field that nobody knows is nobody's business
                answer = await house.call(route, bearer, content=sent, headers=headers)
                _refused(answer, 422, "VALIDATION_FAILED")


async def test_a_body_of_another_type_or_too_large_is_refused(house: House) -> None:
    for route in WITH_BODY:
        bearer = await _bearer(house, route)
        for type_ in ("text/plain", "application/xml", "application/json" if route.form else "multipart/form-data"):
            answer = await house.call(route, bearer, content=b"{}", headers={"Content-Type": type_})
            _refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        for sent in (bytes(route.max_body + 1), _in_parts(route.max_body + 1)):
            type_ = "multipart/form-data; boundary=x" if route.form else "application/json"
            answer = await house.call(route, bearer, content=sent, headers={"Content-Type": type_})
            _refused(answer, 413, "PAYLOAD_TOO_LARGE")


def _in_parts(size: int) -> Any:
    async def parts() -> Any:
        for start in range(0, size, 65_536):
            yield bytes(min(65_536, size - start))

    return parts()


# -- how it says no ---------------------------------------------------------------------------------------------------


@pytest.mark.spec(2)
async def test_what_is_not_there_and_what_is_not_allowed_come_in_the_envelope(workspace: Workspace) -> None:
    for path in ("/v1/nothing", "/v1/conversations/1/nothing", "/v2", "/v1/conversations/"):
        _refused(await workspace.client.get(path), 404, "NOT_FOUND")
    answer = await workspace.client.delete("/v1/conversations")
    _refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer.headers["allow"]


async def test_a_route_that_is_called_too_often_says_when_to_come_back(chat: Chat, neighbour: Workspace) -> None:
    route = next(route for route in ROUTES if route.key.endswith("/media-messages"))
    path = f"/v1/conversations/{(await chat.written())['conversation_id']}/media-messages"
    amount = limits.parse(route.rate).amount
    answers = [await chat.workspace.client.post(path, content=b"") for _ in range(amount + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {415}
    _refused(answers[-1], 429, "RATE_LIMITED")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await chat.workspace.client.get("/v1/me")).status_code == 200
    assert (await neighbour.client.post(path, content=b"")).status_code == 415


async def test_a_password_cannot_be_guessed_at_leisure(node: Node, workspace: Workspace) -> None:
    wrong = {"email": workspace.email.upper(), "password": "guess"}
    answers = [await workspace.client.post("/v1/auth/login", json=wrong) for _ in range(11)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    _refused(answers[10], 429, "RATE_LIMITED")


async def test_every_answer_carries_the_security_headers(workspace: Workspace) -> None:
    client = workspace.client
    for path in ("/v1/me", "/v1/nothing", "/v1/conversations/0", "/healthz", "/panel/", "/v1/docs", "/v1/openapi.json"):
        _secure((await client.get(path)).headers)
    _secure((await client.delete("/v1/conversations")).headers)
    _secure((await client.get("/v1/me", headers={"Authorization": ""})).headers)


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


async def test_a_workspace_has_a_limit_for_all_its_tokens_together(
    node: Node, workspace: Workspace, neighbour: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "WORKSPACE_RATE", "4/minute")
    headers = [{"Authorization": await people.token(node, workspace, ["*"])} for _ in range(6)]
    answers = [await workspace.client.get("/v1/labels", headers=each) for each in headers]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await neighbour.client.get("/v1/labels")).status_code == 200


@pytest.mark.own_door("what strangers try is counted by each node that they come to")
async def test_an_address_that_tries_tokens_is_stopped(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "STRANGER_RATE", "4/minute")
    answers = [
        await workspace.client.get(path, headers={"Authorization": f"Bearer {n}|{'x' * 40}"})
        for n, path in enumerate(["/v1/labels", "/v1/me", "/v1/contacts"] * 2)
    ]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await workspace.client.get("/v1/labels")).status_code == 200  # who has a good one is no stranger


async def test_the_parts_of_a_form_that_have_no_name_are_nobodys(workspace: Workspace) -> None:
    part = b"--x\r\nContent-Disposition: form-data%s\r\n\r\nhello\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for name in (b"", b"; filename=a.png", b'; name=""; filename=a.png'):
        body = part % name + b"--x--\r\n"
        answer = await workspace.client.post("/v1/workspace-config/logo", content=body, headers=headers)
        _refused(answer, 422, "VALIDATION_FAILED")


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.key)
def test_a_list_is_not_checked_past_its_bound(route: Route) -> None:
    assert route.body is not None
    for name in route.body.model_fields:
        for item in (1, "x", {}, []):
            assert _errors(route.body, {name: [item] * 10_000}) < MOST_WRONG, name


def _errors(model: type[BaseModel], value: Json) -> int:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return error.error_count()
    return 0


class _Wide(BaseModel):
    ids: dict[str, int]


def test_of_very_many_wrong_values_only_the_number_is_told() -> None:
    check(_Wide, {"ids": {"a": 1}})
    with pytest.raises(Invalid) as few:
        check(_Wide, {"ids": {"a": "x"}})
    assert few.value.details == {"ids.a": ["The a must be a whole number."]}
    with pytest.raises(Invalid) as many:
        check(_Wide, {"ids": {str(n): "x" for n in range(MOST_WRONG + 1)}})
    assert many.value.details == {
        "body": [f"There are {MOST_WRONG + 1} wrong values in it; {MOST_WRONG} are named at most."]
    }
