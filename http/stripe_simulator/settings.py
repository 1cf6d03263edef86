"""What the simulated Stripe is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. connect: those of connected accounts, else the platform's own."""

    url: str
    secret: str
    connect: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeSettings:
    """clock: unix seconds; None: the machine's. deliver: whether events are told by themselves, or only when asked."""

    host: str = "127.0.0.1"
    port: int = 0
    key: str = "sk_test_simulator"
    endpoints: tuple[Endpoint, ...] = ()
    clock: Callable[[], float] | None = None
    deliver: bool = True
    country: str = "BR"
    currency: str = "brl"
    prices: dict[str, tuple[str, str, int]] = field(
        default_factory=lambda: {
            "price_starter_month": ("starter", "month", 9_900),
            "price_starter_year": ("starter", "year", 99_000),
            "price_professional_month": ("professional", "month", 29_900),
            "price_professional_year": ("professional", "year", 299_000),
            "price_business_month": ("business", "month", 79_900),
            "price_business_year": ("business", "year", 799_000),
        }
    )
    """By id: product, interval, amount in minor units."""
