"""What a person sees: a page to pay or decline on, the customer portal, onboarding, the dashboard of an account."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from . import connect, life
from .errors import StripeRefusal, missing
from .world import Json, Store, World

if TYPE_CHECKING:
    from .app import StripeApp

Page = tuple[int, bytes, str, dict[str, str]]
__all__ = ["Page", "answer", "escape", "shown"]
STYLE = (
    "body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1f36}"
    "button{font:inherit;padding:.5rem 1rem;margin:.25rem .5rem .25rem 0;border:1px solid #ccd;border-radius:.5rem;"
    "background:#fff;cursor:pointer}button.first{background:#635bff;color:#fff;border-color:#635bff}small{color:#697386}"
)


def shown(title: str, inside: str, status: int = 200) -> Page:
    """A page."""
    text = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{inside}"
        "<p><small>Simulated Stripe: no money moves.</small></p>"
    )
    return status, text.encode(), "text/html; charset=utf-8", {}


def _go(url: str) -> Page:
    return 303, b"", "text/plain", {"location": url}


def _buttons(*choices: tuple[str, str]) -> str:
    rows = (
        f"<button name=do value='{escape(what)}' class={'first' if not n else 'other'}>{escape(text)}</button>"
        for n, (what, text) in enumerate(choices)
    )
    return f"<form method=post>{''.join(rows)}</form>"


def answer(app: StripeApp, method: str, path: str, query: Json, given: Json) -> Page:
    """Any page, by its path. Raises `StripeRefusal`."""
    world, parts = app.world, path.strip("/").split("/")
    match method, parts:
        case "GET", [""]:
            return shown("Simulated Stripe", _overview(world))
        case _, ["c", "pay", id_]:
            return _checkout(world, world.store(str(query.get("account", ""))), id_, method, given)
        case _, ["p", "session", id_]:
            return _portal(world, id_, method, given)
        case _, ["connect", id_]:
            return _onboarding(world, id_, method, given)
        case _, ["express", id_]:
            return _dashboard(world, id_, method, given)
        case "POST", ["sim", "clock"]:
            app.advance(float(given.get("advance", 0)))
            return 200, str(world.now()).encode(), "text/plain", {}
        case "POST", ["sim", "faults"]:
            for name, value in given.items():
                _switch(world, name, str(value))
            return 200, repr(world.faults).encode(), "text/plain", {}
        case _:
            raise missing("page", path)


def _switch(world: World, name: str, value: str) -> None:
    """One fault's switch. Raises `StripeRefusal`."""
    before: Any = getattr(world.faults, name, None)
    if before is None:
        raise StripeRefusal(f"There is no such switch: {name}")
    kind: Any = getattr(before, "__class__", str)
    made = [int(each) for each in value.split(",") if each] if kind is list else kind(value)
    setattr(world.faults, name, made)


def _overview(world: World) -> str:
    count = {kind: len(rows) for kind, rows in world.own.objects.items()}
    rows = "".join(f"<li>{escape(kind)}: {number}" for kind, number in count.items())
    return f"<ul>{rows}</ul><p>Events: {len(world.events)}</p>"


def _checkout(world: World, store: Store, id_: str, method: str, given: Json) -> Page:
    session = store.get("checkout_session", id_)
    if method == "POST":
        return _pressed(world, store, session, str(given.get("do")))
    amount = f"{session['amount_total']} {session['currency'].upper()} (minor units)"
    if session["status"] != "open":
        waiting = session["status"] == "complete" and session["payment_status"] == "unpaid"
        more = _buttons(("settle", "The voucher is paid"), ("fail", "The voucher runs out")) if waiting else ""
        return shown("Checkout", f"<p>This session is {escape(session['status'])}.</p>{more}")
    choices = [("pay", f"Pay {amount}"), ("decline", "The card is declined"), ("expire", "Let it expire")]
    if session["mode"] == "payment" and "boleto" not in session["_excluded"]:
        choices.insert(1, ("voucher", "Pay by boleto"))
    return shown("Checkout", _buttons(*choices))


def _pressed(world: World, store: Store, session: Json, what: str) -> Page:
    back = str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
    match what:
        case "pay":
            life.pay(world, store, session)
        case "voucher" if "boleto" not in session["_excluded"]:
            life.pay(world, store, session, voucher=True)
            return shown("Boleto", "<p>A voucher was issued. Open this page again to pay it.</p>")
        case "settle" | "fail":
            life.settle(world, store, session, paid=what == "settle")
        case "expire":
            life.expire(world, store, session)
            back = str(session["cancel_url"] or back)
        case _:
            life.decline(world, store, session)
            return shown("Declined", "<p>Your card was declined.</p><p><a href=''>Try again</a></p>")
    return _go(back)


def _portal(world: World, id_: str, method: str, given: Json) -> Page:
    portal, own = world.own.get("portal_session", id_), world.own
    mine = [each for each in own.of("subscription").values() if each["customer"] == portal["customer"]]
    alive = [each for each in mine if each["status"] not in ("canceled", "incomplete_expired")]
    what = str(given.get("do", ""))
    if method == "POST" and what == "back":
        return _go(str(portal["return_url"]))
    if method == "POST" and alive:
        if what == "cancel":
            life.cancel_at_period_end(world, own, alive[-1])
        elif what == "now":
            life.cancel(world, own, alive[-1])
        elif what in own.of("price"):
            life.change_price(world, own, alive[-1], own.get("price", what))
        return _go(f"/p/session/{id_}")
    rows = "".join(
        f"<li>{escape(each['items']['data'][0]['price']['id'])}: {escape(each['status'])}"
        f"{', ends ' + str(each['cancel_at']) if each['cancel_at'] else ''}"
        for each in mine
    )
    prices = [(each, f"Change to {each}") for each in own.of("price")]
    return shown(
        "Customer portal",
        f"<ul>{rows}</ul>"
        + _buttons(("back", "Return"), ("cancel", "Cancel at the end"), ("now", "Cancel now"), *prices),
    )


def _onboarding(world: World, id_: str, method: str, given: Json) -> Page:
    link = world.own.get("link", id_)
    if method == "POST":
        connect.onboard(world, link["account"], ready=given.get("do") == "ready")
        return _go(str(link["return_url"]))
    return shown("Onboarding", _buttons(("ready", "Finish"), ("wait", "Finish, to be verified")))


def _dashboard(world: World, id_: str, method: str, given: Json) -> Page:
    store = world.store(world.own.get("link", id_)["account"])
    what, _, charge = str(given.get("do", "")).partition(":")
    if method == "POST" and charge:
        found = store.get("charge", charge)
        if what == "refund":
            life.refund(world, store, found, found["amount"] - found["amount_refunded"], {})
        else:
            life.dispute(world, store, found)
        return _go(f"/express/{id_}")
    rows = "".join(
        f"<li>{escape(each['id'])}: {each['amount']} {escape(each['currency'])}, refunded {each['amount_refunded']}"
        + _buttons((f"refund:{each['id']}", "Refund"), (f"dispute:{each['id']}", "Dispute"))
        for each in store.of("charge").values()
    )
    return shown("Payments", f"<ul>{rows}</ul>")
