"""Removes the files of messages that are erased.

A conversation may have as many as it likes, so neither the decision to erase it nor its event names them: the sweeper
writes down the names of the rows that it deletes (`erased_files`), and this goes over them.

| what raises, hangs or is cut off | then |
|---|---|
| the sweeper, or the process | names are written down in the transaction that deletes the rows |
| removing a file | it stays written down, and is tried in the next round; the others go on |
| the process, after a file is gone | it is removed again, which is nothing |
| a file was being fetched, and comes after its name was looked at | each name is looked at once more, `LATER` |
| the same bytes were sent to somebody else, too | the file stays, by what the tables say at that moment |
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import trio

from plixa.engine.rounds import go_round, one_by_one
from plixa.http.api.services import Services
from plixa.http.conversation.media import Media
from plixa.storage.conversation import media_files

EVERY = 1.0
AT_ONCE = 500
LATER = timedelta(minutes=15)


class ErasedFiles:
    """The service. Several nodes may do so at the same time."""

    def __init__(self, services: Services, media: Media) -> None:
        self._services = services
        self._media = media

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Remove what is written down, until cancelled."""
        await go_round(self._round, EVERY, task_status=task_status)

    async def _round(self) -> None:
        services = self._services
        rows = await services.database.run(media_files.erased_files, services.clock.now(), AT_ONCE)
        await one_by_one(rows, self._remove)

    async def _remove(self, row: Any) -> None:
        tenant, name = row["tenant_id"], row["stored_as"]
        database = self._services.database
        if not await database.run(media_files.file_is_used, tenant, name):
            await self._media.remove(tenant, name)
        await database.run(media_files.file_was_removed, tenant, name, LATER)
