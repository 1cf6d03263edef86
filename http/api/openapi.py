"""The OpenAPI 3.1 document, generated from the routes' declarations, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from plixa.http.api import Route
from plixa.http.api.operation_names import operation_name
from plixa.http.api.told import HEADERS, HOOKS, PROMISE, Hook

Mode = Literal["validation", "serialization"]
Key = tuple[int, Mode]
_PARAMETER = re.compile(r"{(\w+)}")
REF = "#/components/schemas/{model}"
INTRODUCTION = """\
Everything under `/v1` answers `{data, meta, errors}`. Sign in to get a token and send it as `Authorization: Bearer`.
Lists take `limit` and `cursor`; `meta.next_cursor` is null at the end. `Idempotency-Key` makes a repeated POST safe.
Whatever is asked of a conversation that was merged into another one answers 409 `CONVERSATION_MERGED`, with the
survivor's id in `details.into_id`.
The live push is a WebSocket at `/v1/ws`; `GET /v1/events` gives the same events by long poll.
"""
WHO = {
    "public": "Open to everybody.",
    "member": "Every member.",
    "owner": "Owner only.",
    "admin": "Plixa's staff only.",
}
STATUSES = {
    "GONE": 410,
    "INVITATION_INVALID": 404,
    "NOT_FOUND": 404,
    "PAYMENTS_UNAVAILABLE": 502,
    "SIGNATURE_INVALID": 400,
    "SNAPSHOT_NEEDED": 410,
}
"""Of the codes that routes name as their own; 409 is the rule."""
ERRORS = {
    400: "The proof that comes with it is wrong (`SIGNATURE_INVALID`).",
    401: "The token is missing or no good (`UNAUTHENTICATED`).",
    403: "Known, and not allowed (`FORBIDDEN`, or a plan's code).",
    404: "Not there, or another workspace's (`NOT_FOUND`).",
    409: "It clashes with what is there (`CONFLICT`, or a code of its own).",
    410: "Too long ago to be told event by event (`SNAPSHOT_NEEDED`): fetch everything anew. Or removed (`GONE`).",
    413: "The body is too large (`PAYLOAD_TOO_LARGE`).",
    415: "The body is of another type (`UNSUPPORTED_MEDIA_TYPE`).",
    422: "Fields are wrong (`VALIDATION_FAILED`); `details` lists all of them.",
    429: "Too often (`RATE_LIMITED`); `Retry-After` says when to come back.",
    500: "A bug of ours (`INTERNAL_ERROR`).",
    502: "The WhatsApp gateway (`GATEWAY_UNAVAILABLE`) or Stripe (`PAYMENTS_UNAVAILABLE`) does not answer.",
    503: "Overloaded or restarting (`OVERLOADED`); `Retry-After` says when to come back.",
}


@dataclass(frozen=True, slots=True)
class Schemas:
    """The models' JSON schemas. Models of one name in two files get longer names; those that differ between what is
    sent and what is answered have a schema for each."""

    components: dict[str, Any]
    by_model: Mapping[Key, dict[str, Any]]

    def of(self, model: Any, mode: Mode) -> dict[str, Any]:
        """A model's schema, which may be a reference."""
        return self.by_model[id(model), mode]

    def properties(self, model: Any, mode: Mode) -> dict[str, Any]:
        """What a model's fields are, by name."""
        schema = self.of(model, mode)
        found: dict[str, Any] = self.components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        properties: dict[str, Any] = found.get("properties", {})
        return properties


