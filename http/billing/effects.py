"""Effects of billing: the read that a nudge leads to. Read again and again it does no harm."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.effects import Handler
from plixa.engine.ports import StoredEffect
from plixa.http.billing.reading import Reading
from plixa.http.billing.summing import Summing
from plixa.http.clients.stripe.errors import StripeRefused
from plixa.http.outbox.reports import reporting

STRIPE = Queue("stripe", at_once=16, share=2)
EFFECTS: Mapping[str, EffectSpec] = {
    # Stripe may be away for long; after three days the night's comparison is left to mend it.
    "stripe.sync": EffectSpec(queue=STRIPE, tries=75, longest=timedelta(hours=1)),
    "stripe.sums": EffectSpec(queue=STRIPE, tries=75, longest=timedelta(hours=1)),
}


def handlers(reading: Reading, summing: Summing) -> Mapping[str, Handler]:
    """By effect kind."""

    async def sync(stored: StoredEffect) -> None:
        await reading.read(stored.owner.tenant)

    return {
        "stripe.sync": reporting(sync, refused=(StripeRefused,)),
        "stripe.sums": reporting(summing.sum, refused=(StripeRefused,)),
    }
