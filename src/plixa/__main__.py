"""The command line: `plixa dev`, `web`, `migrate`, `rekey`, `rebuild`, `replay`, `log`, `listen`, `dead-letters`,
`unreadable`, `outbox`, `stalls`, `staff`, `backup`, `restore`, `export`, `import`, `cell`, `media`, `operations`,
`doctor`, `verify-billing`, `simulator`."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import trio
import typer

from plixa import (
    backing,
    dead_letters as operating,
    doctor as doctoring,
    features,
    listening,
    migrations,
    processes,
    verifying,
)
from plixa.collector import keep_out_of_the_way
from plixa.compose import STOP_WITHIN, application_key, open_node, reachable, with_gateway
from plixa.demo import EMAIL, PASSWORD, ensure_demo
from plixa.demo_week import ensure_week
from plixa.doctor import first_of
from plixa.engine.errors import Conflict, PlixaError
from plixa.engine.settings import DEV_API_KEY, BadSettings, Settings, load
from plixa.engine.telemetry import configure_logging
from plixa.http.billing.settings import STRIPE_SECRET_KEY, STRIPE_SIMULATOR_PORT, with_stripe
from plixa.http.calendars.settings import GOOGLE_CLIENT_ID, GOOGLE_SIMULATOR_PORT, with_google
from plixa.http.google_simulator import GoogleSettings, serve as serve_google
from plixa.http.server.serving import naming
from plixa.http.simulator import SimulatorSettings, serve as serve_simulator
from plixa.http.stripe_simulator import Endpoint, StripeSettings, serve as serve_stripe
from plixa.http.webhooks.signing import is_secret, new_secret
from plixa.http.whatsapp.hooks import point_here
from plixa.staff import staff_commands
from plixa.stopping import Stop, failing_in_time
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import head, read_range
from plixa.storage.nodes.name_lock import anybody
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.postgres.embedded import is_there, start_embedded, url_of
from plixa.storage.tools.rebuild import Rebuilder
from plixa.storage.tools.rebuild_beside import Beside
from plixa.storage.tools.rekey import Rekeyed, check, rekey
from plixa.storage.tools.replay import Replayed, replay as fold_anew

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
TOLD = (BadSettings, migrations.SchemaMismatch, PlixaError, OSError)
"""What goes wrong without being a bug: their message is all that somebody needs."""
BANNER = """
  Plixa is running.

    the inbox      {panel}/panel/     sign in as {email} with {password}, or register
    the phone      {phone}            a customer's phone on the simulated WhatsApp: write from there
    the API        {panel}/v1/docs    every route, with examples
    the mails      {panel}/dev/mail   what would have gone out by e-mail
    its state      {panel}/readyz · {panel}/metrics

  Try: open the inbox and the phone side by side, write "oi" from the phone: a reception flow answers with buttons. Tap
  one, or ask: the AI answers what its FAQs say ("quanto custa o bolo de chocolate?"). "atendente" brings a person.
  Stop with Ctrl-C.
