"""The OpenAPI 3.1 document, generated from the routes' declarations, and nothing else."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from plixa import __version__
from plixa.http.api import ROUTES, Route

REF = "#/components/schemas/{model}"
INTRODUCTION = """\
Everything under `/v1` answers `{data, meta, errors}`. Sign in to get a token and send it as `Authorization: Bearer`.
Lists take `limit` and `cursor`; `meta.next_cursor` is null at the end. `Idempotency-Key` makes a repeated POST safe.
The live push is a WebSocket at `/v1/ws`; `GET /v1/events` gives the same events by long poll.
"""
WHO = {
    "public": "Open to everybody.",
    "member": "Every member.",
    "owner": "Owner only.",
    "admin": "Plixa's staff only.",
}
ERRORS = {
    401: "The token is missing or no good (`UNAUTHENTICATED`).",
    403: "Known, and not allowed (`FORBIDDEN`, or a plan's code).",
    404: "Not there, or another workspace's (`NOT_FOUND`).",
    409: "It clashes with what is there (`CONFLICT`, or a code of its own).",
    413: "The body is too large (`PAYLOAD_TOO_LARGE`).",
    415: "The body is of another type (`UNSUPPORTED_MEDIA_TYPE`).",
    422: "Fields are wrong (`VALIDATION_FAILED`); `details` lists all of them.",
    429: "Too often (`RATE_LIMITED`); `Retry-After` says when to come back.",
    500: "A bug of ours (`INTERNAL_ERROR`).",
    502: "The WhatsApp gateway does not answer (`GATEWAY_UNAVAILABLE`).",
    503: "Overloaded or restarting (`OVERLOADED`); `Retry-After` says when to come back.",
}


@cache
def document() -> dict[str, Any]:
    """The whole document, as JSON types."""
    schemas: dict[str, Any] = {"Error": _error_schema()}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plixa", "version": __version__, "description": INTRODUCTION},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "tags": [route.tag],
        "summary": route.summary,
        "description": _description(route),
        "security": [] if route.who == "public" else [{"bearer": []}],
        "parameters": [*_path_parameters(route), *_query_parameters(route, schemas), *_headers(route)],
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        operation["requestBody"] = _body(route, schemas)
    return operation


def _operation_id(route: Route) -> str:
    return re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_")


def _description(route: Route) -> str:
    who = WHO[route.who]
    limits = f"At most {route.rate.replace('/', ' a ')}, {route.max_body // 1024} KiB a body."
    return f"{route.description}\n\n{who} {limits}".strip()


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema} for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = _schema(route.query, schemas, "validation")
    properties = schemas[schema["$ref"].rpartition("/")[2]]["properties"]
    return [{"name": name, "in": "query", "required": False, "schema": each} for name, each in properties.items()]


def _headers(route: Route) -> list[dict[str, Any]]:
    if not route.idempotent:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"}
    text = "The same key and body within 7 days gives the first answer again."
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": text}]


def _body(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = _schema(route.body, schemas, "validation")
    if not route.form:
        return {"required": True, "content": {"application/json": {"schema": schema}}}
    file = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    return {"required": True, "content": {"multipart/form-data": {"schema": {"allOf": [schema, file]}}}}


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {str(route.status): _success(route, schemas)}
    for status in _possible(route):
        content = {"application/json": {"schema": {"$ref": REF.format(model="Error")}}}
        responses[str(status)] = {"description": ERRORS[status], "content": content}
    return responses


def _possible(route: Route) -> list[int]:
    possible = {422, 429, 500, 503}
    if route.who != "public":
        possible |= {401, 403}
    if "{" in route.path:
        possible.add(404)
    if route.body is not None:
        possible |= {413, 415}
    if route.idempotent or route.raises:
        possible.add(409)
    if route.tag == "Authentication":
        possible.add(401)
    if route.tag == "Phone instances":
        possible.add(502)
    return sorted(possible)


def _success(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "Done; no body."}
    if route.answer is bytes:
        return {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
    data = _schema(route.answer, schemas, "serialization")
    properties = {"data": data, "meta": {"type": ["object", "null"]}, "errors": {"type": "null"}}
    envelope = {"type": "object", "required": ["data", "meta", "errors"], "properties": properties}
    return {"description": "Done.", "content": {"application/json": {"schema": envelope}}}


def _schema(model: Any, schemas: dict[str, Any], mode: Any) -> dict[str, Any]:
    schema = TypeAdapter(model).json_schema(ref_template=REF, mode=mode)
    schemas.update(schema.pop("$defs", {}))
    if isinstance(model, type) and (issubclass(model, BaseModel) or issubclass(model, dict)):
        schemas[model.__name__] = schema
        return {"$ref": REF.format(model=model.__name__)}
    return schema


def _error_schema() -> dict[str, Any]:
    details = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    properties = {"code": {"type": "string"}, "message": {"type": "string"}, "details": details}
    error = {"type": "object", "required": ["code", "message"], "properties": properties}
    return {
        "type": "object",
        "required": ["data", "meta", "errors"],
        "properties": {"data": {"type": "null"}, "meta": {"type": "null"}, "errors": {"type": "array", "items": error}},
    }
