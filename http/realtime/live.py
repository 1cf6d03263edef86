"""The live inbox over a WebSocket: `GET /v1/ws`, JSON text frames.

    server  {"op":"hello","head":N,"epoch":"…","user_id":…}
    client  {"op":"resume","after":N}  or  {"op":"subscribe"}
    server  {"op":"events","events":[{"offset","type","at","data"}…],"head":M}   in order, each at most once
    server  {"op":"live","head":M}                                               caught up
    both    {"op":"ephemeral","type":"typing|viewing|presence",…}                never logged
    server  {"op":"ping","head":N}                                               every 25 s

A socket holds an offset, no queue: one that lags gets fewer, larger frames. The close codes say what to do next:

    4400 bad frame, or neither resume nor subscribe within a minute: mend the client
    4401 sign in again
    4403 not allowed; the reason is the error's code, RATE_LIMITED or TOO_MANY_SOCKETS among others
    4408 too slow: come back and resume
    4409 too far behind to resume: fetch everything anew, then come back and resume from that
    4410 resume elsewhere: this server is stopping, or has been in trouble for a while

Whether a socket may stay is judged from its hello on, at once where the log says that something has changed, and every
few seconds (`judge.py`). Who signs in anew on an open socket must be the same member.
"""

from __future__ import annotations

import hashlib
import random
from collections import deque
from collections.abc import Generator, Hashable
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
import structlog
import trio
from quart import websocket
from quart_trio import QuartTrio

from plixa.engine.errors import Forbidden, PlixaError, RateLimited, Unauthenticated, Unavailable
from plixa.engine.fanout import Joined
from plixa.http.api import STRANGER_RATE, Caller, admit, auth, cookies
from plixa.http.api.services import Services
from plixa.http.realtime.attending import attend
from plixa.http.realtime.crowd import Crowded
from plixa.http.realtime.feed import Feed, SnapshotNeeded
from plixa.http.realtime.judge import Patience, Seat
from plixa.http.server.addresses import client_address, source_of

BAD_FRAME, SIGN_IN, NOT_ALLOWED, TOO_SLOW, TOO_OLD, ELSEWHERE = 4400, 4401, 4403, 4408, 4409, 4410
PROTOCOL = "plixa.v1"
AUTH_WITHIN = 10.0
BEGIN_WITHIN = 60.0
PING = 25.0
JUST_NOW = 1.0
"""Who was let in longer ago than these seconds is looked at once more before the first event."""
ATTEND_WITHIN = 5.0
REST = 0.05
"""Seconds between two reads of the log by one socket that catches up."""
TRY_AGAIN = 2.0
FRAME_EVENTS = 500
SLOW_AFTER = 10.0
STRANGERS = 100
"""Sockets of one source that wait for their first frame. A business behind one address may come back all at once."""
AUTH_RATE = "30/minute"
EPHEMERAL_WAITING = 64
EPHEMERAL_RATE = "20/second"
LONGEST_STATE = 40
MOST = 2**63 - 1
SEND_COST = 0.0001
"""Seconds of CPU that one frame to one socket takes, about; frames are spaced so that all sockets together take at most
a third of a core. An event that comes after a quiet while goes out at once."""
E = TypeVar("E", bound=BaseException)
log = structlog.get_logger("plixa.live")


class Hello(msgspec.Struct, tag_field="op", tag="auth"):
    """By a token, or by the browser's cookie with the key that belongs to it."""

    token: str = ""
    csrf: str = ""


class Resume(msgspec.Struct, tag_field="op", tag="resume"):
    after: Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe"):
    pass


class Ephemeral(msgspec.Struct, tag_field="op", tag="ephemeral", omit_defaults=True):
    type: Literal["typing", "viewing", "presence"]
    conversation_id: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | None = None
    state: Annotated[str, msgspec.Meta(max_length=LONGEST_STATE)] | None = None
    user_id: int | None = None


class Pong(msgspec.Struct, tag_field="op", tag="pong"):
    pass


_decode = msgspec.json.Decoder(Hello | Resume | Subscribe | Ephemeral | Pong).decode
_encode = msgspec.json.Encoder().encode