"""


def main() -> None:
    """Run the command line; what goes wrong is said in a sentence, not in a traceback."""
    os.umask(0o077)  # what customers wrote is in our files
    try:
        cli()
    except TOLD as error:
        sys.exit(f"plixa: {error}")


def _settings() -> Settings:
    settings = load(os.environ, features.settings())
    configure_logging(as_json=settings.production, level=settings.log_level)
    return settings


async def _with_database(settings: Settings, *, only_if_there: bool = False) -> Settings:
    """The settings, with the embedded database where none is set."""
    if settings.database_url or (only_if_there and not is_there(settings.data_dir / "postgres")):
        return settings
    server = await trio.to_thread.run_sync(start_embedded, settings.data_dir / "postgres")
    return replace(settings, database_url=url_of(server))


def _run(work: Callable[[Settings], Awaitable[Any]]) -> Any:
    """Run under trio with a database; an error that stands alone in its groups is raised as itself."""
    return _serve(lambda settings, _: work(settings))


def _serve(work: Callable[[Settings, Stop], Awaitable[Any]], within: float = STOP_WITHIN + 0.5) -> Any:
    """The same for what runs until it is told to stop, and then for so many seconds at most."""

    async def run(stop: Stop) -> Any:
        return await work(await _with_database(_settings()), stop)

    return _until_stopped(run, within)


def _until_stopped(work: Callable[[Stop], Awaitable[Any]], within: float = STOP_WITHIN + 0.5) -> Any:
    stop = Stop(within)
    stop.listen()
    return _under_trio(lambda: stop.run(work))


def _under_trio(work: Callable[[], Awaitable[Any]]) -> Any:
    # Not `except*`: some releases of Python 3.11 put what it raises into a group again.
    try:
        return trio.run(work)
    except ExceptionGroup as group:
        if group.split(TOLD)[1] is None:  # nothing else in it
            raise first_of(group) from None
        raise


async def _migrate(settings: Settings, *, only_pre: bool = False) -> list[str]:
    async with open_database(settings.database_url, size=1, command_timeout=None) as database:
        return await database.run(migrations.migrate, only_pre=only_pre)


async def _pending(settings: Settings) -> list[str]:
    async with open_database(settings.database_url, size=1) as database:
        return await database.run(migrations.pending)


async def _keyring(settings: Settings, database: Database) -> Keyring:
    """The keys of this database's streams. Raises `UnknownKey`."""
    key = application_key(settings)
    await database.run(check, features.schema(), key)
    return Keyring(key)


cli.add_typer(operating.crashed(_run), name="dead-letters")
cli.add_typer(operating.unreadable(_run), name="unreadable")
cli.add_typer(operating.outbox(_run), name="outbox")
cli.add_typer(operating.stalls(_settings), name="stalls")
cli.add_typer(staff_commands(_run), name="staff")
cli.add_typer(staff_commands(_run), name="admin", hidden=True)
backing.add_commands(cli, _run)


@cli.command()
def dev() -> None:
    """Run everything for development: database, migrations, gateway simulator, server."""

    async def work(settings: Settings, stop: Stop) -> None:
        await _migrate(settings)
        async with trio.open_nursery() as nursery:
            phone = settings.evolution_url
            simulated_here = not phone
            if simulated_here:
                simulated = SimulatorSettings(port=settings.simulator_port, api_key=DEV_API_KEY, data=settings.data_dir)
                with naming("SIMULATOR_PORT", simulated.host, simulated.port):
                    port = await nursery.start(serve_simulator, simulated)
                phone = f"http://127.0.0.1:{port}"
                settings = with_gateway(settings, phone, DEV_API_KEY)
            if not settings[STRIPE_SECRET_KEY]:
                settings = await _simulated_stripe(settings, nursery)
            if not settings[GOOGLE_CLIENT_ID]:
                settings = await _simulated_google(settings, nursery)
            async with open_node(settings, alone=True) as node:
                if simulated_here:
                    await point_here(node.services)
                    await ensure_demo(node)
                    nursery.start_soon(ensure_week, node.services.public_url, phone)
                shown = {"panel": node.services.public_url, "phone": phone, "email": EMAIL, "password": PASSWORD}
                print(BANNER.format(**shown), flush=True)
                await stop.wait()
            nursery.cancel_scope.cancel()

    _serve(work)


async def _simulated_stripe(settings: Settings, nursery: trio.Nursery) -> Settings:
    """Start a Stripe that needs no account; it tells this server of what happens there."""
    here = f"{settings.public_url or f'http://{reachable(settings.host)}:{settings.port}'}/v1/webhooks/stripe"
    endpoints = tuple(
        Endpoint(here, f"whsec_simulator_{which}", which == "connect") for which in ("account", "connect")
    )
    wanted = StripeSettings(port=settings[STRIPE_SIMULATOR_PORT], endpoints=endpoints)
    with naming("STRIPE_SIMULATOR_PORT", wanted.host, wanted.port):
        app, _ = await nursery.start(serve_stripe, wanted)
    return with_stripe(settings, wanted.key, app.world.base, [each.secret for each in endpoints], wanted.prices)


async def _simulated_google(settings: Settings, nursery: trio.Nursery) -> Settings:
    """Start a Google that needs no account: members link calendars that live in this process."""
    wanted = GoogleSettings(port=settings[GOOGLE_SIMULATOR_PORT])
    with naming("GOOGLE_SIMULATOR_PORT", wanted.host, wanted.port):
        app, _ = await nursery.start(serve_google, wanted)
    return with_google(settings, wanted.client_id, wanted.client_secret, app.world.base)


