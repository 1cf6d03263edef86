"""Answers that come before their request was read to its end: a refusal, or a body that is too large.

This is about requests that are not plain (`plain.py`). Hypercorn hands a body on through a short queue. Where nobody
reads on, its reader waits at that queue for ever, and the connection with it: it is neither closed nor is the client's
next request answered. And with the last part of an answer it tells the application that the request is over, whereupon
Quart cancels the very task in which Hypercorn is about to close the connection, or to make it ready for the next one.

So the last part is held back until the application has returned, and what is left of the request is thrown away: up to
a limit, past which the connection is closed.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any

import trio

SKIP_BYTES = 64 * 1024 * 1024
SKIP_SECONDS = 10.0
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]
AnyApp = Callable[[Any, Any, Any], Awaitable[None]]
"""The same as Hypercorn takes it, which has types of its own for what is sent and received."""


class Incoming:
    """A request's body, as it arrives. `done`: there is no more of it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.done = False

    async def receive(self) -> Message:
        """The next part."""
        message = await self._receive()
        self.done = message["type"] != "http.request" or not message.get("more_body")
        return message

    async def skip(self, limit: float) -> None:
        """Throw away what is left, or the first `limit` bytes of it."""
        while not self.done and limit > 0:
            limit -= len((await self.receive()).get("body", b""))


def whole(app: AnyApp) -> AnyApp:
    """The application, as Hypercorn is to run it."""

    async def answer(scope: Any, receive: Receive, send: Send) -> None:
        await (answer_whole(app, scope, receive, send) if scope["type"] == "http" else app(scope, receive, send))

    return answer


async def answer_whole(app: App, scope: Any, receive: Receive, send: Send) -> None:
    """Run an application for one request; see the module's text."""
    incoming = Incoming(receive)
    last: list[Message] = []

    async def hold_back(message: Message) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body"):
            last.append(message)
        else:
            await send(message)

    await app(scope, incoming.receive, hold_back)
    if not incoming.done:
        with trio.move_on_after(SKIP_SECONDS):
            await incoming.skip(SKIP_BYTES)
    for message in last:
        await _send_last(incoming, send, message)


async def gone(receive: Receive, work: Callable[[], Awaitable[None]]) -> bool:
    """Do some work for a request that was read to its end; True if its client went away, and the work was cancelled.

    Raises what the work raises.
    """
    failed: list[Exception] = []
    left = False

    async def wait() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # raised below, as itself and not in a group
            failed.append(error)
        nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return left


async def _send_last(incoming: Incoming, send: Send, message: Message) -> None:
    if incoming.done:
        await send(message)
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(incoming.skip, math.inf)  # or Hypercorn could not tell us that it closes the connection
        await send(message)
        nursery.cancel_scope.cancel()
