"""What is found after the dust has settled, gathered once; `checks` judges it."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from plixa.features import schema
from tests.fault.load import Ledger
from tests.fault.reading import Snapshot, read_all, read_events
from tests.fault.rig import Rig
from tests.harness import Json, Number, Workspace

GREETING = "Olá! Já vamos responder."
SETTLED_WITHIN = 120.0
LOG = "select tenant_id, position, stream, revision, type, data from events order by tenant_id, position"
OPEN = "select tenant_id, effect_id, state from outbox where state in ('queued', 'attempting', 'unknown')"
OVERDUE = "select tenant_id, stream, name from timers where due_at < now() + interval '10 seconds'"
HELD = "select tenant_id, key_id from held_updates join messages using (tenant_id, number_id, key_id)"
PUT_ASIDE = """
select 'parked' as place, stream as what, error as why from parked
union all select 'kept', instance, reason from kept_bodies k join numbers n on n.id = k.number_id
"""


@dataclass
class Evidence:
    """By tenant, by phone, or row by row. `before` and `after` are the read models around a rebuild."""

    ledger: Ledger
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    shown: dict[int, list[Json]] = field(default_factory=dict)
    screens: dict[str, list[Json]] = field(default_factory=dict)
    log: list[Json] = field(default_factory=list)
    heads: dict[int, int] = field(default_factory=dict)
    put_aside: list[Json] = field(default_factory=list)
    reigns: list[Json] = field(default_factory=list)
    nodes: dict[int, str] = field(default_factory=dict)
    """Who listens at which port, where there are several."""
    unsettled: list[str] = field(default_factory=list)
    before: dict[str, list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)


async def settle(rig: Rig) -> list[str]:
    """Wait until nothing is on its way any more; returns what still is when the patience ends."""
    left: list[str] = ["not looked at"]
    quiet_at = None
    with trio.move_on_after(SETTLED_WITHIN):
        while left or quiet_at != await _state(rig):
            left, quiet_at = await _on_its_way(rig), await _state(rig)
            await trio.sleep(0.5)
    return left


async def _on_its_way(rig: Rig) -> list[str]:
    rows = [*await rig.query(OPEN), *await rig.query(OVERDUE), *await rig.query(HELD)]
    pending = (await rig.whatsapp.client.get("/sim/webhooks")).json()["pending"]
    return [*map(str, rows), *([f"{pending} webhooks wait at the gateway"] if pending else [])]


async def _state(rig: Rig) -> list[Json]:
    return await rig.query("select tenant_id, position from heads order by tenant_id")


async def gather(rig: Rig, ledger: Ledger, tenants: list[tuple[Workspace, Number]]) -> Evidence:
    """Look at everything, over HTTP where there is a way; at the end stop the server and rebuild the read models."""
    evidence = Evidence(ledger, unsettled=await settle(rig))
    for workspace, _ in tenants:
        evidence.snapshots[workspace.tenant] = await read_all(workspace)
        evidence.shown[workspace.tenant] = await read_events(workspace)
    for chat in ledger.chats:
        evidence.screens[chat.phone] = await rig.whatsapp.screen(chat.phone)
    await rig.stop()
    evidence.log = await rig.query(LOG)
    evidence.heads = {row["tenant_id"]: row["position"] for row in await rig.query("select * from heads")}
    evidence.reigns = await rig.query("select * from reigns order by tenant_id, epoch")
    evidence.put_aside = await rig.query(PUT_ASIDE)
    evidence.before = await _dump(rig)
    await rig.rebuild()
    evidence.after = await _dump(rig)
    return evidence


async def _dump(rig: Rig) -> dict[str, list[str]]:
    dump: dict[str, list[str]] = {}
    for table in schema().read_models:
        dump[table] = [row["line"] for row in await rig.query(f"select t::text as line from {table} t order by 1")]
    return dump
