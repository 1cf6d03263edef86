"""The effect `workspace.resume`: before a workspace goes on, it lets go of what is too old to be said.

Each conversation decides it itself, as if its message had failed for good, or somebody had called it off. Cut off in
the middle it is done again, and finds what is left.
"""

from __future__ import annotations

from typing import Any

from plixa.actors.conversation.commands import Unschedule
from plixa.actors.staff.stays import STALE
from plixa.engine.actor import EffectFailed
from plixa.engine.errors import Refused
from plixa.engine.ports import StoredEffect, address_of
from plixa.http.api.services import Services
from plixa.storage.staff.resuming import stale

LISTED = 1000
REASON = "The workspace was suspended, and this is more than a day old."


class Resuming:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def resume(self, stored: StoredEffect) -> dict[str, Any]:
        """Let go of it; says what it was, up to a bound."""
        tenant, before = stored.owner.tenant, self._services.clock.now() - STALE
        dropped = list[tuple[int, int]]()
        while True:
            messages, scheduled = await self._services.database.run(stale, tenant, before)
            done = [await self._fail(tenant, row["stream"], row["effect_id"]) for row in messages]
            done += [await self._call_off(tenant, row["stream"], row["name"]) for row in scheduled]
            gone = [each for each in done if each is not None]
            dropped += gone
            if not gone:  # nothing, or nothing that its conversation would hear of
                return {"dropped": [list(each) for each in dropped[:LISTED]]}

    async def _fail(self, tenant: int, stream: str, effect_id: str) -> tuple[int, int] | None:
        command = EffectFailed(effect_id=effect_id, reason=REASON, permanent=True)
        return await self._drop(tenant, stream, command, effect_id)

    async def _call_off(self, tenant: int, stream: str, timer: str) -> tuple[int, int] | None:
        return await self._drop(tenant, stream, Unschedule(scheduled_id=_number(timer)), timer)

    async def _drop(self, tenant: int, stream: str, command: Any, named: str) -> tuple[int, int] | None:
        address = address_of(tenant, stream)
        try:
            outcome = await self._services.bus.ask(address, command, actor="system", cause="resume")
        except Refused:
            return None
        return (address.id, _number(named)) if outcome.recorded else None


def _number(name: str) -> int:
    """Of "send-12" and "scheduled-12"."""
    return int(name.rpartition("-")[2])
