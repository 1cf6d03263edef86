"""Where a connection came in: what is this node's own is served here, the rest is carried to where it is at home.

nobody there, or "not mine"     looked up again, and carried there; then served here, which says 503 in its own words
broken before an answer         a GET, and a webhook, once more; anything else: 503, it is not known what was done
broken in the middle of one     the connection is closed, as if this were the node that died
a socket's stream broken        4410: come back, and resume from where you are
the client goes away            the other end hears of it
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal

import structlog
import trio

from plixa.engine.errors import Overloaded, PlixaError, Unavailable
from plixa.engine.ports import Owner
from plixa.engine.tracing import HERE, Tracing
from plixa.engine.wire import CHUNK, Broken, NobodyThere, Stream, Wire
from plixa.http.api import error_envelope
from plixa.http.api.services import Services
from plixa.http.realtime import live
from plixa.http.realtime.crowd import Crowded
from plixa.http.relay.kept import Kept, beginning
from plixa.http.relay.messages import ELSEWHERE, Message, asked, by_node, encode, from_outside, read_events
from plixa.http.relay.whose import Whose
from plixa.http.server.addresses import LONGEST, source_of
from plixa.http.server.door import Door, through
from plixa.http.server.early import App, Receive, Send, answer_whole

FIRST, FIRST_WITHIN = CHUNK // 2, 1.0
"""Bytes of a body that are waited for before it is carried, and for how long: its home minds who is slow."""
TRIES = 2
"""How often a request is carried."""
SOCKETS = ("/v1/ws", "/v1/admin/ws")
Outcome = Literal["done", "unsent", "moved", "broken"]
log = structlog.get_logger("plixa.relay")


class NotKnown(Unavailable):
    """The other node was lost in the middle."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__(
            "The server that this workspace is on went away in the middle of this. It is not known whether it was "
            "done; look before asking again."
        )


class Edge:
    """See the module's text. An ASGI application in front of this node's own."""

    def __init__(self, app: App, services: Services, wire: Wire, whose: Whose) -> None:
        self._app = app
        self._services = services
        self._wire = wire
        self._whose = whose

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer one request, or one socket to its end."""
        if scope["type"] == "http":
            await _Request(self, from_outside(scope), receive, send).answer()
        elif scope["type"] == "websocket":
            await _Socket(self, from_outside(scope), receive, send).answer()
        else:
            await self._app(scope, receive, send)

    @property
    def app(self) -> App:
        """This node's own."""
        return self._app

    @property
    def services(self) -> Services:
        """This node's."""
        return self._services

    @property
    def whose(self) -> Whose:
        """What tells a request's tenant."""
        return self._whose

    @property
    def wire(self) -> Wire:
        """The way to other nodes."""
        return self._wire

    @property
    def tracing(self) -> Tracing:
        """This node's."""
        return self._services.telemetry.tracing

    async def owner(self, tenant: int | None) -> Owner | None:
        """Which other node has it, or should where nobody has; None: this one. What is not known is tried here."""
        if tenant is None:
            return None
        try:
            owner = await self._services.owners.place(tenant)
        except PlixaError:
            return None
        return None if owner == self._services.owners.me else owner

    def count(self, outcome: str) -> None:
        """Count something that was carried."""
        self._services.telemetry.carried.labels(outcome).inc()


