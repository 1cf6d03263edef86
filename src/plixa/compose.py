"""The composition root: what a node is made of, in the order in which it is opened and closed.

    database → store → supervisor, registry → effects, timers, watch → HTTP server

All are siblings or nested scopes of one trio run. Stopping goes the other way round and takes at most `STOP_WITHIN`:
nothing new is taken, sockets are told to come back elsewhere, mailboxes are drained, and what is still on its way to
the gateway is left as `attempting`, which the next start reconciles.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, replace

import structlog
import trio

from plixa import features
from plixa.actors.whatsapp.number import NumberStatus
from plixa.actors.workspace.events import NumberRemoved
from plixa.engine.brake import Brake, strikes_file
from plixa.engine.clock import Clock, SystemClock
from plixa.engine.effects import EffectRunner
from plixa.engine.events import Recorded
from plixa.engine.fanout import Fanout
from plixa.engine.parking import Parking
from plixa.engine.ports import Address, Commit
from plixa.engine.registry import Registry
from plixa.engine.service import Service, supervise
from plixa.engine.settings import Settings
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry
from plixa.engine.timers import TimerService
from plixa.engine.watchdog import Watchdog
from plixa.http.ai.answering import Answering
from plixa.http.ai.client.opening import open_answerer
from plixa.http.api.limits import Limits
from plixa.http.api.services import Services
from plixa.http.assignment.effects import Inner
from plixa.http.clients.mail.opening import open_mailer
from plixa.http.clients.pictures.store import open_pictures
from plixa.http.clients.safe_http import safe_client
from plixa.http.contacts.importer import Importer
from plixa.http.conversation.media import MediaFolder
from plixa.http.effect_kinds import EFFECTS
from plixa.http.notifications.pushing import Pushing, open_push
from plixa.http.realtime.judge import Judge
from plixa.http.realtime.shown_events import erases, view
from plixa.http.server.app import asgi, make_app
from plixa.http.server.connections import Connections
from plixa.http.server.limits import most_connections
from plixa.http.server.ops import metrics_app
from plixa.http.server.serving import listen, serve
from plixa.http.whatsapp.directory import Directory
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.ingress import Ingress
from plixa.http.whatsapp.intake import Intake
from plixa.http.whatsapp.kept import KeptBodies
from plixa.http.whatsapp.links import Links
from plixa.http.whatsapp.outbound import Outbound
from plixa.http.whatsapp.qr import QrBoard
from plixa.http.whatsapp.watch import Watch
from plixa.http.workspace.erasure import Chores
from plixa.storage.lifetime.retention import Retention
from plixa.storage.nodes.name_lock import only_process
from plixa.storage.postgres.bridge import open_database
from plixa.storage.store import open_store

STOP_WITHIN = 9.0
GOODBYES_WITHIN = 3.0
log = structlog.get_logger("plixa")


@dataclass(slots=True)
class Node:
    """A running node: its services, and where it listens."""

    services: Services
    ingress: Ingress
    port: int
    stop: trio.Event
    runs: Sequence[Service]


@asynccontextmanager
async def open_node(settings: Settings, clock: Clock | None = None, *, alone: bool = False) -> AsyncGenerator[Node]:
    """A node that serves until the block is left. Raises `Unavailable` without a database.

    alone: the process is this node's, and so is its alarm signal; elsewhere stalls are measured, but not ended.
    """
    with listen(settings.host, settings.port) as listener:  # closed here only if the server never took it over
        async with _open(settings, clock or SystemClock(), listener, alone) as node:
            yield node


@asynccontextmanager
async def _open(settings: Settings, clock: Clock, listener: socket.socket, alone: bool) -> AsyncGenerator[Node]:
    telemetry = Telemetry()
    strikes = strikes_file(settings.data_dir, settings.node)
    brake = Brake(clock, strikes)
    watchdog = Watchdog(brake, telemetry, strikes.with_suffix(".stacks"))
    port = listener.getsockname()[1]
    public_url = settings.public_url or f"http://{reachable(settings.host)}:{port}"
    async with (
        _armed(watchdog, alone),
        open_database(settings.database_url, size=settings.database_pool) as database,
        only_process(database, settings.node),
        open_store(
            database,
            secret_key=settings.secret_key,
            node=settings.node,
            kinds=(kinds := features.prepared_kinds(database, clock)),
            schema=features.schema(),
            telemetry=telemetry,
        ) as store,
        EvolutionClient(settings.evolution_url, settings.evolution_api_key) as gateway,
        open_mailer(
            resend_api_key=settings.resend_api_key,
            resend_url=settings.resend_url,
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            data_dir=settings.data_dir,
            clock=clock,
        ) as mailer,
        open_answerer(
            settings.openai_api_key, settings.openai_base_url, settings.openai_model, settings.ai_timeout
        ) as answerer,
        open_pictures(
            data_dir=settings.data_dir,
            public_base=settings.pictures_url or f"{public_url}/v1/images",
            s3_url=settings.s3_url,
            s3_bucket=settings.s3_bucket,
            s3_region=settings.s3_region,
            s3_key=settings.s3_access_key_id,
            s3_secret=settings.s3_secret_access_key,
        ) as pictures,
        open_push(
            database,
            store.keyring.application_key,
            settings.vapid_subject,
            clock,
            allow_loopback=not settings.production,
        ) as push,
        safe_client(allow_loopback=not settings.production) as abroad,
        trio.open_nursery() as nursery,
    ):
        await nursery.start(watchdog.run)
        supervisor = Supervisor(store, kinds, "workspace", clock, telemetry, brake)
        registry = Registry(supervisor)
        services = Services(
            settings=settings,
            clock=clock,
            telemetry=telemetry,
            database=database,
            store=store,
            bus=registry,
            fanout=Fanout(view, store.head),
            gateway=gateway,
            directory=Directory(database, registry),
            media=MediaFolder(settings.data_dir / "media"),
            qr=QrBoard(),
            limits=Limits(),
            public_url=public_url,
            mailer=mailer,
            answerer=answerer,
            pictures=pictures,
            push=push,
            links=Links(abroad),
        )
        node = _wire(services, supervisor, port)
        await _start(node, nursery, listener)
        try:
            yield node
        finally:
            await _stop(node)
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def _armed(watchdog: Watchdog, alone: bool) -> AsyncGenerator[None]:
    with watchdog.armed() if alone else nullcontext():
        yield


def _wire(services: Services, supervisor: Supervisor, port: int) -> Node:
    """Make the parts know each other."""
    seal = services.store.keyring.application_key
    intake = Intake(
        services.database,
        services.bus,
        services.directory,
        services.qr,
        services.clock,
        seal,
        services.telemetry,
        services.settings.node,
    )
    services.held = intake.held
    watch = Watch(services.database, services.bus, services.gateway, services.clock)
    outbound = Outbound(services, intake)
    chores = Chores(services)
    services.pushing = Pushing(services)
    services.judge = Judge(services.database)
    rate = services.settings.send_rate or None
    services.effects = EffectRunner(
        services.store,
        services.bus,
        services.clock,
        services.telemetry,
        EFFECTS,
        {
            **outbound.handlers,
            **Inner(services).handlers,
            **chores.handlers,
            **Answering(services).handlers,
            "contacts.import": Importer(services).run,
            "push.send": services.pushing.tell,
        },
        outbound.reconcilers,
        supervisor.kinds.keys(),
        lambda pace: rate if pace.startswith("number-") else None,
        services.settings.send_doubt,
        supervisor.brake,
    )
    services.timers = TimerService(services.store, services.bus, services.clock, services.telemetry)
    kept = KeptBodies(intake, services.directory, services.database, services.clock, seal, services.settings.node)
    ingress = Ingress(intake, services.directory, watch, kept, services.clock, services.telemetry, supervisor.brake)

    retention = Retention(
        services.database, services.store.schema, services.clock, services.telemetry, services.store.versions
    )
    services.store.writer.listeners |= _listeners(services, intake)
    services.store.taken_over += [services.directory.forget_tenant, services.fanout.forget, services.effects.taken_over]
    runs = [
        Service("supervisor", supervisor.run),
        Service("intake", intake.run),
        Service("outbox", services.effects.run),
        Service("timers", services.timers.run),
        Service("parking", Parking(services.store, services.bus, supervisor.brake).run),
        Service("kept", kept.run),
        Service("registry", services.bus.run),
        Service("watch", watch.run),
        Service("chores", chores.run),
        Service("pushing", services.pushing.run),
        Service("judge", services.judge.run),
        Service("retention", retention.run),
    ]
    return Node(services, ingress, port, trio.Event(), runs)


def _listeners(services: Services, intake: Intake) -> dict[str, Callable[[Commit, list[Recorded]], None]]:
    """Who hears of each commit, in this order. Each is on its own: one that raises keeps nothing from the next."""

    def live_push(commit: Commit, recorded: list[Recorded]) -> None:
        if any(map(erases, recorded)):
            services.fanout.forget(commit.address.tenant)
        services.fanout.publish(commit, recorded)

    def outbox(commit: Commit, _: list[Recorded]) -> None:
        if commit.effects or commit.marks:
            services.effects.committed(commit.address, list(commit.effects), list(commit.marks))

    def timers(commit: Commit, _: list[Recorded]) -> None:
        if commit.timers_set:
            services.timers.nudge(min(commit.timers_set.values()))

    def numbers(commit: Commit, recorded: list[Recorded]) -> None:
        for each in recorded:
            _follow_numbers(services, commit.address, each.event)

    def judge(commit: Commit, _: list[Recorded]) -> None:
        if commit.address.kind == "workspace":  # whatever it is that has changed: members, sessions, what they may
            services.judge.hurry(commit.address.tenant)

    return {
        "live_push": live_push,
        "outbox": outbox,
        "timers": timers,
        "numbers": numbers,
        "intake": intake.committed,
        "judge": judge,
    }


def _follow_numbers(services: Services, owner: Address, event: object) -> None:
    """What waits for a number goes on when it is open again, old codes are no good; a removed one is looked up anew."""
    if isinstance(event, NumberStatus):
        if event.status in ("connected", "disconnected"):
            services.qr.clear(owner.tenant, owner.id)
        if event.status == "connected":
            services.effects.resume(owner.tenant, f"number-{owner.id}")
    elif isinstance(event, NumberRemoved):
        services.directory.forget_number(owner.tenant, event.number_id)


async def _start(node: Node, nursery: trio.Nursery, listener: socket.socket) -> None:
    for service in node.runs:
        await nursery.start(supervise, service, node.services.telemetry)
    settings = node.services.settings
    # Behind proxies of ours the address is the proxy's.
    each = 0 if settings.trusted_proxies else settings.connections_per_address
    connections = Connections(most_connections(), each)
    await nursery.start(serve, asgi(make_app(node.services), node.ingress), listener, node.stop, connections)
    if settings.metrics_port is not None:
        own = listen(settings.host, settings.metrics_port, "METRICS_PORT")
        await nursery.start(serve, metrics_app(node.services), own, node.stop, connections)
    log.info("serving", url=node.services.public_url, port=node.port, node=node.services.settings.node)


def reachable(host: str) -> str:
    """How to reach a server on this machine that listens there."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)


async def _stop(node: Node) -> None:
    """See the module's text; may be called while being cancelled."""
    services = node.services
    log.info("stopping")
    with trio.CancelScope(shield=True, deadline=trio.current_time() + STOP_WITHIN):
        node.ingress.draining = True
        services.draining.set()
        services.effects.stop()
        with trio.move_on_after(GOODBYES_WITHIN):  # before the server closes on them without a word
            while services.sockets:  # noqa: ASYNC110  # once in a process's life
                await trio.sleep(0.01)
        node.stop.set()
        with trio.move_on_after(4):
            while services.effects.under_way:  # noqa: ASYNC110  # a limiter has no event to wait for
                await trio.sleep(0.02)
        with trio.move_on_after(3):
            await services.bus.drain()
    log.info("stopped")


def with_gateway(settings: Settings, url: str, key: str) -> Settings:
    """The settings, with this gateway."""
    return replace(settings, evolution_url=url, evolution_api_key=key)
