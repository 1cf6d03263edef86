"""The database's rows, for tests of what is and what is no longer in them."""

from __future__ import annotations

from typing import Any

import trio

from plixa.storage.postgres.bridge import Database

TABLES = """
select table_name from information_schema.tables
where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not like 'events\\__' order by 1
"""
LIVING = ("nodes", "leases", "reigns", "token_uses")
"""Tables that change without anybody asking."""
FEEDS = "webhook_feeds"
"""How far the log has been read for endpoints: that follows a moment after what happened."""


class Tables:
    """Reads of whole tables. Bytes are shown in hexadecimal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, statement: str, *args: Any) -> list[dict[str, Any]]:
        """The rows of a query."""

        async def fetch(connection: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in await connection.fetch(statement, *args)]

        found: list[dict[str, Any]] = await self._database.run(fetch)
        return found

    async def swept(self) -> None:
        """Wait until what commits left to be swept is gone."""
        with trio.fail_after(10):
            while await self.rows("select 1 from sweeps limit 1"):  # noqa: ASYNC110
                await trio.sleep(0.01)

    async def settled(self) -> None:
        """Wait until what was to be done outside is done, and booked."""
        with trio.fail_after(10):
            while await self.rows("select 1 from outbox where state in ('queued', 'attempting') limit 1"):  # noqa: ASYNC110
                await trio.sleep(0.01)

    async def dump(self, where: str = "", *args: Any) -> dict[str, list[str]]:
        """Every row of every table as text, once all that is to go is gone; `where` chooses among those of each."""
        await self.swept()
        names = [row["table_name"] for row in await self.rows(TABLES)]
        return {name: await self._lines(name, where, *args) for name in names if name not in LIVING}

    async def _lines(self, table: str, where: str, *args: Any) -> list[str]:
        found = await self.rows(f"select t::text as line from {table} t {where}", *args)
        return sorted(row["line"] for row in found)

    async def tenant(self, tenant: int, *, feed: bool = False) -> dict[str, list[str]]:
        """Every row of one workspace, of its feed if asked for; those of the migrations' own table are nobody's."""
        names = await self.rows(
            "select table_name from information_schema.columns where column_name = 'tenant_id' "
            "and table_schema = 'public' and table_name not like 'events\\__'"
        )
        where = f"where tenant_id = {tenant}"
        chosen = {row["table_name"] for row in names} - {*LIVING, *(() if feed else (FEEDS,))}
        return {name: await self._lines(name, where) for name in sorted(chosen)}
