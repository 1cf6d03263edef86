"""Which node a tenant is owned by, as SQL."""

from __future__ import annotations

DEAD_AFTER = "interval '15 seconds'"
OWNABLE = f"""
not exists (
    select from leases l join nodes n on n.node = l.node
    where l.tenant_id = t.tenant_id and l.node <> $1 and n.heartbeat_at > now() - {DEAD_AFTER}
)
"""
"""True of a row of `t` whose tenant the node `$1` owns, or may take: none that lives has it."""
