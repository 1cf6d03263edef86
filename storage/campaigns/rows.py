"""A campaign's row: a function of its state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from plixa.actors.campaigns.campaign import Campaign
from plixa.storage.campaigns import statements as sql
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row
from plixa.storage.feature import StateRows


def state_rows(tenant: int, state: Any, at: datetime) -> Iterator[Row]:
    """One row, once it is there."""
    if isinstance(state, Campaign) and state.status is not None:
        yield (
            sql.CAMPAIGN,
            (
                tenant,
                state.id,
                state.status,
                state.subject,
                as_json(whole(state)),
                state.size,
                state.reason,
                state.by,
                state.created_at,
                state.scheduled_at,
                state.started_at,
                state.finished_at,
                state.hidden,
                at,
            ),
        )


def whole(state: Campaign) -> dict[str, list[str]]:
    """The audience with what is left out of the log as a default."""
    names = state.audience.__struct_fields__
    return {name: list(msgspec.to_builtins(getattr(state.audience, name))) for name in names}


CAMPAIGNS = StateRows(state_rows, sql.CAMPAIGN, alike=("status", "subject", "size", "hidden"), but="updated_at")
