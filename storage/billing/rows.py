"""Which rows follow from what happens to a subscription."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plixa.actors.billing import events as ev
from plixa.engine.events import Recorded
from plixa.storage.billing import statements as sql
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import Projector

projects = Projector()


@projects.on(ev.CustomerKept)
def _customer(recorded: Recorded, event: ev.CustomerKept, _: Any) -> Iterator[Row]:
    yield sql.STRIPE_REF, (recorded.tenant, "customer", event.customer)


@projects.on(ev.PeriodClosed)
def _period(recorded: Recorded, event: ev.PeriodClosed, _: Any) -> Iterator[Row]:
    yield (
        sql.PERIOD,
        (recorded.tenant, event.invoice.id, recorded.position, recorded.at, as_json(event.invoice)),
    )


@projects.on(ev.PeriodSummed)
def _summed(recorded: Recorded, event: ev.PeriodSummed, _: Any) -> Iterator[Row]:
    yield sql.SUMS, (recorded.tenant, event.invoice, as_json(event.sums))