CONTRACT = "1.0.0"
"""The contract's version, not the program's."""
FILES = (
    "application/octet-stream",
    *(f"image/{each}" for each in ("jpeg", "png", "webp", "gif")),
    *(f"audio/{each}" for each in ("ogg", "mpeg", "mp4", "aac", "amr", "wav")),
    *(f"video/{each}" for each in ("mp4", "webm")),
    "text/csv",
)
"""What a file may be. Generators of clients take the first; none knows what to do with `*/*`."""
SERVERS = [{"url": "https://api.plixa.app"}]


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """The whole document of these routes, as JSON types."""
    schemas = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Plixa API", "version": CONTRACT, "description": INTRODUCTION},
        "servers": SERVERS,
        "paths": paths,
        "webhooks": {name: {"post": _hook(name, hook, schemas)} for name, hook in HOOKS.items()},
        "components": {
            "schemas": {"Error": _error_schema(), **schemas.components},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(routes: tuple[Route, ...]) -> Schemas:
    wanted: dict[Key, TypeAdapter[Any]] = {(id(model), mode): TypeAdapter(model) for model, mode in _models(routes)}
    inputs: list[tuple[Key, Mode, TypeAdapter[Any]]] = [(key, key[1], adapter) for key, adapter in wanted.items()]
    made, whole = TypeAdapter.json_schemas(inputs, ref_template=REF)
    defined: dict[str, Any] = whole.get("$defs", {})
    names = {REF.format(model=name): REF.format(model=_spoken(name)) for name in defined}
    if len(set(names.values())) < len(names):
        raise ValueError(f"Two schemas would have one name among {sorted(defined)}. Rename one of their classes.")
    # Generators of clients call a schema by its title.
    components = {
        _spoken(name): {**_renamed(schema, names), "title": _spoken(name)} for name, schema in defined.items()
    }
    return Schemas(components, {key: _renamed(dict(made[key, key[1]]), names) for key in wanted})


def _spoken(name: str) -> str:
    """A schema's name without Python's modules: where two have one name, the last module comes before it."""
    *_, module, plain = ["", *name.replace("-", "").split("__")]
    return "".join(part.capitalize() for part in module.split("_")) + plain


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with what it refers to under these names."""
    if isinstance(schema, list):
        return [_renamed(each, names) for each in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    fields = cast("dict[str, Any]", schema)
    return {
        key: names.get(value, value) if key == "$ref" and isinstance(value, str) else _renamed(value, names)
        for key, value in fields.items()
    }


def _models(routes: tuple[Route, ...]) -> Iterator[tuple[Any, Mode]]:
    """Everything that a route takes or answers, and what endpoints are told."""
    for hook in HOOKS.values():
        yield hook.model, "serialization"
    for route in routes:
        for model in (route.body, route.query):
            if model is not None:
                yield model, "validation"
        if route.answer not in (None, bytes):
            yield route.answer, "serialization"


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_name(route.method, route.path),
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


def _hook(name: str, hook: Hook, schemas: Schemas) -> dict[str, Any]:
    """What an endpoint of the workspace's own is sent."""
    headers = [
        {"name": each, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
        for each, text in HEADERS.items()
    ]
    return {
        "operationId": f"told_{name.replace('.', '_')}",
        "tags": ["Webhooks (outbound)"],
        "summary": name,
        "description": f"{hook.text}\n\n{PROMISE}",
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": schemas.of(hook.model, "serialization")}},
        },
        "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Send no more."}},
    }


def _description(route: Route) -> str:
    who = WHO[route.who]
    limits = f"At most {route.rate.replace('/', ' a ')}, {route.max_body // 1024} KiB a body."
    return f"{route.description}\n\n{who} {limits}".strip()


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    words = {"key": {"type": "string", "format": "uuid"}, "slug": {"type": "string", "maxLength": 200}}
    return [
        {"name": name, "in": "path", "required": True, "schema": words.get(name, schema)}
        for name in _PARAMETER.findall(route.path)
    ]


def _query_parameters(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    properties = schemas.properties(route.query, "validation")
    return [{"name": name, "in": "query", "required": False, "schema": each} for name, each in properties.items()]


def _headers(route: Route) -> list[dict[str, Any]]:
    if not route.idempotent:
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"}
    text = "The same key and body within 7 days gives the first answer again."
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": text}]


def _body(route: Route, schemas: Schemas) -> dict[str, Any]:
    schema = schemas.of(route.body, "validation")
    if not route.form:
        return {"required": True, "content": {"application/json": {"schema": schema}}}
    properties = {route.file: {"type": "string", "format": "binary"}}
    file = {"type": "object", "required": [route.file], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": {"allOf": [schema, file]}}}}


def _responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    responses: dict[str, Any] = {str(each): _success(route, schemas) for each in (route.status, *route.also)}
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
    possible |= {STATUSES.get(code, 409) for code in route.raises}
    if route.idempotent or route.path.startswith("/v1/conversations/{"):
        possible.add(409)
    if route.tag == "Authentication":
        possible.add(401)
    if route.tag == "Phone instances":
        possible.add(502)
    return sorted(possible)


def _success(route: Route, schemas: Schemas) -> dict[str, Any]:
    if route.status == 204:
        return {"description": "Done; no body."}
    if route.answer is bytes:
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {"description": "The file.", "content": dict.fromkeys(FILES, binary)}
    data = schemas.of(route.answer, "serialization")
    properties = {"data": data, "meta": {"type": ["object", "null"]}, "errors": {"type": "null"}}
    envelope = {"type": "object", "required": ["data", "meta", "errors"], "properties": properties}
    content: dict[str, Any] = {"application/json": {"schema": envelope}}
    if "csv" in _formats(route, schemas):
        content["text/csv"] = {"schema": {"type": "string"}}
    return {"description": "Done.", "content": content}


def _formats(route: Route, schemas: Schemas) -> list[str]:
    """What a query's `format` may be."""
    properties = schemas.properties(route.query, "validation") if route.query is not None else {}
    formats: list[str] = properties.get("format", {}).get("enum", [])
    return formats


def _error_schema() -> dict[str, Any]:
    details = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
    properties = {"code": {"type": "string"}, "message": {"type": "string"}, "details": details}
    error = {"type": "object", "required": ["code", "message"], "properties": properties}
    return {
        "type": "object",
        "required": ["data", "meta", "errors"],
        "properties": {"data": {"type": "null"}, "meta": {"type": "null"}, "errors": {"type": "array", "items": error}},
    }
