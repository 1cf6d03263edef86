"""The live push of staff for those who cannot hold a WebSocket: the same events by long poll."""

from __future__ import annotations

from typing import Annotated

import msgspec
import trio
from pydantic import Field

from plixa.engine.fanout import Joined
from plixa.http.api import Answer, Call, route, shapes
from plixa.http.api.fields import Body
from plixa.http.desk.live import must_still_be
from plixa.http.realtime.feed import Feed


class StaffSince(Body):
    """After which offset, how many at most, and how many seconds to wait for the first."""

    after: Annotated[int, Field(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 500
    wait: Annotated[int, Field(ge=0, le=25)] = 0


@route(
    "GET",
    "/v1/admin/events",
    tag="Admin — Support",
    who="admin",
    query=StaffSince,
    answer=list[shapes.LiveEvent],
    raises=("SNAPSHOT_NEEDED",),
    act="events.heard",
)
async def list_staff_events(call: Call) -> Answer:
    """List what happens at the desk

    As `/v1/events` does for members: tickets that something happened with, canned replies, tags, articles, campaigns.
    Never what was written: fetch that.
    """
    query: StaffSince = call.query
    async with Feed.open(call.services, call.caller, query.after) as feed:
        chunk = await feed.read(query.limit)
        if not chunk.shown and query.wait:
            chunk = await _waited(call, feed, query)
    body = b'{"data":[' + chunk.events + b'],"meta":' + msgspec.json.encode({"head": chunk.upto}) + b',"errors":null}'
    return Answer(raw=body, headers={"Content-Type": "application/json"})


async def _waited(call: Call, feed: Feed, query: StaffSince) -> Joined:
    chunk = Joined(b"", feed.after, 0)
    with trio.move_on_after(query.wait):
        while not chunk.shown:
            await feed.ready()
            chunk = await feed.read(query.limit)
    await must_still_be(call.services, call.token, call.caller)
    return chunk
