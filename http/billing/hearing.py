"""What Stripe tells: verified, taken once, and never believed: it only leads to a read.

An event that is not ours is passed over with 200, for an endpoint that keeps refusing is switched off. Which workspace
it is about says what we wrote down when we made the customer or the account; what an event says of itself (metadata) is
not asked, since a connected account can write there what it likes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
import structlog

from plixa.actors.billing.commands import Nudge
from plixa.engine.errors import DeadLettered, Duplicate
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.http.billing.settings import STRIPE_WEBHOOK_SECRETS
from plixa.http.clients.stripe.port import Json
from plixa.http.clients.stripe.signature import is_signed
from plixa.storage.billing import refs

log = structlog.get_logger("plixa.billing")
TYPES = [
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.finalization_failed",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
]
"""What the account's endpoint is to send, and what the list of events is asked for; at most 20."""
LONGEST = 255
Connected = Callable[[str, str, str, Json], Awaitable[str]]
"""Told of an event of a connected account: account, event id, type, object; says what became of it."""


class Hearing:
    """live: the mode of our key; events of the other one are not ours."""

    def __init__(self, services: Services, live: bool) -> None:
        self._services = services
        self._live = live
        self.connected: Connected = _nobody

    def is_signed(self, raw: bytes, header: str) -> bool:
        """Whether Stripe has sent this."""
        secrets = self._services.settings[STRIPE_WEBHOOK_SECRETS]
        return is_signed(raw, header, secrets, self._services.clock.now().timestamp())

    async def take(self, raw: bytes) -> str:
        """Take what is signed; says what became of it."""
        try:
            event = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return "unreadable"
        return await self.hear(event)

    async def hear(self, event: Any) -> str:
        """Take one event, by whichever way it came. Raises what the database raises."""
        if not isinstance(event, dict):
            return "ignored"
        found = cast("Json", event)
        id_, type_ = _text(found.get("id")), _text(found.get("type"))
        if id_ is None or type_ is None or found.get("livemode") is not self._live:
            return "ignored"
        account, about = _account(found), _object(found)
        if account is not None:
            return await self.connected(account, id_, type_, about)
        customer = _customer(about)
        if type_ not in TYPES or customer is None:
            return "ignored"
        tenant = await self._services.database.run(refs.find_tenant, "customer", customer)
        if tenant is None:
            log.info("stripe_event_of_nobody", type=type_, stripe_id=id_)
            return "unknown"
        return await self.nudge(tenant, id_, type_)

    async def nudge(self, tenant: int, event_id: str, about: str) -> str:
        """The workspace reads the truth, once for this event."""
        row = refs.taken_row(tenant, event_id, self._services.clock.now())
        address, command = Address(tenant, "workspace", tenant), Nudge(event_id=event_id, about=about)
        try:
            await self._services.bus.ask(
                address,
                command,
                actor="stripe",
                cause=f"stripe:{event_id}",
                attach=[row],
                replayable=False,
            )
        except Duplicate:
            return "known"
        except DeadLettered:
            return "dead_letter"
        return "taken"


async def _nobody(_account: str, _id: str, _type: str, _about: Json) -> str:
    return "ignored"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and value.isascii() else None


def _object(event: Json) -> Json:
    """What a snapshot is about; a thin event only names it."""
    data = event.get("data")
    about = cast("Json", data).get("object") if isinstance(data, dict) else event.get("related_object")
    return cast("Json", about) if isinstance(about, dict) else {}


def _account(event: Json) -> str | None:
    """The connected account that it comes from; thin events of v2 name it as what they are about."""
    if event.get("object") == "v2.core.event":
        about = _object(event)
        return _text(about.get("id")) if about.get("type") == "v2.core.account" else _text(event.get("context"))
    return _text(event.get("account"))


def _customer(about: Json) -> str | None:
    return _text(about.get("id")) if about.get("object") == "customer" else _text(about.get("customer"))
