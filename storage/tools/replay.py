"""`plixa replay`: fold every stream from its first event, and hold what comes out against what is kept.

What must agree: a stream's snapshot is what its events up to there lead to, and a conversation's row is what its state
says. The hash of all states tells two versions of the program apart: the same log must fold to the same states, or a
change of the rules has rewritten the past. Nothing is changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from plixa.engine.actor import ActorType
from plixa.engine.events import Recorded
from plixa.engine.ports import address_of
from plixa.storage.eventlog.codec import decode_state, versions_of
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import read_range
from plixa.storage.feature import StateRows
from plixa.storage.schema import Schema

CHUNK = 1000


@dataclass
class Replayed:
    """What was found. `wrong`: streams whose snapshot or row says something else, and what."""

    events: int = 0
    streams: int = 0
    snapshots: int = 0
    wrong: list[str] = field(default_factory=list[str])
    hashes: dict[int, str] = field(default_factory=dict[int, str])


def state_hash(states: Mapping[str, Any]) -> str:
    """One hash of many states, whatever their order. Equal states have equal hashes, in any process."""
    digest = hashlib.sha256()
    for stream in sorted(states):
        digest.update(stream.encode())
        digest.update(_plain(states[stream]))
    return digest.hexdigest()


def _plain(state: Any) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(state, str_keys=True), order="deterministic")


def fold(kinds: Mapping[str, ActorType[Any]], states: dict[str, Any], recorded: Recorded) -> Any:
    """One event more; returns its stream's state after it."""
    address = address_of(recorded.tenant, recorded.stream)
    kind = kinds[address.kind]
    state = states.get(recorded.stream)
    states[recorded.stream] = kind.evolve(kind.initial(address.id) if state is None else state, recorded.event)
    return states[recorded.stream]


async def replay(
    connection: Any,
    keyring: Keyring,
    kinds: Mapping[str, ActorType[Any]],
    schema: Schema,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """All tenants."""
    found = Replayed()
    for row in await connection.fetch("select tenant_id from heads order by tenant_id"):
        await _tenant(connection, keyring, kinds, schema, row["tenant_id"], found, progress)
    return found


async def states_of(
    connection: Any, keyring: Keyring, kinds: Mapping[str, ActorType[Any]], tenant: int
) -> dict[str, Any]:
    """All states of a workspace by stream, folded from its log."""
    states, position = dict[str, Any](), 0
    while chunk := await read_range(connection, keyring, tenant, position, CHUNK, strict=True):
        for recorded in chunk:
            fold(kinds, states, recorded)
        position = chunk[-1].position
    return states


async def _tenant(
    connection: Any,
    keyring: Keyring,
    kinds: Mapping[str, ActorType[Any]],
    schema: Schema,
    tenant: int,
    found: Replayed,
    progress: Callable[[int], None],
) -> None:
    versions = versions_of(kinds).values()  # another release's are not read by this one
    kept = {
        row["stream"]: row
        for row in await connection.fetch(
            "select * from state_snapshots where tenant_id = $1 and version = any($2)", tenant, list(versions)
        )
    }
    states: dict[str, Any] = {}
    position = 0
    while chunk := await read_range(connection, keyring, tenant, position, CHUNK, strict=True):
        for recorded in chunk:
            state = fold(kinds, states, recorded)
            row = kept.get(recorded.stream)
            if row is not None and row["revision"] == recorded.revision:
                _compare(keyring, tenant, row, state, found)
        position = chunk[-1].position
        found.events += len(chunk)
        progress(found.events)
    found.streams += len(states)
    found.hashes[tenant] = state_hash(states)
    for kind, of_state in schema.of_states.items():
        await _compare_rows(connection, tenant, kind, of_state, states, found)


def _compare(keyring: Keyring, tenant: int, row: Any, state: Any, found: Replayed) -> None:
    stream = row["stream"]
    cls: type[Any] = state.__class__
    key = keyring.get((tenant, stream))
    found.snapshots += 1
    if decode_state(cls, row["state"], key, f"{tenant}/{stream}/state") != state:
        found.wrong.append(f"{tenant}/{stream}: the snapshot at revision {row['revision']} is not what the log says")


async def _compare_rows(
    connection: Any, tenant: int, kind: str, of_state: StateRows, states: Mapping[str, Any], found: Replayed
) -> None:
    """What a table says of the actors of a kind, beside what their states say."""
    table, columns = of_state.main.table, of_state.main.columns
    for row in await connection.fetch(f"select {', '.join(columns)} from {table} where tenant_id = $1", tenant):
        stream = f"{kind}-{row[columns[1]]}"
        rows = dict(of_state.rows(tenant, states[stream], row[of_state.but])) if stream in states else {}
        if of_state.main not in rows:
            found.wrong.append(f"{tenant}/{stream}: there is a row, and no such {kind} in the log")
            continue
        said = dict(zip(columns, rows[of_state.main], strict=True))
        for name in of_state.alike:
            if row[name] != said[name]:
                found.wrong.append(f"{tenant}/{stream}: {name} is {row[name]} in the row, not in the log")
