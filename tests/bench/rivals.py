"""The contestants other than Plixa, each as a running server that takes the same requests."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.bench.load import Target
from tests.bench.postgres import postgres
from tests.bench.processes import HOST, cpu_seconds, free_port, serving

SCHEMA = Path(__file__).with_name("conventional.sql")


@dataclass(frozen=True)
class Contestant:
    """A running server. `cpu` is the processor time of its application so far, `postgres` that of its database."""

    name: str
    target: Target
    cpu: Callable[[], float]
    postgres: Callable[[], float] | None = None


@contextmanager
def echo(kind: str, name: str, folder: Path) -> Iterator[Contestant]:
    """One of the applications in `echo.py`."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.echo", kind, str(port)]
    with serving(command, port, folder / f"{kind}.log") as process:
        yield Contestant(name, Target(HOST, port, "/"), lambda: cpu_seconds(process.pid))


@contextmanager
def conventional(name: str, folder: Path, *, positions: str, pool: int) -> Iterator[Contestant]:
    """The service in `conventional.py` on a database of its own. `pool`: the size with which it does best."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.bench.conventional:app", "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    with postgres(folder / f"conventional-{positions}") as database:
        asyncio.run(_create_tables(database.url))
        env = {"DATABASE_URL": database.url, "POSITIONS": positions, "POOL": str(pool)}
        with serving(command, port, folder / f"conventional-{positions}.log", env) as process:
            target = Target(HOST, port, "/hooks/evolution", {"x-plixa-secret": "bench"})
            yield Contestant(name, target, lambda: cpu_seconds(process.pid), database.cpu)


async def _create_tables(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA.read_text())
    finally:
        await connection.close()
