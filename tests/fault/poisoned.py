"""`python -m tests.fault.poisoned web`: the server, save that some texts stop it.

COMPUTES   the conversation's decision computes for ever
WAITS      the conversation's decision waits for ever: not a computation, so nothing but a kill ends it
SENDS      sending it waits for ever
READS      reading the webhook waits for ever
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plixa import features
from plixa.__main__ import main
from plixa.actors.conversation.commands import TakeMessage
from plixa.engine.actor import ActorType, Moment
from plixa.engine.events import Event
from plixa.features import prepared_kinds
from plixa.http.whatsapp import ingress
from plixa.http.whatsapp.evolution.client import EvolutionClient

COMPUTES, WAITS, SENDS, READS = "COMPUTES", "WAITS", "SENDS", "READS"
FOR_EVER = 600.0


def poisoned_kinds(*args: Any, **kwargs: Any) -> Mapping[str, ActorType[Any]]:
    """All kinds, with a conversation that some texts stop."""
    kinds = prepared_kinds(*args, **kwargs)
    conversation = kinds["conversation"]

    def decide(state: Any, command: Any, now: Moment) -> Sequence[Event]:
        if isinstance(command, TakeMessage):
            match command.seen.content.body:
                case "COMPUTES":
                    re.match(r"(a|aa)+$", "a" * 80 + "!")
                case "WAITS":
                    time.sleep(FOR_EVER)
                case _:
                    pass
        return conversation.decide(state, command, now)

    return {**kinds, "conversation": replace(conversation, decide=decide)}


async def poisoned_send(self: EvolutionClient, name: str, to: str, text: str, *args: Any, **kwargs: Any) -> Any:
    """Send, save that one text stops the server."""
    if text == SENDS:
        time.sleep(FOR_EVER)  # noqa: ASYNC251  # that is the fault
    return await _send(self, name, to, text, *args, **kwargs)


def poisoned_open(body: bytes) -> Any:
    """Open a webhook, save that one text stops the server."""
    if READS.encode() in body:
        time.sleep(FOR_EVER)
    return _open(body)


_open = ingress.open_webhook
_send = EvolutionClient.send_text

if __name__ == "__main__":
    features.prepared_kinds = poisoned_kinds
    ingress.open_webhook = poisoned_open
    EvolutionClient.send_text = poisoned_send  # type: ignore[method-assign]
    main()
