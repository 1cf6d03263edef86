"""What a commit writes beside its events because somebody asked for it (`Bus.ask(…, attach=…)`): values, no closures.

Most are rows. One that is known in full only with the events (the id that an actor gives out) is a frozen dataclass
beside whoever writes its table, with a method that makes the rows. They are made before the commit waits its turn: what
raises there is that command's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from plixa.engine.events import Event
from plixa.engine.ports import Commit
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row


class Attached(Protocol):
    """What becomes rows with the events of its commit."""

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> Sequence[Row]:
        """The rows; `seal` seals what nobody may read in the table."""
        ...


def rows_of(commit: Commit, seal: ApplicationKey) -> list[Row]:
    """The rows that were attached, in the order in which they were."""
    rows: list[Row] = []
    for each in commit.attached:  # the port does not know what storage takes
        if isinstance(each, tuple):
            rows.append(cast("Row", each))
        else:
            rows.extend(cast("Attached", each).rows(commit.events, seal))
    return rows
