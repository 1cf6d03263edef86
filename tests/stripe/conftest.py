"""A simulated Stripe whose clock stands still until it is put forward, and our port to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio

from plixa.http.clients.stripe.port import Stripe
from plixa.http.stripe_simulator import StripeApp, StripeSettings, serve

KEY = "sk_test_simulator"


@pytest.fixture
async def far(nursery: trio.Nursery) -> StripeApp:
    """Stripe."""
    app, _ = await nursery.start(serve, StripeSettings(deliver=False))
    found: StripeApp = app
    return found


@pytest.fixture
async def port(far: StripeApp) -> AsyncIterator[Stripe]:
    """Ours."""
    stripe = Stripe(KEY, far.world.base, within=2)
    yield stripe
    await stripe.aclose()
