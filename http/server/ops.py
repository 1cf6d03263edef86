"""For operators: `/healthz` (the process runs), `/readyz` (it can work), `/metrics` (Prometheus)."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import trio
from quart import Response, request
from quart_trio import QuartTrio

from plixa.engine.errors import PlixaError
from plixa.engine.telemetry import Telemetry
from plixa.engine.wire import MOST, Wires
from plixa.http.api.services import Services

READY_WITHIN = 3.0
NO_TOKEN = "METRICS_TOKEN is wanted here, as a bearer token."


def add_ops(app: QuartTrio, services: Services) -> None:
    """Add the operators' pages."""

    @app.get("/healthz")
    async def healthz() -> Response:
        return _json({"status": "ok"})

    @app.get("/readyz")
    async def readyz() -> Response:
        checks = {"database": await _database(services), "draining": "yes" if services.draining.is_set() else "no"}
        if services.wires is not None:
            checks["apart"] = "yes" if services.apart() else "no"
        ready = checks["database"] == "ok" and "yes" not in checks.values()
        return _json({"status": "ready" if ready else "not ready", **checks}, 200 if ready else 503)

    settings = services.settings
    if settings.metrics_port is None and (settings.metrics_token or not settings.production):

        @app.get("/metrics")
        async def metrics() -> Response:
            if not may_measure(services, request.headers.get("Authorization", "")):
                return Response(NO_TOKEN, 401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
            await measure(services)
            return Response(services.telemetry.render(), content_type="text/plain; version=0.0.4")


def may_measure(services: Services, authorization: str) -> bool:
    """Whether whoever sends this header may see how we are."""
    wanted = services.settings.metrics_token
    return not wanted or hmac.compare_digest(authorization.encode(), f"Bearer {wanted}".encode())


def metrics_app(services: Services) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """`/metrics` alone, as an ASGI application for a port of its own."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":  # a server that is not answered does not start
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
        if scope["type"] != "http":
            return
        known = scope["path"] == "/metrics"
        sent = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        if known and not may_measure(services, sent):
            status, body = 401, NO_TOKEN.encode()
        elif known:
            await measure(services)
            status, body = 200, services.telemetry.render()
        else:
            status, body = 404, b"only /metrics is here"
        headers = [(b"content-type", b"text/plain; version=0.0.4"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def _database(services: Services) -> str:
    with trio.move_on_after(READY_WITHIN):
        try:
            await services.database.run(_one)
        except PlixaError as error:
            return str(error)
        return "ok"
    return f"no answer within {READY_WITHIN:g} s"


async def _one(connection: Any) -> None:
    await connection.fetchval("select 1")


async def measure(services: Services) -> None:
    """Bring the gauges up to date that nobody sets as things happen."""
    for cache, size in caches(services).items():
        services.telemetry.cache_entries.labels(cache).set(size)
    services.telemetry.beat_age.set(services.store.ownership.belief.age)
    if services.wires is not None:
        carrying(services.telemetry, services.wires)
    try:
        row = await services.database.run(_look)
    except PlixaError:
        return
    services.telemetry.outbox_age.set(row["oldest"] or 0)
    services.telemetry.dead_letters_waiting.set(row["waiting"])
    services.telemetry.backup_finished.set(row["backup"] or 0)


def carrying(telemetry: Telemetry, wires: Wires) -> None:
    """What is on its way to and from other nodes."""
    for kind in MOST:
        telemetry.wire_streams.labels(kind).set(wires.counts[kind])
    telemetry.wire_bytes.set(wires.in_flight)


def caches(services: Services) -> dict[str, int]:
    """By name, how many entries each has; ARCHITECTURE.md says what it may hold."""
    actors = sum(len(scope.cells) for scope in services.bus.supervisor.scopes.values())
    sizes = {"stream_keys": len(services.store.keyring), "actors": actors}
    for feature in services.opened:
        sizes |= feature.sizes()
    return sizes


async def _look(connection: Any) -> Any:
    return await connection.fetchrow(
        "select (select extract(epoch from now() - min(created_at))::float8 from outbox "
        "where state in ('queued', 'attempting', 'unknown')) as oldest, (select count(*) from parked) as waiting, "
        "(select extract(epoch from max(finished_at))::float8 from backups) as backup"
    )


def _json(value: dict[str, str], status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, content_type="application/json")
