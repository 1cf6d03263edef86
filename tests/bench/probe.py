"""What the engine does inside one process, without HTTP; each measurement in a process of its own.

activate   bring conversations up from the log, as many a second as it can
fold       the same without snapshots: what a release that changes the state's shape finds
reside     what a conversation in memory takes, as this process's resident memory says
allocate   the same, as Python's own book-keeping says
rebuild    empty the read models and replay the whole log into them: the work of `plixa rebuild`
"""

from __future__ import annotations

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence

import msgspec
import trio
from msgspec import Struct

from plixa.engine.ports import Address
from plixa.features import kinds, schema
from plixa.storage.tools.rebuild import Rebuilder
from tests.bench.engine import Engine, open_engine
from tests.bench.processes import resident_bytes, run_module

AT_ONCE = 256
WARM_UP = 200
CONVERSATIONS = "select tenant_id, id from conversations order by id"
IGNORE_SNAPSHOTS = "update state_snapshots set version = 'was ' || version"
HEED_SNAPSHOTS = "update state_snapshots set version = substr(version, 5)"


class Spec(Struct, frozen=True, kw_only=True):
    """What to measure, on which database, with how many conversations."""

    what: str
    url: str
    conversations: int = 0


def probe(what: str, url: str, conversations: int = 0) -> float:
    """Measure in a process of its own: something a second, or bytes a conversation."""
    return float(run_module("probe", msgspec.json.encode(Spec(what=what, url=url, conversations=conversations))))


async def _choose(engine: Engine, count: int) -> list[Address]:
    """Some conversations from all over the log; the same ones every time."""
    rows = await engine.database.run(lambda connection: connection.fetch(CONVERSATIONS))
    addresses = [Address(row["tenant_id"], "conversation", row["id"]) for row in rows]
    return random.Random(1).sample(addresses, min(count, len(addresses)))


async def _activate_all(engine: Engine, addresses: Sequence[Address]) -> None:
    limiter = trio.Semaphore(AT_ONCE)

    async def one(address: Address) -> None:
        try:
            await engine.registry.state(address)
        finally:
            limiter.release()

    async with trio.open_nursery() as nursery:
        for address in addresses:
            await limiter.acquire()
            nursery.start_soon(one, address)


async def activate(engine: Engine, count: int) -> float:
    """Activations a second."""
    addresses = await _choose(engine, count + WARM_UP)
    await _activate_all(engine, addresses[-WARM_UP:])
    measured = addresses[:-WARM_UP]
    began = time.perf_counter()
    await _activate_all(engine, measured)
    return len(measured) / (time.perf_counter() - began)


async def fold(engine: Engine, count: int) -> float:
    """Activations a second, from the first event on."""
    await engine.database.run(lambda connection: connection.execute(IGNORE_SNAPSHOTS))
    try:
        return await activate(engine, count)
    finally:
        await engine.database.run(lambda connection: connection.execute(HEED_SNAPSHOTS))


async def reside(engine: Engine, count: int) -> float:
    """Bytes that a resident conversation takes, its actor and its key included."""
    return await _growth(engine, count, resident_bytes)


async def allocate(engine: Engine, count: int) -> float:
    """The same, without what the allocator keeps in reserve or finds free."""
    tracemalloc.start()
    return await _growth(engine, count, lambda: tracemalloc.get_traced_memory()[0])


async def _growth(engine: Engine, count: int, memory: Callable[[], int]) -> float:
    addresses = await _choose(engine, count + WARM_UP)
    await _activate_all(engine, addresses[-WARM_UP:])
    gc.collect()
    before = memory()
    await _activate_all(engine, addresses[:-WARM_UP])
    gc.collect()
    return (memory() - before) / (len(addresses) - WARM_UP)


async def rebuild(engine: Engine, _: int) -> float:
    """Events a second."""
    rebuilder = Rebuilder(engine.store.keyring, kinds(), schema())
    began = time.perf_counter()
    events = await engine.database.run(rebuilder.run)
    return events / (time.perf_counter() - began)


PROBES = {"activate": activate, "fold": fold, "reside": reside, "allocate": allocate, "rebuild": rebuild}


async def main(spec: Spec) -> None:
    """Measure and say the number."""
    async with open_engine(spec.url) as engine:
        print(await PROBES[spec.what](engine, spec.conversations))


if __name__ == "__main__":
    trio.run(main, msgspec.json.decode(sys.stdin.readline(), type=Spec))
