"""The engine without HTTP, inside a process of the bench: on a site's database, while the site itself is stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from plixa.engine.clock import SystemClock
from plixa.engine.registry import Registry
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry
from plixa.features import prepared_kinds, schema
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.store import PostgresStore, open_store
from tests.bench.site import SECRET_KEY

NODE = "node-1"
"""The name under which a site's own node runs: its workspaces are ours at once."""


@dataclass(frozen=True)
class Engine:
    """Its parts, running."""

    database: Database
    store: PostgresStore
    registry: Registry

    async def only_number(self) -> tuple[int, int]:
        """The site's workspace and its number."""
        row = await self.database.run(lambda connection: connection.fetchrow("select tenant_id, id from numbers"))
        return row["tenant_id"], row["id"]


@asynccontextmanager
async def open_engine(url: str) -> AsyncGenerator[Engine]:
    """Storage, supervisor and registry; takes the place of the site's own node."""
    telemetry = Telemetry()
    async with open_database(url) as database:
        kinds = prepared_kinds(database, SystemClock())
        opening = open_store(
            database, secret_key=SECRET_KEY, node=NODE, kinds=kinds, telemetry=telemetry, schema=schema()
        )
        async with opening as store:
            supervisor = Supervisor(store, kinds, "workspace", SystemClock(), telemetry)
            registry = Registry(supervisor)
            async with trio.open_nursery() as nursery:
                await nursery.start(supervisor.run)
                await nursery.start(registry.run)
                yield Engine(database, store, registry)
                nursery.cancel_scope.cancel()
