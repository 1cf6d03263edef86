"""The OpenAPI document: well-formed, complete, and true of what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError
from tests.harness import Json
from tests.http import people
from tests.http.chat import Chat
from tests.http.house import House

from plixa import features
from plixa.compose import Node
from plixa.http.api import Route
from plixa.http.api.openapi import document

ROUTES = features.routes()
REFUSED: dict[str, tuple[int, str]] = {
    "POST /v1/billing/checkout": (500, "no price is set"),
    "POST /v1/billing/portal": (404, "nobody has subscribed"),
    "POST /v1/payments/connect": (409, "no key of Stripe is set"),
    "POST /v1/payments/dashboard-link": (404, "no account is connected"),
    "POST /v1/payments/{payment}/refund": (404, "nobody has paid"),
    "POST /v1/scheduling/calendar/google/changes/{appointment}/accept": (404, "nothing was moved there"),
    "POST /v1/scheduling/calendar/google/changes/{appointment}/revert": (404, "nothing was moved there"),
    "POST /v1/scheduling/appointments/{appointment}/invite": (404, "its conversation was deleted before"),
    "POST /v1/scheduling/appointments/{appointment}/payment-link": (422, "nothing is owed for it"),
    "POST /v1/webhooks/stripe": (400, "nobody has signed it"),
    "POST /v1/auth/2fa-challenge": (422, "the code is wrong"),
    "POST /v1/auth/email/verify": (422, "no such link was sent"),
    "POST /v1/auth/password/reset": (422, "no such link was sent"),
    "POST /v1/broadcasts/{broadcast}/pause": (409, "it has not started"),
    "POST /v1/broadcasts/{broadcast}/resume": (409, "it has not started"),
    "POST /v1/contacts/{contact}/unmerge": (404, "no such merge"),
    "POST /v1/team/invitations/accept": (404, "no such invitation"),
    "POST /v1/me/2fa/confirm": (422, "the code is wrong"),
    "POST /v1/me/2fa/recovery-codes": (409, "it is not on"),
    "POST /v1/me/2fa/recovery-codes/revoke": (422, "no such code"),
    "DELETE /v1/me/2fa": (409, "it is not on"),
    "POST /v1/support/tickets/{ticket_id}/rating": (409, "it is open again"),
    "POST /v1/admin/campaigns/{id}/pause": (409, "it waits for its time"),
    "POST /v1/admin/campaigns/{id}/resume": (409, "it waits for its time"),
    "POST /v1/admin/auth/2fa-challenge": (401, "a session waits for nothing"),
    "POST /v1/admin/me/2fa/confirm": (422, "no such code"),
    "POST /v1/scheduling/appointments/{appointment}/cancel": (409, "it is over"),
    "POST /v1/scheduling/appointments/{appointment}/approve": (409, "it is over"),
    "POST /v1/scheduling/appointments/{appointment}/decline": (409, "it is over"),
    "DELETE /v1/scheduling/appointments/{appointment}/arrive": (409, "it is a no-show"),
    "DELETE /v1/scheduling/appointments/{appointment}/complete": (409, "it is a no-show"),
}
"""Routes that a good body and the ids of what is there are not enough for: how they answer, and why."""
LAST = (
    "/v1/phone-instances/{phone_instance}",
    "/v1/me/2fa",
    "/v1/account/deletion",
    "/v1/me/sessions",
    "/v1/me/password",
    "/v1/auth/logout",
    "/v1/admin/auth/logout",
)
"""What bounces the number, and then what changes who one is, comes at the end: sends need both."""


def _operations() -> Iterator[tuple[str, str, Json]]:
    for path, methods in document(ROUTES)["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _schemas(value: Any) -> Iterator[Json]:
    """Every schema that an operation or a component holds."""
    if isinstance(value, dict):
        if isinstance(schema := value.get("schema"), dict):
            yield schema
        for each in value.values():
            yield from _schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from _schemas(each)


def _answered(path: str, method: str, status: int) -> Json:
    """The schema of an answer."""
    response = document(ROUTES)["paths"][path][method]["responses"][str(status)]
    schema: Json = response["content"]["application/json"]["schema"]
    return schema


def _fits(value: Any, schema: Json) -> None:
    """Raises ValidationError unless the value fits, every key that is answered being documented."""
    whole = {**_closed(schema), "components": _closed(document(ROUTES)["components"])}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def _closed(schema: Any) -> Any:
    """The schema, with no room for properties that it does not name."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


async def test_what_is_served_is_the_document_and_it_names_its_version(node: Node, chat: Chat) -> None:
    answer = await chat.workspace.client.get("/v1/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    served = answer.json()
    assert served == document(ROUTES)
    assert re.fullmatch(r"3\.1\.\d", served["openapi"])
    assert served["info"]["title"]
    assert served["info"]["version"]


def test_every_route_is_in_it_and_nothing_else() -> None:
    described = {f"{method.upper()} {path}" for path, method, _ in _operations()}
    assert described == {route.key for route in ROUTES}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation["operationId"] for *_, operation in _operations()]
    assert len(set(names)) == len(names)
    for path, method, operation in _operations():
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        assert re.fullmatch(r"[a-z]+[A-Za-z0-9]*", operation["operationId"])


