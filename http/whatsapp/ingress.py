"""The gateway's webhook: a plain ASGI application, because it is the hot path.

`POST /v1/webhooks/evolution/{instance}` with the number's secret in `x-plixa-secret`. Answers:

- 200 once everything in the body is durable; also for what is not for us, and for what cannot be understood, which is
  kept for a person to look at. The gateway drops a message for good on 400, 401, 403, 404 and 422, so those never come.
- 409 for a wrong secret or an unknown instance: the gateway tries that again for 20 minutes, time to mend a setting.
- 503 with `Retry-After` for trouble of our own; it is tried again too, and what was durable by then changes nothing.

A logout and a removal are answered 200 in any case, whoever says so: the gateway waits for that answer before it
deletes the session, and by the time of a later attempt that would be a new pairing's. The watch finds out by itself. So
is whatever an instance of a removed number still has to say.

One body makes one row at most of what is kept, holds nobody up while it is read (`clients/evolution/bodies.py`), and is
taken only for as long as the gateway waits for the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, Literal

import structlog
import trio

from plixa.actors.whatsapp.gateway import ConnectionSeen, LoggedOut, Seen, Unreadable
from plixa.engine.brake import Brake, Work, at_work_on
from plixa.engine.clock import Clock
from plixa.engine.errors import DeadLettered, Overloaded, Refused, Unavailable
from plixa.engine.telemetry import Telemetry
from plixa.engine.tracing import HERE
from plixa.http.server.early import gone
from plixa.http.whatsapp.directory import Directory, NumberKey
from plixa.http.whatsapp.evolution.bodies import TooMuch, Webhook, open_webhook
from plixa.http.whatsapp.evolution.payload import mapping
from plixa.http.whatsapp.evolution.webhook import NotJson, decode
from plixa.http.whatsapp.intake import Intake, Result
from plixa.http.whatsapp.lanes import take_all
from plixa.http.whatsapp.unreadable import Body, UnreadableWebhooks
from plixa.http.whatsapp.watch import Watch

PREFIX = "/v1/webhooks/evolution/"
MAX_BODY = 32 * 1024 * 1024
MAX_DRAIN = 512 * 1024 * 1024
IN_FLIGHT = 128 * 1024 * 1024
FAREWELLS = (b"logout.instance", b"remove.instance")
MAX_FAREWELL = 16 * 1024
FAREWELL_WITHIN = 2.0
BODY_WITHIN = 60.0
OPENED_IN_THREAD = 512 * 1024
MOST_REASONS = 5
MOST_KINDS = 100
Outcome = Result | Literal["dead_letter"]
TOLD: tuple[Outcome, ...] = ("ignored", "duplicate", "early", "applied", "stored", "dead_letter", "unreadable")
"""What is answered of a body with several items: the last of these that there was."""
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger("plixa.ingress")


def instance_of(path: str) -> str:
    """The gateway's name for a number, as the webhook's path has it."""
    return path.removeprefix(PREFIX).partition("/")[0]


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
        kept: UnreadableWebhooks,
        clock: Clock,
        telemetry: Telemetry,
        brake: Brake | None = None,
    ) -> None:
        self._brake = brake or Brake(clock)
        self._intake = intake
        self._directory = directory
        self._watch = watch
        self._kept = kept
        self._clock = clock
        self._telemetry = telemetry
        self._in_flight = 0
        self.draining = False

    def drain(self) -> None:
        """Take nothing new any more: the gateway tries again, and reaches whoever is there then."""
        self.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        opening = Opening(receive)
        try:
            with self._telemetry.tracing.span("webhook", "server", parent=HERE.get()):
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
        instance = instance_of(scope["path"])
        number = await self._directory.number(instance)
        secret = next((value for name, value in scope["headers"] if name == b"x-plixa-secret"), b"")
        if number is not None and number.admits(secret):
            return number
        log.warning("webhook_refused", instance=instance[:100], known=number is not None)
        return None

    async def _with_body(self, number: NumberKey, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        body = Body(b"", 0)
        chunks: list[bytes] = []
        try:
            with trio.move_on_after(BODY_WITHIN) as patience:
                if not await self._read(receive, body, chunks):
                    return 503, b"disconnected"
            if patience.cancelled_caught and body.size <= MAX_BODY:
                return 503, b"slow"
            body.data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            return await self._begin(number, body, receive)
        finally:
            self._in_flight -= sum(map(len, chunks))

    async def _read(self, receive: Receive, body: Body, chunks: list[bytes]) -> bool:
        """Read to the end, or as far as it is read past; False if the gateway went away. Raises `Overloaded`."""
        while body.size <= MAX_DRAIN:
            event = await receive()
            if event["type"] != "http.request":
                return False
            chunk: bytes = event.get("body", b"")
            body.size += len(chunk)
            if body.size <= MAX_BODY:
                if self._in_flight > IN_FLIGHT:
                    raise Overloaded("the webhook")
                chunks.append(chunk)
                self._in_flight += len(chunk)
            if not event.get("more_body"):
                break
        return True

    async def _begin(self, number: NumberKey, body: Body, receive: Receive) -> tuple[int, bytes]:
        """Take it, unless the process has stalled or died over it twice: the gateway would bring it again and again."""
        where = f"number {number.number_id} of workspace {number.tenant}"
        work = Work(lambda: f"A webhook for {where}", lambda: f"{where} ".encode() + body.data)
        if self._brake.holds(work):
            log.error("webhook_put_aside", tenant=number.tenant, number=number.number_id)
            self._telemetry.put_aside.labels("webhook").inc()
            await self._kept.keep(number, "It stopped the server twice, and was not read again.", body)
            return 200, b"unreadable"
        with at_work_on(work):
            answer = await self._take(number, body, receive)
        self._brake.over(work)
        self._watch.heard(number)  # only now: what could not be read is looked for from what was heard before
        return answer

    async def _take(self, number: NumberKey, body: Body, receive: Receive) -> tuple[int, bytes]:
        if body.too_large:
            return await self._look_up(number, body, f"The body has {body.size} bytes; at most {MAX_BODY} are read.")
        try:
            webhook = await self._opened(body.data)
        except TooMuch as error:
            return await self._look_up(number, body, str(error))
        except NotJson as error:
            await self._kept.keep(number, str(error), body)
            return 200, b"unreadable"
        taking = Taking(self._intake, self._watch, number)
        if len(webhook.items) == 1:
            await taking.all(webhook.seen(self._clock.now()))
        elif await gone(receive, partial(taking.all, webhook.seen(self._clock.now()))):
            self._watch.suspect(number)  # it may not come again; what is durable by now is known then
            return 503, b"disconnected"
        if taking.reasons:
            await self._kept.keep(number, taking.reason, body)
        return 200, taking.result.encode()

    async def _opened(self, body: bytes) -> Webhook:
        """In a thread where it takes several steps of 20 ms and more, so that others have a turn between them."""
        if len(body) < OPENED_IN_THREAD:
            return open_webhook(body)
        return await trio.to_thread.run_sync(open_webhook, body)

    async def _look_up(self, number: NumberKey, body: Body, why: str) -> tuple[int, bytes]:
        """Too much to be read: kept, and whatever was in it is looked up at the gateway."""
        await self._kept.keep(number, why, body)
        self._watch.suspect(number)
        return 200, b"too_large"


class Taking:
    """What comes of one body."""

    def __init__(self, intake: Intake, watch: Watch, number: NumberKey) -> None:
        self._intake = intake
        self._watch = watch
        self._number = number
        self.result: Outcome = "ignored"
        self.reasons: Counter[str] = Counter()
        """What could not be taken, and how often."""

    @property
    def reason(self) -> str:
        """The same in a few words, the most frequent first."""
        shown = [f"{why} (×{times})" if times > 1 else why for why, times in self.reasons.most_common(MOST_REASONS)]
        more = len(self.reasons) - len(shown)
        return " ".join(shown) + (f" And {more} other reasons." if more else "")

    async def all(self, seen: Iterator[Seen]) -> None:
        """Take everything. Raises what the intake raises for trouble of our own."""
        await take_all(seen, self._one)

    async def _one(self, seen: Seen) -> None:
        self._came(await self._taken(seen))
        if isinstance(seen, Unreadable):
            self._refused(seen.reason)
        if isinstance(seen, LoggedOut) or (isinstance(seen, ConnectionSeen) and seen.state != "open"):
            self._watch.doubt(self._number)

    async def _taken(self, seen: Seen) -> Outcome:
        try:
            return await self._intake.take(self._number, seen, "webhook")
        except DeadLettered:
            return "dead_letter"
        except Refused as error:  # an actor does not want it: nobody's loss but a person should know
            log.error("webhook_not_taken", tenant=self._number.tenant, error=str(error))
            self._refused(str(error))
            return "unreadable"

    def _came(self, result: Outcome) -> None:
        if TOLD.index(result) > TOLD.index(self.result):
            self.result = result

    def _refused(self, why: str) -> None:
        if why in self.reasons or len(self.reasons) < MOST_KINDS:
            self.reasons[why] += 1
