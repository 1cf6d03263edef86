"""Long-lived loops of a node, each looked after on its own.

A service that raises is logged, counted and started again after a pause that grows from a tenth of a second to ten. One
that has raised more than `RESTARTS` times within `WITHIN` seconds cannot do its work any more: the error goes on to the
node, which ends, for whoever started the process to start it anew. What a service holds in memory is gone with it: its
`run` begins with what is durable.

That the database is away is no fault of a service's, and a node outlasts it: such a service is begun again every half
second, however long that takes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
import trio

from plixa.engine.errors import Unavailable
from plixa.engine.telemetry import Telemetry

RESTARTS, WITHIN = 5, 60.0
PAUSE_FIRST, PAUSE_LONGEST = 0.1, 10.0
PAUSE_AWAY = 0.5
log = structlog.get_logger("plixa.service")


@dataclass(frozen=True, slots=True)
class Service:
    """`run` takes `task_status` as `trio.Nursery.start` has it, and works until it is cancelled."""

    name: str
    run: Callable[..., Awaitable[Any]]


async def supervise(
    service: Service, telemetry: Telemetry, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
) -> None:
    """Run a service until cancelled. Raises its error when it raises as it starts, or too often after that."""
    raised: deque[float] = deque(maxlen=RESTARTS + 1)
    begun = False
    while True:
        try:
            async with trio.open_nursery() as nursery:
                await nursery.start(service.run)
                if not begun:
                    task_status.started()
                    begun = True
        except Exception as error:
            if begun and _is_away(error):
                telemetry.service_restarts.labels(service.name).inc()
                log.warning("service_waits", service=service.name)
                await trio.sleep(PAUSE_AWAY)
                continue
            raised.append(trio.current_time())
            too_often = len(raised) > RESTARTS and raised[-1] - raised[0] < WITHIN
            if not begun or too_often:
                raise
            telemetry.service_restarts.labels(service.name).inc()
            log.exception("service_failed", service=service.name, error=type(error).__name__)
            await trio.sleep(min(PAUSE_LONGEST, PAUSE_FIRST * 2 ** (len(raised) - 1)))
        except BaseExceptionGroup as group:  # it raised while it was being cancelled: that keeps nothing from ending
            errors, ending = group.split(Exception)
            if errors is not None:
                log.error("service_failed_as_it_ended", service=service.name, exc_info=errors)
            if ending is None:
                raise
            raise ending from None
        else:
            return


def _is_away(error: Exception) -> bool:
    """Whether nothing else is in it."""
    if isinstance(error, ExceptionGroup):
        return error.split(Unavailable)[1] is None  # pyright: ignore[reportUnknownMemberType]
    return isinstance(error, Unavailable)
