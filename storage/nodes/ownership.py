"""Which node lives, and which tenant it owns, as SQL: see `plixa.engine.ownership`.

A node lives for as long as it says so (`BEAT`, once a second). It is dead `DEAD_AFTER` seconds after its last beat; and
after `GONE_AFTER` already where nobody holds its name's lock, which Postgres frees as soon as a process' connection has
ended. Before Postgres itself was there nobody could beat, and nobody holds a lock any more: ages count from its start
at the earliest, and for `DEAD_AFTER` seconds from there no lock that is free says anything.

Taking a tenant raises its epoch, which fences whoever had it, and writes down the reign that begins (`reigns`): from
which position on this node is the only one that commits. A node that comes back under its own name takes its tenants
at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from plixa.engine.errors import Elsewhere, Fenced, NotFound, Unavailable
from plixa.engine.ownership import DEAD_AFTER, GONE_AFTER, Heard, Member
from plixa.engine.ports import Owner, TenantHead
from plixa.storage.postgres.bridge import Database

if TYPE_CHECKING:
    from plixa.storage.postgres.bridge import Connection

NAME_HELD = """
exists (
    select from pg_locks k where k.locktype = 'advisory' and k.granted and k.classid = hashtext('plixa node')::oid
      and k.objid = hashtext(n.node)::oid
      and k.database = (select oid from pg_database where datname = current_database())
)
"""
LAST_BEAT = "greatest(n.heartbeat_at, pg_postmaster_start_time())"
LIVES = f"""
case when {LAST_BEAT} > now() - interval '{GONE_AFTER} seconds' then true
     when {LAST_BEAT} <= now() - interval '{DEAD_AFTER} seconds' then false
     when pg_postmaster_start_time() > now() - interval '{DEAD_AFTER} seconds' then true
     else {NAME_HELD} end
"""
"""True of a row `n` of `nodes` whose process is at work. The locks are looked at only where its beat is late."""
OWNABLE = f"""
not exists (
    select from leases l join nodes n on n.node = l.node
    where l.tenant_id = t.tenant_id and l.node <> $1 and {LIVES}
)
"""
"""True of a row of `t` whose tenant the node `$1` owns, or may take: none that lives has it."""
OWNER = f"""
select n.node, n.incarnation from leases l join nodes n on n.node = l.node where l.tenant_id = $1 and {LIVES}
"""
BEAT = f"""
with beat as (
    insert into nodes as n (node, incarnation, heartbeat_at, cores, draining) values ($1, $2, now(), $3, $4)
    on conflict (node) do update set incarnation = excluded.incarnation, heartbeat_at = excluded.heartbeat_at,
        cores = excluded.cores, draining = excluded.draining
)
select node, incarnation, cores, draining, null::bigint as lost from nodes n where node <> $1 and {LIVES}
union all
select null, null, null, null, o.tenant_id from unnest($5::bigint[], $6::bigint[]) as o (tenant_id, epoch)
where not exists (select from leases l where l.tenant_id = o.tenant_id and l.node = $1 and l.epoch = o.epoch)
"""
TAKE = f"""
with before as (
    select l.node, n.heartbeat_at from leases l left join nodes n on n.node = l.node where l.tenant_id = $1
)
insert into leases as l values ($1, $2, 1)
on conflict (tenant_id) do update set node = excluded.node, epoch = l.epoch + 1
where l.node = excluded.node or not exists (select from nodes n where n.node = l.node and {LIVES})
returning epoch, (select node from before) as had, (select heartbeat_at = to_timestamp(0) from before) as has_left,
    (select extract(epoch from now() - heartbeat_at)::float8 from before) as silent
