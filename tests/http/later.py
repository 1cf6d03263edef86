"""A node whose clock can be put forward: what is due in a month happens now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests import harness
from tests.doors import opened

from plixa.compose import Node


@dataclass
class LaterClock:
    """The machine's time, and so much more."""

    shift: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class LaterNode:
    """A node and its clock."""

    node: Node
    clock: LaterClock

    def forward(self, **by: float) -> None:
        """Let so much time pass at once."""
        self.clock.shift += timedelta(**by)
        self.node.timers.nudge()


@asynccontextmanager
async def later_node(
    database_url: str, gateway_url: str, folder: Path, shift: timedelta | None = None
) -> AsyncIterator[LaterNode]:
    """A node on a clock of its own. Whoever is signed in stays so, however much time passes at once."""
    clock = LaterClock(shift or timedelta())
    settings = harness.settings(database_url, gateway_url, folder, SESSION_IDLE_HOURS="0", SESSION_DAYS="0")
    async with opened(settings, clock) as node:
        yield LaterNode(node, clock)
