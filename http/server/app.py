"""The Quart application, made from the declarations of routes, and the ASGI application around it.

What a feature mounts beside it, like the gateway's webhook, never reaches Quart; everything else under `/v1` does.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
import trio
from hypercorn.typing import Scope
from quart import Response, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, RequestTimeout

from plixa.engine.brake import Work, at_work_on
from plixa.engine.errors import Elsewhere, Invalid, NotFound, PlixaError, Unauthenticated
from plixa.engine.tracing import HERE
from plixa.http.api import (
    DEFAULT_BODY,
    DEFAULT_RATE,
    STRANGER_RATE,
    Answer,
    Call,
    Caller,
    Replayed,
    Route,
    auth,
    authorise,
    authorise_staff,
    check,
    cookies,
    envelope,
    error_envelope,
    must_be_known,
    witness,
)
from plixa.http.api.openapi import document
from plixa.http.api.services import Services
from plixa.http.feature import Page
from plixa.http.panel.pages import add_pages
from plixa.http.realtime import live
from plixa.http.server import ops
from plixa.http.server.addresses import client_address, source_of
from plixa.http.server.early import App

log = structlog.get_logger("plixa.http")
JSON = "application/json"
BIGGEST_ID = 2**63 - 1
BODY_WITHIN = 60
WORKSPACE_RATE = "6000/minute"
"""A workspace with all its tokens, on top of each token's own rate."""
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class PayloadTooLarge(PlixaError):
    """The body is larger than the route takes."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is too large: at most {limit} bytes are taken here.")


class UnsupportedMediaType(PlixaError):
    """The body is not of the type that the route takes."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"


def make_app(services: Services, routes: tuple[Route, ...], pages: Iterable[Page] = ()) -> QuartTrio:
    """All of `/v1`, the operators' pages, the panel, and the pages that features add."""
    app = QuartTrio("plixa", static_folder=None)
    # Each route has its own limit. This one is for what Quart takes in while nobody reads, be it on a GET.
    app.config["MAX_CONTENT_LENGTH"] = max((route.max_body for route in routes), default=DEFAULT_BODY)
    app.config["BODY_TIMEOUT"] = BODY_WITHIN
    for route in routes:
        rule = route.path.replace("{", "<").replace("}", ">")
        app.add_url_rule(
            rule, route.key, _view(services, route), methods=[route.method], provide_automatic_options=False
        )
    live.add_live(app, services)
    ops.add_ops(app, services)
    add_pages(app, document(routes))
    for add in pages:
        add(app, services)
    app.register_error_handler(Exception, _failed)
    app.after_request(_finish(services))
    return app


