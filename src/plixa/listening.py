"""`plixa listen`: a workspace's events, signed as to an endpoint, to a developer's machine, without an endpoint.

It reads the log beside the servers and writes nothing. Events go out in the order of the log, one at a time; one that
is not taken is tried again until it is. Stop it, mend the receiver, and go on with `--from` the last offset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import trio

from plixa import features
from plixa.engine.clock import SystemClock
from plixa.engine.errors import Invalid, NotFound
from plixa.engine.events import Recorded
from plixa.engine.ports import Address
from plixa.http.webhooks.attempt import Post, Poster, open_client
from plixa.http.webhooks.happened import TellingOf
from plixa.storage.eventlog.keyring import Keyring
from plixa.storage.eventlog.reader import head, read_range, read_streams
from plixa.storage.postgres.bridge import Database
from plixa.storage.webhooks import feeds

POLL = 0.3
AGAIN = 2.0
"""Seconds until what was not taken is tried again."""
Say = Callable[[str], None]


async def listen(
    database: Database, keyring: Keyring, tenant: int, url: str, secret: str, after: int | None, say: Say
) -> None:
    """Send what comes after this offset (None: from now on), until cancelled.

    Raises `NotFound` for a workspace that there is not, `Invalid` for a URL to which nothing can be sent.
    """
    now = await database.run(head, tenant)
    if not now:
        raise NotFound("workspace")
    after, workspace = now if after is None else after, await _workspace(database, keyring, tenant, now)
    async with open_client(allow_loopback=True) as client:
        poster = Poster(SystemClock(), client, allow_loopback=True)
        if (problem := poster.problem_with(url)) is not None:
            raise Invalid({"to": [problem]})
        while True:
            recorded = await database.run(read_range, keyring, tenant, after, feeds.CHUNK)
            workspace = _folded(workspace, tenant, [each for each in recorded if each.position > now])
            telling = TellingOf(keyring.application_key, tenant, workspace, SystemClock().now())
            for told in await database.run(feeds.read, tenant, telling.happenings(recorded), telling.plain):
                await _send(poster, url, secret, told, say)
            if not recorded:
                await trio.sleep(POLL)
                continue
            after = recorded[-1].position
            now = max(now, after)


async def _workspace(database: Database, keyring: Keyring, tenant: int, upto: int) -> Any:
    """The workspace as of this position: what is shown of conversations depends on it."""
    address, after = Address(tenant, "workspace", tenant), 0
    workspace = features.kinds()["workspace"].initial(tenant)
    while chunk := await database.run(read_streams, keyring, tenant, [address.stream], after, upto, feeds.CHUNK):
        workspace, after = _folded(workspace, tenant, chunk), chunk[-1].position
    return workspace


def _folded(workspace: Any, tenant: int, recorded: Sequence[Recorded]) -> Any:
    stream, evolve = Address(tenant, "workspace", tenant).stream, features.kinds()["workspace"].evolve
    return reduce(evolve, (each.event for each in recorded if each.stream == stream), workspace)


async def _send(poster: Poster, url: str, secret: str, told: tuple[str, str, bytes], say: Say) -> None:
    event_id, type_, body = told
    while True:
        said = await poster.post(Post(url, event_id, type_, 0, body, [secret]))
        say(f"{event_id}  {type_}  {said.error or said.status}  {said.duration_ms} ms")
        if said.taken:
            return
        await trio.sleep(AGAIN)
