"""A command for an actor that another node has: what no request is behind, as an effect that tells another tenant.

It may be done twice, as an effect may: whoever sends it hears `Unavailable` where it is not known. What its actor
decided does not come back, only that it has.
"""

from __future__ import annotations

from typing import Any

import msgspec

from plixa.engine.actor import command_class
from plixa.engine.errors import PlixaError, Refused, Unavailable
from plixa.engine.ports import Address, Owner
from plixa.engine.registry import Registry
from plixa.engine.tracing import HERE
from plixa.engine.wire import Broken, Stream, Wire
from plixa.http.relay.messages import Message, asked, encode, read_events

COMMAND = "plixa.command"


class Post:
    """Sends commands to other nodes, and has those done here that come from them."""

    def __init__(self, wire: Wire, bus: Registry) -> None:
        self._wire = wire
        self._bus = bus

    async def send(self, to: Owner, address: Address, command: Any, actor: str, cause: str) -> None:
        """Have it done there. Raises `Refused` as its actor did, `Unavailable`, `Overloaded`."""
        body = msgspec.msgpack.encode(command)
        parts = [address.tenant, address.kind, address.id, type(command).__name__, body, actor, cause]
        scope: Message = {"type": COMMAND, "headers": [], "extensions": {COMMAND: parts}}
        tracing = self._bus.supervisor.telemetry.tracing
        try:
            with tracing.span("carry", "client", parent=HERE.get(), to=to.node):
                async with self._wire.open(to, asked(scope, [], trace=tracing.told()), last=True) as stream:
                    answer = await stream.receive()
        except Broken as error:
            raise Unavailable("Another node was lost. It is not known whether it was done.") from error
        if answer is None:
            raise Unavailable("Another node said nothing. It is not known whether it was done.")
        _heed(read_events(answer)[0])

    async def do(self, scope: Message, stream: Stream) -> None:
        """Do one that has come, and say what came of it."""
        tenant, kind, id_, type_, body, actor, cause = scope["extensions"][COMMAND]
        try:
            command = msgspec.msgpack.decode(body, type=command_class(type_))
            await self._bus.ask(Address(tenant, kind, id_), command, actor=actor, cause=cause)
        except PlixaError as error:
            answer = {"refused": isinstance(error, Refused), "code": error.code, "message": error.message}
        else:
            answer = {"done": True}
        await stream.send(encode([answer]), last=True)


def _heed(answer: Message) -> None:
    if answer.get("done"):
        return
    if answer["refused"]:
        raise Refused(answer["message"], code=answer["code"])
    raise Unavailable(answer["message"])
