"""What one webhook tells, taken in order where order matters, and otherwise at once.

A lane is a customer's conversation, or a message that is not known to be in one; what concerns neither has one lane
together. A lane is taken one after the other, and a few lanes at once, window by window: what comes in a later window
comes after everything in an earlier one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from itertools import islice

import trio

from plixa.actors.whatsapp.gateway import DeleteSeen, EditSeen, MessageSeen, ReactionSeen, Seen, StatusSeen
from plixa.storage.contacts.peers import peer_keys

WINDOW = 200
AT_ONCE = 16
Take = Callable[[Seen], Awaitable[None]]
Lane = list[Seen]


async def take_all(seen: Iterator[Seen], take: Take) -> None:
    """Take everything. Raises what `take` raises first; what is under way in other lanes is cancelled then."""
    while window := await _next(seen):
        if len(window) == 1:
            await take(window[0])
        else:
            await _at_once(lanes(window), take)


async def _next(seen: Iterator[Seen]) -> list[Seen]:
    window: list[Seen] = []
    for each in islice(seen, WINDOW):
        if window:  # translating one takes 50 µs, or some milliseconds where somebody means harm: others have a turn
            await trio.lowlevel.checkpoint()
        window.append(each)
    return window


async def _at_once(found: list[Lane], take: Take) -> None:
    trouble: list[Exception] = []
    limit = trio.Semaphore(AT_ONCE)

    async def run(lane: Lane) -> None:
        async with limit:
            try:
                for seen in lane:
                    await take(seen)
            except Exception as error:  # noqa: BLE001  # raised below, as itself and not in a group
                trouble.append(error)
                nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for lane in found:
            nursery.start_soon(run, lane)
    if trouble:
        raise trouble[0]


def lanes(window: list[Seen]) -> list[Lane]:
    """The lanes of a window."""
    of: dict[str, Lane] = {}
    for seen in window:
        names = _names(seen)
        lane = _joined(of, names)
        lane.append(seen)
        of.update(dict.fromkeys(names, lane))
    return list({id(lane): lane for lane in of.values()}.values())


def _joined(of: dict[str, Lane], names: list[str]) -> Lane:
    """The lane with these names; lanes that turn out to be one become one."""
    found = list({id(of[name]): of[name] for name in names if name in of}.values()) or [[]]
    for other in found[1:]:
        found[0].extend(other)
        of.update({name: found[0] for name, lane in of.items() if lane is other})
    return found[0]


def _names(seen: Seen) -> list[str]:
    match seen:
        case MessageSeen():
            return [f"message {seen.key_id}", *peer_keys(seen.peer.phone, seen.peer.lid)]
        case StatusSeen() | EditSeen() | DeleteSeen() | ReactionSeen():
            return [f"message {seen.key_id}"]
        case _:
            return ["the number"]