def asgi(app: QuartTrio, mounts: Mapping[str, App]) -> Callable[[Scope, Any, Any], Awaitable[None]]:
    """What Hypercorn serves: hot paths beside Quart, each by the beginning of its path."""

    async def dispatch(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        path = scope["path"]
        mounted = next((mount for prefix, mount in mounts.items() if path.startswith(prefix)), None)
        await (mounted or cast("App", app))(scope, receive, send)

    return dispatch


def _view(services: Services, route: Route) -> Callable[..., Awaitable[Response]]:
    async def view(**params: str) -> Response:
        began = time.perf_counter()
        address = client_address(request, services.settings.trusted_proxies)
        call = Call(route, services, address, {}, user_agent=_user_agent(), languages=_languages())
        try:
            call.params = {name: _id(name, value) for name, value in params.items()}
            call.slug, call.if_none_match = params.get("slug", ""), request.headers.get("If-None-Match", "")[:200]
            span = services.telemetry.tracing.span(f"{route.method} {route.path}", "server", parent=HERE.get())
            with span, at_work_on(Work(lambda: f"a request of {route.key}")):
                response = _respond(await _witnessed(call))
        except Replayed as replayed:
            response = Response(replayed.body, replayed.status, content_type=JSON)
            response.headers["Idempotent-Replayed"] = "true"
        except PlixaError as error:
            response = _refuse(error)
        except HTTPException as error:
            response = _refuse(_from_werkzeug(error, route))
        except Exception as error:  # a bug: said so, with a number to find it by
            log.error("request_failed", route=route.key, request_id=call.request_id, exc_info=error)
            response = _refuse(PlixaError(f"Something went wrong on our side (request {call.request_id})."))
        response.headers["X-Request-Id"] = call.request_id
        services.telemetry.requests.labels(route.key, response.status_code).inc()
        log.debug("request", route=route.key, status=response.status_code, seconds=time.perf_counter() - began)
        return response

    return view


async def _witnessed(call: Call) -> Answer:
    """The answer, once a request of staff has its entry in their audit."""
    try:
        answer = await _answer(call)
    except Replayed:
        await witness.leave(call)
        raise
    except Elsewhere:  # nothing was done here, and where it is done it leaves its entry
        raise
    except PlixaError as error:
        await witness.leave(call, error.code)
        raise
    except Exception as error:
        await witness.leave(call, "MALFORMED" if isinstance(error, HTTPException) else "INTERNAL_ERROR")
        raise
    await witness.leave(call)
    return answer


async def _answer(call: Call) -> Answer:
    route, services = call.route, call.services
    call.token = auth.token_of(request.headers.get("Authorization")) or _kept_token(services)
    if route.who == "public":
        services.limits.spend(route.rate, route.key, source_of(call.address))
    else:
        call.caller_or_none = await _authenticated(call)
        services.limits.spend(route.rate, "any" if route.rate == DEFAULT_RATE else route.key, str(call.caller.token_id))
        if route.who == "admin":
            authorise_staff(route, call.caller)
        else:
            services.limits.spend(WORKSPACE_RATE, "workspace", str(call.tenant))
            authorise(route, call.caller, await services.bus.workspace(call.tenant), services.clock.now())
    must_be_known(route.query, request.args, "query parameter")
    if route.query is not None:
        call.query = check(route.query, request.args.to_dict())
    if request.method in ("POST", "PUT", "PATCH", "DELETE"):
        await _read_body(call)
    if route.idempotent:
        call.idempotency_key = _idempotency_key()
        await call.replay()
    return await route.handler(call)


def _kept_token(services: Services) -> str | None:
    """The token of a browser's session. A request with an Authorization header of any kind is not of one."""
    if "Authorization" in request.headers:
        return None
    return cookies.token_of(services, request.cookies, request.headers.get(cookies.HEADER))


async def _authenticated(call: Call) -> Caller:
    try:
        if call.route.who == "admin":
            challenge = call.route.ability == "challenge"
            return await auth.authenticate_admin(call.services, call.token, challenge=challenge)
        return await auth.authenticate(call.services, call.token, challenge=call.route.ability == "challenge")
    except Unauthenticated:
        call.services.limits.spend(STRANGER_RATE, "stranger", source_of(call.address))
        raise


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Invalid({"Idempotency-Key": ["The key must have 1 to 255 printable ASCII characters."]})
    return key


async def _read_body(call: Call) -> None:
    route = call.route
    request.max_content_length = route.max_body
    if request.content_length is not None and request.content_length > route.max_body:
        raise PayloadTooLarge(route.max_body)
    if route.form:
        await _read_form(call)
        return
    call.raw = await _data(route.max_body)
    if route.body is None:
        return
    if request.mimetype not in (JSON, ""):
        raise UnsupportedMediaType(f"Send the body as {JSON}; it came as {request.mimetype}.")
    call.body = check(route.body, _decode(call.raw))


async def _data(limit: int) -> bytes:
    """The body. Quart's own `get_data` holds a body without Content-Length to no limit but the application's."""
    data = bytearray()
    with trio.move_on_after(BODY_WITHIN) as scope:
        async for chunk in request.body:
            data += chunk
            if len(data) > limit:
                raise PayloadTooLarge(limit)
    if scope.cancelled_caught:
        raise RequestTimeout
    return bytes(data)


def _decode(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid({"body": [f"The body must be JSON: {error}."]}) from None


async def _read_form(call: Call) -> None:
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType("Send the body as multipart/form-data.")
    form = cast("Any", await request.form)  # pyright: ignore[reportUnknownMemberType]
    files = await request.files
    fields: dict[str, Any] = {}
    for name in filter(None, form):  # a part without a name is nobody's
        values = form.getlist(name)
        fields[name.removesuffix("[]")] = values if name.endswith("[]") or len(values) > 1 else values[0]
    call.files = {name: file for name, file in files.to_dict().items() if name}
    call.raw = msgspec.json.encode(
        [sorted(fields.items()), sorted((n, f.filename or "", f.read()) for n, f in call.files.items())]
    )
    for file in call.files.values():
        file.seek(0)
    must_be_known(call.route.body, fields, "form field")
    if call.route.body is not None:
        call.body = check(call.route.body, fields)


def _id(name: str, value: str) -> int:
    """The number of what a path names; of a page's name in words (`Call.slug`) there is none."""
    if name == "slug":
        return 0
    if name == "key":
        return _key(value)
    if not (value.isascii() and value.isdigit() and len(value) <= 19 and int(value) <= BIGGEST_ID):
        raise NotFound(name.removesuffix("_id").replace("_", " "))
    return int(value)


def _key(value: str) -> int:
    """A picture's key, a UUID in its one spelling."""
    try:
        key = UUID(value)
    except ValueError:
        raise NotFound("image") from None
    if str(key) != value:
        raise NotFound("image")
    return key.int


def _languages() -> str:
    """The header by which a client says in which languages it wants to be spoken to, bounded."""
    return request.headers.get("Accept-Language", "")[:200]


def _user_agent() -> str:
    """What the client says it is, as far as it can be shown."""
    return request.headers.get("User-Agent", "")[:300].encode("ascii", "replace").decode()


def _respond(answer: Answer) -> Response:
    response = _without_cookies(answer)
    for cookie in answer.cookies:
        response.headers.add("Set-Cookie", cookie)
    return response


def _without_cookies(answer: Answer) -> Response:
    if answer.status == 204:
        return Response(b"", 204)
    if answer.raw is not None:
        return Response(answer.raw, answer.status, headers=dict(answer.headers))
    return Response(envelope(answer), answer.status, headers=dict(answer.headers), content_type=JSON)


def _refuse(error: PlixaError) -> Response:
    response = Response(error_envelope(error), error.status, content_type=JSON)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _from_werkzeug(error: HTTPException, route: Route | None = None) -> PlixaError:
    if isinstance(error, RequestEntityTooLarge) and route is not None:
        return PayloadTooLarge(route.max_body)
    texts = {
        404: ("NOT_FOUND", "There is nothing at this address. See /v1/docs for what there is."),
        405: ("METHOD_NOT_ALLOWED", "This method is not allowed here; the Allow header lists those that are."),
        408: ("REQUEST_TIMEOUT", "The body took too long to arrive."),
    }
    code, text = texts.get(error.code or 500, ("VALIDATION_FAILED", error.description or "The request is malformed."))
    shown = PlixaError(text, code=code)
    shown.status = error.code or 500
    return shown


async def _failed(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        response = _refuse(_from_werkzeug(error))
        for name, value in error.get_headers():
            if name.lower() == "allow":
                response.headers["Allow"] = value
        return response
    if isinstance(error, Elsewhere):
        return _refuse(error)
    log.error("request_failed", exc_info=error)
    return _refuse(PlixaError("Something went wrong on our side."))


def _finish(services: Services) -> Callable[[Response], Awaitable[Response]]:
    allowed = set(services.settings.cors_origins)

    async def finish(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", API_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        if services.public_url.startswith("https://"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        origin = request.headers.get("Origin")
        if origin in allowed:
            _allow_origin(response, origin)
        return response

    return finish


def _allow_origin(response: Response, origin: str) -> None:
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id, Idempotent-Replayed"
    if request.method == "OPTIONS":
        response.status_code = 204
        response.set_data(b"")
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = "600"
