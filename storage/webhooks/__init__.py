"""Outbound webhooks: what an endpoint is told, what became of it, and how far it has got in the log."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep
from plixa.storage.webhooks import forgetting, rows

FACE = ("deliveries", "feeds", "lanes", "secrets")
KEPT = timedelta(days=30)
NEEDED = (
    "exists (select from webhook_deliveries d where d.tenant_id = t.tenant_id and d.event_id = t.event_id "
    "and d.status in ('pending', 'delivering'))"
)
TABLES = Tables(
    tables=(
        Table(
            name="webhook_secrets",
            moves=True,
            keep=Keep("secrets that signed beside newer ones", timedelta(days=1), "expires_at < $1"),
            erased="first",
            sealed=(Sealed("sealed", "webhook secret {tenant_id}/{endpoint_id}"),),
        ),
        Table(name="webhook_feeds", moves=True, until="with the endpoint", erased="first"),
        Table(name="webhook_replays", until="until all of it is queued", erased="first"),
        Table(
            name="webhook_events",
            keep=Keep("what endpoints were told", KEPT, f"created_at < $1 and not {NEEDED}", bodies=True),
            sealed=(Sealed("body", "webhook event {tenant_id}/{event_id}"),),
        ),
        Table(
            name="webhook_deliveries",
            keep=Keep("deliveries, once over", KEPT, "ended_at < $1", bodies=True),
            sealed=(Sealed("response_body", "webhook answer {tenant_id}/{id}"),),
        ),
        Table(name="webhook_lanes", until="until nothing waits in them", erased="first"),
    ),
    projects=rows.projects,
    sweeps={"messages": (forgetting.SWEEP,)},
)
