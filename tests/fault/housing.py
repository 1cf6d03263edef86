"""Nodes in network namespaces of their own, whose links to the database, to NATS and to clients are cut one by one.

    front      10.97.N.0/30   clients, and the gateway
    database   10.98.N.0/30
    nats       10.99.N.0/30

.1 is this side, .2 the node's. A link that is down loses all packets, silently; a blackhole route those of one
direction. Needs root, Linux and `ip`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Literal

import trio

LINKS = ("front", "database", "nats")
Link = Literal["front", "database", "nats"]
How = Literal["down", "unheard", "deaf"]
"""All is lost; what the node says is; what it should hear is."""


def can() -> bool:
    """Whether this machine lets us."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


def ip(*arguments: str) -> None:
    """Raises `CalledProcessError`."""
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


class House:
    """One namespace. number: 1 to 250, of which each is one's own at a time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"plixa-{os.getpid()}-{number}"

    def here(self, link: Link) -> str:
        """This side's address."""
        return f"10.{97 + LINKS.index(link)}.{self.number}.1"

    def there(self, link: Link) -> str:
        """The node's."""
        return f"10.{97 + LINKS.index(link)}.{self.number}.2"

    def _ends(self, link: Link) -> tuple[str, str]:
        return f"px{link[0]}{self.number}a", f"px{link[0]}{self.number}b"

    def build(self) -> None:
        """Make it."""
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")
        for link in LINKS:
            ours, theirs = self._ends(link)
            ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", self.name)
            ip("addr", "add", f"{self.here(link)}/30", "dev", ours)
            ip("-n", self.name, "addr", "add", f"{self.there(link)}/30", "dev", theirs)
            ip("link", "set", ours, "up")
            ip("-n", self.name, "link", "set", theirs, "up")

    def raze(self) -> None:
        """Remove what is there of it."""
        for link in LINKS:
            with suppress(subprocess.CalledProcessError):
                ip("link", "del", self._ends(link)[0])
        with suppress(subprocess.CalledProcessError):
            ip("netns", "del", self.name)

    def cut(self, link: Link, how: How, *, mend: bool = False) -> None:
        """From now on; or undo it."""
        verb = "del" if mend else "add"
        if how == "down":
            ip("link", "set", self._ends(link)[0], "up" if mend else "down")
        elif how == "unheard":
            ip("-n", self.name, "route", verb, "blackhole", f"{self.here(link)}/32")
        else:
            ip("route", verb, "blackhole", f"{self.there(link)}/32")

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that is to run there."""
        return "ip", "netns", "exec", self.name


# -- ways in and out --------------------------------------------------------------------------------------------------

Reach = Callable[[], Awaitable[trio.SocketStream]]


@asynccontextmanager
async def passing_on(host: str, port: int, reach: Reach) -> AsyncGenerator[int]:
    """Each connection to this address is one to there; gives the port that it has."""
    async with trio.open_nursery() as nursery:
        serve = partial(trio.serve_tcp, partial(_pass_on, reach), port, host=host)
        [listener] = await nursery.start(serve)
        yield int(listener.socket.getsockname()[1])
        nursery.cancel_scope.cancel()


async def _pass_on(reach: Reach, near: trio.SocketStream) -> None:
    with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
        async with await reach() as far, trio.open_nursery() as nursery:
            nursery.start_soon(_pour, near, far, nursery.cancel_scope)
            nursery.start_soon(_pour, far, near, nursery.cancel_scope)


async def _pour(source: trio.SocketStream, sink: trio.SocketStream, over: trio.CancelScope) -> None:
    with suppress(OSError, trio.BrokenResourceError, trio.ClosedResourceError):
        async for data in source:
            await sink.send_all(data)
    over.cancel()
