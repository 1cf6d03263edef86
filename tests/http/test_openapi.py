"""The OpenAPI document: well-formed, complete, and true of what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.webhooks import CUSTOMER

from plixa.compose import Node
from plixa.http.api import ROUTES
from plixa.http.openapi import document
from plixa.http.routes import declare_all

declare_all()
SHOWN = {
    "/v1/me": {},
    "/v1/conversations": {},
    "/v1/conversations/{id}": {},
    "/v1/conversations/{id}/messages": {},
    "/v1/phone-instances": {},
    "/v1/phone-instances/{phone_instance}/qr": {},
    "/v1/welcome-config": {},
    "/v1/sla-config": {},
    "/v1/events": {"after": 0},
}
"""GET routes that answer JSON, with a query for each."""


def _operations() -> Iterator[tuple[str, str, Json]]:
    for path, methods in document()["paths"].items():
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
    response = document()["paths"][path][method]["responses"][str(status)]
    schema: Json = response["content"]["application/json"]["schema"]
    return schema


def _fits(value: Any, schema: Json) -> None:
    """Raises ValidationError unless the value fits, every key that is answered being documented."""
    whole = {**_closed(schema), "components": _closed(document()["components"])}
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
    assert served == document()
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
        assert re.fullmatch(r"\w+", operation["operationId"])


def test_every_reference_leads_somewhere() -> None:
    whole = document()
    for reference in _references(whole):
        place = whole
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]
        assert isinstance(place, dict)


def test_every_schema_is_a_schema() -> None:
    for schema in [*_schemas(document()["paths"]), *document()["components"]["schemas"].values()]:
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
        operation = document()["paths"][route.path][route.method.lower()]
        assert operation["security"] == ([] if route.who == "public" else [{"bearer": []}])
        assert ("Owner only." in operation["description"]) == (route.who == "owner")


@pytest.mark.spec(26)
@pytest.mark.spec(27)
async def test_what_is_answered_fits_what_is_documented(chat: Chat) -> None:
    assert await chat.workspace.client.put("/v1/sla-config", json={"first_response_seconds": 60})
    for kind in ("text", "image", "audio", "document", "sticker", "location", "contact"):
        message = await chat.written(type=kind)
    await chat.write("👍", type="reaction", to=message["evolution_message_id"])
    reply = await chat.answer(message["conversation_id"], "Olá", quoted_message_id=message["id"])
    await chat.ticked(reply["id"], "delivered")
    await chat.answer(message["conversation_id"], "nota", type="note")
    ids = {"id": message["conversation_id"], "phone_instance": chat.number.id}
    for path, query in SHOWN.items():
        answer = await chat.workspace.client.get(path.format(**ids), params=query)
        assert answer.status_code == 200
        assert answer.json()["data"], path
        _fits(answer.json(), _answered(path, "get", 200))


def test_no_json_route_is_forgotten() -> None:
    assert set(SHOWN) == {route.path for route in ROUTES if route.method == "GET" and route.answer is not bytes}


@pytest.mark.spec(64)
@pytest.mark.spec(143)
@pytest.mark.spec(183)
async def test_what_is_made_fits_what_is_documented(chat: Chat) -> None:
    message = await chat.written()
    paths = {
        "/v1/conversations/{conversation_id}/messages": {"body": "oi"},
        "/v1/conversations/{conversation}/snooze": {"until": "2099-01-01T00:00:00Z"},
        "/v1/conversations/{conversation}/read": {},
        "/v1/messages/send": {"phone": CUSTOMER, "body": "oi"},
        "/v1/phone-instances": {"name": "second"},
        "/v1/auth/login": {"email": chat.workspace.email, "password": "correct horse 7"},
    }
    ids = dict.fromkeys(("conversation_id", "conversation"), message["conversation_id"])
    for path, body in paths.items():
        answer = await chat.workspace.client.post(path.format(**ids), json=body)
        _fits(answer.json(), _answered(path, "post", answer.status_code))
        assert answer.is_success, path


async def test_an_error_fits_what_is_documented(chat: Chat) -> None:
    for path in ("/v1/nothing", "/v1/conversations/0", "/v1/conversations?limit=0"):
        answer = await chat.workspace.client.get(path)
        assert not answer.is_success
        _fits(answer.json(), {"$ref": "#/components/schemas/Error"})
