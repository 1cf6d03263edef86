"""An engine without HTTP: store, supervisor and registry on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import trio
from tests.harness import SECRET_KEY

from plixa.actors.conversation import commands as cmd, events as ev
from plixa.actors.whatsapp.gateway import Content, MessageKind, MessageSeen, Peer
from plixa.actors.workspace.actor import RegisterWorkspace
from plixa.engine.actor import ActorType, Outcome
from plixa.engine.clock import SystemClock
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Commit
from plixa.engine.registry import Registry
from plixa.engine.supervisor import Supervisor
from plixa.engine.telemetry import Telemetry
from plixa.features import prepared_kinds, schema
from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.store import PostgresStore, open_store

TENANT = 1


@dataclass
class Engine:
    """A running engine, and everything that it has committed, in the order in which listeners were told."""

    database: Database
    store: PostgresStore
    registry: Registry
    told: list[Recorded] = field(default_factory=list)

    async def ask(self, kind: str, id_: int, command: Any, tenant: int = TENANT, **more: Any) -> Outcome:
        """Ask an actor."""
        return await self.registry.ask(Address(tenant, kind, id_), command, actor="test", cause="test", **more)

    async def found(self, tenant: int = TENANT) -> None:
        """Make the workspace."""
        email = f"owner{tenant}@plixa.example"
        await self.ask(
            "workspace", tenant,
            RegisterWorkspace(
                name="Padaria", slug=f"padaria-{tenant}", country_code="BR", timezone="UTC", locale="en", tax_id=None,
                owner_id=tenant, owner_name="Ana", owner_email=email,
            ),
            tenant,
        )  # fmt: skip

    async def write(
        self, conversation: int, key: str, body: str = "oi", tenant: int = TENANT, contact_id: int = 5
    ) -> Outcome:
        """A customer writes."""
        peer = Peer("5511999990000", None, "5511999990000@s.whatsapp.net")
        content = Content(MessageKind.TEXT, body, "conversation")
        seen = MessageSeen(key, peer, False, "contact", content, datetime.now(UTC), push_name="Bia")
        command = cmd.TakeMessage(seen=seen, contact_id=contact_id, number_id=3)
        return await self.ask("conversation", conversation, command, tenant)

    async def answer(self, conversation: int, body: str, tenant: int = TENANT) -> Outcome:
        """Somebody of the house answers."""
        command = cmd.Send(author=ev.Author("user", 1, "Ana"), content=Content(MessageKind.TEXT, body, "conversation"))
        return await self.ask("conversation", conversation, command, tenant)

    async def swept(self) -> None:
        """Wait until what commits left to be swept is gone."""
        with trio.fail_after(10):
            while await self.rows("select from sweeps limit 1"):  # noqa: ASYNC110
                await trio.sleep(0.01)

    async def rows(self, query: str, *args: object) -> list[tuple[Any, ...]]:
        """What a query gives."""

        async def fetch(connection: Any) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await connection.fetch(query, *args)]

        return await self.database.run(fetch)


@asynccontextmanager
async def open_engine(
    url: str, *, node: str = "node-1", kinds: Mapping[str, ActorType[Any]] | None = None
) -> AsyncIterator[Engine]:
    """An engine on the database at `url`, closed on leaving as a crash would: nothing is drained."""
    telemetry = Telemetry()
    async with open_database(url, size=4) as database:
        used = kinds or prepared_kinds(database, SystemClock())
        async with open_store(
            database, secret_key=SECRET_KEY, node=node, kinds=used, telemetry=telemetry, schema=schema()
        ) as store:
            supervisor = Supervisor(store, used, "workspace", SystemClock(), telemetry)
            engine = Engine(database, store, Registry(supervisor))

            def told(_: Commit, recorded: list[Recorded]) -> None:
                engine.told.extend(recorded)

            store.writer.listeners["told"] = told
            async with trio.open_nursery() as nursery:
                await nursery.start(supervisor.run)
                yield engine
                nursery.cancel_scope.cancel()
