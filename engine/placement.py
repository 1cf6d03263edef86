"""Where tenants wish to be: pure, and the same on every node that sees the same members.

A tenant's wish is the living node with the highest weighted rendezvous score, so that a node that comes takes its share
from all others and nothing else moves, and one that goes leaves its own alone to be shared out. Weights are cores.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from plixa.engine.ownership import Member
from plixa.engine.ports import Owner

STABLE_FOR = 30.0
"""Seconds without a change of membership after which tenants move: not while nodes come and go."""
AT_ONCE, AT_ONCE_DRAINING = 5, 50


def wish(tenant: int, members: Iterable[Member]) -> Owner | None:
    """The node that should have a tenant; None where all are about to stop."""
    able = [each for each in members if not each.draining]
    return max(able, key=lambda each: _score(tenant, each)).owner if able else None


def _score(tenant: int, member: Member) -> tuple[float, str]:
    """By its name, not by its life: a node that starts anew keeps what it had."""
    digest = blake2b(f"{member.owner.node}/{tenant}".encode(), digest_size=8).digest()
    chance = (int.from_bytes(digest) + 0.5) / 2**64
    return -member.cores / math.log(chance), member.owner.node


def moves(mine: Mapping[int, float], me: Member, others: Iterable[Member]) -> list[tuple[int, Owner]]:
    """Which of the tenants that a node has wish to be elsewhere, and where; those that are quiet longest come first.

    mine: for how many seconds nothing has happened in each.
    """
    members = (me, *others)
    wishes = ((tenant, wish(tenant, members)) for tenant in sorted(mine, key=lambda each: (-mine[each], each)))
    return [(tenant, to) for tenant, to in wishes if to is not None and to.node != me.owner.node]