class Closing(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def add_live(app: QuartTrio, services: Services) -> None:
    """Add `/v1/ws`."""

    @app.websocket("/v1/ws")
    async def ws() -> None:
        socket = Socket(services)
        services.telemetry.sockets.inc()
        if not services.draining.is_set():  # who comes while it stops is sent away, and not waited for
            services.sockets.add(socket)
        try:
            await socket.run()
        except* Closing as group:
            await socket.close(first_of(group))
        except* PlixaError as group:
            log.warning("socket_failed", error=str(first_of(group)))
            await socket.close(Closing(ELSEWHERE, "trouble of ours: come back and resume"))
        finally:
            services.telemetry.sockets.dec()
            services.sockets.discard(socket)


def pause(watchers: int, behind: int, quiet: float) -> float:
    """How many seconds to let events gather, `quiet` seconds after a socket's last frame.

    Not at all if those that it is behind fill a frame. A few of them are no reason to hurry: with a frame for what came
    while the last one went out to all the others, the sockets would never be done, and have all of the core.
    """
    if behind >= FRAME_EVENTS:
        return 0.0
    return max(0.0, watchers * SEND_COST * 3 - quiet)


@lru_cache(maxsize=8)
def _frame(events: bytes, upto: int) -> str:
    """Some events as a frame; made once for all sockets that are at the same offset.

    `head` is how far this frame reaches: past what was left out, never past what is still to come.
    """
    return f'{{"op":"events","events":[{events.decode()}],"head":{upto}}}'


def first_of(group: BaseExceptionGroup[E]) -> E:
    """The first error of a group, however deep: each nursery on the way out wraps it once more."""
    error: Any = group
    while isinstance(error, BaseExceptionGroup):
        error = cast("Any", error).exceptions[0]
    return cast("E", error)


class Socket:
    """One connection, from hello to goodbye."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._caller: Caller | None = None
        self._token: str | None = None
        self._source = source_of(client_address(websocket, services.settings.trusted_proxies))
        self._ephemeral_frames: deque[tuple[bytes, int | None]] = deque(maxlen=EPHEMERAL_WAITING)
        self._ephemeral_came = trio.Event()
        self._last_frame = 0.0
        self._let_in = 0.0

    @property
    def caller(self) -> Caller:
        """Who this is, once signed in."""
        if self._caller is None:
            raise Closing(SIGN_IN, "sign in first")
        return self._caller

    async def run(self) -> None:
        """Sign in, then push until one side has had enough. Raises `Closing` (in a group)."""
        offered = websocket.requested_subprotocols
        accept = cast("Any", websocket.accept)  # pyright: ignore[reportUnknownMemberType]
        await accept(subprotocol=PROTOCOL if PROTOCOL in offered else None)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._leave_when_draining, nursery.cancel_scope)
            await self._sign_in(offered)
            caller, most = self.caller, self._services.settings.sockets_per_member
            with self._one_of(("member", caller.tenant, caller.user_id), most):
                judged = self._services.judge.seated(caller.tenant, caller.token_id)
                async with Feed.open(self._services, caller) as feed:
                    with judged as seat:
                        await self._talk(feed, seat)
            nursery.cancel_scope.cancel()

    async def close(self, closing: Closing) -> None:
        """Say goodbye with a reason."""
        if closing.code == TOO_SLOW:
            self._services.telemetry.slow_sockets.inc()
        with trio.move_on_after(2):
            await websocket.close(closing.code, closing.reason)

    async def _leave_when_draining(self, _: trio.CancelScope) -> None:
        await self._services.draining.wait()
        raise Closing(ELSEWHERE, "this server is stopping: resume elsewhere")

    # -- who is it ----------------------------------------------------------------------------------------------------

    async def _sign_in(self, offered: list[str]) -> None:
        token = auth.token_of(websocket.headers.get("Authorization"))
        token = token or next((each[7:] for each in offered if each.startswith("bearer.")), None)
        if token is None:
            with self._one_of(("stranger", self._source), STRANGERS), trio.move_on_after(AUTH_WITHIN):
                frame = await self._receive()
                token = self._token_of(frame) if isinstance(frame, Hello) else None
        await self._authenticate(token)

    def _token_of(self, frame: Hello) -> str | None:
        return frame.token or cookies.token_of(self._services, websocket.cookies, frame.csrf)

    @contextmanager
    def _one_of(self, whose: Hashable, most: int) -> Generator[None]:
        try:
            with self._services.crowd.joined(whose, most):
                yield
        except Crowded:
            raise Closing(NOT_ALLOWED, "TOO_MANY_SOCKETS") from None

    async def _sign_in_anew(self, feed: Feed, seat: Seat, token: str | None) -> None:
        self._spend(AUTH_RATE, "auth frame", str(self.caller.token_id))
        await self._authenticate(token)
        feed.caller, seat.token_id = self.caller, self.caller.token_id

    def _spend(self, rate: str, *subject: str) -> None:
        try:
            self._services.limits.spend(rate, *subject)
        except RateLimited as limited:
            raise Closing(NOT_ALLOWED, limited.code) from None

    async def _authenticate(self, token: str | None) -> None:
        try:
            caller = await auth.authenticate(self._services, token)
        except Unauthenticated:
            self._spend(STRANGER_RATE, "stranger", self._source)
            raise Closing(SIGN_IN, "sign in again") from None
        if self._caller is not None and (caller.tenant, caller.user_id) != (self._caller.tenant, self._caller.user_id):
            raise Closing(NOT_ALLOWED, "this token is of somebody else")
        await self._admit(caller)
        self._token = token

    async def _admit(self, caller: Caller) -> None:
        try:
            admit(caller, await self._services.bus.workspace(caller.tenant), self._services.clock.now(), "read")
        except Forbidden as refused:
            raise Closing(NOT_ALLOWED, refused.code) from None
        self._caller, self._let_in = caller, trio.current_time()

    async def _attend(self, caller: Caller) -> None:
        if not caller.panel or caller.acting is not None:  # staff who look around are nobody's presence
            return
        try:
            with trio.move_on_after(ATTEND_WITHIN):
                await attend(self._services, caller)
        except PlixaError as error:  # nobody's live inbox ends for that: the next look at the token tries again
            log.warning("offer_failed", error=str(error))

    async def _heed(self, feed: Feed, seat: Seat) -> None:
        """A token may be revoked, a member removed, a workspace closed, a second factor demanded at any time."""
        patience = Patience()
        while True:
            try:
                caller = auth.caller_of(self._services, await seat.verdict())
                await self._admit(caller)
            except Unauthenticated:
                raise Closing(SIGN_IN, "sign in again") from None
            except Unavailable as trouble:
                patience.bear(trouble)
            else:
                patience.well()
                feed.caller = caller
                await self._attend(caller)

    # -- what is said -------------------------------------------------------------------------------------------------

    async def _talk(self, feed: Feed, seat: Seat) -> None:
        workspace = await self._services.bus.workspace(self.caller.tenant)
        epoch = hashlib.sha256(f"{workspace.id} {workspace.founded_at}".encode()).hexdigest()[:12]
        hello = {"op": "hello", "head": feed.after, "epoch": epoch, "user_id": self.caller.user_id}
        await self._send(_encode(hello))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._attend, self.caller)
            nursery.start_soon(self._heed, feed, seat)
            await self._begin(feed, seat)
            if trio.current_time() - self._let_in > JUST_NOW:
                await self._authenticate(self._token)
            feed.channel.listen(self._take_ephemeral)
            try:
                await self._converse(feed, seat)
            finally:
                feed.channel.unlisten(self._take_ephemeral)

    async def _converse(self, feed: Feed, seat: Seat) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._listen, feed, seat)
            nursery.start_soon(self._ping, feed)
            nursery.start_soon(self._pass_ephemeral, feed)
            await self._push(feed)

    async def _begin(self, feed: Feed, seat: Seat) -> None:
        with trio.move_on_after(BEGIN_WITHIN):
            return await self._hear_where_from(feed, seat)
        raise Closing(BAD_FRAME, f"say resume or subscribe within {BEGIN_WITHIN:g} s of the hello")

    async def _hear_where_from(self, feed: Feed, seat: Seat) -> None:
        while True:
            match frame := await self._receive():
                case Resume():
                    self._go_back(feed, frame.after)
                    return
                case Subscribe():
                    feed.after = feed.channel.head
                    return
                case Hello():
                    await self._sign_in_anew(feed, seat, self._token_of(frame))
                case _:
                    pass

    def _go_back(self, feed: Feed, after: int) -> None:
        try:
            feed.go_back(after)
        except SnapshotNeeded:
            raise Closing(TOO_OLD, "take a snapshot: this is too long ago") from None

    async def _push(self, feed: Feed) -> None:
        live = False
        while True:
            if not feed.behind:
                if not live:
                    live = True
                    await self._send(b'{"op":"live","head":%d}' % feed.after)
                await feed.ready()
            # After the client is gone `send` returns at once without letting anybody else run: this does.
            quiet = trio.current_time() - self._last_frame
            await trio.sleep(pause(feed.channel.watchers, feed.behind, quiet) if live else 0)
            chunk = await self._read(feed)
            if chunk.shown:
                await self._send(_frame(chunk.events, chunk.upto))
                self._services.telemetry.frames.inc()
                self._services.telemetry.delivered.inc(chunk.shown)
            if feed.from_log and feed.behind:
                await trio.sleep(REST)

    async def _read(self, feed: Feed) -> Joined:
        patience = Patience()
        while True:
            try:
                return await feed.read(FRAME_EVENTS)
            except Unavailable as trouble:
                patience.bear(trouble)
                await trio.sleep(TRY_AGAIN * random.random())  # not all at once

    async def _listen(self, feed: Feed, seat: Seat) -> None:
        while True:
            match frame := await self._receive():
                case Ephemeral():
                    await self._publish_ephemeral(feed, frame)
                case Hello():
                    await self._sign_in_anew(feed, seat, frame.token)
                case Pong():
                    pass
                case _:
                    raise Closing(BAD_FRAME, "resume and subscribe come once, at the beginning")

    async def _publish_ephemeral(self, feed: Feed, frame: Ephemeral) -> None:
        try:
            self._services.limits.spend(EPHEMERAL_RATE, "ephemeral", str(self.caller.token_id))
        except RateLimited:
            return  # nobody misses one "typing" of twenty a second
        if self.caller.acting is None and await self._hears_of(feed, frame.conversation_id):
            frame.user_id = self.caller.user_id
            feed.channel.publish_ephemeral(_encode(frame), frame.conversation_id)

    async def _hears_of(self, feed: Feed, conversation_id: int | None) -> bool:
        """Whether ephemeral frames about it are for this one, and may be theirs. In trouble there are none."""
        with suppress(Unavailable):
            return conversation_id is None or await feed.sees(conversation_id)
        return False

    async def _ping(self, feed: Feed) -> None:
        while True:
            await trio.sleep(PING)
            await self._send(b'{"op":"ping","head":%d}' % feed.after)

    def _take_ephemeral(self, frame: bytes, about: int | None) -> None:
        self._ephemeral_frames.append((frame, about))
        self._ephemeral_came.set()

    async def _pass_ephemeral(self, feed: Feed) -> None:
        while True:
            await self._ephemeral_came.wait()
            self._ephemeral_came = trio.Event()
            while self._ephemeral_frames:
                frame, about = self._ephemeral_frames.popleft()
                if await self._hears_of(feed, about):
                    await self._send(frame)
                await trio.lowlevel.checkpoint()

    async def _receive(self) -> Any:
        text = await websocket.receive()
        try:
            return _decode(text)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            raise Closing(BAD_FRAME, "a frame must be a JSON object with a known op") from None

    async def _send(self, frame: str | bytes) -> None:
        began = trio.current_time()
        await websocket.send(frame if isinstance(frame, str) else frame.decode())
        self._last_frame = trio.current_time()
        if self._last_frame - began > SLOW_AFTER:
            raise Closing(TOO_SLOW, "too slow: come back and resume")
