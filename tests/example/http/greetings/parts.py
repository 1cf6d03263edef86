"""What this feature brings to a node."""

from __future__ import annotations

import trio

from plixa.http.api.services import Part


class Board:
    """What was said, and what was heard of."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.heard: list[str] = []
        self.spoken = trio.Event()
        self.running = False
        self.closed = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be there until cancelled."""
        self.running = True
        task_status.started()
        await trio.sleep_forever()


BOARD = Part[Board]("the board of greetings")
