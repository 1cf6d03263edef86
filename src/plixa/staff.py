"""The command line's `plixa staff`: who runs the platform. What it does is in the audit of staff, as the console's."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from plixa.actors.fields import Email
from plixa.engine.settings import Settings
from plixa.http.api.auth import hash_password
from plixa.storage.postgres.bridge import open_database
from plixa.storage.staff import admins, deeds

PASSWORD_MIN = 12
Run = Callable[[Callable[[Settings], Awaitable[Any]]], Any]


def staff_commands(run: Run) -> typer.Typer:
    """`add`, `list`, `disable` and `reset-2fa`."""
    cli = typer.Typer(no_args_is_help=True, help="Plixa's own staff.")

    @cli.command("add")
    def add(
        email: Annotated[str, typer.Argument(help="how they sign in at /v1/admin/auth/login")],
        name: Annotated[str, typer.Option(help="what colleagues call them")] = "",
        manage: Annotated[
            bool, typer.Option(help="may step into workspaces and grant licences, beside looking and answering")
        ] = True,
    ) -> None:
        """Make somebody staff, or give them a new password. It is read from ADMIN_PASSWORD, else asked for."""
        address, password = _address(email), _password()

        async def work(settings: Settings) -> Any:
            hashed = await hash_password(password)
            called = name or address.partition("@")[0]
            return await _done(settings, "staff.added", admins.add_admin, address, called, hashed, manage=manage)

        print(f"staff {run(work)}: {address}")

    @cli.command("list")
    def show() -> None:
        """Who is, and who was, staff."""

        async def work(settings: Settings) -> list[Any]:
            async with open_database(settings.database_url, size=1) as database:
                found: list[Any] = await database.run(admins.list_admins)
                return found

        for row in run(work):
            state = "disabled" if row["removed_at"] else "two factors" if row["totp_confirmed_at"] else "one factor"
            print(f"{row['id']}\t{row['email']}\t{row['name']}\t{state}\t{' '.join(row['abilities'])}")

    @cli.command("disable")
    def disable(email: Annotated[str, typer.Argument(help="of whom")]) -> None:
        """Somebody is staff no more: they are signed out everywhere, and out of workspaces, at once."""
        run(lambda settings: _known(settings, "staff.disabled", admins.disable_admin, email))

    @cli.command("reset-2fa")
    def reset(email: Annotated[str, typer.Argument(help="of whom")]) -> None:
        """Their second factor is lost: they sign in and set up another one."""
        run(lambda settings: _known(settings, "staff.second_factor_reset", admins.drop_second_factor, email))

    return cli


async def _known(settings: Settings, act: str, change: Callable[..., Awaitable[Any]], email: str) -> None:
    address = _address(email)
    if await _done(settings, act, change, address) is None:
        sys.exit(f"plixa: {address} is nobody of the staff")


async def _done(
    settings: Settings, act: str, change: Callable[..., Awaitable[Any]], *args: object, **named: object
) -> Any:
    """Change something, with its entry in the audit, or neither."""

    async def both(connection: Any) -> Any:
        async with connection.transaction():
            admin_id = await change(connection, *args, **named)
            if admin_id is not None:
                deed = deeds.Deed(
                    admin_id=0,
                    act=act,
                    at=datetime.now(UTC),
                    request_id=f"console-{secrets.token_hex(8)}",
                    target="admin",
                    target_id=admin_id,
                )
                await deeds.write(connection, deed, "console")
            return admin_id

    async with open_database(settings.database_url, size=1) as database:
        return await database.run(both)


def _address(email: str) -> str:
    try:
        address: str = TypeAdapter(Email).validate_python(email)
    except ValidationError:
        sys.exit(f"plixa: {email!r} is no e-mail address")
    return address


def _password() -> str:
    password = os.environ.get("ADMIN_PASSWORD") or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < PASSWORD_MIN:
        sys.exit(f"plixa: a staff password must have at least {PASSWORD_MIN} characters")
    return str(password)
