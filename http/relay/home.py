"""The other end: answers what was carried, by the same application and as if it had come in here."""

from __future__ import annotations

from collections import deque

import msgspec
import structlog

from plixa.engine.errors import Overloaded
from plixa.engine.tracing import Tracing
from plixa.engine.wire import CHUNK, Broken, Stream
from plixa.http.relay.messages import Message, by_node, elsewhere, encode, read_asked, read_events
from plixa.http.relay.posting import COMMAND, Post
from plixa.http.server.door import Door, through
from plixa.http.server.early import App

log = structlog.get_logger("plixa.relay")


class Home:
    """Answers streams. A tenant that is not here is told as such, and never carried on: that is the edge's to do."""

    def __init__(self, app: App, node: str, tracing: Tracing, post: Post | None = None) -> None:
        self._app = app
        self._node = node
        self._tracing = tracing
        self._post = post

    async def __call__(self, stream: Stream) -> None:
        """Answer one request, or one socket to its end. Raises `Broken` with its edge."""
        try:
            asked = read_asked(await stream.receive() or b"")
        except msgspec.DecodeError:
            log.warning("carried_not_read", node=stream.place.node)
            return
        self._tracing.hear(asked.trace)  # a stream has a task of its own
        if asked.scope["type"] == COMMAND:
            if self._post is not None:
                await self._post.do(asked.scope, stream)
            return
        door = Door(timed=asked.timed, counted=asked.counted)
        incoming = _Incoming(stream, asked.events, asked.scope["type"])
        outgoing = _Outgoing(stream, door, self._node)
        with through(door):
            await self._app({**asked.scope, "state": {}}, incoming.receive, outgoing.send)


class _Incoming:
    """What comes from the edge, as the application receives it."""

    def __init__(self, stream: Stream, events: list[Message], kind: str) -> None:
        self._stream = stream
        self._events = deque(events)
        self._gone = {"type": f"{kind}.disconnect", **({"code": 1006} if kind == "websocket" else {})}

    async def receive(self) -> Message:
        while not self._events:
            try:
                message = await self._stream.receive()
                if message is None:
                    await self._stream.gone()
                    return self._gone
            except (Broken, Overloaded):
                return self._gone
            self._events.extend(read_events(message))
        return self._events.popleft()


class _Outgoing:
    """What the application sends, on its way to the edge: an answer's beginning together with its body.

    An answer that said its length is over with its last byte, though the application has its end yet to say (Quart says
    it by itself): in one message it comes whole or not at all.
    """

    def __init__(self, stream: Stream, door: Door, node: str) -> None:
        self._stream = stream
        self._door = door
        self._node = node
        self._held: list[Message] = []
        self._owed: int | None = None
        self._over = False

    async def send(self, event: Message) -> None:
        if self._over:
            return
        if self._door.elsewhere is not None and event["type"] in ("http.response.start", "websocket.close"):
            await self._say([elsewhere(self._door.tenant, self._door.elsewhere)], last=True)
        elif event["type"] == "http.response.start":
            self._held = [by_node(event, self._node)]
            self._owed = _length(event)
        elif event["type"] == "http.response.body":
            await self._body(event)
        else:
            await self._say([event], last=event["type"] == "websocket.close")

    async def _body(self, event: Message) -> None:
        body: bytes = event.get("body", b"")
        if self._owed is not None:
            self._owed -= len(body)
        more = bool(event.get("more_body")) and self._owed != 0
        for at in range(0, max(len(body), 1), CHUNK // 2):
            goes_on = more or at + CHUNK // 2 < len(body)
            piece = {"type": event["type"], "body": body[at : at + CHUNK // 2], "more_body": goes_on}
            held, self._held = self._held, []
            await self._say([*held, piece], last=not goes_on)

    async def _say(self, events: list[Message], *, last: bool) -> None:
        self._over = last
        try:
            await self._stream.send(encode(events), last=last)
        except (Broken, Overloaded):
            self._over = True  # nobody is there to be told; the application hears that its client has gone


def _length(start: Message) -> int | None:
    """Of an answer's body, where it was said."""
    return next((int(value) for name, value in start.get("headers", ()) if name.lower() == b"content-length"), None)
