"""The WhatsApp numbers of workspaces."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from plixa.actors.whatsapp.reasons import Why, sentence
from plixa.actors.workspace.events import NumberAdded
from plixa.engine.events import Event
from plixa.storage.eventlog.batches import Rounds
from plixa.storage.eventlog.codec import as_time
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row
from plixa.storage.nodes.ownership import OWNABLE
from plixa.storage.people.vault import token_hash
from plixa.storage.whatsapp import statements as sql


async def list_numbers(connection: Any, tenant: int) -> list[dict[str, Any]]:
    """A workspace's WhatsApp numbers, oldest first; without those that were removed."""
    rows = await connection.fetch("select * from numbers where tenant_id = $1 and not removed order by id", tenant)
    return [number_resource(row) for row in rows]


async def watched_numbers(connection: Any) -> Sequence[Any]:
    """All numbers of all tenants that are there."""
    rows: Sequence[Any] = await connection.fetch("select * from numbers where not removed order by tenant_id, id")
    return rows


async def numbers_to_watch(connection: Any, node: str, tenants: Collection[int] | None = None) -> Sequence[Any]:
    """All numbers that are there, of all tenants that this node owns or that no living one does; or of these alone."""
    among = "true" if tenants is None else "t.tenant_id = any($2)"
    query = f"select * from numbers t where not removed and {among} and {OWNABLE} order by tenant_id, id"
    rows: Sequence[Any] = await connection.fetch(query, node, *([] if tenants is None else [list(tenants)]))
    return rows


def number_resource(row: Any) -> dict[str, Any]:
    """A phone instance as the API shows it."""
    why: Why | None = row["data"].get("why") or ("not_paired" if row["status"] == "pending_qr" else None)
    return {
        "id": row["id"],
        "name": row["name"],
        "instance": row["instance"],
        "phone": row["phone"],
        "status": row["status"],
        "status_reason": row["data"].get("reason"),
        "status_detail": why,
        "status_text": sentence(why),
        "status_changed_at": as_time(row["data"].get("changed_at")),
        "created_at": row["created_at"],
    }


def number_secret_row(tenant: int, number_id: int, instance: str, secret: str, seal: ApplicationKey) -> Row:
    """The secret that the gateway sends along with a number's webhooks."""
    sealed = seal.seal(secret.encode(), f"number secret {instance}")
    return sql.NUMBER_SECRET, (tenant, number_id, instance, token_hash(secret), sealed)


@dataclass(frozen=True, slots=True)
class NumberSecret:
    """The secret of a number that is being added."""

    tenant: int
    instance: str
    secret: str = field(repr=False)

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        number_id = next(event.number_id for event in events if isinstance(event, NumberAdded))
        return [number_secret_row(self.tenant, number_id, self.instance, self.secret, seal)]


async def find_number_secret(connection: Any, instance: str) -> Any:
    """Which number an instance is, with the hash of its secret, and whether it was removed; or None."""
    return await connection.fetchrow(
        "select s.*, coalesce(n.removed, false) as removed from number_secrets s "
        "left join numbers n on n.tenant_id = s.tenant_id and n.id = s.number_id where s.instance = $1",
        instance,
    )


async def make_secrets(connection: Any, seal: ApplicationKey, tenant: int, make: Callable[[], str]) -> None:
    """New secrets for a workspace's numbers, whose old ones stayed where it was. The gateway hears as they connect."""
    rounds = Rounds()
    for row in await connection.fetch("select id, instance from numbers where tenant_id = $1 and not removed", tenant):
        rounds.add(number_secret_row(tenant, row["id"], row["instance"], make(), seal))
    await rounds.write(connection)
