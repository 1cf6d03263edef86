"""What Stripe tells of connected accounts: of the account, or of a payment on it; either only leads to a read.

The account an event comes from is the one whose payment is looked for: what another account says of it is nobody's.
"""

from __future__ import annotations

import structlog

from plixa.actors.payments.account import LoseAccount
from plixa.actors.payments.payment import LookAgain
from plixa.engine.errors import Duplicate
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.http.clients.stripe.port import Json
from plixa.http.payments.deposits import Deposits
from plixa.storage.billing import refs
from plixa.storage.payments import reads

CONNECTED = (
    "account.updated",
    "account.application.deauthorized",
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "charge.refunded",
    "refund.created",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
"""What the endpoint of the connected accounts is to send."""
GONE = frozenset({"account.application.deauthorized", "v2.core.account.closed"})
OF_ACCOUNT = ("account.", "capability.", "v2.core.account")
log = structlog.get_logger("plixa.payments")


class Connected:
    """See the module's text."""

    def __init__(self, services: Services, deposits: Deposits) -> None:
        self._services = services
        self._deposits = deposits

    async def hear(self, account: str, event_id: str, type_: str, about: Json) -> str:
        """Take one event; says what became of it."""
        tenant = await self._services.database.run(refs.find_tenant, "account", account)
        if tenant is None:
            return "unknown"
        if type_ in GONE:
            address = Address(tenant, "workspace", tenant)
            await self._services.bus.ask(address, LoseAccount(account=account), actor="stripe", cause=event_id)
            return "taken"
        if type_.startswith(OF_ACCOUNT):
            await self._deposits.see_account(tenant, account)
            return "taken"
        payment = await self._payment(tenant, account, about)
        return "ignored" if payment is None else await self._nudge(tenant, payment, event_id)

    async def _payment(self, tenant: int, account: str, about: Json) -> int | None:
        if about.get("object") == "checkout.session":
            column, value = "session", about.get("id")
        else:
            column, value = "payment_intent", about.get("payment_intent")
        if not isinstance(value, str) or len(value) > 255:
            return None
        return await self._services.database.run(reads.find_payment, tenant, account, column, value)

    async def _nudge(self, tenant: int, payment: int, event_id: str) -> str:
        row = refs.taken_row(tenant, event_id, self._services.clock.now())
        try:
            await self._services.bus.ask(
                Address(tenant, "payment", payment),
                LookAgain(about=event_id),
                actor="stripe",
                cause=f"stripe:{event_id}",
                attach=[row],
                replayable=False,
            )
        except Duplicate:
            return "known"
        return "taken"
