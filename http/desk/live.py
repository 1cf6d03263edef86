"""The live push of staff: what happens in tenant 0, by the same frames and close codes as members have theirs.

A member of staff sees all of it. Whether they still may is asked every few seconds of the database, as on each request:
disabled, signed out or without their second factor, their socket is closed.
"""

from __future__ import annotations

import trio
from quart_trio import QuartTrio

from plixa.engine.errors import Forbidden, PlixaError, Unauthenticated, Unavailable
from plixa.http.api import STRANGER_RATE, Caller, auth
from plixa.http.api.services import Services
from plixa.http.realtime.feed import Feed
from plixa.http.realtime.judge import JUDGE, Patience, Seat
from plixa.http.realtime.live import ELSEWHERE, NOT_ALLOWED, SIGN_IN, Closing, Socket, first_of


class StaffSocket(Socket):
    """One connection of somebody of staff."""

    async def _authenticate(self, token: str | None) -> None:
        try:
            caller = await auth.authenticate_admin(self._services, token)
        except Unauthenticated:
            self._spend(STRANGER_RATE, "stranger", self._source)
            raise Closing(SIGN_IN, "sign in again") from None
        if self._caller is not None and caller.user_id != self._caller.user_id:
            raise Closing(NOT_ALLOWED, "this token is of somebody else")
        await self._admit(caller)
        self._token = token

    async def _admit(self, caller: Caller) -> None:
        if auth.ADMIN not in caller.abilities:
            raise Closing(NOT_ALLOWED, "TWO_FACTOR_REQUIRED")
        self._caller, self._let_in = caller, trio.current_time()

    async def _attend(self, caller: Caller) -> None:
        """Staff are nobody's presence."""

    async def _heed(self, feed: Feed, seat: Seat) -> None:
        patience = Patience()
        while True:
            await trio.sleep(JUDGE)
            try:
                await self._authenticate(self._token)
            except Unavailable as trouble:
                patience.bear(trouble)
            else:
                patience.well()
                feed.caller = self.caller


def add_staff_live(app: QuartTrio, services: Services) -> None:
    """Add `/v1/admin/ws`."""

    @app.websocket("/v1/admin/ws")
    async def staff_ws() -> None:
        socket = StaffSocket(services)
        if not services.draining.is_set():
            services.sockets.add(socket)
        try:
            await socket.run()
        except* Closing as group:
            await socket.close(first_of(group))
        except* PlixaError:
            await socket.close(Closing(ELSEWHERE, "trouble of ours: come back and resume"))
        finally:
            services.sockets.discard(socket)


async def must_still_be(services: Services, token: str | None, caller: Caller) -> None:
    """Raises `Unauthenticated`, `Forbidden` for a token that was good when a wait began, and is not any more."""
    now = await auth.authenticate_admin(services, token)
    if now.user_id != caller.user_id or auth.ADMIN not in now.abilities:
        raise Forbidden("Sign in again.")
