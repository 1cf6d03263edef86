"""The wrong door: a test asks a node that has no tenant, while another one has them all.

`--wrong-door` (or the mark `wrong_door`) opens two nodes of one database, joined in memory. Whatever the test sends
goes to the door; what it looks at in the process, services and rows, is the home's. Nothing should look different. The
whole suite goes this way with

    python -m pytest -n 2 --wrong-door -m "not slow and not browser" tests/http tests/webhooks tests/calendars

but for what has the mark `own_door`, which says why it asks its node directly.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from plixa import compose
from plixa.compose import Node, open_node
from plixa.engine.clock import Clock
from plixa.engine.errors import Elsewhere
from plixa.engine.network import Network
from plixa.engine.ports import Owner
from plixa.engine.settings import Settings
from plixa.http.api.limits import Limits

everywhere = False
"""Whether all tests are to go this way: `--wrong-door`."""
_wire = compose._wire
_doors: dict[int, Node] = {}


def door_of(home: Node) -> Node:
    """The node that is asked."""
    return _doors[id(home)]


def _bare(*arguments: Any) -> Node:
    """A node that only answers: no loops of its own."""
    node = _wire(*arguments)
    node.runs = []
    return node


@asynccontextmanager
async def by_the_wrong_door(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[Node]:
    """The home, that is asked by its door."""
    network = Network()
    with patch.object(compose, "_wire", _bare):
        opening = open_node(replace(settings, node="door"), clock, carrier=lambda me: network.carrier(*me))
        door = await opening.__aenter__()
    try:
        url = settings.public_url or door.services.public_url
        async with open_node(replace(settings, public_url=url), clock, carrier=lambda me: network.carrier(*me)) as home:
            never_at_home(door, home)
            home.port = door.port
            _doors[id(home)] = door
            yield home
            del _doors[id(home)]
    finally:
        await opening.__aexit__(None, None, None)


def opened(settings: Settings, clock: Clock | None = None) -> AbstractAsyncContextManager[Node]:
    """A node, which is asked by its door if all are."""
    return by_the_wrong_door(settings, clock) if everywhere else open_node(settings, clock)


def never_at_home(door: Node, home: Node) -> None:
    """Have every tenant be the home's, also those that nobody has; and have both stop together."""

    async def scope(tenant: int) -> Any:
        raise Elsewhere(tenant, *home.services.owners.me)

    async def of(_: int) -> Owner:
        return home.services.owners.me

    door.services.store.beating.draining = True  # it wants none, not even as the home stops

    def wish(_: int) -> Owner:
        return home.services.owners.me

    door.services.owners._wish = home.services.owners._wish = wish
    door.services.bus.supervisor.scope = scope  # type: ignore[method-assign]
    door.services.owners._find = of
    door.services.limits = _Limits(home)
    assert home.services.limits.for_all  # there may be others
    home.services.limits.for_all = False  # but tests forget windows as they like
    door.services.draining = home.services.draining


class _Limits(Limits):
    """Windows of the door's own, unless the test has opened those of the home."""

    def __init__(self, home: Node) -> None:
        super().__init__()
        self._home = home

    def spend(self, rate: str, *subject: str) -> None:
        if self._home.services.limits._enabled:
            super().spend(rate, *subject)
