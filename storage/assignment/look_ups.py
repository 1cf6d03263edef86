"""What the dispatcher must know to decide: who has how much to do, and who waits."""

from __future__ import annotations

from typing import Any

import msgspec

from plixa.actors.assignment.dispatcher import Dispatch, FindAssignee, Offer, OfferRound
from plixa.engine.clock import Clock
from plixa.storage.assignment import reads
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database


def dispatch(database: Database, _clock: Clock) -> Prepare:
    """The look-ups of the `dispatch` kind."""

    async def prepare(_state: Dispatch, command: Any, tenant: int, _workspace: Any) -> Any:
        if isinstance(command, FindAssignee | Offer | OfferRound):
            found = await database.run(reads.look_round, tenant, queue=True)
            return msgspec.structs.replace(command, found=found)
        return command

    return prepare
