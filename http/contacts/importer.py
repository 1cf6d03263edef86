"""The effect `contacts.import`: a file that was handed in becomes contacts, a chunk a turn.

Each chunk is durable together with how far it got, so that after a crash the import goes on with the next one. The file
is read again then; what it says does not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import trio

from plixa.actors.contacts.importing import EndImport, ImportRows, ImportStarted, Job
from plixa.actors.contacts.state import address_book
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport
from plixa.engine.errors import Crashed, PlixaError, Unavailable
from plixa.engine.events import Event
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.contacts.reading import Parsed, parse
from plixa.http.contacts.text import NotCsv
from plixa.storage.contacts import reads, statements as sql
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row

CHUNK = 200
PAUSE = 0.005
"""Between two chunks, in seconds: who works with the address book meanwhile comes in between."""


def sealed_as(tenant: int, import_id: int) -> str:
    """What a file's seal is bound to."""
    return f"import {tenant}/{import_id}"


@dataclass(frozen=True, slots=True)
class ImportFile:
    """The file of an import that begins."""

    tenant: int
    data: bytes = field(repr=False)

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        import_id = next(event.import_id for event in events if isinstance(event, ImportStarted))
        return [(sql.IMPORT_FILE, (self.tenant, import_id, seal.seal(self.data, sealed_as(self.tenant, import_id))))]


class Importer:
    """The handler of `contacts.import`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, stored: StoredEffect) -> EffectReport:
        """Work through the file, from where an earlier attempt got to."""
        effect_id, tenant = stored.effect.id, stored.owner.tenant
        import_id: int = stored.effect.request["import_id"]
        try:
            await self._work_through(tenant, import_id, f"effect:{effect_id}")
        except (NotCsv, Crashed) as error:
            return await self._give_up(tenant, import_id, effect_id, error)
        except PlixaError as error:
            away = isinstance(error, Unavailable)
            return EffectFailed(effect_id=effect_id, reason=type(error).__name__, permanent=False, away=away)
        return EffectDone(effect_id=effect_id, result={})

    async def _work_through(self, tenant: int, import_id: int, cause: str) -> None:
        job = await self._job(tenant, import_id)
        body = await self._services.database.run(reads.get_import_file, tenant, import_id)
        if job is None or body is None:
            return
        data = self._services.store.keyring.application_key.unseal(body, sealed_as(tenant, import_id))
        workspace = await self._services.bus.workspace(tenant)
        parsed = await trio.to_thread.run_sync(parse, data, workspace, self._services.clock)
        while job is not None and job.done < job.total:
            await self._services.bus.ask(
                address_book(tenant), _chunk(import_id, job.done, parsed), actor="system", cause=cause
            )
            await trio.sleep(PAUSE)
            job = await self._job(tenant, import_id)

    async def _job(self, tenant: int, import_id: int) -> Job | None:
        job: Job | None = await self._services.database.run(reads.get_job, tenant, import_id)
        return job

    async def _give_up(self, tenant: int, import_id: int, effect_id: str, error: Exception) -> EffectReport:
        reason = str(error) if isinstance(error, NotCsv) else "Something went wrong on our side. Import the file again."
        try:
            command: Any = EndImport(import_id=import_id, reason=reason)
            await self._services.bus.ask(address_book(tenant), command, actor="system", cause=f"effect:{effect_id}")
        except PlixaError as trouble:
            return EffectFailed(effect_id=effect_id, reason=type(trouble).__name__, permanent=False)
        return EffectFailed(effect_id=effect_id, reason=type(error).__name__, permanent=True)


def _chunk(import_id: int, after: int, parsed: Parsed) -> ImportRows:
    columns = parsed.columns
    return ImportRows(
        import_id=import_id,
        after=after,
        rows=tuple(parsed.rows[after : after + CHUNK]),
        labels_column=columns.name_of("labels"),
        value_columns={id_: columns.names[place] for id_, place in columns.custom.items()},
    )
