"""The command line: `plixa dev`, `web`, `migrate`, `rebuild`, `replay`, `log`, `parked`, `kept`, `outbox`, `stalls`,
`admin`, `verify-billing`, `doctor`, `simulator`."""

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
from pydantic import TypeAdapter, ValidationError

from plixa import aside, doctor as doctoring, features, migrations, verifying
from plixa.actors.fields import Email
from plixa.collector import keep_out_of_the_way
from plixa.compose import open_node, reachable, with_gateway, with_stripe
from plixa.demo import EMAIL, PASSWORD, ensure_demo
from plixa.doctor import first_of
from plixa.engine.errors import Conflict, PlixaError
from plixa.engine.settings import DEV_API_KEY, BadSettings, Settings, load
from plixa.engine.telemetry import configure_logging
from plixa.http.api.auth import hash_password
from plixa.http.server.serving import naming
from plixa.http.simulator import SimulatorSettings, serve as serve_simulator
from plixa.http.stripe_simulator import Endpoint, StripeSettings, serve as serve_stripe
from plixa.http.whatsapp.hooks import point_here
from plixa.stopping import Stop
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import head, read_range
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.nodes.name_lock import anybody
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.postgres.embedded import is_there, start_embedded, url_of
from plixa.storage.staff import admins
from plixa.storage.tools.rebuild import Rebuilder
from plixa.storage.tools.replay import Replayed, replay as fold_anew

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
admin = typer.Typer(no_args_is_help=True, help="Plixa's own staff.")
cli.add_typer(admin, name="admin")
ADMIN_PASSWORD_MIN = 12
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
    settings = load(os.environ)
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


def _serve(work: Callable[[Settings, Stop], Awaitable[Any]]) -> Any:
    """The same for what runs until it is told to stop."""

    async def run(stop: Stop) -> Any:
        return await work(await _with_database(_settings()), stop)

    return _until_stopped(run)


def _until_stopped(work: Callable[[Stop], Awaitable[Any]]) -> Any:
    stop = Stop()
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


cli.add_typer(aside.parked(_run), name="parked")
cli.add_typer(aside.kept(_run), name="kept")
cli.add_typer(aside.outbox(_run), name="outbox")
cli.add_typer(aside.stalls(_settings), name="stalls")


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
            if not settings.stripe_secret_key:
                settings = await _simulated_stripe(settings, nursery)
            async with open_node(settings, alone=True) as node:
                if simulated_here:
                    await point_here(node.services)
                    await ensure_demo(node)
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
    wanted = StripeSettings(port=settings.stripe_simulator_port, endpoints=endpoints)
    with naming("STRIPE_SIMULATOR_PORT", wanted.host, wanted.port):
        app, _ = await nursery.start(serve_stripe, wanted)
    return with_stripe(settings, wanted.key, app.world.base, [each.secret for each in endpoints], wanted.prices)


@cli.command()
def web() -> None:
    """Serve. The database must be migrated (`plixa migrate`) and the gateway reachable."""

    async def work(settings: Settings, stop: Stop) -> None:
        if missing := await _pending(settings):
            raise migrations.SchemaMismatch(f"The database lacks {', '.join(missing)}. Run `plixa migrate` first.")
        async with open_node(settings, alone=True):
            keep_out_of_the_way()
            await stop.wait()

    _serve(work)


@cli.command()
def migrate(
    pre: Annotated[bool, typer.Option("--pre", help="only what the release before can serve on")] = False,
) -> None:
    """Bring the database's schema up to date; what the Procfile's `release` runs.

    In a rolling deploy: `--pre` first, then the new processes, then without it.
    """
    applied = _run(partial(_migrate, only_pre=pre))
    print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@cli.command()
def rebuild() -> None:
    """Empty the read models and replay the log into them. Stop the servers first."""

    async def work(settings: Settings) -> int:
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
            if await database.run(anybody):
                raise Conflict("A server is running on this database: it would wait all the while. Stop it first.")
            rebuilder = Rebuilder(Keyring(ApplicationKey(settings.secret_key)), features.kinds(), features.schema())
            return await database.run(rebuilder.run, progress)

    def progress(events: int) -> None:
        print(f"\r{events} events", end="", flush=True)

    print(f"\rrebuilt from {_run(work)} events")


@cli.command()
def replay() -> None:
    """Fold the whole log anew and compare: snapshots, conversations' rows, and a hash of all states."""

    async def work(settings: Settings) -> Replayed:
        keyring = Keyring(ApplicationKey(settings.secret_key))
        async with open_database(settings.database_url, size=1, command_timeout=None) as database:
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
        keyring = Keyring(ApplicationKey(settings.secret_key))
        async with open_database(settings.database_url, size=1) as database:
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


@admin.command("add")
def add_admin(
    email: Annotated[str, typer.Argument(help="how they sign in at /v1/admin/auth/login")],
    name: Annotated[str, typer.Option(help="what colleagues call them")] = "",
) -> None:
    """Make somebody Plixa staff, or give them a new password. It is read from ADMIN_PASSWORD, else asked for."""
    try:
        address = TypeAdapter(Email).validate_python(email)
    except ValidationError:
        sys.exit(f"plixa: {email!r} is no e-mail address")
    password = os.environ.get("ADMIN_PASSWORD") or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < ADMIN_PASSWORD_MIN:
        sys.exit(f"plixa: a staff password must have at least {ADMIN_PASSWORD_MIN} characters")

    async def work(settings: Settings) -> int:
        hashed = await hash_password(password)
        async with open_database(settings.database_url, size=1) as database:
            return await database.run(admins.add_admin, address, name or address.partition("@")[0], hashed)

    print(f"staff {_run(work)}: {address}")


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
