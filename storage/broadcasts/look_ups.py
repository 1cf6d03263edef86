"""What a broadcast's decisions need to know: which of the workspace's numbers are connected."""

from __future__ import annotations

from typing import Any

from plixa.actors.broadcasts import commands as cmd
from plixa.actors.broadcasts.state import Broadcast
from plixa.engine.actor import TimerFired
from plixa.engine.clock import Clock
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database


def broadcast(database: Database, _clock: Clock) -> Prepare:
    """The look-ups of the `broadcast` kind."""

    async def prepare(_state: Broadcast, command: Any, tenant: int, _workspace: Any) -> Any:
        if isinstance(command, cmd.CreateBroadcast | cmd.Resume | cmd.Wake | TimerFired):
            return cmd.KnowingNumbers(command=command, connected=await database.run(connected, tenant))
        return command

    return prepare


async def connected(connection: Any, tenant: int) -> tuple[int, ...]:
    """The numbers that are connected, oldest first."""
    rows = await connection.fetch(
        "select id from numbers where tenant_id = $1 and status = 'connected' and not removed order by id", tenant
    )
    return tuple(row["id"] for row in rows)
