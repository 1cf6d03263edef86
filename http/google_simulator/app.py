"""The ASGI application: faults, tokens and scopes, then what `calendar` has; pages beside.

`POST /sim/faults` sets switches (`name=value`, as a form), `POST /sim/clock` puts the clock forward (`advance`, in
seconds), `GET /` shows what stands in whose calendar.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

import httpx
import trio

from . import calendar, consent
from .errors import Lost, Refusal, TokenRefusal
from .settings import GoogleSettings
from .world import PREFIX, REMEMBERED, Account, Json, World

MAX_BODY = 1024 * 1024
API = "/calendar/v3"
PUSH_WITHIN = 1.0
Answer = tuple[int, bytes, str, dict[str, str]]


class GoogleApp:
    """Give it to a server that hangs up when an application returns without an answer; run `run` beside it."""

    def __init__(self, settings: GoogleSettings) -> None:
        self.world = World(settings)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell whoever watches, until cancelled."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            task_status.started()
            while True:
                await self.push(client)
                await trio.sleep(0.05)

    async def push(self, client: httpx.AsyncClient) -> None:
        """Whatever has to be told, once; nobody tries again."""
        while self.world.pushes and self.world.settings.push:
            address, headers = self.world.pushes.pop(0)
            with trio.CancelScope(shield=True, deadline=trio.current_time() + PUSH_WITHIN), suppress(httpx.HTTPError):
                await client.post(address, headers=headers)  # cut off in the middle, httpx leaves its body half read

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI 3, HTTP only."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        target = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        try:
            answer = await self.answer(scope["method"], target, headers, await _body(receive))
        except Lost:
            return
        await _send(send, *answer)

    async def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Any request. target: path and query. Raises `Lost`."""
        path, _, text = target.partition("?")
        query = dict(parse_qsl(text, keep_blank_values=True))
        self.world.calls.append((method, path))
        del self.world.calls[:-REMEMBERED]
        if path.startswith(API) or path in ("/token", "/revoke"):
            return await self._api(method, path, query, headers, body)
        return self._page(method, path, query, headers, body)

    async def _api(self, method: str, path: str, query: Json, headers: Mapping[str, str], body: bytes) -> Answer:
        world = self.world
        if world.faults.slow and world.faults.path in path:
            await trio.sleep(world.faults.slow)
        if world.strikes("unsent", path):
            raise Lost
        try:
            self._disturb(path)
            found = self._act(method, path, query, headers, body)
            if world.strikes("crashed", path):
                raise Refusal(500, "backendError", "Backend Error")
        except Refusal as refusal:
            return _json(refusal.status, refusal.body())
        except TokenRefusal as refusal:
            return _json(refusal.status, refusal.body())
        except (KeyError, ValueError, TypeError):
            return _json(400, Refusal(400, "badRequest", "Bad Request").body())
        if world.strikes("lost", path):
            raise Lost
        if world.strikes("garbled", path):
            return 200, b"<html>Service unavailable", "text/html", {}
        return (204, b"", "application/json", {}) if found is None else _json(200, found)

    def _disturb(self, path: str) -> None:
        if self.world.strikes("away", path):
            raise Refusal(503, "backendError", "Service Unavailable")
        if not path.startswith(API):
            return
        if self.world.strikes("unauthorised", path):
            raise Refusal(401, "authError", "Invalid Credentials")
        if self.world.strikes("rates", path):
            raise Refusal(403, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")
        if self.world.strikes("full", path):
            raise Refusal(403, "quotaExceeded", "Calendar usage limits exceeded.", "usageLimits")
        if self.world.strikes("busy", path):
            raise Refusal(429, "rateLimitExceeded", "Rate Limit Exceeded", "usageLimits")

    def _act(self, method: str, path: str, query: Json, headers: Mapping[str, str], body: bytes) -> Json | None:
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        if path == "/token":
            return consent.tokens(self.world, form)
        if path == "/revoke":
            return consent.revoke(self.world, form)
        account = self._account(headers.get("authorization", ""))
        given = cast("Json", json.loads(body)) if body else {}
        return self._calendar(method, path.removeprefix(API), query, headers, account, given)

    def _calendar(
        self, method: str, path: str, query: Json, headers: Mapping[str, str], account: Account, given: Json
    ) -> Json | None:
        world, parts = self.world, [unquote(each) for each in path.strip("/").split("/")]
        match method, parts:
            case "POST", ["freeBusy"]:
                _must_grant(account, calendar.LOOKS)
                return calendar.free_busy(world, account, given)
            case "POST", ["channels", "stop"]:
                calendar.stop(world, given)
                return None
            case _, ["calendars", id_, "events", *rest] if id_ in ("primary", account.email):
                _must_grant(account, calendar.WRITES)
            case _:
                raise Refusal(404, "notFound", "Not Found")
        match method, rest:
            case "GET", []:
                return calendar.listed(world, account, query)
            case "POST", []:
                return calendar.insert(world, account, given)
            case "POST", ["watch"]:
                return calendar.watch(world, account, given)
            case "GET", [event]:
                return calendar.must_have(account, event).data
            case "PATCH", [event]:
                return calendar.patch(world, account, event, given, headers.get("if-match", ""))
            case "DELETE", [event]:
                calendar.delete(world, account, event)
                return None
            case _:
                raise Refusal(404, "notFound", "Not Found")

    def _account(self, authorization: str) -> Account:
        email, until = self.world.access.get(authorization.removeprefix("Bearer "), ("", 0.0))
        if not email or until <= self.world.now():
            raise Refusal(401, "authError", "Invalid Credentials")
        return self.world.account(email)

    # -- pages --------------------------------------------------------------------------------------------------------

    def _page(self, method: str, path: str, query: Json, headers: Mapping[str, str], body: bytes) -> Answer:
        given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        match method, path:
            case "GET", "/o/oauth2/v2/auth":
                return consent.page(self.world, query, headers.get("accept-language", ""))
            case "POST", "/o/oauth2/v2/auth":
                return consent.decided(self.world, given)
            case "GET", "/":
                return 200, self._overview().encode(), "text/html; charset=utf-8", {}
            case "POST", "/sim/clock":
                self.world.ahead += float(given.get("advance", 0))
                return 200, str(self.world.now()).encode(), "text/plain", {}
            case "POST", "/sim/faults":
                return self._switched(given)
            case _:
                return 404, b"Not Found", "text/plain", {}

    def _switched(self, given: Json) -> Answer:
        faults = self.world.faults
        for name, value in given.items():
            if not hasattr(faults, name):
                return 400, f"There is no such switch: {name}".encode(), "text/plain", {}
            setattr(faults, name, type(getattr(faults, name))(value))
        return 200, repr(faults).encode(), "text/plain", {}

    def _overview(self) -> str:
        rows = "".join(
            f"<h2>{escape(account.email)}</h2><ul>"
            + "".join(f"<li>{escape(_line(each.data))}" for each in account.events.values() if each.alive)
            + "</ul>"
            for account in self.world.accounts.values()
        )
        return (
            "<!doctype html><html lang=en><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            f"<title>Google</title><style>{consent.STYLE}</style><h1>Simulated Google</h1>{rows}"
        )


def _line(data: Json) -> str:
    start = data["start"].get("dateTime") or data["start"].get("date")
    return f"{start} {data.get('summary', '')}"


def _must_grant(account: Account, any_of: frozenset[str]) -> None:
    if not any(f"{PREFIX}{each}" in account.scopes for each in any_of):
        raise Refusal(403, "insufficientPermissions", "Request had insufficient authentication scopes.")


def _json(status: int, shown: Json) -> Answer:
    return status, json.dumps(shown).encode(), "application/json", {}


async def _body(receive: Any) -> bytes:
    data = b""
    while True:
        message: Json = await receive()
        data += bytes(message.get("body", b""))
        if len(data) > MAX_BODY:
            raise Lost
        if not message.get("more_body"):
            return data


async def _send(send: Any, status: int, body: bytes, kind: str, more: Mapping[str, str]) -> None:
    length = {} if status == 204 else {"content-length": str(len(body))}
    headers = {"content-type": kind, **length, **more}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
