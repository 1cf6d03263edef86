"""Looking again and again whether there is something to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

import structlog
import trio

from plixa.engine.errors import PlixaError

T = TypeVar("T")
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
    while True:
        await _try(work, _name(work))
        await trio.sleep(every)


async def one_by_one(items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
    """Do the work for each of them. One that fails is told, and holds up no other; the next round has it again."""
    for item in items:
        await _try(partial(work, item), _name(work))


async def _try(work: Callable[[], Awaitable[None]], name: str) -> None:
    try:
        await work()
    except (PlixaError, OSError) as error:
        log.warning("round_waits", work=name, error=str(error))
    except Exception as error:
        log.exception("round_failed", work=name, error=type(error).__name__)


def _name(work: Callable[..., object]) -> str:
    return getattr(work, "__qualname__", str(work))
