"""What people did in a workspace, newest first, read straight from its log and joined with where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plixa.actors.workspace.upkeep import ConfigChanged, SettingChanged
from plixa.engine.events import Recorded
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import decode_rows, fetch_keys
from plixa.storage.eventlog.statement import Row
from plixa.storage.workspace import statements as sql

PEOPLE = "(actor like 'user:%' or actor like 'token:%' or actor like 'admin:%' or actor = 'anonymous')"
"""Word for word as in the index `events_by_people`."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show. None means: no matter. `until` is excluded, and so are the types in `but`."""

    actor: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """An event of a person's making, and where the request came from, as long as that is kept."""

    recorded: Recorded
    address: str | None
    user_agent: str | None


def origin_row(tenant: int, request_id: str, address: str, user_agent: str, at: datetime) -> Row:
    """Where a request that changes something came from."""
    return sql.ORIGIN, (tenant, request_id, address[:100], user_agent[:300] or None, at)


async def list_deeds(
    connection: Any, keyring: Keyring, tenant: int, chosen: AuditFilter, before: int | None, limit: int
) -> tuple[Sequence[Deed], int | None]:
    """A page, and the position before which the next one begins."""
    where, args = [PEOPLE], list[Any]([tenant, limit + 1])
    conditions = (
        ("position < ", before),
        ("actor = ", chosen.actor),
        ("type = ", chosen.type),
        ("at >= ", chosen.since),
        ("at < ", chosen.until),
        ("type <> all", list(chosen.but) or None),
    )
    for condition, value in conditions:
        if value is not None:
            args.append(value)
            where.append(f"{condition}(${len(args)})")
    rows = await connection.fetch(_query(" and ".join(where)), *args)
    page = rows[:limit]
    await fetch_keys(connection, keyring, page)
    deeds = [
        Deed(recorded, row["address"], row["user_agent"])
        for recorded, row in zip(decode_rows(keyring, page, strict=False), page, strict=True)
    ]
    return deeds, page[-1]["position"] if len(rows) > limit else None


def _query(where: str) -> str:
    return (
        "select e.tenant_id, e.position, e.stream, e.revision, e.type, e.schema, e.at, e.actor, e.cause, e.key_id, "
        "e.data, o.address, o.user_agent from ("
        f"select * from events where tenant_id = $1 and {where} order by position desc limit $2) e "
        "left join request_origins o on o.tenant_id = e.tenant_id and e.cause = 'http:' || o.request_id "
        "order by e.position desc"
    )


BEFORE = """
select u.position, e.data from unnest($2::bigint[], $3::text[], $4::bigint[]) as u(position, name, item_id)
cross join lateral (
  select data from events e where e.tenant_id = $1 and e.stream = $5 and e.position < u.position
    and (u.item_id is null and e.type = 'config.changed' and e.data->>'config' = u.name
      or e.type in ('setting.created', 'setting.changed') and e.data->>'collection' = u.name
         and (e.data->>'item_id')::bigint = u.item_id)
  order by e.position desc limit 1) e
"""


async def settings_before(connection: Any, tenant: int, recorded: Sequence[Recorded]) -> dict[int, dict[str, Any]]:
    """By position of a setting's change, its values before it, as far as there were any."""
    of = [(each.position, *found) for each in recorded if (found := _setting(each.event)) is not None]
    if not of:
        return {}
    positions, names, items = zip(*of, strict=True)
    rows = await connection.fetch(BEFORE, tenant, list(positions), list(names), list(items), f"workspace-{tenant}")
    return {row["position"]: row["data"].get("values", {}) for row in rows}


def _setting(event: Any) -> tuple[str, int | None] | None:
    """Its name, and the item's id where it is one of several."""
    if isinstance(event, ConfigChanged):
        return event.config, None
    return (event.collection, event.item_id) if isinstance(event, SettingChanged) else None
