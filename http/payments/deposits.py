"""Deposits: a link of ours, a page of Stripe's on the workspace's own account, and reading what came of it.

What hangs or is cut between two steps is healed by the next look: the attempt is durable before the page is asked for,
under a key of its own; the page's id is kept, its address is not; the truth is read under one lock a payment.
"""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

import structlog
import trio
from msgspec import Struct

from plixa.actors.payments import payment as pay
from plixa.actors.payments.account import ACCOUNT, LoseAccount, SeeAccount
from plixa.actors.payments.amounts import in_words, must_be_payable
from plixa.actors.payments.notices import TellOwners
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.clients.stripe.errors import StripeMissing, StripeRefused
from plixa.http.clients.stripe.objects import part
from plixa.http.clients.stripe.port import Json, Stripe
from plixa.http.outbox.reports import NotWanted
from plixa.http.payments.accounts import Accounts
from plixa.http.payments.port import Owed, appointments

STALE = 600.0
"""Seconds after which what is known of an account is asked again before money is taken."""
SLOW = timedelta(days=5)
"""A boleto can be paid for three days, and its bank tells of it on the next working day."""
MAC = 16
log = structlog.get_logger("plixa.payments")


class NotReady(Conflict):
    """The workspace's account cannot take money."""

    def __init__(self, message: str = "The payments account cannot take payments yet. Finish its setup first.") -> None:
        super().__init__(message, code="PAYMENTS_NOT_READY")


class Voucher(Struct, frozen=True):
    """What a customer who pays later was given, and until when it can be paid. lapsed: it cannot be any more."""

    method: str | None = None
    until: datetime | None = None
    lapsed: bool = False


def voucher_of(intent: Json) -> Voucher:
    """As an intent at Stripe says: a boleto, a Pix code, a slip of a shop."""
    if intent.get("status") in ("requires_payment_method", "canceled"):
        return Voucher(lapsed=True)
    action = part(intent, "next_action")
    kind = str(action.get("type") or "")
    details = part(action, kind)
    ends = details.get("expires_at") or details.get("expires_after")
    until = datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else None
    return Voucher(kind.partition("_")[0] or None, until)


