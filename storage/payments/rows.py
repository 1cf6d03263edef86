"""Which rows follow from payments: whose an account is, and how each payment stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from plixa.actors.payments.account import AccountKept
from plixa.actors.payments.payment import Payment
from plixa.engine.events import Recorded
from plixa.storage.billing.statements import STRIPE_REF
from plixa.storage.eventlog.codec import as_json
from plixa.storage.eventlog.statement import Row, upsert
from plixa.storage.feature import Projector, StateRows

PAYMENT = upsert(
    "payments",
    "tenant_id bigint, id bigint, contact_id bigint, status text, account text, session text, payment_intent text, "
    "created_at timestamptz, data json, updated_at timestamptz",
    "tenant_id, id",
)
projects = Projector()


@projects.on(AccountKept)
def _account(recorded: Recorded, event: AccountKept, _: Any) -> Iterator[Row]:
    yield STRIPE_REF, (recorded.tenant, "account", event.account)


def _of_state(tenant: int, state: Any, at: datetime) -> Iterator[Row]:
    if isinstance(state, Payment) and state.status != "none":
        yield (
            PAYMENT,
            (
                tenant,
                state.id,
                state.contact_id,
                state.status,
                state.account,
                state.session,
                state.intent,
                state.created_at,
                as_json(state),
                at,
            ),
        )


ROWS = StateRows(
    rows=_of_state,
    main=PAYMENT,
    alike=("contact_id", "status", "account", "session", "payment_intent", "created_at"),
    but="updated_at",
)
