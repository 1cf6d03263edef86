"""asyncpg under trio: the one module where the two meet.

A query is an asyncio function that takes a connection first. `Database.run` lends it one. Use is cancellable (the
server is told to stop); giving the connection back is not. Connection trouble becomes `Unavailable`.
"""

from __future__ import annotations

import asyncio
import errno
import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

import asyncpg
import msgspec
import structlog
import trio
import trio_asyncio

from plixa.engine.errors import Unavailable

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

P = ParamSpec("P")
_trio_asyncio = cast("Any", trio_asyncio)  # it has no types
T = TypeVar("T")
TROUBLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke while it was idle, and is only noticed on its way back
    asyncio.TimeoutError,
    TimeoutError,
)
STARTING_OR_STOPPING = (
    asyncpg.OperatorInterventionError,  # shutting down, starting up, a query cancelled
    asyncpg.InsufficientResourcesError,  # no disk, no memory, no connection
    asyncpg.ReadOnlySQLTransactionError,  # a standby that has not been promoted yet
    asyncpg.InvalidCatalogNameError,  # no such database, at the moment or any more
)
OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
TIMEOUT = 15.0
COMMAND_TIMEOUT = 30.0
COMMAND_TIMEOUT_POOL = 60.0
CLOSE_WITHIN = 1.0
GIVE_UP_WITHIN = 1.0
"""Seconds until a connection whose query was cut off is good again, or is closed."""
MOST_CANCELLED = 100
log = structlog.get_logger("plixa.database")


def under_trio(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """For a query that must do something of trio's in its middle: that, as asyncio's."""
    wrapped: Callable[P, Awaitable[T]] = _trio_asyncio.trio_as_aio(work)
    return wrapped


def _is_of_a_disk(error: BaseException) -> bool:
    """Whether it is about a file that is written beside the database, as a backup is."""
    return isinstance(error, OSError) and error.errno in OF_DISKS


def is_trouble(error: BaseException) -> bool:
    """Whether an error speaks of the connection or the server, not of the query."""
    return isinstance(error, (*TROUBLE, *STARTING_OR_STOPPING))


class Database:
    """A pool of connections for reading, and a way to have one of one's own. under_way: queries at this moment."""

    def __init__(self, url: str, pool: Pool, loop: Any) -> None:
        self._url = url
        self._pool = pool
        self._loop = loop
        self.under_way = 0

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run a task of trio's, at the longest for as long as the database is open. It must not raise."""
        self._loop.run_trio_task(work)

    async def run(self, query: Callable[Concatenate[Any, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query on a pooled connection. Raises `Unavailable` when there is none to be had."""

        async def borrowed() -> T:
            # A limit is a task and a timer more; where a connection is free, nobody waits.
            connection = await self._pool.acquire(timeout=None if self._pool.get_idle_size() else TIMEOUT)
            try:
                result = await query(connection, *args, **kwargs)
            except BaseException:
                # What was cut off, the server is told to stop; one that does not answer holds nobody up.
                with suppress(*TROUBLE):
                    await self._pool.release(connection, timeout=GIVE_UP_WITHIN)
                raise
            await self._pool.release(connection)
            return result

        return await self.aio(borrowed)

    async def aio(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run an asyncio function to its end. Raises `Unavailable` for connection trouble."""
        self.under_way += 1
        try:
            result: T = await _trio_asyncio.aio_as_trio(work, loop=self._loop)()
        except (*TROUBLE, *STARTING_OR_STOPPING) as error:
            if _is_of_a_disk(error):
                raise
            raise Unavailable(f"The database cannot be reached ({type(error).__name__}). Try again shortly.") from error
        finally:
            self.under_way -= 1
        return result

    async def connect(self, **settings: str) -> Connection:
        """A connection of one's own, with these settings of Postgres'; for asyncio code, inside `aio`."""
        return await connect(self._url, **settings)


async def connect(url: str, **settings: str) -> Connection:
    """A prepared connection, made under asyncio."""
    connection = await asyncpg.connect(
        url, timeout=TIMEOUT, command_timeout=COMMAND_TIMEOUT, server_settings={"application_name": "plixa", **settings}
    )
    await prepare(connection)
    return connection


async def as_it_was(_connection: Any) -> None:
    """Nobody changes a session of the pool (settings are of a transaction, locks too), so giving one back needs no
    query that would undo it; a transaction that was left open is rolled back without it."""


async def prepare(connection: Any) -> None:
    """JSON columns come out as Python values; they go in as text."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=msgspec.json.decode)


def _left_behind(loop: Any, context: dict[str, Any]) -> None:
    """A connection that broke while it was being made, and whose maker was cut off: nobody waits for it any more, and
    this loop would raise it where the database was opened, and end the node."""
    error = context.get("exception")
    if isinstance(error, TROUBLE):
        log.warning("connection_left_behind", error=str(error) or type(error).__name__)
    else:
        loop.default_exception_handler(context)


def _check_no_callbacks(loop: Any) -> None:
    """Whether a callback is a coroutine by mistake is looked at while debugging only, as asyncio's own loops do: each
    query has a dozen of them."""

    def passes(_callback: object, _method: str) -> None:
        return

    loop._check_callback = passes


def _forget_what_is_cancelled(loop: Any) -> None:
    """Have timers leave the loop's heap when most of them are cancelled, as asyncio's own loops do.

    This one keeps each until it would be due, with all that led to it: each query has a time limit, and a minute's
    queries would hold a minute's webhooks.
    """
    cancelled = 0

    def count(_handle: object) -> None:
        nonlocal cancelled
        cancelled += 1
        if cancelled > MOST_CANCELLED and cancelled > len(loop._timers) // 2:
            loop._timers[:] = [timer for timer in loop._timers if not timer.cancelled()]
            heapq.heapify(loop._timers)
            cancelled = 0

    loop._timer_handle_cancelled = count


@asynccontextmanager
async def open_database(
    url: str, *, size: int = 8, command_timeout: float | None = COMMAND_TIMEOUT_POOL
) -> AsyncGenerator[Database]:
    """An open database; closed, with whatever is under way cancelled, on leaving. Raises `Unavailable`.

    command_timeout: seconds that a query may take; None for tools whose work takes as long as it takes.
    """
    async with _trio_asyncio.open_loop() as loop:
        _forget_what_is_cancelled(loop)
        loop.set_exception_handler(_left_behind)
        _check_no_callbacks(loop)

        async def make() -> Pool:
            return await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=size,
                timeout=TIMEOUT,
                max_inactive_connection_lifetime=0,  # else each read sets a timer for five minutes
                command_timeout=command_timeout,
                init=prepare,
                reset=as_it_was,
                server_settings={"application_name": "plixa"},
            )

        try:
            pool = await _trio_asyncio.aio_as_trio(make, loop=loop)()
        except (*TROUBLE, *STARTING_OR_STOPPING) as error:
            if _is_of_a_disk(error):
                raise
            raise Unavailable(f"The database cannot be reached: {error}") from error
        try:
            yield Database(url, pool, loop)
        finally:
            # What is just being given back must not be cut off: nobody would be there to hear of it.
            with trio.move_on_after(CLOSE_WITHIN, shield=True):
                await _trio_asyncio.aio_as_trio(pool.close, loop=loop)()
            pool.terminate()
