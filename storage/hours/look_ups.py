"""Public holidays are computed by a library whose import takes a while: it is there before a decision asks for them."""

from __future__ import annotations

from typing import Any

import trio

from plixa.actors.hours import holidays, public_holidays
from plixa.actors.workspace.state import Workspace
from plixa.engine.clock import Clock
from plixa.storage.feature import Prepare
from plixa.storage.postgres.bridge import Database


def workspace(_database: Database, _clock: Clock) -> Prepare:
    """The look-ups of the `workspace` kind."""
    return _with_holidays


async def _with_holidays(state: Workspace, command: Any, _tenant: int, _workspace: Any) -> Any:
    """The same command; but what its decision computes holidays with is imported, which takes a while."""
    if holidays.asks(state, command):
        await trio.to_thread.run_sync(public_holidays.load, state.country_code)
    return command
