"""A Stripe that needs no account: what the product uses of API version 2026-10-28.endive, and a page to pay on.

For `make run` and for tests; the `stripe` SDK talks to it as to the real one. Everything lives in memory and follows
one clock, which can be put forward. Of Plixa only its neighbour's wire is imported.

The way of a payment, by file: `app` (keys, idempotency, faults) -> `api` / `connect` (what the SDK asks for) -> `life`
(what follows with time and money) -> `world` (what is kept, and the events of it) -> `webhooks` (what is told).
"""

from .app import StripeApp
from .server import serve
from .settings import Endpoint, StripeSettings
from .world import Faults

__all__ = ["Endpoint", "Faults", "StripeApp", "StripeSettings", "serve"]
