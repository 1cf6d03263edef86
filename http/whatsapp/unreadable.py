"""Webhooks that could not be understood: kept for a person, and read again when one asks for it.

The gateway was answered 200 for them, for it would never have sent them again. Reading one again does no harm: what
was understood of it the first time is known, and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
import trio

from plixa.actors.whatsapp.gateway import Unreadable
from plixa.engine.clock import Clock
from plixa.engine.errors import DeadLettered, PlixaError, Refused
from plixa.engine.rounds import go_round, one_by_one
from plixa.http.whatsapp.directory import Directory, NumberKey
from plixa.http.whatsapp.evolution.webhook import NotJson, decode, translate
from plixa.http.whatsapp.intake import Intake
from plixa.http.whatsapp.whose import whose_body
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.postgres.bridge import Database
from plixa.storage.whatsapp import unreadable

LARGEST = 64 * 1024
LOOK_EVERY = 2.0
AT_ONCE = 100
log = structlog.get_logger("plixa.kept")


@dataclass(slots=True)
class Body:
    """A request's body; `data` is only its beginning when it was too large."""

    data: bytes
    size: int

    @property
    def too_large(self) -> bool:
        """Whether a part of it was thrown away."""
        return self.size > len(self.data)


class StillUnreadable(Exception):
    """It cannot be understood now, either; the message says why."""


class UnreadableWebhooks:
    """See the module's text. Of each body the first 64 KiB are kept, sealed, for 30 days."""

    def __init__(
        self, intake: Intake, directory: Directory, database: Database, clock: Clock, seal: ApplicationKey, node: str
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._database = database
        self._clock = clock
        self._seal = seal
        self._node = node

    async def keep(self, number: NumberKey, reason: str, body: Body) -> None:
        """Put a body aside."""
        data = body.data[:LARGEST]
        whose = whose_body(self._seal, number, data) if len(data) == body.size else None
        sealed = self._seal.seal(data, sealed_as(number.tenant, number.number_id))
        await self._database.run(
            unreadable.keep_body, number.tenant, number.number_id, reason, body.size, sealed, whose
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read again what somebody asks for, until cancelled."""
        await go_round(self._replay_requested, LOOK_EVERY, task_status=task_status)

    async def _replay_requested(self) -> None:
        await one_by_one(await self._database.run(unreadable.UNREADABLE.requested, self._node, AT_ONCE), self._replay)

    async def _replay(self, row: Any) -> None:
        try:
            await self._read(row)
        except (StillUnreadable, NotJson, Refused, WrongKey) as error:
            log.warning("kept_stays", tenant=row["tenant_id"], id=row["id"], error=type(error).__name__)
            await self._database.run(unreadable.UNREADABLE.leave, row["id"], str(error)[:500])
        except PlixaError:
            raise
        except Exception as error:  # noqa: BLE001  # a bug: this one waits, and the others are read
            log.error("kept_failed", tenant=row["tenant_id"], id=row["id"], error=type(error).__name__)
            await self._database.run(
                unreadable.UNREADABLE.leave, row["id"], f"Reading it failed: {type(error).__name__}."
            )
        else:
            log.info("kept_taken", tenant=row["tenant_id"], id=row["id"])
            await self._database.run(unreadable.UNREADABLE.drop, [row["id"]])

    async def _read(self, row: Any) -> None:
        kept = await self._database.run(unreadable.kept_body, row["id"])
        number = await self._directory.number(kept["instance"]) if kept and kept["instance"] else None
        if number is None or number.removed:
            raise StillUnreadable("The number that it came for was removed.")
        data = self._seal.unseal(row["body"], sealed_as(row["tenant_id"], row["number_id"]))
        if len(data) < row["bytes"]:
            raise StillUnreadable(f"Of its {row['bytes']} bytes only the first {len(data)} are kept.")
        for seen in translate(decode(data), now=self._clock.now()):
            if isinstance(seen, Unreadable):
                raise StillUnreadable(seen.reason)
            try:
                await self._intake.take(number, seen, f"kept:{row['id']}")
            except DeadLettered:
                log.error("kept_parked", tenant=row["tenant_id"], id=row["id"])  # from there it can be replayed


def sealed_as(tenant: int, number_id: int) -> str:
    """What a kept body's seal is bound to."""
    return f"kept {tenant}/{number_id}"
