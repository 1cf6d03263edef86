"""The API's documents: valid by their own validators, and true of what is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.harness import ROOT, Json
from tests.http.chat import Chat
from tests.webhooks.receiver import ENDPOINTS, Receiver

from plixa import features
from plixa.actors.webhooks.endpoints import Told
from plixa.http.api import asyncapi
from plixa.http.api.openapi import document
from plixa.http.api.told import HOOKS

SCHEMA = Path(ROOT / "tests/fixtures/asyncapi-3.0.0.schema.json")
"""The AsyncAPI Initiative's own JSON Schema of AsyncAPI 3.0.0 (npm: @asyncapi/specs 6.11.1, Apache-2.0), without its
descriptions."""


def test_the_api_document_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(json.loads(json.dumps(document(features.routes())))).validate()


def test_the_events_document_is_valid_asyncapi() -> None:
    schema = json.loads(SCHEMA.read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(asyncapi.document())] == []
    broken = {**asyncapi.document(), "operations": {"x": {"action": "shout"}}}
    assert list(Draft7Validator(schema).iter_errors(broken))


def test_every_reference_of_the_events_document_leads_somewhere() -> None:
    whole = asyncapi.document()

    def look(value: object) -> None:
        if isinstance(value, dict):
            if isinstance(ref := value.get("$ref"), str):
                found: Json = whole
                for part in ref.removeprefix("#/").split("/"):
                    found = found[part]
            for each in value.values():
                look(each)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(whole)
    for schema in whole["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_all_that_can_be_subscribed_to_is_described() -> None:
    assert set(HOOKS) == {*get_args(Told), "webhook.test"}
    assert set(document(features.routes())["webhooks"]) == set(HOOKS)


@pytest.mark.spec(300)
async def test_what_is_sent_fits_both_documents(chat: Chat, receiver: Receiver) -> None:
    message = await chat.written(type="image")
    answer = await chat.answer(message["conversation_id"], "Oi!")
    await chat.ticked(answer["id"], "delivered")
    await receiver.told("message.outbound")
    await chat.workspace.client.delete(f"/v1/conversations/{message['conversation_id']}")
    await receiver.told("conversation.deleted")
    await chat.workspace.post(f"{ENDPOINTS}/{receiver.endpoint['id']}/test")
    whole, events = document(features.routes()), asyncapi.document()
    for told, headers in zip(receiver.events, receiver.headers, strict=True):
        hook = whole["webhooks"][told["type"]]["post"]
        body = hook["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**body, "components": whole["components"]}).validate(told)
        described = events["components"]["messages"][told["type"].replace(".", "_")]
        Draft202012Validator({**described["payload"], "components": events["components"]}).validate(told)
        assert {each["name"].lower() for each in hook["parameters"]} <= headers.keys()
    assert {event["type"] for event in receiver.events} == set(HOOKS)


async def test_the_events_document_is_served_and_fits_what_the_live_push_sends(chat: Chat) -> None:
    assert (await chat.workspace.client.get("/v1/asyncapi.json")).json() == asyncapi.document()
    await chat.written()
    frame = {"op": "events", "events": chat.inbox.events, "head": chat.inbox.head}
    schemas = asyncapi.document()["components"]
    Draft202012Validator({"$ref": "#/components/schemas/EventsFrame", "components": schemas}).validate(frame)
