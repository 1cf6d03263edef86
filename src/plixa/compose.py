"""The composition root: what a node is made of, in the order in which it is opened and closed.

    database → store → supervisor, registry → what each feature opens → effects, timers → HTTP server

All are siblings or nested scopes of one trio run. Stopping goes the other way round and takes at most `STOP_WITHIN`:
nothing new is taken, sockets are told to come back elsewhere, mailboxes are drained, and what is still on its way to
the gateway is left as `attempting`, which the next start reconciles. Closing the rest takes five seconds more at most,
though the database hangs: the writer's `FINISH_WITHIN`, and the bridge's `GIVE_UP_WITHIN` and `CLOSE_WITHIN`.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

import structlog
import trio

from plixa import features
from plixa.actors.staff.stays import WorkspaceResumed, sends_nothing
from plixa.actors.workspace.state import Workspace
from plixa.engine.brake import Brake, strikes_file
from plixa.engine.clock import Clock, SystemClock
from plixa.engine.dead_letters import DeadLetters
from plixa.engine.effects import EffectRunner, Held
from plixa.engine.errors import PlixaError
from plixa.engine.events import Recorded
from plixa.engine.fanout import Fanout
from plixa.engine.handover import HandOver
from plixa.engine.ownership import Owners
from plixa.engine.placement import wish
from plixa.engine.ports import Address, Commit, Owner
from plixa.engine.registry import Registry
from plixa.engine.service import Service, supervise
from plixa.engine.settings import Settings
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry
from plixa.engine.timers import TimerService, Waits
from plixa.engine.watchdog import Watchdog
from plixa.engine.wire import Carrier, Wires
from plixa.http.api.limits import Limits
from plixa.http.api.services import Listener, Services
from plixa.http.feature import Edge as Brought, Resumes
from plixa.http.panel.forms import forms_page
from plixa.http.realtime.judge import Judge
from plixa.http.realtime.shown_events import ShownEvents, erases
from plixa.http.relay.edge import Edge
from plixa.http.relay.home import Home
from plixa.http.relay.nats import over_nats
from plixa.http.relay.posting import Post
from plixa.http.relay.whose import Whose
from plixa.http.server.app import asgi, make_app
from plixa.http.server.connections import Connections
from plixa.http.server.early import App
from plixa.http.server.limits import most_connections
from plixa.http.server.ops import metrics_app
from plixa.http.server.serving import listen, serve
from plixa.http.server.traces import traced
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.lifetime.retention import Retention
from plixa.storage.nodes.name_lock import only_process
from plixa.storage.postgres.bridge import open_database
from plixa.storage.store import PostgresStore, open_store
from plixa.storage.tools.rekey import accepted_key

Carried = Callable[[Owner], Carrier]
"""What makes the carrier of a node."""
STOP_WITHIN = 9.0
GOODBYES_WITHIN = 3.0
HAND_OVER_WITHIN, LEAVE_WITHIN = 2.0, 1.0
SENDS_END_WITHIN = 1.0
"""Of the first: for sends that were under way before, and still are."""
log = structlog.get_logger("plixa")


@dataclass(slots=True)
class Node:
    """A running node: its services, what features bring to it, and where it listens."""

    services: Services
    effects: EffectRunner
    timers: TimerService
    edges: Sequence[Brought]
    runs: Sequence[Service]
    port: int
    handover: HandOver
    stop: trio.Event = field(default_factory=trio.Event)


@asynccontextmanager
async def open_node(
    settings: Settings,
    clock: Clock | None = None,
    *,
    alone: bool = False,
    carrier: Carried | None = None,
    listener: socket.socket | None = None,
) -> AsyncGenerator[Node]:
    """A node that serves until the block is left. Raises `Unavailable` without a database.

    alone: the process is this node's, and so is its alarm signal; elsewhere stalls are measured, but not ended.
    carrier: to other nodes; None: NATS, or none where there is no NATS_URL. listener: None: one of its own.
    """
    carrier = carrier or over_nats(settings)
    with listener or listen(settings.host, settings.port) as taken:  # closed here only if the server never took it over
        async with _open(settings, clock or SystemClock(), taken, alone, carrier) as node:
            yield node


@asynccontextmanager
async def _open(
    settings: Settings, clock: Clock, listener: socket.socket, alone: bool, carrier: Carried | None
) -> AsyncGenerator[Node]:
    telemetry = Telemetry()
    strikes = strikes_file(settings.data_dir, settings.node)
    brake = Brake(clock, strikes)
    watchdog = Watchdog(brake, telemetry, strikes.with_suffix(".stacks"))
    port = listener.getsockname()[1]
    public_url = settings.public_url or f"http://{reachable(settings.host)}:{port}"
    async with (
        _armed(watchdog, alone),
        traced(telemetry.tracing, settings.traces_to, settings.node, settings.traces_share),
        open_database(settings.database_url, size=settings.database_pool) as database,
        only_process(database, settings.node, key=(key := application_key(settings)).ids[0]) as has_name,
        accepted_key(database, features.schema(), key),
        open_store(
            database,
            secret_key=key,
            node=settings.node,
            kinds=(kinds := features.prepared_kinds(database, clock, packs=settings.log_for_release_before == "0")),
            schema=features.schema(),
            telemetry=telemetry,
        ) as store,
        AsyncExitStack() as opened,
    ):
        ownership = store.ownership
        supervisor = Supervisor(store, kinds, "workspace", clock, telemetry, brake, ownership.belief)
        ownership.held, ownership.opened, ownership.lost = has_name, supervisor.opened, supervisor.lost
        edges, shown = features.edges(), ShownEvents(features.logic())
        services = Services(
            settings=settings,
            clock=clock,
            telemetry=telemetry,
            database=database,
            store=store,
            bus=Registry(supervisor),
            owners=Owners(store.me, store.owner_of, supervisor.has, partial(_wish, store)),
            fanout=Fanout(shown.view, store.head),
            shown=shown,
            judge=Judge(database),
            public_url=public_url,
            tells=features.tells(),
            buttons=features.folded(edge.buttons for edge in edges),
            mails=features.mails(),
            wires=None if carrier is None else Wires(carrier(store.me)),
            limits=Limits(for_all=carrier is not None),
        )
        for edge in edges:
            if edge.open is not None:
                services.opened.append(await opened.enter_async_context(edge.open(services)))
        node = _wire(services, edges, supervisor, port)
        async with trio.open_nursery() as nursery:
            await nursery.start(supervise, Service("watchdog", watchdog.run), telemetry)
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


def _wire(services: Services, edges: Sequence[Brought], supervisor: Supervisor, port: int) -> Node:
    """Make the parts know each other."""
    opened, rates = services.opened, [each.rate for each in services.opened if each.rate is not None]
    effects = EffectRunner(
        services.store,
        services.bus,
        services.clock,
        services.telemetry,
        features.folded(edge.effects for edge in edges),
        features.folded(each.handlers for each in opened),
        features.folded(each.reconcilers for each in opened),
        supervisor.kinds.keys(),
        lambda pace: next((rate for of in rates if (rate := of(pace)) is not None), None),
        services.settings.send_doubt,
        supervisor.brake,
        _held(services),
    )
    timers = TimerService(services.store, services.bus, services.clock, services.telemetry, _waits(services))
    store = services.store
    retention = Retention(
        services.database, store.schema, services.clock, services.telemetry, store.versions, services.once
    )
    services.store.writer.listeners |= _listeners(services, effects, timers, [edge.resumes for edge in edges])
    services.store.taken_over += [
        *(forgets := list(chain.from_iterable(each.taken_over for each in opened))),
        services.fanout.forget, effects.taken_over,
    ]  # fmt: skip
    store.came += [effects.came, timers.came, *chain.from_iterable(each.came for each in opened)]
    supervisor.left += [
        services.store.left, services.fanout.leave, effects.left, timers.left, services.presence.forget, *forgets,
        *chain.from_iterable(each.left for each in opened),
    ]  # fmt: skip
    store.ownership.cut_off = services.fanout.leave_all
    store.ownership.changed = partial(_look_around, services, effects, timers, set())
    handover = HandOver(store.beating, supervisor, store.ownership, effects)
    if (wires := services.wires) is not None:
        handover.away_for = lambda: wires.away_for
        services.apart = lambda: handover.leaves
    runs = [
        Service("handover", handover.run),
        Service("supervisor", supervisor.run),
        *chain.from_iterable(each.services for each in opened),
        Service("outbox", effects.run),
        Service("timers", timers.run),
        Service("dead letters", DeadLetters(services.store, services.bus, supervisor.brake).run),
        Service("registry", services.bus.run),
        Service("judge", services.judge.run),
        Service("retention", retention.run),
    ]
    return Node(services, effects, timers, edges, runs, port, handover)


def _wish(store: PostgresStore, tenant: int) -> Owner | None:
    """Where a tenant should be that nobody has."""
    return wish(tenant, (store.beating.member, *store.ownership.members))


def _look_around(services: Services, effects: EffectRunner, timers: TimerService, seen: set[Owner]) -> None:
    """A node has come or gone: what one that is gone has left is looked for now, and nothing is awaited of it."""
    there = {each.owner for each in services.store.ownership.members}
    if services.wires is not None:
        for gone in seen - there:
            services.wires.lost(gone)
    seen.clear()
    seen |= there
    effects.look()
    timers.nudge()


def _held(services: Services) -> Held:
    """A suspended workspace sends nothing by itself."""

    async def held(tenant: int) -> bool:
        workspace: Workspace = await services.bus.workspace(tenant)
        return sends_nothing(workspace)

    return held


def _waits(services: Services) -> Waits:
    """The same of its timers, but for its own, by which it is erased, and what it writes to support."""
    held = _held(services)

    async def waits(address: Address) -> bool:
        return address.kind not in ("workspace", "ticket") and await held(address.tenant)

    return waits


def _listeners(
    services: Services, effects: EffectRunner, timers: TimerService, resumes: Sequence[Resumes]
) -> Mapping[str, Listener]:
    """Who hears of each commit, in this order. Each is on its own: one that raises keeps nothing from the next."""

    def live_push(commit: Commit, recorded: list[Recorded]) -> None:
        if any(map(erases, recorded)):
            services.fanout.forget(commit.address.tenant)
        services.fanout.publish(commit, recorded)

    def outbox(commit: Commit, _: list[Recorded]) -> None:
        if commit.effects or commit.marks:
            effects.committed(commit.address, list(commit.effects), list(commit.marks), commit.trace)

    def timed(commit: Commit, _: list[Recorded]) -> None:
        if commit.timers_set:
            timers.committed(commit.address, commit.timers_set, commit.trace)

    def resumed(commit: Commit, recorded: list[Recorded]) -> None:
        for each in recorded:
            for pace in filter(None, (resume(commit.address, each.event) for resume in resumes)):
                effects.resume(commit.address.tenant, pace)

    def released(commit: Commit, recorded: list[Recorded]) -> None:
        if any(isinstance(each.event, WorkspaceResumed) for each in recorded):
            effects.released(commit.address.tenant)
            timers.nudge()

    def judge(commit: Commit, _: list[Recorded]) -> None:
        if commit.address.kind == "workspace":  # whatever it is that has changed: members, sessions, what they may
            services.judge.hurry(commit.address.tenant)

    mechanism: dict[str, Listener] = {"live_push": live_push, "outbox": outbox, "timers": timed, "resumed": resumed}
    of_features = [each.listeners for each in services.opened]
    return features.folded([mechanism, *of_features, {"released": released, "judge": judge}])


async def _start(node: Node, nursery: trio.Nursery, listener: socket.socket) -> None:
    for service in node.runs:
        await nursery.start(supervise, service, node.services.telemetry)
    settings = node.services.settings
    # Behind proxies of ours the address is the proxy's.
    each = 0 if settings.trusted_proxies else settings.connections_per_address
    connections = Connections(most_connections(), each)
    routes = features.routes()
    settings_pages = forms_page(features.logic(), routes, features.forms())
    pages = (*chain.from_iterable(edge.pages for edge in node.edges), settings_pages)
    mounts = features.folded(each.mounts for each in node.services.opened)
    app: App = asgi(make_app(node.services, routes, pages), mounts)
    if (wires := node.services.wires) is not None:
        app = await _with_others(node.services, wires, app, nursery)
    await nursery.start(serve, app, listener, node.stop, connections)
    if settings.metrics_port is not None:
        own = listen(settings.host, settings.metrics_port, "METRICS_PORT")
        await nursery.start(serve, metrics_app(node.services), own, node.stop, connections)
    log.info("serving", url=node.services.public_url, port=node.port, node=node.services.settings.node)


async def _with_others(services: Services, wires: Wires, app: App, nursery: trio.Nursery) -> App:
    """The application, of this node and of all others: see `http/relay`."""
    post = Post(wires, services.bus)
    services.bus.carry = post.send
    home = Home(app, services.owners.me.node, services.telemetry.tracing, post)
    await nursery.start(supervise, Service("wire", partial(wires.run, home)), services.telemetry)
    belongs = features.folded(each.belongs for each in services.opened)
    return Edge(app, services, wires, Whose(services, belongs))


def reachable(host: str) -> str:
    """How to reach a server on this machine that listens there."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)


