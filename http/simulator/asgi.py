"""The ASGI application: finds the route, keeps the gateway's order of guards, and injects the faults.

Order, as in the original: body parser (400, 413), route (404), instance exists (404), name in use (403), key (401),
then the handler. A GatewayError becomes its body; anything else is a bug, and becomes a 500 of the gateway's shape.
"""

from __future__ import annotations

import hmac
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast
from urllib.parse import parse_qsl

import trio

from . import control, gateway_chats, gateway_instances, gateway_messages
from .errors import GatewayError, unauthorized, unknown_instance, unreadable_body
from .outbound import HttpClient
from .settings import SimulatorSettings
from .simulator import Simulator
from .web import Guard, Request, Response, Route, reply
from .wire import BadJson, JsonObject, decode
from .world import Instance

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
_BUG = GatewayError(500, "The simulator has a bug; its log shows where. Please report it.")
_MAX_QUERY_FIELDS = 100
_BODY_METHODS = frozenset({"POST", "PUT", "DELETE", "PATCH"})

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/"): Route(gateway_instances.welcome, Guard.OPEN),
    ("POST", "/instance/create"): Route(gateway_instances.create, Guard.GLOBAL),
    ("GET", "/instance/fetchInstances"): Route(gateway_instances.fetch_instances, Guard.LIST),
    ("GET", "/instance/connect/*"): Route(gateway_instances.connect, Guard.INSTANCE),
    ("GET", "/instance/connectionState/*"): Route(gateway_instances.connection_state, Guard.INSTANCE),
    ("POST", "/instance/restart/*"): Route(gateway_instances.restart, Guard.INSTANCE),
    ("DELETE", "/instance/logout/*"): Route(gateway_instances.logout, Guard.INSTANCE),
    ("DELETE", "/instance/delete/*"): Route(gateway_instances.delete, Guard.INSTANCE),
    ("POST", "/settings/set/*"): Route(gateway_instances.set_settings, Guard.INSTANCE),
    ("POST", "/webhook/set/*"): Route(gateway_instances.set_webhook, Guard.INSTANCE),
    ("GET", "/webhook/find/*"): Route(gateway_instances.find_webhook, Guard.INSTANCE),
    ("POST", "/message/sendText/*"): Route(gateway_messages.send_text, Guard.INSTANCE, sends=True),
    ("POST", "/message/sendMedia/*"): Route(gateway_messages.send_media, Guard.INSTANCE, sends=True),
    ("POST", "/message/sendWhatsAppAudio/*"): Route(gateway_messages.send_audio, Guard.INSTANCE, sends=True),
    ("POST", "/message/sendButtons/*"): Route(gateway_messages.send_buttons, Guard.INSTANCE, sends=True),
    ("POST", "/message/sendList/*"): Route(gateway_messages.send_list, Guard.INSTANCE, sends=True),
    ("POST", "/message/sendReaction/*"): Route(gateway_messages.send_reaction, Guard.INSTANCE, sends=True),
    ("POST", "/chat/updateMessage/*"): Route(gateway_messages.update_message, Guard.INSTANCE, sends=True),
    ("DELETE", "/chat/deleteMessageForEveryone/*"): Route(gateway_messages.delete_message, Guard.INSTANCE, sends=True),
    ("POST", "/chat/markMessageAsRead/*"): Route(gateway_chats.mark_as_read, Guard.INSTANCE),
    ("POST", "/chat/findMessages/*"): Route(gateway_chats.find_messages, Guard.INSTANCE),
    ("POST", "/chat/findStatusMessage/*"): Route(gateway_chats.find_status, Guard.INSTANCE),
    ("POST", "/chat/getBase64FromMediaMessage/*"): Route(gateway_chats.get_base64, Guard.INSTANCE),
    ("POST", "/chat/sendPresence/*"): Route(gateway_chats.send_presence, Guard.INSTANCE),
    ("POST", "/chat/whatsappNumbers/*"): Route(gateway_chats.whatsapp_numbers, Guard.INSTANCE),
    ("POST", "/chat/fetchProfilePictureUrl/*"): Route(gateway_chats.profile_picture, Guard.INSTANCE),
    ("GET", "/sim/page/*"): Route(control.page_file, Guard.OPEN),
    ("GET", "/sim/scan/*"): Route(control.scan, Guard.OPEN),
    ("POST", "/sim/scan/*"): Route(control.scan, Guard.OPEN),
    ("POST", "/sim/unlink/*"): Route(control.unlink, Guard.OPEN),
    ("POST", "/sim/forget/*"): Route(control.forget, Guard.OPEN),
    ("GET", "/sim/instances"): Route(control.instances, Guard.OPEN),
    ("GET", "/sim/customers"): Route(control.customers, Guard.OPEN),
    ("PUT", "/sim/customers/*"): Route(control.change_customer, Guard.OPEN),
    ("POST", "/sim/customers/*/messages"): Route(control.post_message, Guard.OPEN),
    ("GET", "/sim/customers/*/messages"): Route(control.show_messages, Guard.OPEN),
    ("POST", "/sim/customers/*/presence"): Route(control.post_presence, Guard.OPEN),
    ("GET", "/sim/media/*"): Route(control.media, Guard.OPEN),
    ("GET", "/sim/pictures/*"): Route(control.picture, Guard.OPEN),
    ("GET", "/sim/faults"): Route(control.get_faults, Guard.OPEN),
    ("PUT", "/sim/faults"): Route(control.put_faults, Guard.OPEN),
    ("GET", "/sim/webhooks"): Route(control.webhooks, Guard.OPEN),
    ("POST", "/sim/reset"): Route(control.reset, Guard.OPEN),
}
"""A * stands for the third part of the path: `Request.argument`."""


