"""Whether those who have a socket open may still have it: one question for all sockets of a node.

Every `JUDGE` seconds, and at once for a workspace in which something has changed, all tokens are looked up in one
query, and each socket is handed its token's row. What follows from it the socket sees to itself, so that nobody waits
for another one's. A database in trouble is everybody's trouble and no reason to send anybody away: who comes back needs
it more than who stays. See `Patience`.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any

import structlog
import trio

from plixa.engine.errors import Fenced, PlixaError, Unavailable
from plixa.storage.people import vault
from plixa.storage.postgres.bridge import Database

JUDGE = 5.0
AT_MOST = 15.0
"""A question that takes longer is trouble."""
BEAR = 60.0
"""So long trouble is borne; then sockets go, spread over as long again."""
log = structlog.get_logger("plixa.judge")


class Seat:
    """A socket's place before the judge: its token, and the verdict that it has not seen yet."""

    def __init__(self, tenant: int, token_id: int) -> None:
        self.tenant = tenant
        self.token_id = token_id
        self._verdict: tuple[int, Any] = token_id, None
        self._judged = trio.Event()

    def tell(self, token_id: int, verdict: Any) -> None:
        """The token's row, None if there is none, or the `Unavailable` that kept us from asking."""
        self._verdict = token_id, verdict
        self._judged.set()

    async def verdict(self) -> Any:
        """The next one: a row or None. Raises `Unavailable` if it could not be had."""
        while True:
            await self._judged.wait()
            self._judged = trio.Event()
            token_id, verdict = self._verdict
            if token_id != self.token_id:  # it has signed in anew meanwhile
                continue
            if isinstance(verdict, Unavailable):
                raise Unavailable(verdict.message)
            return verdict


class Patience:
    """With trouble of our own: `BEAR` seconds of it, and this one's share of as many again."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._most = BEAR * (1 + random.random())  # spreads them out, keeps no secret

    def well(self) -> None:
        """It is over."""
        self._since = None

    def bear(self, trouble: PlixaError) -> None:
        """Raises it again when there is no patience left; and at once where another node has the tenant."""
        now = trio.current_time()
        self._since = now if self._since is None else self._since
        if isinstance(trouble, Fenced) or now - self._since > self._most:
            raise trouble


class Judge:
    """All seats of a node."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seats: set[Seat] = set()
        self._hurried: set[int] = set()
        self._hurry = trio.Event()

    @contextmanager
    def seated(self, tenant: int, token_id: int) -> Generator[Seat]:
        """A place for as long as the block runs."""
        seat = Seat(tenant, token_id)
        self._seats.add(seat)
        try:
            yield seat
        finally:
            self._seats.discard(seat)

    def hurry(self, tenant: int) -> None:
        """Something has changed in a workspace: look at those who are there now."""
        self._hurried.add(tenant)
        self._hurry.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Judge until cancelled."""
        task_status.started()
        last, jitter = trio.current_time(), _jitter()
        while True:
            due = last + JUDGE * jitter
            with trio.move_on_at(due):
                await self._hurry.wait()
            tenants, self._hurried, self._hurry = self._hurried, set[int](), trio.Event()
            if trio.current_time() >= due:
                last, jitter = trio.current_time(), _jitter()
                await self._judge(list(self._seats))
            else:
                await self._judge([seat for seat in self._seats if seat.tenant in tenants])

    async def _judge(self, seats: Collection[Seat]) -> None:
        if not seats:
            return
        asked = [(seat, seat.token_id) for seat in seats]
        rows = await self._rows({token_id for _, token_id in asked})
        for seat, token_id in asked:
            seat.tell(token_id, rows if isinstance(rows, Unavailable) else rows.get(token_id))

    async def _rows(self, token_ids: Collection[int]) -> dict[int, Any] | Unavailable:
        try:
            with trio.fail_after(AT_MOST):
                return await self._database.run(vault.find_tokens, list(token_ids))
        except Unavailable as trouble:
            log.warning("not_judged", tokens=len(token_ids), error=str(trouble))
            return trouble
        except trio.TooSlowError:
            log.warning("not_judged", tokens=len(token_ids), error="the database is slow")
            return Unavailable("The database does not answer.")


def _jitter() -> float:
    """Sometimes sooner, sometimes later, so that nodes do not ask at the same moment."""
    return random.uniform(0.8, 1.2)