async def _stop(node: Node) -> None:
    """See the module's text; may be called while being cancelled."""
    log.info("stopping")
    began = trio.current_time()
    with trio.CancelScope(shield=True, deadline=began + STOP_WITHIN):
        # Whatever else takes its time: those who stay get what is here, and hear that this node is gone.
        with trio.CancelScope(deadline=began + STOP_WITHIN - HAND_OVER_WITHIN - LEAVE_WITHIN):
            await _come_to_rest(node)
        await _hand_over(node)
    log.info("stopped")


async def _come_to_rest(node: Node) -> None:
    """Take nothing new, and end what is under way, as far as that ends."""
    services = node.services
    for drain in chain.from_iterable(each.draining for each in services.opened):
        drain()
    services.draining.set()
    node.effects.stop()
    with trio.move_on_after(GOODBYES_WITHIN):  # before the server closes on them without a word
        while services.sockets:  # noqa: ASYNC110  # once in a process's life
            await trio.sleep(0.01)
    node.stop.set()
    with trio.move_on_after(4):
        while node.effects.under_way:  # noqa: ASYNC110  # a limiter has no event to wait for
            await trio.sleep(0.02)
    with trio.move_on_after(3):
        await services.bus.drain()
    if services.wires is not None:
        with trio.move_on_after(GOODBYES_WITHIN):
            await services.wires.drain()


async def _hand_over(node: Node) -> None:
    """Whatever is left here goes to those who stay, and nobody waits for this one to be missed."""
    store = node.services.store
    store.beating.draining = True
    try:
        with trio.move_on_after(HAND_OVER_WITHIN):
            await node.handover.drain(SENDS_END_WITHIN)
        with trio.move_on_after(LEAVE_WITHIN):
            await store.beating.leave()
    except PlixaError as error:
        log.warning("not_handed_over", error=str(error))


def application_key(settings: Settings) -> ApplicationKey:
    """What seals, and what opens."""
    return ApplicationKey(settings.secret_key, settings.secret_key_other)


def with_gateway(settings: Settings, url: str, key: str) -> Settings:
    """The settings, with this gateway."""
    return replace(settings, evolution_url=url, evolution_api_key=key)
