"""The settings of what is paid for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plixa.engine.settings import Setting, Settings, as_list, as_url, one_of, setting


def _no_secrets(settings: Settings) -> str:
    missing = settings[STRIPE_SECRET_KEY] and not settings[STRIPE_WEBHOOK_SECRETS]
    return "set the endpoints' secrets; nobody would hear of payments otherwise" if missing else ""


def _in_the_clear(settings: Settings) -> str:
    clear = settings[STRIPE_URL].startswith("http://")
    return "must start with https://; leave it empty for the real Stripe" if clear else ""


def _test_key(settings: Settings) -> str:
    return "is a test key; nobody would pay anything" if "_test_" in settings[STRIPE_SECRET_KEY] else ""


STRIPE_SECRET_KEY = setting(
    "STRIPE_SECRET_KEY",
    "",
    str,
    "key of Stripe (`sk_live_…`, or a restricted one); empty: `plixa dev` starts a simulated Stripe",
    secret=True,
    unsafe=_test_key,
)
STRIPE_WEBHOOK_SECRETS = setting(
    "STRIPE_WEBHOOK_SECRETS",
    "",
    as_list,
    "`whsec_…` of the webhook endpoints, comma-separated: the account's, and the connected accounts'",
    secret=True,
    unsafe=_no_secrets,
)
STRIPE_URL = setting("STRIPE_URL", "", as_url, "where Stripe's API is; empty: the real one", unsafe=_in_the_clear)
PRICES: Mapping[tuple[str, str], Setting[str]] = {
    ("starter", "month"): setting("STRIPE_PRICE_STARTER_MONTH", "", str, "id of this price: `price_…`"),
    ("starter", "year"): setting("STRIPE_PRICE_STARTER_YEAR", "", str, "the same; ten months' worth"),
    ("professional", "month"): setting("STRIPE_PRICE_PROFESSIONAL_MONTH", "", str, "the same, for a month"),
    ("professional", "year"): setting("STRIPE_PRICE_PROFESSIONAL_YEAR", "", str, "the same, for a year"),
    ("business", "month"): setting("STRIPE_PRICE_BUSINESS_MONTH", "", str, "the same, of the largest plan"),
    ("business", "year"): setting("STRIPE_PRICE_BUSINESS_YEAR", "", str, "the same, of it for a year"),
}
"""By plan and interval."""
STRIPE_PORTAL_CONFIGURATION = setting(
    "STRIPE_PORTAL_CONFIGURATION", "", str, "`bpc_…` of the customer portal; empty: the account's default"
)
STRIPE_ACCOUNTS = setting(
    "STRIPE_ACCOUNTS",
    "v2",
    one_of("v2", "v1"),
    "which API new connected accounts are made with; `v1` only where Stripe has it enabled for the platform",
)
STRIPE_SIMULATOR_PORT = setting(
    "STRIPE_SIMULATOR_PORT", "8081", int, "port of the simulated Stripe; 0 takes a free one"
)
SETTINGS: tuple[Setting[Any], ...] = (
    STRIPE_SECRET_KEY,
    STRIPE_WEBHOOK_SECRETS,
    STRIPE_URL,
    *PRICES.values(),
    STRIPE_PORTAL_CONFIGURATION,
    STRIPE_ACCOUNTS,
    STRIPE_SIMULATOR_PORT,
)


def prices_of(settings: Settings) -> Mapping[str, tuple[str, str]]:
    """Plan and interval of each price that is set, by its id."""
    return {id_: kind for kind, each in PRICES.items() if (id_ := settings[each])}


def with_stripe(settings: Settings, key: str, url: str, secrets: Sequence[str], prices: Iterable[str]) -> Settings:
    """The settings, with this Stripe. prices: of starter, professional and business, each a month's and a year's."""
    priced = {each.name: id_ for each, id_ in zip(PRICES.values(), prices, strict=True)}
    stripe = {STRIPE_SECRET_KEY.name: key, STRIPE_URL.name: url, STRIPE_WEBHOOK_SECRETS.name: tuple(secrets)}
    return replace(settings, own={**settings.own, **stripe, **priced})