@cli.command()
def web(
    number: Annotated[int, typer.Option("--processes", min=1, max=64, help="how many, on one port")] = 1,
) -> None:
    """Serve. The database must be migrated (`plixa migrate`) and the gateway reachable.

    Several processes are nodes PLIXA_NODE.1 … of one port; SIGHUP replaces one after the other.
    """

    async def work(settings: Settings, stop: Stop) -> None:
        if missing := await _pending(settings):
            raise migrations.SchemaMismatch(f"The database lacks {', '.join(missing)}. Run `plixa migrate` first.")
        if number > 1:
            await processes.Family(settings, number).run(stop)
        else:
            await _one_node(settings, stop)

    _serve(work, STOP_WITHIN + (3.5 if number > 1 else 0.5))  # a parent waits for its children


async def _one_node(settings: Settings, stop: Stop) -> None:
    """Serve until told to stop, or until there is no parent of several processes any more."""
    listener, parent = processes.inherited() or (None, None)
    async with open_node(settings, alone=True, listener=listener):
        with failing_in_time():
            keep_out_of_the_way()
            if parent is None:
                await stop.wait()
            else:
                await processes.until_either(stop, parent)


@cli.command()
def migrate(
    pre: Annotated[bool, typer.Option("--pre", help="only what the release before can serve on")] = False,
) -> None:
    """Bring the database's schema up to date; what the Procfile's `release` runs.

    In a rolling deploy: `--pre` first, then the new processes, then without it.
    """
    applied = _run(partial(_migrate, only_pre=pre))
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@cli.command("rekey")
def rekeyed() -> None:
    """Seal anew with PLIXA_SECRET_KEY all that PLIXA_SECRET_KEY_OTHER sealed. May be cut off and run again."""

    async def work(settings: Settings) -> Rekeyed:
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
            return await database.run(rekey, features.schema(), application_key(settings), progress)

    def progress(seen: int) -> None:
        print(f"\r{seen} values looked at", end="", flush=True)

    found: Rekeyed = _run(work)
    print(f"\r{found.seen} values looked at, {found.sealed} sealed anew. PLIXA_SECRET_KEY_OTHER can go.")
    for table, values in found.closed.items():
        print(f"✗ {table}: {values} values open with neither key, and were left as they are")
    sys.exit(1 if found.closed else 0)


@cli.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="these read models only, beside running servers")] = None,
) -> None:
    """Empty the read models and replay the log into them. Stop the servers first.

    With names, like `messages sla_clocks`: compare these with the log, and mend what differs, while servers run.
    """
    if names:
        _rebuild_beside(names)
        return

    async def work(settings: Settings) -> int:
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
            if await database.run(anybody):
                raise Conflict("A server is running on this database: stop it first, or name the read models.")
            rebuilder = Rebuilder(await _keyring(settings, database), features.kinds(), features.schema())
            return await database.run(rebuilder.run, _events)

    print(f"\rrebuilt from {_run(work)} events")


def _rebuild_beside(names: list[str]) -> None:
    async def work(settings: Settings) -> dict[str, int]:
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
            beside = Beside(await _keyring(settings, database), features.kinds(), features.schema(), names)
            return await database.run(beside.run, _events)

    for name, rows in _run(work).items():
        print(f"\r{name}: {rows} rows differed from the log, and are mended" if rows else f"\r{name}: as the log says")


def _events(seen: int) -> None:
    print(f"\r{seen} events", end="", flush=True)


@cli.command()
def replay() -> None:
    """Fold the whole log anew and compare: snapshots, conversations' rows, and a hash of all states."""

    async def work(settings: Settings) -> Replayed:
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
            keyring = await _keyring(settings, database)
            return await database.run(fold_anew, keyring, features.kinds(), features.schema())

    found: Replayed = _run(work)
    for tenant, digest in found.hashes.items():
        print(f"workspace {tenant}: {digest}")
    print(f"{found.events} events, {found.streams} streams, {found.snapshots} snapshots compared")
    for wrong in found.wrong:
        print(f"✗ {wrong}")
    sys.exit(1 if found.wrong else 0)


