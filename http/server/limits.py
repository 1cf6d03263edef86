"""The bounds of the server itself. ARCHITECTURE.md, "Bounds at the edge", has them all in one table."""

from __future__ import annotations

import resource
from contextlib import suppress

HEAD_BYTES = 16 * 1024
"""A request's line and headers: this much is taken always, twice as much never."""
HEADERS = 100
HEAD_WITHIN = 15.0
"""Seconds for a request's head, be it the first one or one that has begun on a connection kept alive."""
JUST_NOW = 0.5
"""Seconds for which a connection has only just come in."""
KEEP_ALIVE = 75.0
"""Longer than what proxies keep theirs (60 s), so that none sends a request into a connection that is being closed."""
MESSAGE_BYTES = 64 * 1024
"""A WebSocket message from a client."""
FRAMES_AT_ONCE = 1024
"""Bytes of WebSocket frames that are parsed before others get a turn: 170 empty fragments take about 2 ms."""
BODY_AT_ONCE = 64 * 1024
TURNED_AWAY_AT_ONCE = 32
TURNED_AWAY_WITHIN = 0.5
GRACEFUL = 3.0
UNREAD_MS = 20_000
BACKLOG = 1024

MOST = 20_000
"""Connections, however many files there may be: idle ones take some 300 MiB together."""
KEPT_BACK = 256
"""Files for the database, the gateway, what is read and written, and connections on their way out."""


def most_connections() -> int:
    """For how many connections there are files. Raises the soft limit of files to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS refuses what it calls unlimited
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return connections_for(MOST + KEPT_BACK if files == resource.RLIM_INFINITY else files)


def connections_for(files: int) -> int:
    """How many connections a process with so many files takes."""
    return min(MOST, files - min(KEPT_BACK, files // 2))
