"""Connected accounts, by v2 and by v1, and the links to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from .api import Ask, Handler
from .errors import StripeRefusal, missing
from .world import Json, Store, World

SERVED = frozenset(
    [
        "AR",
        "AT",
        "AU",
        "BE",
        "BR",
        "CA",
        "CH",
        "CL",
        "CO",
        "CZ",
        "DE",
        "DK",
        "ES",
        "FI",
        "FR",
        "GB",
        "IE",
        "IT",
        "JP",
        "LU",
        "MX",
        "NL",
        "NO",
        "NZ",
        "PE",
        "PL",
        "PT",
        "SE",
        "SG",
        "US",
    ]
)


def open_account(ask: Ask) -> Json:
    """v2."""
    country = str(ask.params.get("identity", {}).get("country", "")).upper()
    return v2(_made(ask, country, ask.params.get("contact_email"), ask.params.get("metadata", {})))


def create_account(ask: Ask) -> Json:
    """v1, for platforms that have it."""
    country = ask.text("country").upper()
    if ask.params.get("type"):
        raise StripeRefusal("You must complete your platform profile to use this account type.", param="type")
    if country not in SERVED:
        raise StripeRefusal(f"Connected accounts in {country} cannot be created by platforms in BR.", param="country")
    return v1(_made(ask, country, ask.params.get("email"), ask.params.get("metadata", {})))


def _made(ask: Ask, country: str, email: object, metadata: Json) -> Json:
    world = ask.world
    made: Json = {
        "id": world.id("acct"), "_country": country, "_email": email, "_ready": False, "_submitted": False,
        "_served": country in SERVED, "_metadata": metadata, "_created": world.now(),
    }  # fmt: skip
    store = world.stores[made["id"]] = Store(made["id"])
    store.of("account")[made["id"]] = made
    return made


def find(world: World, id_: str) -> Json:
    """An account. Raises `StripeRefusal`."""
    if not id_ or id_ not in world.stores:
        raise missing("account", id_, "account")
    return world.stores[id_].of("account")[id_]


def get_v2(ask: Ask) -> Json:
    return v2(find(ask.world, ask.id))


def get_v1(ask: Ask) -> Json:
    return v1(find(ask.world, ask.id))


def v2(account: Json) -> Json:
    """As v2 shows it."""
    status = "active" if account["_ready"] else "restricted" if account["_served"] else "unsupported"
    detail = "unsupported_country" if not account["_served"] else "requirements_past_due"
    details = [] if account["_ready"] else [{"code": detail, "resolution": "provide_info"}]
    return {
        "id": account["id"],
        "object": "v2.core.account",
        "applied_configurations": ["merchant"],
        "contact_email": account["_email"],
        "dashboard": "express",
        "identity": {"country": account["_country"].lower()},
        "configuration": {
            "merchant": {"capabilities": {"card_payments": {"status": status, "status_details": details}}},
        },
        "requirements": {"entries": [], "summary": None},
        "metadata": account["_metadata"],
        "created": _iso(account["_created"]),
        "livemode": False,
    }


def v1(account: Json) -> Json:
    """As v1 shows it."""
    ready = account["_ready"]
    return {
        "id": account["id"],
        "object": "account",
        "country": account["_country"],
        "email": account["_email"],
        "charges_enabled": ready,
        "payouts_enabled": ready,
        "details_submitted": account["_submitted"],
        "capabilities": {"card_payments": "active" if ready else "inactive"},
        "requirements": {"currently_due": [] if ready else ["external_account"], "disabled_reason": None},
        "metadata": account["_metadata"],
        "created": account["_created"],
    }


def link_v2(ask: Ask) -> Json:
    """A page for onboarding, or the dashboard."""
    account, case = find(ask.world, str(ask.params.get("account"))), ask.params.get("use_case", {})
    which = str(case.get("type"))
    given = case.get(which, {})
    made = _link(ask, account, "express" if which == "account_dashboard" else "connect", given)
    return {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": _iso(ask.world.now()),
        "expires_at": _iso(ask.world.now() + 300),
        "livemode": False,
        "url": made,
        "use_case": case,
    }


def link_v1(ask: Ask) -> Json:
    account = find(ask.world, ask.text("account"))
    url = _link(ask, account, "connect", ask.params)
    now = ask.world.now()
    return {"object": "account_link", "created": now, "expires_at": now + 300, "url": url}


def login_link(ask: Ask) -> Json:
    account = find(ask.world, ask.id)
    if not account["_submitted"]:
        raise StripeRefusal("Cannot create a login link for an account that has not completed onboarding.")
    return {"object": "login_link", "created": ask.world.now(), "url": _link(ask, account, "express", {})}


def _link(ask: Ask, account: Json, page: str, given: Json) -> str:
    id_ = ask.world.id("link")
    ask.world.own.of("link")[id_] = {"account": account["id"], "page": page, "return_url": given.get("return_url")}
    return f"{ask.world.base}/{page}/{id_}"


def onboard(world: World, id_: str, *, ready: bool = True) -> Json:
    """Its owner has given what was asked for; Stripe lets it take payments, or not yet."""
    account = find(world, id_)
    account.update(_submitted=True, _ready=ready and account["_served"])
    world.happened(world.stores[id_], "account.updated", v1(account))
    return account


def disconnect(world: World, id_: str) -> None:
    """Its owner takes the platform's access away."""
    account = find(world, id_)
    world.happened(
        world.stores[id_], "account.application.deauthorized", {"id": account["id"], "object": "application"}
    )
    del world.stores[id_]


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


ROUTES: Mapping[tuple[str, str], tuple[Handler, tuple[str, ...]]] = {
    ("POST", "/v2/core/accounts"): (
        open_account,
        ("contact_email", "display_name", "dashboard", "identity", "defaults", "configuration", "metadata", "include"),
    ),
    ("GET", "/v2/core/accounts/*"): (get_v2, ("include",)),
    ("POST", "/v2/core/account_links"): (link_v2, ("account", "use_case")),
    ("POST", "/v1/accounts"): (
        create_account, ("country", "email", "controller", "capabilities", "metadata", "type", "default_currency"),
    ),
    ("GET", "/v1/accounts/*"): (get_v1, ()),
    ("POST", "/v1/account_links"): (
        link_v1, ("account", "type", "refresh_url", "return_url", "collection_options"),
    ),
    ("POST", "/v1/accounts/*/login_links"): (login_link, ()),
}  # fmt: skip
