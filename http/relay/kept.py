"""A request's body as it comes, kept so that the request can be made once more elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio

from plixa.http.relay.messages import Message

KEEP = 512 * 1024
"""Bytes of a body that are kept: more than any route's JSON, less than what is uploaded."""


class Kept:
    """Gives a request's events, from the beginning each time that it is begun anew, as long as all of them are kept."""

    def __init__(self, receive: Callable[[], Awaitable[Message]]) -> None:
        self._receive = receive
        self._events: list[Message] = []
        self._next = self._size = 0
        self.whole = True
        """Whether nothing that came was thrown away."""

    def again(self) -> None:
        """From the beginning. Only while it is `whole`."""
        self._next = 0

    async def receive(self) -> Message:
        """The next event."""
        if self._next < len(self._events):
            self._next += 1
            return self._events[self._next - 1]
        event = await self._receive()
        if event["type"] == "http.request":
            self._keep(event)
        return event

    def _keep(self, event: Message) -> None:
        self._size += len(event.get("body", b""))
        if self._size > KEEP:
            self.whole = False
            self._events.clear()
            self._next = 0
        elif self.whole:
            self._events.append(event)
            self._next += 1


async def beginning(receive: Callable[[], Awaitable[Message]], enough: int, within: float) -> list[Message]:
    """A body's beginning: all of it, so many bytes, or what comes in so many seconds; ends with what is no body."""
    came: list[Message] = []
    size = 0
    with trio.move_on_after(within):
        while size < enough:
            came.append(event := await receive())
            size += len(event.get("body", b""))
            if event["type"] != "http.request" or not event.get("more_body"):
                break
    return came
