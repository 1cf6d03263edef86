"""`plixa dead-letters`, `unreadable`, `outbox`, `stalls`: what could not be done, for whoever is called at night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from plixa.engine.brake import LIMIT, Strike, read_strikes
from plixa.engine.clock import SystemClock
from plixa.engine.settings import Settings
from plixa.http.whatsapp.unreadable import sealed_as
from plixa.storage.eventlog import outbox as table
from plixa.storage.eventlog.dead_letters import CRASHED, DeadLetterTable
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.postgres.bridge import open_database
from plixa.storage.whatsapp.unreadable import UNREADABLE, kept_body

Run = Callable[[Callable[[Settings], Awaitable[Any]]], Any]
Tenant = Annotated[int | None, typer.Option(help="only this workspace's")]
Ids = Annotated[list[int], typer.Argument(help="the numbers that `list` shows")]


def crashed(run: Run) -> typer.Typer:
    """The sub-commands of `plixa dead-letters`; `run` runs an async function with the settings and a database."""
    return _commands(run, CRASHED, "Messages that crashed their actor again and again.")


def unreadable(run: Run) -> typer.Typer:
    """The sub-commands of `plixa unreadable`."""
    cli = _commands(run, UNREADABLE, "Webhooks that could not be understood; the gateway will not send them again.")

    @cli.command("show")
    def show(id_: Annotated[int, typer.Argument(metavar="ID")]) -> None:  # pyright: ignore[reportUnusedFunction]
        """What is kept of one: it holds what a customer wrote."""

        async def work(settings: Settings) -> bytes | None:
            async with open_database(settings.database_url, size=1) as database:
                row = await database.run(kept_body, id_)
            key = ApplicationKey(settings.secret_key, settings.secret_key_other)
            return row and key.unseal(row["body"], sealed_as(row["tenant_id"], row["number_id"]))

        body = run(work)
        typer.echo(body if body is not None else f"There is no {id_}.")

    return cli


def outbox(run: Run) -> typer.Typer:
    """The sub-commands of `plixa outbox`."""
    cli = typer.Typer(no_args_is_help=True, help="What was to be done outside, and was given up after many tries.")

    @cli.command("list")
    def listed(tenant: Tenant = None) -> None:  # pyright: ignore[reportUnusedFunction]
        """What was given up, oldest first, and why."""
        print("\n".join(map(given_up, _asking(run)(table.given_up, tenant))) or "Nothing was given up.")

    @cli.command("retry")
    def retry(  # pyright: ignore[reportUnusedFunction]
        ids: Annotated[list[str] | None, typer.Argument(help="the names that `list` shows")] = None,
        tenant: Tenant = None,
        everything: Annotated[bool, typer.Option("--all", help="all that were given up")] = False,
    ) -> None:
        """Have the running server try them again: after a release, or a far end, that mends what was wrong."""
        if bool(ids) == everything:
            raise typer.BadParameter("name those to try again, or say --all")
        if ids and tenant is None:
            raise typer.BadParameter("say whose they are: names are a workspace's own (--tenant)")
        found = _asking(run)(table.retry, tenant, ids or None)
        print(f"{found} to be tried again within half a minute by the running server")

    return cli


def given_up(row: Any) -> str:
    """One of them."""
    since = row["settled_at"].isoformat(timespec="seconds")
    what = f"{row['effect_id']} ({row['kind']} of {row['stream']})"
    return f"{since}  workspace {row['tenant_id']}: {what}, {row['attempts']} tries: {row['reason']}"


def stalls(settings: Callable[[], Settings]) -> typer.Typer:
    """The sub-commands of `plixa stalls`: they read files, and need neither server nor database."""
    cli = typer.Typer(no_args_is_help=True, help="Work that held the loop, or that the process died in.")

    @cli.command("list")
    def listed() -> None:  # pyright: ignore[reportUnusedFunction]
        """What has held the loop for over a second and did not end well; with two strikes it is not tried again."""
        found = read_strikes(settings().data_dir, SystemClock())
        lines = [stall(file.stem, strike) for file, strikes in found.items() for strike in strikes.values()]
        print("\n".join(lines) or "Nothing has stalled the server in the last seven days.")

    @cli.command("clear")
    def clear() -> None:  # pyright: ignore[reportUnusedFunction]
        """Let all of it be tried again, from the server's next start: after a release that mends it."""
        found = read_strikes(settings().data_dir, SystemClock())
        for file in found:
            file.unlink(missing_ok=True)
        print(f"{sum(map(len, found.values()))} forgotten; a running server forgets them when it is started anew")

    return cli


def stall(node: str, strike: Strike) -> str:
    """One of them."""
    held = " · not tried again" if strike.times >= LIMIT else ""
    return f"{strike.at:%Y-%m-%d %H:%M:%S}  {node}  {strike.times}x  {strike.name}{held}\n    at {strike.where}"


def _asking(run: Run) -> Callable[..., Any]:
    def ask(query: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async def work(settings: Settings) -> Any:
            async with open_database(settings.database_url, size=1) as database:
                return await database.run(query, *args)

        return run(work)

    return ask


def _commands(run: Run, shelf: DeadLetterTable, text: str) -> typer.Typer:
    cli = typer.Typer(no_args_is_help=True, help=text)
    ask = _asking(run)

    @cli.command("list")
    def listed(tenant: Tenant = None) -> None:  # pyright: ignore[reportUnusedFunction]
        """What waits, oldest first."""
        print("\n".join(map(line, ask(shelf.listed, tenant))) or "Nothing waits.")

    @cli.command("replay")
    def replay(  # pyright: ignore[reportUnusedFunction]
        ids: Annotated[list[int] | None, typer.Argument(help="the numbers that `list` shows")] = None,
        everything: Annotated[bool, typer.Option("--all", help="all that wait")] = False,
    ) -> None:
        """Have the running server try them again: after a release that mends what was wrong."""
        if bool(ids) == everything:
            raise typer.BadParameter("name those to try again, or say --all")
        found = ask(shelf.request, None if everything else ids)
        print(f"{found} to be tried again within seconds by the running server; `list` shows what is left")

    @cli.command("drop")
    def drop(ids: Ids) -> None:  # pyright: ignore[reportUnusedFunction]
        """Forget them, for good."""
        print(f"{ask(shelf.drop, ids)} dropped")

    return cli


def line(row: Any) -> str:
    """One of them."""
    asked = " · to be tried again" if row["requested_at"] else ""
    since = row["since"].isoformat(timespec="seconds")
    return f"{row['id']:>6}  {since}  workspace {row['tenant_id']}: {row['about']}: {row['why']}{asked}"