def make_app(settings: SimulatorSettings) -> SimulatorApp:
    """An application that answers once `SimulatorApp.run` runs beside it; `serve` does both."""
    return SimulatorApp(settings)


class SimulatorApp:
    """Give it to any ASGI server under trio, and run `run` in the same nursery.

    The fault `drop_after_send` is a call that returns without an answer: our server then hangs up, as it should; others
    may answer 500.
    """

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        self._simulator: Simulator | None = None

    @property
    def simulator(self) -> Simulator:
        """State and services, for tests that look inside. Raises RuntimeError before `run` has started."""
        if self._simulator is None:
            raise RuntimeError("The simulator is not running: start SimulatorApp.run in a nursery first.")
        return self._simulator

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Holds QR codes, ticks and deliveries until cancelled."""
        client = HttpClient()
        try:
            async with trio.open_nursery() as nursery:
                self._simulator = Simulator(self.settings, nursery, client)
                if self._simulator.memory is not None:
                    await nursery.start(self._simulator.memory.run)
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._simulator = None
            with trio.CancelScope(shield=True):  # closing sockets takes no time, and must happen for all of them
                await client.aclose()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3, HTTP and lifespan."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            request = await _read_request(scope, receive, self.settings.max_body)
            response, lost = await self._answer(request)
        except GatewayError as error:
            response, lost = reply(error.body(), error.status), False
        except Exception:  # noqa: BLE001 - the last line: a bug of ours is shown, and answered in the gateway's shape
            traceback.print_exc()
            response, lost = reply(_BUG.body(), _BUG.status), False
        if not lost:
            await _respond(send, response)

    async def _answer(self, request: Request) -> tuple[Response, bool]:
        """The answer, and whether the fault `drop_after_send` loses it."""
        route = _find_route(request)
        if request.path == "/" and "text/html" in request.headers.get("accept", ""):
            return await control.page(self.simulator, request), False
        _guard(self.simulator, route.guard, request)
        if route.guard is not Guard.OPEN:
            await _disturb(self.simulator)
        response = await route.handler(self.simulator, request)
        if self.simulator.memory is not None:
            self.simulator.memory.touch()
        return response, route.sends and self.simulator.chance.strikes("drop_after_send")


def _find_route(request: Request) -> Route:
    route = ROUTES.get((request.method, request.path))
    if route is not None:
        return route
    parts = request.path.split("/")
    if len(parts) > 3 and parts[3]:
        tail = parts[4:] if parts[2] == "customers" else []
        route = ROUTES.get((request.method, "/".join([*parts[:3], "*", *tail])))
        request.argument = parts[3] if tail or parts[1] != "sim" else "/".join(parts[3:])
        if route is not None and (parts[1] == "sim" or len(parts) == 4):
            return route
    raise GatewayError(404, [f"Cannot {request.method} {request.path}"])


def _guard(simulator: Simulator, guard: Guard, request: Request) -> None:
    if guard is Guard.OPEN:
        return
    key, instances = request.headers.get("apikey", ""), simulator.world.instances
    is_global = _same(key, simulator.settings.api_key)
    if guard is Guard.INSTANCE:
        request.found = instances.get(request.argument)
        if request.found is None:
            raise unknown_instance(request.argument)
        allowed = is_global or _same(key, request.found.token)
    elif guard is Guard.LIST:
        # The rows of an instance's key are its own: `found` narrows the list, with the global key it stays None.
        request.found = None if is_global else _owner_of(instances, key)
        allowed = is_global or request.found is not None
    else:
        _refuse_taken_name(instances, request.json)
        allowed = is_global
    if not allowed:
        raise unauthorized()


def _refuse_taken_name(instances: dict[str, Instance], body: Any) -> None:
    name = cast("JsonObject", body).get("instanceName") if isinstance(body, dict) else None
    if isinstance(name, str) and name in instances:
        raise GatewayError(403, [f'This name "{name}" is already in use.'])


def _owner_of(instances: dict[str, Instance], key: str) -> Instance | None:
    return next((instance for instance in instances.values() if _same(key, instance.token)), None)


def _same(key: str, expected: str) -> bool:
    return hmac.compare_digest(key.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


async def _disturb(simulator: Simulator) -> None:
    faults = simulator.chance.faults
    if faults.slow_ms and simulator.chance.strikes("slow"):
        await trio.sleep(faults.slow_ms / 1000)
    if simulator.chance.strikes("error_rate"):
        raise GatewayError(faults.error_status, "The simulator was told to fail (PUT /sim/faults).", reason="Fault")


async def _read_request(scope: Message, receive: Receive, limit: int) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = await _read_body(receive, limit)
    query = _parse_query(scope["query_string"].decode("latin-1"))
    return Request(scope["method"], scope["path"], "", query, headers, _parse(scope["method"], headers, body))


def _parse_query(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, max_num_fields=_MAX_QUERY_FIELDS))
    except ValueError as error:
        raise unreadable_body(f"too many query parameters: expected {_MAX_QUERY_FIELDS} at most") from error


def _parse(method: str, headers: dict[str, str], body: bytes) -> Any:
    if method not in _BODY_METHODS or not body or not headers.get("content-type", "").startswith("application/json"):
        return {}
    try:
        value: object = decode(body)
    except BadJson as error:
        raise unreadable_body(str(error)) from error
    if not isinstance(value, dict | list):
        raise unreadable_body("Unexpected token in JSON: the body must be an object or an array")
    return cast("Any", value)


async def _read_body(receive: Receive, limit: int) -> bytes:
    chunks, size = list[bytes](), 0
    while True:
        message: JsonObject = await receive()
        if message["type"] == "http.disconnect":
            raise unreadable_body("request aborted")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise unreadable_body("request entity too large", 413)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _respond(send: Send, response: Response) -> None:
    headers = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        *response.headers,
    ]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: JsonObject = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