class Deposits:
    """See the module's text. env: as of the checkout."""

    def __init__(self, services: Services, stripe: Stripe | None, accounts: Accounts | None, env: str) -> None:
        self._services = services
        self._stripe = stripe
        self._accounts = accounts
        self.env = env
        self._locks: WeakValueDictionary[tuple[int, int], trio.Lock] = WeakValueDictionary()

    # -- the link -----------------------------------------------------------------------------------------------------

    def token(self, tenant: int, appointment: int) -> str:
        """What stands behind `/pay/`: nobody can make one for another appointment."""
        named = f"{tenant}.{appointment}"
        mac = self._services.store.keyring.application_key.fingerprint(f"pay {named}")[:MAC]
        return f"{named}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def named(self, token: str) -> tuple[int, int]:
        """Whose link it is. Raises `NotFound`."""
        tenant, _, rest = token[:100].partition(".")
        appointment = rest.partition(".")[0]
        whole = all(each.isascii() and each.isdigit() and len(each) < 19 for each in (tenant, appointment))
        if not whole or not hmac.compare_digest(
            self.token(int(tenant), int(appointment)).encode(), token.encode("utf-8", "replace")
        ):
            raise NotFound("payment")
        return int(tenant), int(appointment)

    async def link(self, tenant: int, appointment: int, actor: str) -> tuple[str, Owed]:
        """The link to send. Raises `NotFound`, `NothingOwed`, `NotReady`, `StripeError`."""
        owed = await appointments(self._services).owed(tenant, appointment)
        await self._ask(tenant, appointment, owed, actor)
        return f"{self._services.public_url}/pay/{self.token(tenant, appointment)}", owed

    async def _ask(self, tenant: int, appointment: int, owed: Owed, actor: str) -> None:
        if not owed.alive or owed.amount <= 0:
            raise pay.NothingOwed
        must_be_payable(owed.amount, owed.currency)
        account = await self.ready_account(tenant)
        command = pay.AskFor(amount=owed.amount, currency=owed.currency, contact_id=owed.contact_id, account=account)
        await self._tell(tenant, appointment, command, actor)

    async def ready_account(self, tenant: int) -> str:
        """The account, if it can take money now. Raises `NotReady`, `StripeError`."""
        known = ACCOUNT.of(await self._services.bus.workspace(tenant))
        if known.id is None or self._accounts is None:
            raise NotReady("No payments account is connected yet.")
        if not known.ready or self._is_stale(known.seen_at):
            await self.see_account(tenant, known.id)
            known = ACCOUNT.of(await self._services.bus.workspace(tenant))
        if known.id is None or not known.ready:
            raise NotReady
        return known.id

    def _is_stale(self, seen_at: object) -> bool:
        now = self._services.clock.now()
        return seen_at is None or (now - seen_at).total_seconds() > STALE  # type: ignore[operator]

    async def see_account(self, tenant: int, account: str) -> None:
        """Ask Stripe how it is. Raises `StripeError`."""
        if self._accounts is None:
            return
        address = Address(tenant, "workspace", tenant)
        try:
            found = await self._accounts.readiness(account)
            command = SeeAccount(account=account, ready=found.ready, detail=found.detail)
        except StripeRefused as error:
            if not isinstance(error, StripeMissing) and error.reason not in ("account_invalid",):
                raise
            await self._services.bus.ask(address, LoseAccount(account=account), actor="system", cause="stripe:read")
            return
        await self._services.bus.ask(address, command, actor="system", cause="stripe:read")

    # -- the page -----------------------------------------------------------------------------------------------------

    async def page(self, token: str) -> str:
        """Where the customer pays, made now if need be. Raises `NotFound`, `NothingOwed`, `NotReady`, `StripeError`."""
        tenant, appointment = self.named(token)
        owed = await appointments(self._services).owed(tenant, appointment)
        async with self._lock(tenant, appointment):
            await self._look_locked(tenant, appointment)
            await self._ask(tenant, appointment, owed, "customer")
            for again in (False, True):
                state = await self._tell(tenant, appointment, pay.BeginPage(again=again), "customer")
                if (url := await self._address(tenant, state, owed, token)) is not None:
                    return url
        raise pay.NothingOwed

    async def _address(self, tenant: int, state: pay.Payment, owed: Owed, token: str) -> str | None:
        stripe = self._must_have_stripe()
        if state.session is not None:
            found = await stripe.session(state.session, state.account)
            return str(found["url"]) if found["status"] == "open" and found.get("url") else None
        key = f"deposit-{self.env}-{tenant}-{state.id}-{state.pages}"
        try:
            made = await stripe.make_session(self._params(tenant, state, owed, token), key, state.account)
        except StripeRefused as error:
            if error.reason == "idempotency":  # the words of it have changed meanwhile
                return None
            raise
        await self._tell(tenant, state.id, pay.KeepPage(page=state.pages, session=str(made["id"])), "customer")
        return str(made["url"])

    def _params(self, tenant: int, state: pay.Payment, owed: Owed, token: str) -> Json:
        metadata = {"tenant_id": str(tenant), "appointment_id": str(state.id), "env": self.env}
        back = f"{self._services.public_url}/pay/{token}"
        ends = state.expires_at or self._services.clock.now()
        return {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": state.currency.lower(),
                        "unit_amount": state.amount,
                        "product_data": {"name": owed.text[:200] or "Deposit"},
                    },
                }
            ],
            "client_reference_id": f"appt-{state.id}",
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "locale": owed.locale,
            "success_url": back,
            "cancel_url": back,
            "expires_at": int(ends.timestamp()),
            **({"excluded_payment_method_types": ["boleto"]} if self._is_near(state, owed) else {}),
        }

    def _is_near(self, state: pay.Payment, owed: Owed) -> bool:
        """Whether it would be over before the money of a boleto is there."""
        begins, now = owed.begins_at, self._services.clock.now()
        return state.currency == "BRL" and begins is not None and begins - now < SLOW

    # -- what came of it ----------------------------------------------------------------------------------------------

    async def look(self, stored: StoredEffect) -> None:
        """Read the truth of one payment. Raises `StripeError`."""
        await self.read(stored.owner.tenant, stored.owner.id)

    async def read(self, tenant: int, id_: int) -> None:
        """The same, by its id."""
        async with self._lock(tenant, id_):
            await self._look_locked(tenant, id_)

    async def _look_locked(self, tenant: int, id_: int) -> None:
        state: pay.Payment = await self._services.bus.state(Address(tenant, "payment", id_))
        if state.session is not None and state.status in ("open", "waiting", "asked"):
            state = await self._look_at_page(tenant, state, state.session)
        if state.intent is not None and state.status in pay.SETTLED:
            await self._look_at_money(tenant, state, state.intent)

    async def _look_at_page(self, tenant: int, state: pay.Payment, session: str) -> pay.Payment:
        stripe = self._must_have_stripe()
        found = await stripe.session(session, state.account)
        intent, voucher = found.get("payment_intent"), Voucher()
        if found["status"] == "complete" and found["payment_status"] == "unpaid" and intent is not None:
            voucher = voucher_of(await stripe.payment_intent(str(intent), state.account))
        seen = pay.SeePage(
            account=state.account,
            session=session,
            status=str(found["status"]),
            payment_status=str(found["payment_status"]),
            amount=int(found["amount_total"] or 0),
            currency=str(found["currency"]).upper(),
            intent=intent,
            method=voucher.method,
            pay_until=voucher.until,
            lapsed=voucher.lapsed,
        )
        return await self._tell(tenant, state.id, seen, "stripe")

    async def _look_at_money(self, tenant: int, state: pay.Payment, intent: str) -> None:
        stripe = self._must_have_stripe()
        charge = part(await stripe.payment_intent(intent, state.account), "latest_charge")
        disputes = await stripe.disputes(intent, state.account)
        seen = pay.SeeMoney(
            account=state.account,
            intent=intent,
            refunded=int(charge.get("amount_refunded") or 0),
            dispute=str(disputes[0]["status"]) if disputes else None,
        )
        await self._tell(tenant, state.id, seen, "stripe")

    async def tell(self, stored: StoredEffect) -> None:
        """Tell the agenda that it is paid, and the payment whether the appointment can still be had."""
        tenant, id_ = stored.owner.tenant, stored.owner.id
        kept = await appointments(self._services).paid(tenant, id_)
        if not kept:
            log.error("paid_without_slot", tenant=tenant, appointment=id_)
            self._services.telemetry.payments_alarms.labels("paid_without_slot").inc()
        await self._tell(tenant, id_, pay.TellSlot(kept=kept), "system")

    async def waits(self, stored: StoredEffect) -> None:
        """Tell the agenda that something was given out that is paid later."""
        until = datetime.fromisoformat(stored.effect.request["until"])
        await appointments(self._services).waits(stored.owner.tenant, stored.owner.id, until)

    async def lapsed(self, stored: StoredEffect) -> None:
        """Tell it that nothing came of that."""
        await appointments(self._services).lapsed(stored.owner.tenant, stored.owner.id)

    async def news(self, stored: StoredEffect) -> None:
        """Tell the owners, by mail."""
        tenant, id_, news = stored.owner.tenant, stored.owner.id, stored.effect.request["news"]
        state: pay.Payment = await self._services.bus.state(stored.owner)
        values = {"amount": in_words(state.amount, state.currency), "appointment": str(id_)}
        command = TellOwners(news=news, about=stored.effect.id, values=values)
        await self._services.bus.ask(Address(tenant, "workspace", tenant), command, actor="system", cause="payments")

    async def expire(self, stored: StoredEffect) -> None:
        """Close a page; one that was paid at this very moment is read as paid."""
        request = stored.effect.request
        try:
            await self._must_have_stripe().expire_session(request["session"], request["account"])
        except StripeRefused:
            await self.read(stored.owner.tenant, stored.owner.id)

    async def refund(self, stored: StoredEffect) -> None:
        """Give back, unless it is done already: first whoever was asked before is looked for. Raises `StripeError`."""
        tenant, id_, request = stored.owner.tenant, stored.owner.id, stored.effect.request
        stripe, refund_id = self._must_have_stripe(), str(request["refund_id"])
        state: pay.Payment = await self._services.bus.state(Address(tenant, "payment", id_))
        if state.intent is None:
            raise NotWanted("There is no payment to give back.")
        made = await stripe.refunds(state.intent, state.account)
        if not any(part(each, "metadata").get("refund_id") == refund_id for each in made):
            params = {
                "payment_intent": state.intent,
                "amount": request["amount"],
                "reason": "requested_by_customer",
                "metadata": {"refund_id": refund_id},
            }
            await stripe.refund(params, f"refund-{self.env}-{tenant}-{refund_id}", state.account)
        await self.read(tenant, id_)

    async def cancelled(
        self, tenant: int, appointment: int, by: int | None, *, refund: bool, lapsed: bool = False
    ) -> None:
        """The appointment is off: an open page closes; what was paid goes back or stays, as its service's rule says.

        by: the member who did it; None where a customer or a timer did. lapsed: as of `Close`.
        """
        actor = "system" if by is None else f"user:{by}"
        await self._tell(tenant, appointment, pay.Close(refund=refund, by=by or 0, lapsed=lapsed), actor)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _lock(self, tenant: int, id_: int) -> trio.Lock:
        return self._locks.setdefault((tenant, id_), trio.Lock())

    def _must_have_stripe(self) -> Stripe:
        if self._stripe is None:
            raise NotReady
        return self._stripe

    async def _tell(self, tenant: int, id_: int, command: object, actor: str) -> pay.Payment:
        outcome = await self._services.bus.ask(Address(tenant, "payment", id_), command, actor=actor, cause="payments")
        state: pay.Payment = outcome.state
        return state
