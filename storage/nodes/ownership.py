"""Which node a tenant is owned by, as SQL.

A node lives for as long as it says so (`BEAT`, once a second). It is dead `DEAD_AFTER` seconds after its last beat; and
after `GONE_AFTER` already where nobody holds its name's lock, which Postgres frees as soon as a process' connection has
ended. Before Postgres itself was there nobody could beat: ages count from its start at the earliest, or its restart
would be everybody's death.
"""

from __future__ import annotations

from typing import Any

from plixa.engine.ports import Owner

GONE_AFTER, DEAD_AFTER = "interval '2 seconds'", "interval '6 seconds'"
NAME_HELD = """
exists (
    select from pg_locks k where k.locktype = 'advisory' and k.granted and k.classid = hashtext('plixa node')::oid
      and k.objid = hashtext(n.node)::oid and k.database = (select oid from pg_database where datname = current_database())
)
"""
LAST_BEAT = "greatest(n.heartbeat_at, pg_postmaster_start_time())"
LIVES = f"""
case when {LAST_BEAT} > now() - {GONE_AFTER} then true
     when {LAST_BEAT} <= now() - {DEAD_AFTER} then false
     else {NAME_HELD} end
"""
"""True of a row `n` of `nodes` whose process is at work. The locks are looked at only where its beat is late."""
ELSEWHERE = f"""
not exists (
    select from leases l join nodes n on n.node = l.node
    where l.tenant_id = t.tenant_id and l.node <> $1 and {LIVES}
)
"""
"""True of a row of `t` whose tenant is owned by the node `$1`, or by none that lives."""
OWNER = f"""
select n.node, n.incarnation from leases l join nodes n on n.node = l.node where l.tenant_id = $1 and {LIVES}
"""


async def owner_of(connection: Any, tenant: int) -> Owner | None:
    """The living node that has a tenant."""
    row = await connection.fetchrow(OWNER, tenant)
    return Owner(row["node"], row["incarnation"]) if row is not None else None
