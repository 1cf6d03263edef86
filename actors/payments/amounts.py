"""Amounts: integers in a currency's own minor units, as Stripe counts them. The one table, for taking and for showing.

Nothing is ever multiplied or divided by a hundred elsewhere: 500 with JPY is ¥500, with BRL R$ 5.00.
"""

from __future__ import annotations

from plixa.engine.errors import Invalid

NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
WHOLE_ONLY = frozenset({"ISK", "UGX"})
"""Two decimals for Stripe, of which it takes zeros only."""


def decimals(currency: str) -> int:
    """How many decimals a currency's minor unit stands for."""
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def must_be_payable(amount: int, currency: str) -> None:
    """Raises `Invalid` for an amount that Stripe would not take."""
    step = 100 if currency in WHOLE_ONLY else 10 if currency in THREE_DECIMALS else 1
    if amount < 1 or amount % step:
        raise Invalid({"amount_cents": [f"This is no amount that can be paid in {currency}."]})


def in_words(amount: int, currency: str) -> str:
    """For people: "BRL 30.00"."""
    places = decimals(currency)
    whole, rest = divmod(amount, 10**places)
    return f"{currency} {whole}" + (f".{rest:0{places}}" if places else "")
