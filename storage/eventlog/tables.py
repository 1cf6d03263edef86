"""The tables of the log itself, and of what every actor has: keys, states, timers, effects, dead letters, answers."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.eventlog import statements as sql
from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep, Sweep, by_stream

OLD_VERSIONS = """
with recursive found(version) as (
    (select version from state_snapshots order by version limit 1)
    union all
    select (select s.version from state_snapshots s where s.version > found.version order by s.version limit 1)
    from found where found.version is not null
) select version from found where version <> all($2::text[])
"""
TABLES = Tables(
    tables=(
        Table(
            name="events",
            moves=True,
            until="the log: erasure destroys keys, and only the end of a workspace takes events",
        ),
        Table(name="heads", moves=True, until="a row a workspace; a tombstone once it is erased", erased="kept"),
        Table(
            name="stream_keys",
            moves=True,
            until="as long as what they seal; erasure destroys them",
            sealed=(Sealed("sealed", "stream key {tenant_id}/{stream}"),),
        ),
        Table(name="application_keys", until="a row a key: one, and two while `plixa rekey` is at work"),
        Table(
            name="state_snapshots",
            keep=Keep(
                "snapshots that this release does not read",
                timedelta(days=30),
                f"saved_at < $1 and version = any(array({OLD_VERSIONS}))",
                bodies=True,
            ),
        ),
        Table(name="snapshots", until="of the release before: the migration that drops it comes with a later one"),
        Table(name="timers", moves=True, until="until they fire", erased="first"),
        Table(
            name="outbox",
            moves=True,
            keep=Keep(
                "effects that are over",
                timedelta(days=30),
                "settled_at < $1 and (state <> 'failed' or kind <> 'picture.delete')",
            ),
            erased="first",
        ),
        Table(
            name="parked",
            moves=True,
            keep=Keep(
                "dead letters: commands that crashed their actor", timedelta(days=90), "parked_at < $1", bodies=True
            ),
            sealed=(Sealed("command", "parked"),),
        ),
        Table(
            name="answers",
            keep=Keep(
                "answers to requests with an `Idempotency-Key`", timedelta(days=7), "created_at < $1", bodies=True
            ),
            sealed=(Sealed("body", "answer ({tenant_id}, {scope!r}) {key}"),),
        ),
    ),
    later={sql.ANSWERS_DROPPED: "answers"},
    # Later ones of the address book are of contacts that are still there.
    sweeps={"answers": (Sweep("answers", "tenant_id = $1 and stream = $2 and created_at <= $3", by_stream),)},
)
