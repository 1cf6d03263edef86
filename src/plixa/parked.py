"""`plixa parked`: the messages that crashed their actor again and again, for whoever is called at night."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from plixa.engine.settings import Settings
from plixa.storage import parked
from plixa.storage.bridge import open_database

Run = Callable[[Callable[[Settings], Awaitable[Any]]], Any]
Ids = Annotated[list[int], typer.Argument(help="the letters' numbers, as `plixa parked list` shows them")]


def commands(run: Run) -> typer.Typer:
    """The sub-commands; `run` runs an async function with the settings and a database."""
    cli = typer.Typer(no_args_is_help=True, help="Messages that crashed their actor again and again.")

    def ask(query: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        async def work(settings: Settings) -> Any:
            async with open_database(settings.database_url, size=1) as database:
                return await database.run(query, *args)

        return run(work)

    @cli.command("list")
    def show(tenant: Annotated[int | None, typer.Option(help="only this workspace's")] = None) -> None:  # pyright: ignore[reportUnusedFunction]
        """What waits, oldest first."""
        print("\n".join(map(line, ask(parked.listed, tenant))) or "Nothing is parked.")

    @cli.command("replay")
    def replay(  # pyright: ignore[reportUnusedFunction]
        ids: Annotated[list[int] | None, typer.Argument(help="the letters' numbers")] = None,
        everything: Annotated[bool, typer.Option("--all", help="all that wait")] = False,
    ) -> None:
        """Have the running server try them again: after a release that mends what they crashed on."""
        if bool(ids) == everything:
            raise typer.BadParameter("name the letters to try again, or say --all")
        found = ask(parked.request, None if everything else ids)
        print(f"{found} to be tried again within seconds by the running server; `plixa parked list` shows what is left")

    @cli.command("drop")
    def drop(ids: Ids) -> None:  # pyright: ignore[reportUnusedFunction]
        """Forget them, for good."""
        print(f"{ask(parked.drop, ids)} dropped")

    return cli


def line(row: Any) -> str:
    """One letter."""
    asked = " · to be tried again" if row["requested_at"] else ""
    when = row["parked_at"].isoformat(timespec="seconds")
    about = f"{row['command_type']} for {row['stream']} of workspace {row['tenant_id']}"
    return f"{row['id']:>6}  {when}  {about}, from {row['cause']}: {row['error']}{asked}"
