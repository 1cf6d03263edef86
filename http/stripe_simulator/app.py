"""The ASGI application: key, account, idempotency, faults, then what `api` and `connect` have; pages beside.

Order, as in the original: key (401), account (403), route (404), what the key of the request was answered before, the
parameters (400), the act. A 4xx of the parameters is not kept for the key; whatever came after the act began is, a 500
included.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any, cast

import trio

from . import api, connect, form, life, pages
from .errors import StripeRefusal
from .settings import API_VERSION, StripeSettings
from .webhooks import Webhooks
from .world import Answered, Json, Store, World, visible

ROUTES = {**api.ROUTES, **connect.ROUTES}
MAX_BODY = 1024 * 1024
REMEMBERED = 2_000
_OLD = frozenset({"payment_method_types"})


class Lost(Exception):
    """The connection breaks instead of an answer."""


class StripeApp:
    """Give it to a server that hangs up when an application returns without an answer; run `run` beside it."""

    def __init__(self, settings: StripeSettings) -> None:
        self.world = World(settings)
        self.webhooks = Webhooks(self.world)
        self.world.told = self.webhooks.happened
        self._furnish(settings)

    def _furnish(self, settings: StripeSettings) -> None:
        own = self.world.own
        own.of("portal_configuration")["bpc_1"] = {
            "id": "bpc_1", "object": "billing_portal.configuration", "active": True, "is_default": True,
        }  # fmt: skip
        for id_, (product, interval, amount) in settings.prices.items():
            own.of("product").setdefault(
                f"prod_{product}",
                {"id": f"prod_{product}", "object": "product", "name": product, "active": True, "metadata": {}},
            )
            own.of("price")[id_] = price(id_, f"prod_{product}", interval, amount, settings.currency)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell of events and let time pass, until cancelled."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.webhooks.run)
            task_status.started()
            while True:
                await trio.sleep(1)
                life.pass_time(self.world)

    def advance(self, seconds: float) -> None:
        """Put the clock forward; everything that falls due happens."""
        self.world.ahead += seconds
        life.pass_time(self.world)
        self.webhooks.hurry()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI 3, HTTP only."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        body = await _body(receive)
        query = scope["query_string"].decode("latin-1")
        life.pass_time(self.world)
        if not scope["path"].startswith(("/v1/", "/v2/")):
            await _send(send, *self._page(scope["method"], scope["path"], query, body))
            return
        try:
            status, shown = await self._answer(scope["method"], scope["path"], query, body, headers)
        except StripeRefusal as refusal:
            status, shown = refusal.status, refusal.body()
        except Lost:
            return
        date = formatdate(self.world.now(), usegmt=True)
        more = {"request-id": self.world.id("req"), "stripe-version": API_VERSION, "date": date}
        await _send(send, status, json.dumps(visible(shown)).encode(), "application/json", more)

    def _page(self, method: str, path: str, query: str, body: bytes) -> pages.Page:
        try:
            return pages.answer(self, method, path, form.decode(query), form.decode(body.decode("utf-8", "replace")))
        except StripeRefusal as refusal:
            return pages.shown("Not possible", f"<p>{pages.escape(refusal.message)}</p>", refusal.status)

    async def _answer(
        self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, Json]:
        store = self._store(headers)
        params = _parameters(path, query, body)
        self.world.calls.append((method, path, params))
        del self.world.calls[:-REMEMBERED]
        await self._disturb(path)
        key = headers.get("idempotency-key") if method == "POST" else None
        request = hashlib.sha256(f"{path} {sorted(params.items())}".encode()).hexdigest()
        if key is not None and (before := store.answered.get(key)) is not None:
            return _again(before, request)
        handler, ask = self._route(method, path, store, params)
        if key is not None:
            store.answered[key] = Answered(request, self.world.now())
        status, shown = self._act(handler, ask, store, key)
        if self._strikes("lost", path):
            raise Lost
        return status, shown

    def _act(self, handler: api.Handler, ask: api.Ask, store: Store, key: str | None) -> tuple[int, Json]:
        try:
            status, shown = 200, visible(handler(ask))
        except StripeRefusal:
            if key is not None:
                del store.answered[key]
            raise
        if self._strikes("crashed", self.world.calls[-1][1]):
            status, shown = 500, StripeRefusal("An unknown error occurred", status=500).body()
        if key is not None:
            store.answered[key].status, store.answered[key].body = status, shown
        return status, shown

    def _store(self, headers: Mapping[str, str]) -> Store:
        if headers.get("authorization") != f"Bearer {self.world.settings.key}":
            raise StripeRefusal("Invalid API Key provided.", status=401)
        return self.world.store(headers.get("stripe-account", ""))

    def _route(self, method: str, path: str, store: Store, params: Json) -> tuple[api.Handler, api.Ask]:
        for (wanted, pattern), (handler, takes) in ROUTES.items():
            if wanted == method and (ids := _match(pattern, path)) is not None:
                _must_take(params, takes)
                return handler, api.Ask(self.world, store, ids, params)
        raise StripeRefusal(f"Unrecognized request URL ({method}: {path}).", status=404)

    async def _disturb(self, path: str) -> None:
        faults = self.world.faults
        if not path.startswith(faults.path or "/"):
            return
        if faults.slow:
            await trio.sleep(faults.slow)
        if self._strikes("unsent", path):
            raise Lost
        if faults.statuses:
            status = faults.statuses.pop(0)
            raise StripeRefusal("It was told to fail.", status=status, type_="rate_limit" if status == 429 else "")

    def _strikes(self, which: str, path: str) -> bool:
        left = getattr(self.world.faults, which)
        if not left or not path.startswith(self.world.faults.path or "/"):
            return False
        setattr(self.world.faults, which, left - 1)
        return True


def price(id_: str, product: str, interval: str, amount: int, currency: str) -> Json:
    """A price as it is shown."""
    return {
        "id": id_,
        "object": "price",
        "active": True,
        "currency": currency,
        "currency_options": {},
        "metadata": {},
        "product": product,
        "recurring": {"interval": interval, "interval_count": 1, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": amount,
        "livemode": False,
    }


def _again(before: Answered, request: str) -> tuple[int, Json]:
    if before.request != request:
        raise StripeRefusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            type_="idempotency_error",
        )
    if before.body is None:
        raise StripeRefusal(
            "There is another request in progress with this key.", status=409, code="idempotency_key_in_use"
        )
    return before.status, before.body


def _match(pattern: str, path: str) -> tuple[str, ...] | None:
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given) or any(w not in ("*", g) for w, g in zip(wanted, given, strict=True)):
        return None
    return tuple(g for w, g in zip(wanted, given, strict=True) if w == "*")


def _must_take(params: Json, takes: tuple[str, ...]) -> None:
    for name in params:
        if name in _OLD:
            raise StripeRefusal(
                f"The parameter `{name}` is no longer supported.",
                code=f"{name}_no_longer_supported",
                param=name,
            )
        if name not in takes:
            raise StripeRefusal(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def _parameters(path: str, query: str, body: bytes) -> Json:
    params = form.decode(query)
    if not body:
        return params
    if not path.startswith("/v2/"):
        return params | form.decode(body.decode("utf-8", "replace"))
    try:
        return params | cast("Json", json.loads(body))
    except (ValueError, TypeError) as error:
        raise StripeRefusal("Invalid JSON.") from error


async def _body(receive: Any) -> bytes:
    data = b""
    while True:
        message: Json = await receive()
        data += bytes(message.get("body", b""))
        if len(data) > MAX_BODY:
            raise StripeRefusal("Too large.", status=413)
        if not message.get("more_body"):
            return data


async def _send(send: Any, status: int, body: bytes, kind: str, more: Mapping[str, str]) -> None:
    headers = {"content-type": kind, "content-length": str(len(body)), **more}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