@cli.command()
def log(
    tenant: Annotated[int, typer.Argument(help="the workspace's id")],
    stream: Annotated[str | None, typer.Option(help="only this stream, like conversation-12")] = None,
    after: Annotated[int, typer.Option(help="begin after this position")] = 0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="wait for more")] = False,
    show: Annotated[bool, typer.Option(help="show what customers wrote, too")] = False,
) -> None:
    """Read a workspace's log: one line an event."""

    async def work(settings: Settings) -> None:
        async with open_database(settings.database_url, size=1) as database:
            keyring = await _keyring(settings, database)
            if follow and not after:
                print(f"following from {await database.run(head, tenant)}", file=sys.stderr)
            await _print_log(database, keyring, tenant, stream, after, follow=follow, show=show)

    _run(work)


async def _print_log(
    database: Database, keyring: Keyring, tenant: int, stream: str | None, after: int, *, follow: bool, show: bool
) -> None:
    while True:
        chunk = await database.run(read_range, keyring, tenant, after, 500)
        for recorded in chunk:
            after = recorded.position
            if stream in (None, recorded.stream):
                print(doctoring.line(recorded, show=show), flush=True)
        if not chunk:
            if not follow:
                return
            await trio.sleep(0.5)


@cli.command()
def listen(
    tenant: Annotated[int, typer.Argument(help="the workspace's id")],
    to: Annotated[str, typer.Option(help="where to send its events, like http://127.0.0.1:3000/hook")],
    after: Annotated[int | None, typer.Option("--from", help="begin after this offset of the log; else now")] = None,
    secret: Annotated[str | None, typer.Option(help="what to sign with, like whsec_…; else a new one")] = None,
) -> None:
    """Send a workspace's events to a developer's machine, signed like webhooks, without an endpoint."""
    chosen = secret or new_secret()
    if not is_secret(chosen):
        sys.exit("plixa: --secret must be whsec_ and base64")

    async def work(settings: Settings) -> None:
        async with open_database(settings.database_url, size=1) as database:
            keyring = await _keyring(settings, database)
            print(f"signing with {chosen}", flush=True)
            await listening.listen(database, keyring, tenant, to, chosen, after, partial(print, flush=True))

    _run(work)


@cli.command("verify-billing")
def verify_billing(tenant: Annotated[int, typer.Argument(help="the workspace's id")]) -> None:
    """Count a workspace's bills anew from its log: what each line counts, and a digest of its events."""

    async def work(settings: Settings) -> list[str]:
        async with open_database(settings.database_url, size=1) as database:
            return await verifying.verify(database, tenant, print)

    wrong: list[str] = _run(work)
    for each in wrong:
        print(f"✗ {each}")
    sys.exit(1 if wrong else 0)


@cli.command()
def doctor() -> None:
    """Check database, gateway, clock, settings and the WebSocket, and say how to mend what is wrong."""
    try:
        settings = _settings()
    except BadSettings as error:
        sys.exit(f"✗ settings\n{error}")

    async def examine(_: Stop) -> bool:
        return await doctoring.examine(await _with_database(settings, only_if_there=True))

    sys.exit(0 if _until_stopped(examine) else 1)


@cli.command()
def simulator(
    port: Annotated[int | None, typer.Option(help="port to listen on; 0 takes a free one")] = None,
    data: Annotated[Path | None, typer.Option(help="folder to keep its state in; without it all is forgotten")] = None,
) -> None:
    """Run the gateway simulator alone: a WhatsApp for your own tests."""
    settings = _settings()
    chosen = settings.simulator_port if port is None else port

    async def serve(stop: Stop) -> None:
        async with trio.open_nursery() as nursery:
            wanted = SimulatorSettings(port=chosen, api_key=DEV_API_KEY, data=data)
            with naming("SIMULATOR_PORT", wanted.host, chosen):
                bound = await nursery.start(serve_simulator, wanted)
            print(f"the simulator listens on http://127.0.0.1:{bound} (apikey: {DEV_API_KEY})", flush=True)
            await stop.wait()
            nursery.cancel_scope.cancel()

    _until_stopped(serve)


if __name__ == "__main__":
    main()
