"""What became of effects, written into their rows many at a time.

Nobody waits for that: what a crash leaves unwritten is done again, which does no harm. So a booking costs a share of
ten statements a second, whatever there is to book. While the database is away bookings are kept, the last one of each
effect; new effects need the database, too, so they are no more than what was in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import structlog
import trio

from plixa.engine.errors import PlixaError
from plixa.engine.ports import Booking, Store

EVERY = 0.1
BATCH = 500
PAUSE_LONGEST = 10.0
LAST_WORDS = 1.0
log = structlog.get_logger("plixa.effects")


class Books:
    """Bookings on their way into the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: dict[tuple[int, str], Booking] = {}
        self._wake = trio.Event()

    def put(self, booking: Booking) -> None:
        """To be written soon, in place of an earlier one of the same effect."""
        self._open[booking.tenant, booking.effect_id] = booking
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled; then, for as long as `LAST_WORDS`, what is left."""
        trouble = 0
        try:
            while True:
                await self._wake.wait()
                await trio.sleep(min(PAUSE_LONGEST, EVERY * 2 ** min(trouble, 10)))
                self._wake = trio.Event()
                trouble = 0 if await self._try() else trouble + 1
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + LAST_WORDS):
                await self._try()

    async def _try(self) -> bool:
        try:
            await self.flush()
        except PlixaError as error:
            log.warning("bookings_wait", error=str(error), bookings=len(self._open))
            self._wake.set()
            return False
        return True

    async def flush(self) -> None:
        """Return once all that was put in is written. Raises `Unavailable`."""
        while batch := list(islice(self._open.items(), BATCH)):
            await self._write([booking for _, booking in batch])
            for key, booking in batch:
                if self._open.get(key) is booking:
                    del self._open[key]

    async def _write(self, bookings: Sequence[Booking]) -> None:
        """All at once; of what cannot be written, each half by itself."""
        try:
            await self._store.book(bookings)
        except PlixaError:
            raise
        except Exception as error:
            if len(bookings) == 1:  # it stays open, and is done again
                log.exception("booking_lost", tenant=bookings[0].tenant, effect=bookings[0].effect_id, exc_info=error)
                return
            half = len(bookings) // 2
            await self._write(bookings[:half])
            await self._write(bookings[half:])
