"""Looking again and again whether there is something to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
import trio

from plixa.engine.errors import PlixaError

log = structlog.get_logger("plixa.rounds")


async def go_round(
    work: Callable[[], Awaitable[None]],
    every: float,
    *,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Do the work, then again `every` seconds after it is done, until cancelled.

    Work that fails is told, and tried again in the next round: neither the database's trouble nor a bug in a chore ends
    the node.
    """
    task_status.started()
    name = getattr(work, "__qualname__", str(work))
    while True:
        try:
            await work()
        except (PlixaError, OSError) as error:
            log.warning("round_waits", work=name, error=str(error))
        except Exception as error:
            log.exception("round_failed", work=name, error=type(error).__name__)
        await trio.sleep(every)
