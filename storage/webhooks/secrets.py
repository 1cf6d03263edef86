"""The secrets that deliveries are signed with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from plixa.actors.webhooks.endpoints import EndpointCreated
from plixa.engine.events import Event
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row
from plixa.storage.webhooks import statements as sql

OVERLAP = timedelta(hours=24)
MOST = 4
"""Signatures of one delivery, however often somebody asks for a new secret within a day."""
GOOD = """
select w.tenant_id, w.endpoint_id, s.sealed from unnest($1::bigint[], $2::bigint[]) as w(tenant_id, endpoint_id),
lateral (
    select * from webhook_secrets s where s.tenant_id = w.tenant_id and s.endpoint_id = w.endpoint_id
    and (s.expires_at is null or s.expires_at > $3) order by s.made_at desc limit $4
) s
"""


def belongs(tenant: int, endpoint_id: int) -> str:
    """What a sealed secret is bound to."""
    return f"webhook secret {tenant}/{endpoint_id}"


def secret_rows(tenant: int, endpoint_id: int, sealed: bytes, at: datetime) -> list[Row]:
    """A new secret; what there was signs beside it for a day."""
    return [
        (sql.SECRET_ENDS, (tenant, endpoint_id, at, at + OVERLAP)),
        (sql.SECRET, (tenant, endpoint_id, at, sealed)),
    ]


@dataclass(frozen=True, slots=True)
class EndpointSecret:
    """A new secret of an endpoint; None: of the one that is being made."""

    tenant: int
    endpoint_id: int | None
    secret: str = field(repr=False)
    at: datetime

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        made = (event.endpoint_id for event in events if isinstance(event, EndpointCreated))
        endpoint_id = next(made) if self.endpoint_id is None else self.endpoint_id
        sealed = seal.seal(self.secret.encode(), belongs(self.tenant, endpoint_id))
        return secret_rows(self.tenant, endpoint_id, sealed, self.at)


async def good(connection: Any, pairs: Sequence[tuple[int, int]], at: datetime) -> dict[tuple[int, int], list[bytes]]:
    """By tenant and endpoint: the sealed secrets that sign now, the newest first."""
    found: dict[tuple[int, int], list[bytes]] = {}
    tenants, endpoints = [tenant for tenant, _ in pairs], [endpoint for _, endpoint in pairs]
    for row in await connection.fetch(GOOD, tenants, endpoints, at, MOST):
        found.setdefault((row["tenant_id"], row["endpoint_id"]), []).append(row["sealed"])
    return found
