"""What is kept for how long, table by table, and what deletes the rest.

`RULES` has every table that grows and whose rows have an end, `KEPT` every other one and why nothing deletes there; a
test holds both to the schema. Old rows go some thousand at a time, of tables with long rows some hundred, each chunk a
transaction of its own, with pauses in between, and on one node at a time: a pass holds a lock of Postgres. No chunk
waits for a row that somebody else holds; the next pass finds it. A chunk that takes too long is tried with fewer rows;
where even a few take too long, the table is left for the next pass, and the others have their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
import trio

from plixa.engine.clock import Clock
from plixa.engine.rounds import go_round
from plixa.engine.telemetry import Telemetry
from plixa.storage.postgres.bridge import Database, is_trouble

EVERY = 3600.0
FIRST_AFTER = 60.0
CHUNK, CHUNK_OF_BODIES = 2_000, 200
SMALLER, SMALLEST = 8, 4
"""By how much a chunk shrinks that took too long, and below how many rows the table is left for later."""
WITHIN = 10.0
PAUSE = 0.1
LOCK = "select pg_try_advisory_lock(hashtext('plixa retention'))"
log = structlog.get_logger("plixa.retention")

OLD_VERSIONS = """
with recursive found(version) as (
    (select version from state_snapshots order by version limit 1)
    union all
    select (select s.version from state_snapshots s where s.version > found.version order by s.version limit 1)
    from found where found.version is not null
) select version from found where version <> all($2::text[])
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One table's.

    what: of its rows, in words. over: SQL that holds for a row `t` whose time is over, given $1: now less `keep`; $2,
    where it is in there: the versions of snapshots that this release reads. along: another table, and its column that
    names the `id` of a row that goes. bodies: its rows hold files or whole requests.
    """

    table: str
    what: str
    keep: timedelta
    over: str
    along: tuple[str, str] | None = None
    bodies: bool = False

    def delete(self, rows: int) -> str:
        """The statement that removes at most so many rows and tells how many it was."""
        chunk = f"select ctid from {self.table} t where {self.over} limit {rows} for update skip locked"
        gone = f"delete from {self.table} where ctid = any(array({chunk}))"
        if self.along is None:
            return f"with gone as ({gone} returning 1) select count(*) from gone"
        table, column = self.along
        also = f"also as (delete from {table} a using gone where a.{column} = gone.id)"
        return f"with gone as ({gone} returning id), {also} select count(*) from gone"


RULES: tuple[Rule, ...] = (
    Rule(
        "outbox",
        "effects that are over",
        timedelta(days=30),
        # Erasure finds the pictures that could not be deleted by theirs.
        "settled_at < $1 and (state <> 'failed' or kind <> 'picture.delete')",
    ),
    Rule(
        "tokens",
        "tokens, sessions and sign-ins that waited for a code, once revoked or expired",
        timedelta(days=30),
        "least(revoked_at, expires_at) < $1",
        along=("token_uses", "token_id"),
    ),
    Rule("one_time_secrets", "links that were mailed, once expired", timedelta(days=7), "expires_at < $1"),
    Rule("spent_secrets", "that such a link was used", timedelta(days=90), "spent_at < $1"),
    Rule("answers", "answers to requests with an `Idempotency-Key`", timedelta(days=7), "created_at < $1", bodies=True),
    Rule("request_origins", "where a request came from", timedelta(days=180), "at < $1"),
    Rule("held_updates", "updates whose message has not come", timedelta(days=1), "held_at < $1"),
    Rule(
        "kept_bodies",
        "webhooks that were not understood; 1,000 a number",
        timedelta(days=30),
        "kept_at < $1",
        bodies=True,
    ),
    Rule("parked", "letters that crashed their actor", timedelta(days=90), "parked_at < $1", bodies=True),
    Rule(
        "contact_imports",
        "imports that are finished, with their problems",
        timedelta(days=180),
        "finished_at < $1",
        bodies=True,
    ),
    Rule(
        "contact_import_files",
        "files of imports, where the import's end has not taken them along",
        timedelta(days=30),
        "not exists (select from contact_imports i where i.tenant_id = t.tenant_id and i.id = t.import_id "
        "and i.status = 'running' and i.started_at >= $1)",
        bodies=True,
    ),
    Rule(
        "state_snapshots",
        "snapshots that this release does not read",
        timedelta(days=30),
        f"saved_at < $1 and version = any(array({OLD_VERSIONS}))",
        bodies=True,
    ),
    Rule("nodes", "nodes that are gone", timedelta(days=30), "heartbeat_at < $1"),
)

KEPT: Mapping[str, str] = {
    "events": "the log: erasure destroys keys, and only the end of a workspace takes events",
    "heads": "a row a workspace; a tombstone once it is erased",
    "erasures": "a row an erased workspace, and nothing else of it",
    "leases": "a row a workspace",
    "schema_migrations": "a row a migration",
    "stream_keys": "as long as what they seal; erasure destroys them",
    "snapshots": "of the release before: the migration that drops it comes with a later one",
    "timers": "until they fire",
    "sweeps": "until what they name is gone, which is seconds",
    "erased_keys": "for ever, on purpose: hashes, so that what was erased does not come back with a look-back",
    "workspaces": "a row a workspace",
    "members": "with the workspace: reports name those who left",
    "credentials": "a row a user",
    "two_factors": "a row a user",
    "recovery_codes": "ten a user",
    "token_uses": "a row a token, which it goes with",
    "admins": "Plixa's staff",
    "vapid_keys": "one row",
    "push_subscriptions": "until the push service or the member is gone; a few a member",
    "waitlist": "until the staff removes somebody; a row an address",
    "numbers": "with the workspace: conversations of removed numbers stay",
    "number_secrets": "with the workspace: whatever a removed number still posts is answered",
    "contacts": "until erased",
    "contact_labels": "with the contact or the label",
    "contact_values": "with the contact or the field",
    "contact_merges": "with the contact: a merge can be undone",
    "peers": "until the conversation they lead to is erased and its customer writes anew",
    "conversations": "until erased",
    "conversation_facets": "with the conversation",
    "conversation_seen": "with the conversation",
    "conversation_merges": "with the conversation",
    "messages": "with the conversation",
    "media_files": "with the conversation",
    "summaries": "with the conversation: one each",
    "csat_ratings": "with the conversation",
    "sla_clocks": "with the conversation",
    "resolutions": "with the conversation",
}
"""Tables without a rule: until when their rows stay."""


class Retention:
    """The service that goes over all tables once an hour."""

    def __init__(self, database: Database, clock: Clock, telemetry: Telemetry, versions: Collection[str]) -> None:
        self._database = database
        self._clock = clock
        self._telemetry = telemetry
        self._versions = list(versions)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Delete what is too old, until cancelled."""
        task_status.started()
        await trio.sleep(FIRST_AFTER)  # a start has enough to do
        await go_round(self.sweep, EVERY)

    async def sweep(self) -> None:
        """Go over all tables once, unless another node is at it. Raises `Unavailable`."""
        began = trio.current_time()
        if await self._database.aio(self._sweep):
            self._telemetry.retention_seconds.set(trio.current_time() - began)
            self._telemetry.retention_finished.set(self._clock.now().timestamp())

    # -- under asyncio from here on -----------------------------------------------------------------------------------

    async def _sweep(self) -> bool:
        connection = await self._database.connect()
        try:
            if not await connection.fetchval(LOCK):
                return False
            for rule in RULES:
                await self._apply(connection, rule)
            return True
        finally:
            connection.terminate()  # which lets go of the lock

    async def _apply(self, connection: Any, rule: Rule) -> None:
        """One table; what is wrong with it is its own."""
        try:
            await self._all(connection, rule)
        except Exception as error:
            if connection.is_closed() or (is_trouble(error) and not isinstance(error, TimeoutError)):
                raise
            log.exception("retention_failed", table=rule.table, error=type(error).__name__)

    async def _all(self, connection: Any, rule: Rule) -> None:
        size = gone = CHUNK_OF_BODIES if rule.bodies else CHUNK
        while gone == size:
            try:
                gone = await self._chunk(connection, rule, size)
            except TimeoutError:
                if size < SMALLEST * SMALLER:
                    raise
                size = gone = size // SMALLER
                log.warning("retention_slow", table=rule.table, next=size)
            await asyncio.sleep(PAUSE)

    async def _chunk(self, connection: Any, rule: Rule, size: int) -> int:
        args = [self._clock.now() - rule.keep, *([self._versions] if "$2" in rule.over else [])]
        gone: int = await connection.fetchval(rule.delete(size), *args, timeout=WITHIN)
        self._telemetry.retention_rows.labels(rule.table).inc(gone)
        return gone