def test_clients_get_names_that_people_would_give() -> None:
    """What `openapi-python-client` makes of it: functions by operations, classes by titles. Two of a name it drops."""
    schemas = document(ROUTES)["components"]["schemas"]
    titles = {name: schema.get("title", name) for name, schema in schemas.items()}
    assert {name: title for name, title in titles.items() if name != title} == {}
    assert len({title.lower() for title in titles.values()}) == len(titles)
    named = {operation["operationId"] for *_, operation in _operations()}
    assert {"listContacts", "createContact", "mergeContact", "sendMessage", "markConversationRead", "login"} <= named


def test_every_reference_leads_somewhere() -> None:
    whole = document(ROUTES)
    for reference in _references(whole):
        place = whole
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert isinstance(place, dict)


def test_every_schema_is_a_schema() -> None:
    for schema in [
        *_schemas(document(ROUTES)["paths"]),
        *document(ROUTES)["components"]["schemas"].values(),
    ]:
        Draft202012Validator.check_schema(schema)


def test_the_parameters_of_a_path_are_those_that_are_described() -> None:
    for path, method, operation in _operations():
        described = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert described == set(re.findall(r"{(\w+)}", path)), (method, path)
        assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")


def test_every_operation_says_how_it_can_fail() -> None:
    for path, method, operation in _operations():
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses)
        assert {"422", "429", "500", "503"} <= statuses, (method, path)
        assert ("401" in statuses) or operation["security"] == []
        assert ("413" in statuses) == ("requestBody" in operation)
        for status, response in operation["responses"].items():
            assert response["description"]
            if not status.startswith("2"):
                assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}


def test_who_may_call_is_in_the_security_and_in_the_words() -> None:
    for route in ROUTES:
        operation = document(ROUTES)["paths"][route.path][route.method.lower()]
        assert operation["security"] == ([] if route.who == "public" else [{"bearer": []}])
        assert ("Owner only." in operation["description"]) == (route.who == "owner")


@pytest.mark.spec(26)
@pytest.mark.spec(27)
@pytest.mark.spec(64)
async def test_every_route_answers_as_is_documented(house: House) -> None:
    bearers = {"admin": await house.staff(), "challenge": await _waiting(house)}
    for route in sorted(ROUTES, key=_turn):
        answer = await house.call(route, bearers.get(route.who) or bearers.get(route.ability))
        status, why = REFUSED.get(route.key, (route.status, "it is good"))
        assert answer.status_code == status, f"{route.key}: {answer.status_code}, not {status} ({why}): {answer.text}"
        _documented(route, answer)


def _turn(route: Route) -> tuple[int, int, int]:
    """Reading first, removing last, and what is within something before that."""
    last = next((place for place, path in enumerate(LAST, 1) if route.path.startswith(path)), 0)
    method = ("GET", "PUT", "PATCH", "POST", "DELETE").index(route.method)
    return last, method, -route.path.count("/") if route.method == "DELETE" else 0


async def _waiting(house: House) -> str:
    """A sign-in that waits for its second factor."""
    return await people.token(house.node, house.chat.workspace, ["challenge"])


def _documented(route: Route, answer: httpx.Response) -> None:
    response = document(ROUTES)["paths"][route.path][route.method.lower()]["responses"][str(answer.status_code)]
    assert ("content" in response) == bool(answer.content), route.key
    if answer.content and route.answer is not bytes:
        schema = response["content"]["application/json"]["schema"]
        try:
            _fits(answer.json(), schema)
        except ValidationError as error:
            raise AssertionError(f"{route.key}: {error.json_path} {error.message}") from None


async def test_conversations_of_all_kinds_fit_what_is_documented(chat: Chat) -> None:
    assert await chat.workspace.client.put("/v1/sla-config", json={"first_response_seconds": 60})
    for kind in ("text", "image", "audio", "document", "sticker", "location", "contact"):
        message = await chat.written(type=kind)
    await chat.write("👍", type="reaction", to=message["evolution_message_id"])
    reply = await chat.answer(message["conversation_id"], "Olá", quoted_message_id=message["id"])
    await chat.ticked(reply["id"], "delivered")
    await chat.answer(message["conversation_id"], "nota", type="note")
    for path in ("/v1/conversations", "/v1/conversations/{id}", "/v1/conversations/{id}/messages", "/v1/events"):
        answer = await chat.workspace.client.get(path.format(id=message["conversation_id"]))
        assert answer.json()["data"], path
        _fits(answer.json(), _answered(path, "get", 200))


async def test_an_error_fits_what_is_documented(chat: Chat) -> None:
    for path in ("/v1/nothing", "/v1/conversations/0", "/v1/conversations?limit=0"):
        answer = await chat.workspace.client.get(path)
        assert not answer.is_success
        _fits(answer.json(), {"$ref": "#/components/schemas/Error"})


def test_what_generators_of_clients_stumble_over_is_not_in_it() -> None:
    whole = document(features.routes())
    assert (whole["info"]["title"], whole["info"]["version"]) == ("Plixa API", "1.0.0")
    assert whole["servers"] == [{"url": "https://api.plixa.app"}]
    assert [name for name in whole["components"]["schemas"] if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    for path, method, operation in _operations():
        for status, response in operation["responses"].items():
            for mime in response.get("content", {}):
                assert "*" not in mime, (method, path, status)
