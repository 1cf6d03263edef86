"""What an invoice covers, counted once and written down: here, and at Stripe beside the invoice.

raises, is cut off   done again: what was counted is written down once, and Stripe is told the same again
Stripe is away       tried again for three days; what was counted is here already
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from plixa.actors.billing.commands import KeepSums
from plixa.actors.billing.state import LineSum
from plixa.actors.billing.statements import TYPES, Counted, Tally
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.clients.stripe.port import Stripe
from plixa.http.outbox.reports import NotWanted
from plixa.storage.billing import periods

READ = 5_000


class Summing:
    """The handler. env: tells this installation's keys from another one's."""

    def __init__(self, services: Services, stripe: Stripe | None, env: str) -> None:
        self._services = services
        self._stripe = stripe
        self._env = env

    async def sum(self, stored: StoredEffect) -> None:
        """Count one invoice's range. Raises `StripeError`."""
        tenant, invoice = stored.owner.tenant, stored.effect.request["invoice"]
        rows = await self._services.database.run(periods.periods, tenant)
        row = next((each for each in rows if each["invoice"] == invoice), None)
        if row is None:
            raise NotWanted("There is no such invoice.")
        sums = await self._counted(tenant, row["after"], row["position"])
        command = KeepSums(invoice=invoice, after=row["after"], upto=row["position"], sums=sums)
        await self._services.bus.ask(
            Address(tenant, "workspace", tenant), command, actor="system", cause=f"effect:{stored.effect.id}"
        )
        if self._stripe is not None:
            beside = {
                "plixa_from": str(row["after"] + 1),
                "plixa_to": str(row["position"]),
                "plixa_digest": digest_of(sums),
            }
            await self._stripe.note_invoice(invoice, beside, f"sums-{self._env}-{tenant}-{invoice}")

    async def _counted(self, tenant: int, after: int, upto: int) -> tuple[LineSum, ...]:
        tally = Tally()
        while found := await self._services.database.run(periods.counted_events, tenant, after, upto, TYPES, READ):
            tally.count(Counted(each["position"], each["type"], each["data"]) for each in found)
            after = found[-1]["position"]
        return tuple(LineSum(*line) for line in tally.lines)


def digest_of(sums: Sequence[LineSum]) -> str:
    """One digest over those of all lines."""
    text = "\n".join(f"{each.rule} {each.quantity} {each.events} {each.digest}" for each in sums)
    return hashlib.sha256(text.encode()).hexdigest()