class _Request:
    """One request."""

    def __init__(self, edge: Edge, scope: Message, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._body = Kept(receive)
        self._send = send
        self._tenant: int | None = None
        self._begun = self._tried = False
        self._owner: Owner | None = None
        self._not_before: float | None = None

    async def answer(self) -> None:
        await self._find()
        tries = 0
        while True:
            if self._owner is None or tries == TRIES:
                if await self._here(may_move=tries < TRIES):
                    return
                continue
            tries += 1
            outcome = await self._carry(self._owner)
            self._edge.count(outcome)
            if outcome == "done" or self._begun:
                return
            if not self._body.whole or (outcome == "broken" and not self._may_repeat):
                await self._refuse(NotKnown() if outcome == "broken" else Overloaded("the way to another node"))
                return
            self._body.again()
            if outcome != "moved":
                await self._look_again()

    @property
    def _may_repeat(self) -> bool:
        """Whether doing it twice is doing it once."""
        return self._scope["method"] in ("GET", "HEAD") or self._edge.whose.mounted(self._scope["path"])

    async def _find(self) -> None:
        try:
            self._tenant = await self._edge.whose.request(self._scope)
        except PlixaError:
            return  # this node's own application says it in its own words
        self._owner = await self._edge.owner(self._tenant)

    async def _look_again(self) -> None:
        if self._tenant is not None:
            self._edge.services.owners.learned(self._tenant, None)
        self._owner = await self._edge.owner(self._tenant)

    def _moved(self, tenant: int, owner: Owner) -> None:
        owners = self._edge.services.owners
        self._tenant, self._owner = tenant, None if owner == owners.me else owner
        owners.learned(tenant, owner)

    # -- here ---------------------------------------------------------------------------------------------------------

    async def _here(self, *, may_move: bool) -> bool:
        """Serve it here; False if it turned out to be another node's, and nothing was sent."""
        door, node, moves = Door(), self._edge.services.owners.me.node, False
        self._tried = True

        async def send(event: Message) -> None:
            nonlocal moves
            if event["type"] == "http.response.start":
                moves = may_move and door.elsewhere is not None and self._body.whole
                event = by_node(event, node)
            if not moves:
                await self._send(event)

        with through(door):
            await self._edge.app(self._scope, self._body.receive, send)
        self._not_before = door.not_before
        if not moves or door.elsewhere is None:
            return True
        if not self._body.whole:  # what was thrown away after the answer was more than is kept
            await self._refuse(Overloaded("another node"))
            return True
        self._moved(door.tenant, door.elsewhere)
        self._body.again()
        return False

    # -- there --------------------------------------------------------------------------------------------------------

    async def _carry(self, owner: Owner) -> Outcome:
        outcome: list[Outcome] = []

        async def there(_scope: Any, receive: Receive, send: Send) -> None:
            outcome.append(await self._there(owner, receive, send))

        await answer_whole(there, self._scope, self._body.receive, self._send)
        return outcome[0]

    async def _there(self, owner: Owner, receive: Receive, send: Send) -> Outcome:
        first = await beginning(receive, FIRST, FIRST_WITHIN)
        complete = bool(first) and not first[-1].get("more_body")
        if first and first[-1]["type"] != "http.request":
            return "done"  # the client is gone
        try:
            with self._edge.tracing.span("carry", "client", parent=HERE.get(), to=owner.node):
                async with self._edge.wire.open(owner, self._asked(first), last=complete) as stream:
                    return await self._converse(stream, receive, send)
        except (NobodyThere, Overloaded):
            return "unsent"
        except Broken:
            return "broken"

    def _asked(self, first: list[Message]) -> bytes:
        timed, trace = self._not_before is not None, self._edge.tracing.told()
        return asked(self._scope, first, timed=timed, trace=trace, counted=self._tried)

    async def _converse(self, stream: Stream, receive: Receive, send: Send) -> Outcome:
        outcome: Outcome = "done"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._pass_on, stream, receive, nursery.cancel_scope)
            outcome = await self._hear(stream, send)
            nursery.cancel_scope.cancel()
        return outcome

    async def _pass_on(self, stream: Stream, receive: Receive, over: trio.CancelScope) -> None:
        """The rest of the body, and that the client goes away."""
        while True:
            event = await receive()
            if event["type"] != "http.request":
                over.cancel()
                return
            try:
                await stream.send(encode([event]), last=not event.get("more_body"))
            except (Broken, Overloaded):
                return  # whoever listens hears the same

    async def _hear(self, stream: Stream, send: Send) -> Outcome:
        try:
            while (message := await stream.receive()) is not None:
                for event in read_events(message):
                    if event["type"] == ELSEWHERE:
                        self._moved(event["tenant"], Owner(*event["owner"]))
                        return "moved"
                    await self._in_time()
                    await send(self._as_from_here(event))
        except (NobodyThere, Overloaded):
            return "unsent"
        except Broken:
            return "broken"
        return "done" if self._begun else "broken"

    def _as_from_here(self, event: Message) -> Message:
        """Where nobody is to learn that there is such a workspace, none may learn which node has it."""
        if self._not_before is None or event["type"] != "http.response.start":
            return event
        return by_node(event, self._edge.services.owners.me.node)

    async def _in_time(self) -> None:
        """Answer not before it is time: nobody is to learn from that how far away the workspace is, or that it is."""
        if not self._begun and self._not_before is not None:
            await trio.sleep_until(self._not_before)
        self._begun = True

    async def _refuse(self, error: PlixaError) -> None:
        body = error_envelope(error)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        headers.append((b"retry-after", b"%d" % (error.retry_after or 1)))
        start = {"type": "http.response.start", "status": error.status, "headers": headers}
        await self._send(by_node(start, self._edge.services.owners.me.node))
        await self._send({"type": "http.response.body", "body": body})


