"""The gateway's webhook: a plain ASGI application, because it is the hot path.

`POST /v1/webhooks/evolution/{instance}` with the number's secret in `x-plixa-secret`. Answers:

- 200 once everything in the body is durable; also for what is not for us, and for what cannot be understood, which is
  kept for a person to look at. The gateway drops a message for good on 400, 401, 403, 404 and 422, so those never come.
- 409 for a wrong secret or an unknown instance: the gateway tries that again for 20 minutes, time to mend a setting.
- 503 with `Retry-After` for trouble of our own; it is tried again too.

A logout and a removal are answered 200 in any case, whoever says so: the gateway waits for that answer before it
deletes the session, and by the time of a later attempt that would be a new pairing's. The watch finds out by itself. So
is whatever an instance of a removed number still has to say.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import trio

from plixa.actors.gateway import ConnectionSeen, LoggedOut, Unreadable
from plixa.engine.clock import Clock
from plixa.engine.errors import Overloaded, Parked, Refused, Unavailable
from plixa.engine.telemetry import Telemetry
from plixa.http.clients.evolution.payload import mapping
from plixa.http.clients.evolution.webhook import NotJson, decode, translate
from plixa.http.gateway.directory import Directory, NumberKey
from plixa.http.gateway.intake import Intake
from plixa.http.gateway.kept import Body, KeptBodies
from plixa.http.gateway.watch import Watch

PREFIX = "/v1/webhooks/evolution/"
MAX_BODY = 32 * 1024 * 1024
MAX_DRAIN = 512 * 1024 * 1024
IN_FLIGHT = 128 * 1024 * 1024
DECODE_IN_THREAD = 512 * 1024
FAREWELLS = (b"logout.instance", b"remove.instance")
MAX_FAREWELL = 16 * 1024
FAREWELL_WITHIN = 2.0
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger("plixa.ingress")


class Opening:
    """A request's body as it is read, of which a small one's bytes are kept."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._body = b""
        self._over = False

    async def receive(self) -> dict[str, Any]:
        """The next event."""
        event = await self._receive()
        if len(self._body) <= MAX_FAREWELL:
            self._body += event.get("body", b"")[: MAX_FAREWELL + 1]
        self._over = not event.get("more_body")
        return event

    async def is_farewell(self) -> bool:
        """Whether the body, read by now or not, says that a session or an instance is gone."""
        with trio.move_on_after(FAREWELL_WITHIN):
            while not self._over and len(self._body) <= MAX_FAREWELL:
                await self.receive()
        if not self._over or len(self._body) > MAX_FAREWELL or not any(each in self._body for each in FAREWELLS):
            return False
        try:
            return str(mapping(decode(self._body)).get("event")).encode(errors="replace") in FAREWELLS
        except NotJson:
            return False


class Ingress:
    """See the module's text. Memory is bounded: a body may have 32 MiB, all that are under way together 128 MiB."""

    def __init__(
        self,
        intake: Intake,
        directory: Directory,
        watch: Watch,
        kept: KeptBodies,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._intake = intake
        self._directory = directory
        self._watch = watch
        self._kept = kept
        self._clock = clock
        self._telemetry = telemetry
        self._in_flight = 0
        self.draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        opening = Opening(receive)
        try:
            status, text = await self._answer(scope, opening.receive)
        except Exception as error:  # a bug of ours: the gateway must try again
            log.error("ingress_failed", error=type(error).__name__, exc_info=error)
            status, text = 503, b"error"
        if status in (409, 503) and await opening.is_farewell():
            status, text = 200, b"ignored"
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(text))]
        if status == 503:
            headers.append((b"retry-after", b"1"))
        self._telemetry.ingress.labels(text.decode()).inc()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        if scope["method"] != "POST":
            return 405, b"method"
        if self.draining:
            return 503, b"draining"
        try:
            number = await self._number(scope)
            if number is None:
                return 409, b"refused"
            return (200, b"ignored") if number.removed else await self._with_body(number, scope, receive)
        except (Overloaded, Unavailable) as error:
            log.warning("ingress_postponed", error=str(error))
            return 503, b"postponed"

    async def _number(self, scope: Scope) -> NumberKey | None:
        instance = scope["path"].removeprefix(PREFIX).partition("/")[0]
        number = await self._directory.number(instance)
        secret = next((value for name, value in scope["headers"] if name == b"x-plixa-secret"), b"")
        if number is not None and number.admits(secret):
            return number
        log.warning("webhook_refused", instance=instance[:100], known=number is not None)
        return None

    async def _with_body(self, number: NumberKey, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        if self._in_flight > IN_FLIGHT:
            raise Overloaded("the webhook")
        body = Body(b"", 0)
        chunks: list[bytes] = []
        try:
            while True:
                event = await receive()
                if event["type"] != "http.request":
                    return 503, b"disconnected"
                chunk: bytes = event.get("body", b"")
                body.size += len(chunk)
                if body.size <= MAX_BODY:
                    chunks.append(chunk)
                    self._in_flight += len(chunk)
                if body.size > MAX_DRAIN or not event.get("more_body"):
                    break
            body.data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            return await self._take(number, body)
        finally:
            self._in_flight -= sum(map(len, chunks))

    async def _take(self, number: NumberKey, body: Body) -> tuple[int, bytes]:
        self._watch.heard(number)
        if body.too_large:
            await self._kept.keep(number, f"The body has {body.size} bytes; at most {MAX_BODY} are read.", body)
            self._watch.suspect(number)  # whatever was in it is looked up at the gateway
            return 200, b"too_large"
        try:
            envelope = (
                decode(body.data) if body.size < DECODE_IN_THREAD else await trio.to_thread.run_sync(decode, body.data)
            )
        except NotJson as error:
            await self._kept.keep(number, str(error), body)
            return 200, b"unreadable"
        result = b"ignored"
        for seen in translate(envelope, now=self._clock.now()):
            try:
                result = (await self._intake.take(number, seen, "webhook")).encode()
            except Parked:
                result = b"parked"
            except Refused as error:  # an actor does not want it: nobody's loss but a person should know
                log.error("webhook_not_taken", tenant=number.tenant, error=str(error))
                await self._kept.keep(number, str(error), body)
                result = b"unreadable"
            if isinstance(seen, Unreadable):
                await self._kept.keep(number, seen.reason, body)
            if isinstance(seen, LoggedOut) or (isinstance(seen, ConnectionSeen) and seen.state != "open"):
                self._watch.doubt(number)
        return 200, result
