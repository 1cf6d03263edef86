"""The live push for those who cannot hold a WebSocket: the same events by long poll."""

from __future__ import annotations

from typing import Annotated

import msgspec
import trio
from pydantic import Field

from plixa.engine.fanout import Joined
from plixa.http.api import Answer, Call, auth, authorise, route, shapes
from plixa.http.api.fields import Body
from plixa.http.realtime.feed import Feed


class Since(Body):
    """After which offset, how many at most, and how many seconds to wait for the first."""

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 500
    wait: Annotated[int, Field(ge=0, le=25)] = 0


@route("GET", "/v1/events", tag="Live", query=Since, answer=list[shapes.LiveEvent], raises=("SNAPSHOT_NEEDED",))
async def list_events(call: Call) -> Answer:
    """List events

    The events after an offset, in order, as the WebSocket sends them. `meta.head` is how far this answer reaches: ask
    for what comes after it next. With `wait`, an answer without events takes up to that many seconds. Further back
    than 20,000 events there is no resuming (410): fetch what you show anew, beginning with the conversations, and go on
    from the `meta.head` of that answer.
    """
    query: Since = call.query
    async with Feed.open(call.services, call.caller, query.after) as feed:
        chunk = await feed.read(query.limit)
        if not chunk.shown and query.wait:
            chunk = await _waited(call, feed, query)
    body = b'{"data":[' + chunk.events + b'],"meta":' + msgspec.json.encode({"head": chunk.upto}) + b',"errors":null}'
    return Answer(raw=body, headers={"Content-Type": "application/json"})


async def _waited(call: Call, feed: Feed, query: Since) -> Joined:
    """The first events to come, if the caller is still let in by then; nothing, if they see otherwise than before."""
    chunk = Joined(b"", feed.after, 0)
    with trio.move_on_after(query.wait):
        while not chunk.shown:  # what is not for showing is passed over, and waited on
            await feed.ready()
            chunk = await feed.read(query.limit)
    if not chunk.shown:
        return chunk
    caller = await auth.authenticate(call.services, call.token)
    authorise(call.route, caller, await call.services.bus.workspace(caller.tenant), call.services.clock.now())
    return chunk if caller == call.caller else Joined(b"", query.after, 0)