class _Socket:
    """One socket, to its end."""

    def __init__(self, edge: Edge, scope: Message, receive: Receive, send: Send) -> None:
        self._edge = edge
        self._scope = scope
        self._receive = receive
        self._to_client = send
        self._said: list[Message] = []
        """What has come, to be said again where the socket is at home."""
        self._accepted = self._closed = False

    async def answer(self) -> None:
        sockets = self._edge.services.sockets
        sockets.add(self)
        try:
            tenant = await self._tenant()
        except PlixaError:
            tenant = None
        finally:
            sockets.discard(self)
        if self._closed:
            return
        owner = await self._edge.owner(tenant)
        if owner is None:
            await self._edge.app(self._scope, self._hear_again(), self._send)
        else:
            await self._carry(tenant or 0, owner)

    async def _tenant(self) -> int | None:
        whose = self._edge.whose
        if (token := whose.offered(self._scope)) is None and self._scope["path"] in SOCKETS:
            text = await self._first_frame()
            token = whose.said(self._scope, text)
        return await whose.token(token)

    async def _first_frame(self) -> str | bytes | None:
        """What it says first, for which it has to be let in."""
        self._said.append(await self._receive())
        offered = live.PROTOCOL if live.PROTOCOL in self._scope.get("subprotocols", ()) else None
        await self._send({"type": "websocket.accept", "subprotocol": offered, "headers": []})
        frame: list[Message] = []

        async def hear() -> None:
            frame.append(await self._receive())
            nursery.cancel_scope.cancel()

        try:
            with self._edge.services.crowd.joined(("stranger", self._source), live.STRANGERS):
                async with trio.open_nursery() as nursery:
                    nursery.cancel_scope.deadline = trio.current_time() + live.AUTH_WITHIN
                    nursery.start_soon(self._leave_when_draining, nursery.cancel_scope)
                    nursery.start_soon(hear)
        except Crowded:
            await self._close(live.NOT_ALLOWED, "TOO_MANY_SOCKETS")
            return None
        if not frame:
            await self._close(live.SIGN_IN, "sign in again")
            return None
        self._said += frame
        self._closed |= frame[0]["type"] == "websocket.disconnect"
        return frame[0].get("bytes") or frame[0].get("text")

    @property
    def _source(self) -> str:
        client, proxies = self._scope.get("client"), self._edge.services.settings.trusted_proxies
        return source_of(came_from(self._scope, client[0] if client else None, proxies))

    async def _send(self, event: Message) -> None:
        """To the client; an application that accepts what was let in already is not heard."""
        if self._closed or (event["type"] == "websocket.accept" and self._accepted):
            return
        self._accepted |= event["type"] == "websocket.accept"
        self._closed |= event["type"] == "websocket.close"
        await self._to_client(event)

    async def _close(self, code: int, reason: str) -> None:
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _hear_again(self) -> Callable[[], Awaitable[Message]]:
        said = iter(self._said)

        async def receive() -> Message:
            event = next(said, None)
            return await self._receive() if event is None else event

        return receive

    # -- there --------------------------------------------------------------------------------------------------------

    async def _carry(self, tenant: int, owner: Owner) -> None:
        services = self._edge.services
        services.sockets.add(self)
        try:
            async with self._edge.wire.open(owner, asked(self._scope, self._said), "socket") as stream:
                await self._converse(stream)
            outcome = "socket"
        except (Broken, Overloaded) as error:
            outcome = "unsent" if isinstance(error, NobodyThere | Overloaded) else "broken"
        finally:
            services.sockets.discard(self)
        self._edge.count(outcome)
        if not self._closed:
            services.owners.learned(tenant, None)
            await self._leave()

    async def _leave(self) -> None:
        """Ask it to come back, which an HTTP refusal could not."""
        with trio.move_on_after(2):
            await self._send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            await self._close(live.ELSEWHERE, "resume elsewhere")

    async def _converse(self, stream: Stream) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._pass_on, stream, nursery.cancel_scope)
            nursery.start_soon(self._leave_when_draining, nursery.cancel_scope)
            await self._hear(stream)
            nursery.cancel_scope.cancel()

    async def _leave_when_draining(self, over: trio.CancelScope) -> None:
        await self._edge.services.draining.wait()
        await self._close(live.ELSEWHERE, "this server is stopping: resume elsewhere")
        over.cancel()

    async def _pass_on(self, stream: Stream, over: trio.CancelScope) -> None:
        while True:
            event = await self._receive()
            gone = event["type"] == "websocket.disconnect"
            self._closed |= gone
            try:
                await stream.send(encode([event]), last=gone)
            except (Broken, Overloaded):
                return
            if gone:
                over.cancel()
                return

    async def _hear(self, stream: Stream) -> None:
        try:
            while (message := await stream.receive()) is not None:
                for event in read_events(message):
                    if event["type"] == ELSEWHERE:
                        return  # it comes back, and is carried there
                    await self._send(event)
        except (Broken, Overloaded):
            return


def came_from(scope: Mapping[str, Any], address: str | None, proxies: int) -> str:
    """As `client_address`, of a scope."""
    named = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    forwarded = [part.strip() for part in ",".join(named).split(",") if part.strip()]
    return ((forwarded[-proxies] if 0 < proxies <= len(forwarded) else address) or "unknown")[:LONGEST]
