"""The workspace's own timers: which should be pending, and what follows when one fires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from plixa.actors.hours import holidays
from plixa.actors.notifications import digest
from plixa.actors.workspace import deletion
from plixa.actors.workspace.state import Workspace, decide
from plixa.engine.actor import Moment, TimerFired
from plixa.engine.events import Event

FIRED = {deletion.TIMER: deletion.fired, digest.TIMER: digest.fired, holidays.TIMER: holidays.fired}


def timers(state: Workspace) -> Mapping[str, datetime]:
    """What should be pending, by name."""
    due = {
        deletion.TIMER: state.deletion.due if state.deletion is not None else None,
        digest.TIMER: state.digest_due,
        holidays.TIMER: state.holidays_due,
    }
    return {name: at for name, at in due.items() if at is not None}


@decide.on(TimerFired)
def _fired(state: Workspace, command: TimerFired, now: Moment) -> Sequence[Event]:
    if timers(state).get(command.name) != command.due:
        return []  # not pending any more
    return FIRED[command.name](state, command.due, now)
