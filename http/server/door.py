"""The door that a request came in by, which hears when its tenant turns out to be another node's.

It hears by itself, whatever the code on the way makes of the error: what is answered here is then not sent, for the
request is made there instead. Without such a door (one process alone) nobody hears, and the refusal goes out as it is.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from plixa.engine.errors import Elsewhere
from plixa.engine.ports import Owner
from plixa.engine.registry import told_elsewhere


class Door:
    """What it has heard: which tenant was not here, and where it is.

    timed: whoever carried the request sees to how long its answer takes. counted: it has been tried at another node,
    which has counted it. not_before: when this node may answer it, wherever it is made, in trio's time.
    """

    def __init__(self, *, timed: bool = False, counted: bool = False) -> None:
        self.tenant = 0
        self.elsewhere: Owner | None = None
        self.timed, self.counted = timed, counted
        self.not_before: float | None = None

    def hear(self, error: Elsewhere) -> None:
        """The tenant is there."""
        self.tenant, self.elsewhere = error.tenant, Owner(error.node, error.incarnation)


_door: ContextVar[Door | None] = ContextVar("door", default=None)


@contextmanager
def through(door: Door) -> Generator[None]:
    """What is done within is done for whoever came in by this door."""
    here, told = _door.set(door), told_elsewhere.set(door.hear)
    try:
        yield
    finally:
        _door.reset(here)
        told_elsewhere.reset(told)


def current_door() -> Door | None:
    """The one by which what is under way came in."""
    return _door.get()
