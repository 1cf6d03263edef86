"""Plixa as its users run it: `plixa web` in a process and on a Postgres of its own, with a workspace and a number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.enrol import Enrolled, await_ready, call, enrol
from tests.bench.gateway import Gateway
from tests.bench.postgres import Postgres, postgres
from tests.bench.processes import HOST, ROOT, cpu_seconds, environment, free_port, serving
from tests.bench.rivals import Contestant

SECRET_KEY = "a secret key of the bench, of more than 32 characters"  # of a database that is thrown away


class Site:
    """One installation. It may be stopped and started again; its port, database and workspace stay."""

    enrolled: Enrolled

    def __init__(self, name: str, folder: Path, database: Postgres, gateway: Gateway, **more: str) -> None:
        self.database = database
        self.port = free_port()
        self._log = folder / f"{name}.log"
        self._env = {
            "DATABASE_URL": database.url,
            "EVOLUTION_API_KEY": "bench",
            "EVOLUTION_URL": gateway.url,
            "HOST": HOST,
            "LOG_LEVEL": "warning",
            "PLIXA_DATA_DIR": str(folder / f"{name}-files"),
            "PLIXA_SECRET_KEY": SECRET_KEY,
            "PORT": str(self.port),
            "SEND_RATE_PER_SECOND": "0",
            "SOCKETS_PER_MEMBER": "0",
            **more,
        }

    def migrate(self) -> None:
        """Make the tables."""
        command = [sys.executable, "-m", "plixa", "migrate"]
        with self._log.open("ab") as log:
            subprocess.run(command, cwd=ROOT, env=environment(self._env), stdout=log, stderr=log, check=True)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The `data` of an answer to the owner, while it is running. Raises `Failed`."""
        return call(self.port, path, body, self.enrolled.inbox.headers, method)["data"]

    @contextmanager
    def serving(self, processes: int = 1) -> Iterator[int]:
        """The server, until the context is left; its process id, or that of the parent of several."""
        several = ["--processes", str(processes)] if processes > 1 else []  # which earlier releases do not know
        command = [sys.executable, "-m", "plixa", "web", *several]
        with serving(command, self.port, self._log, self._env) as process:
            await_ready(self.port)
            yield process.pid

    @contextmanager
    def running(self, name: str) -> Iterator[Contestant]:
        """The same, as a contestant."""
        with self.serving() as pid:
            yield Contestant(name, self.enrolled.webhook, lambda: cpu_seconds(pid), self.database.cpu)


@contextmanager
def site(name: str, folder: Path, gateway: Gateway, **more: str) -> Iterator[Site]:
    """A new installation that is not running, gone when the context is left. more: settings."""
    with postgres(folder / f"{name}-postgres") as database:
        made = Site(name, folder, database, gateway, **more)
        made.migrate()
        with made.serving():
            made.enrolled = enrol(made.port, gateway)
        yield made