"""
REIGN = """
with head as (
    insert into heads as h (tenant_id, epoch) values ($1, $2)
    on conflict (tenant_id) do update set epoch = excluded.epoch where h.epoch < excluded.epoch
    returning position, last_id
), reign as (
    insert into reigns (tenant_id, epoch, node, from_position, at) select $1, $2, $3, position + 1, now() from head
)
select position, last_id from head
"""
LEASES = "select tenant_id, epoch from leases where node = $1"
HAND_OVER = f"""
update leases set node = $4, epoch = epoch + 1 where tenant_id = $1 and node = $2 and epoch = $3
  and exists (select from nodes n where n.node = $4 and n.incarnation = $5 and not n.draining and {LIVES})
returning epoch
"""
LEAVE = "update nodes set heartbeat_at = to_timestamp(0) where node = $1 and incarnation = $2"


class Beating:
    """Beats over a connection of their own, which is given up as soon as one is not answered: see `Beats`."""

    def __init__(self, database: Database, me: Owner, cores: int) -> None:
        self._database = database
        self._me = me
        self._cores = cores
        self._connection: Connection | None = None
        self.draining = self.apart = False
        self._over = False

    async def beat(self, opened: Mapping[int, int]) -> Heard:
        """See `Beats.beat`."""
        if self._over:
            raise Unavailable("This node has said that it is gone.")
        values = (*self._me, self._cores, self.member.draining, list(opened.keys()), list(opened.values()))
        rows = await self._database.aio(lambda: self._fetch(BEAT, *values))
        others = [row for row in rows if row["lost"] is None]
        members = [Member(Owner(row["node"], row["incarnation"]), row["cores"], row["draining"]) for row in others]
        return Heard(members, [row["lost"] for row in rows if row["lost"] is not None])

    @property
    def member(self) -> Member:
        """See `Leases.member`."""
        return Member(self._me, self._cores, self.draining or self.apart)

    async def leases(self) -> Mapping[int, int]:
        """See `Leases.leases`."""
        rows = await self._database.run(_fetch, LEASES, self._me.node)
        return {row["tenant_id"]: row["epoch"] for row in rows}

    async def hand_over(self, tenant: int, epoch: int, to: Owner) -> bool:
        """See `Leases.hand_over`."""
        return bool(await self._database.run(_fetch, HAND_OVER, tenant, self._me.node, epoch, *to))

    async def leave(self) -> None:
        """This life is over: others need not wait for it to be missed."""
        self._over = True
        await self._database.run(_fetch, LEAVE, *self._me)

    def close(self) -> None:
        """End the session."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None

    async def _fetch(self, query: str, *values: object) -> list[Any]:
        """Under asyncio."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        try:
            return list(await self._connection.fetch(query, *values))
        except BaseException:  # cut off as well: what is under way there is nobody's any more
            self.close()
            raise


async def _fetch(connection: Any, query: str, *args: object) -> list[Any]:
    return list(await connection.fetch(query, *args))


class Taken(NamedTuple):
    """had: who had it: "nobody", "itself", "left" (one that stopped) or "dead". silent: seconds since its beat."""

    head: TenantHead
    had: str
    silent: float


async def take(connection: Any, tenant: int, node: str) -> Taken:
    """Own a tenant from now on. Raises `Elsewhere` if a live node has it, `NotFound` if it is erased."""
    async with connection.transaction():
        lease = await connection.fetchrow(TAKE, tenant, node)
        if lease is None:
            owner = await owner_of(connection, tenant)
            raise Elsewhere(tenant, *owner) if owner is not None else Fenced(tenant)
        row = await connection.fetchrow(REIGN, tenant, lease["epoch"], node)
        if row is None:  # its head is a tombstone: see erasure.py
            raise NotFound("workspace")
        head = TenantHead(lease["epoch"], row["position"], row["last_id"])
        return Taken(head, _had(lease, node), lease["silent"] or 0.0)


def _had(lease: Any, node: str) -> str:
    if lease["had"] is None:
        return "nobody"
    if lease["had"] == node:
        return "itself"
    return "left" if lease["has_left"] else "dead"


async def owner_of(connection: Any, tenant: int) -> Owner | None:
    """The living node that has a tenant."""
    row = await connection.fetchrow(OWNER, tenant)
    return Owner(row["node"], row["incarnation"]) if row is not None else None
