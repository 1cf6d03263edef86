"""The broadcast as an actor: what follows from its events outside.

broadcast.freeze    some recipients more are written down
broadcast.deliver   a recipient's turn: in the lane of the number, one after the other over all its broadcasts
broadcast.close     it was cancelled: some who waited are told of
"""

from __future__ import annotations

from collections.abc import Iterator

from plixa.actors.broadcasts import events as ev
from plixa.actors.broadcasts.deciding import decide, timers
from plixa.actors.broadcasts.state import Broadcast, evolve
from plixa.engine.actor import ActorType
from plixa.engine.events import Event
from plixa.engine.ports import Effect


def effects(state: Broadcast, event: Event) -> Iterator[Effect]:
    """See the module's text."""
    match event:
        case ev.BroadcastStarted():
            yield _freezing(state, event.phase, 0)
        case ev.RecipientsFrozen() if event.phase is not None:
            yield _freezing(state, event.phase, event.after)
        case ev.RecipientsReleased():
            for place in event.places:
                yield _turn(state, place, event.turn)
        case ev.BroadcastCancelled() if state.total:
            yield _closing(state, 1)
        case ev.RecipientsClosed() if event.last < state.total:
            yield _closing(state, event.last + 1)
        case _:
            pass


def _freezing(state: Broadcast, phase: ev.Phase, after: int) -> Effect:
    lane = f"broadcast-{state.id}"
    id_ = f"freeze-{state.id}-{phase}-{after}"
    return Effect(id_, "broadcast.freeze", lane, "broadcast", {"phase": phase, "after": after})


def _turn(state: Broadcast, place: int, turn: int) -> Effect:
    lane = f"turns-{state.number_id}"
    request = {"place": place, "number_id": state.number_id}
    return Effect(f"deliver-{state.id}-{place}-{turn}", "broadcast.deliver", lane, lane, request)


def _closing(state: Broadcast, first: int) -> Effect:
    return Effect(f"close-{state.id}-{first}", "broadcast.close", f"broadcast-{state.id}", "broadcast", {})


BROADCAST: ActorType[Broadcast] = ActorType(
    name="broadcast",
    initial=lambda id_: Broadcast(id=id_),
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({"start", "wake"}),
    effects=effects,
    mailbox=2048,
)
