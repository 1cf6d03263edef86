"""Whose a tenant is, as far as this node knows.

The truth is in the database: the row of `leases`, and the epoch that every commit is checked against. What is here is
belief, and knows how old it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

import trio

from plixa.engine.ports import Owner

KNOWN_FOR = 5.0
KNOWN = 50_000
Find = Callable[[int], Awaitable[Owner | None]]
"""Looks up the living node that has a tenant."""


class Owners:
    """Where a tenant is at home, at most `KNOWN_FOR` seconds old: a hint for whoever carries requests.

    me: this node. mine: whether it serves a tenant, without a look. At most `KNOWN` are remembered.
    """

    def __init__(self, me: Owner, find: Find, mine: Callable[[int], bool]) -> None:
        self.me = me
        self._find = find
        self._mine = mine
        self._known: OrderedDict[int, tuple[float, Owner]] = OrderedDict()

    async def of(self, tenant: int) -> Owner | None:
        """The living node that has it, None where none has. Raises `Unavailable` when that cannot be looked up."""
        if self._mine(tenant):
            return self.me
        known = self._known.get(tenant)
        if known is not None and known[0] > trio.current_time():
            return known[1]
        self.learned(tenant, found := await self._find(tenant))
        return found

    def learned(self, tenant: int, owner: Owner | None) -> None:
        """It is this node's now, as an `Elsewhere` told; None: what is known of it is wrong, look again."""
        self._known.pop(tenant, None)
        if owner is None:
            return
        self._known[tenant] = trio.current_time() + KNOWN_FOR, owner
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
