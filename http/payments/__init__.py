"""What a workspace's customers pay: Connect, deposits, refunds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from plixa.engine.effect_spec import EffectSpec
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.billing.effects import STRIPE
from plixa.http.billing.parts import MONEY
from plixa.http.billing.settings import STRIPE_ACCOUNTS
from plixa.http.clients.stripe.errors import StripeRefused
from plixa.http.feature import Edge
from plixa.http.outbox.reports import reporting
from plixa.http.payments import routes
from plixa.http.payments.accounts import V1, V2
from plixa.http.payments.deposits import Deposits
from plixa.http.payments.hearing import Connected
from plixa.http.payments.letters import LETTERS
from plixa.http.payments.parts import ACCOUNTS, DEPOSITS

FACE = ("parts", "port")
"""The modules that other features may import."""
TRIES, LONGEST = 75, timedelta(hours=1)
"""Three days."""


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    money = services[MONEY]
    kind = V1 if services.settings[STRIPE_ACCOUNTS] == "v1" else V2
    accounts = None if money.stripe is None else kind(money.stripe)
    deposits = Deposits(services, money.stripe, accounts, money.checkout.env)
    money.hearing.connected = Connected(services, deposits).hear
    yield Opened(
        offers={ACCOUNTS: accounts, DEPOSITS: deposits},
        handlers={
            "payment.look": reporting(deposits.look, refused=(StripeRefused,)),
            "payment.expire": reporting(deposits.expire, refused=(StripeRefused,)),
            "payment.tell": reporting(deposits.tell),
            "payment.waits": reporting(deposits.waits),
            "payment.lapsed": reporting(deposits.lapsed),
            "payment.news": reporting(deposits.news),
            "payment.refund": reporting(deposits.refund, refused=(StripeRefused,)),
        },
    )


EDGE = Edge(
    routes=routes_in(routes),
    pages=(routes.add_pay,),
    effects={
        "payment.look": EffectSpec(queue=STRIPE, tries=TRIES, longest=LONGEST),
        "payment.expire": EffectSpec(queue=STRIPE, tries=TRIES, longest=LONGEST),
        # An appointment waits for it.
        "payment.tell": EffectSpec(queue=STRIPE, tries=None),
        "payment.waits": EffectSpec(queue=STRIPE, tries=None),
        "payment.lapsed": EffectSpec(queue=STRIPE, tries=None),
        # Money is at stake, and nobody but our own actors is asked.
        "payment.news": EffectSpec(queue=STRIPE, tries=None),
        # It looks first whether it is done, and has a key of its own.
        "payment.refund": EffectSpec(queue=STRIPE, tries=TRIES, longest=LONGEST, tells=True),
    },
    mails=LETTERS,
    buttons=dict.fromkeys(LETTERS, ("url", "#/payments")),
    open=_open,
)
