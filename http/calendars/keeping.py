"""What is known of one calendar, in the tables."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from plixa.storage.calendars import busy, links, mirrored
from plixa.storage.calendars.busy import Span
from plixa.storage.calendars.mirrored import Mirrored
from plixa.storage.postgres.bridge import Database


class Kept:
    """A `Shelf`. number: of the consent. account: whose it is at Google."""

    def __init__(self, database: Database, tenant: int, user_id: int, number: int, account: bytes) -> None:
        self._database = database
        self._of = (tenant, user_id)
        self._number = number
        self._account = account

    async def rows(self) -> list[Mirrored]:
        """All that may stand in it."""
        return await self._database.run(mirrored.rows_of, *self._of, self._account)

    async def row(self, appointment: int) -> Mirrored | None:
        """One appointment's."""
        return await self._database.run(mirrored.row_of, *self._of, self._account, appointment)

    async def keep(self, row: Mirrored) -> None:
        """As it is now."""
        await self._database.run(mirrored.keep_row, *self._of, self._account, row)

    async def busy(self, within: Span, spans: Collection[Span], at: datetime | None) -> None:
        """When the member has something else."""
        await self._database.run(busy.replace_busy, *self._of, within, spans, at)

    async def sync_token(self) -> str | None:
        """From where on changes are asked for."""
        row = await self._database.run(links.get_link, *self._of, self._number)
        return None if row is None else row["sync_token"]

    async def keep_sync(self, token: str | None) -> None:
        """From where on the next time."""
        await self._database.run(links.keep_sync, *self._of, self._number, token)
