"""What billing brings to a node."""

from __future__ import annotations

from plixa.http.api.services import Part
from plixa.http.billing.checkout import Checkout
from plixa.http.billing.hearing import Hearing
from plixa.http.billing.reading import Reading
from plixa.http.clients.stripe.port import Stripe


class Money:
    """stripe: None without a key; then there is nothing to subscribe to, and only licence and trial count."""

    def __init__(self, stripe: Stripe | None, reading: Reading, checkout: Checkout, hearing: Hearing) -> None:
        self.stripe = stripe
        self.reading = reading
        self.checkout = checkout
        self.hearing = hearing


MONEY = Part[Money]("subscriptions")
