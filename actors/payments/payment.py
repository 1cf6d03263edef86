"""One deposit: what an appointment's customer owes, how it is paid, and what became of the money. Its id is the
appointment's.

    asked → open → waiting → paid → partly_refunded | refunded | disputed | lost
              ↘ asked (the page ran out)
                     ↘ asked (the voucher was not paid in time)

A page at Stripe lives a day at most, a link in a chat longer: the link is ours (`/pay/…`), and a page is opened when
somebody comes (`begin`, then `KeepPage`). The attempt is durable before Stripe is asked, as with subscriptions.

What is paid stays paid: a decline, an older page that runs out, a word that comes late change nothing of it. Money for
an appointment that cannot be had any more is never dropped nor booked to anybody else: its `slot` is false, and a
person decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.payments.notices import WON, News, news_of
from plixa.engine.actor import (
    ActorType,
    Command,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Moment,
    OfEffect,
    TimerFired,
)
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Invalid, Refused
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

Status = Literal["none", "asked", "open", "waiting", "paid", "partly_refunded", "refunded", "disputed", "lost"]
SETTLED = frozenset({"paid", "partly_refunded", "refunded", "disputed", "lost"})
PAGE_FOR = timedelta(hours=12)
SENT_WITHIN = timedelta(minutes=20)
LOOK_AFTER = timedelta(minutes=5)
LOOK_EVERY = timedelta(hours=6)
LOOK = "look"


class Refund(Struct, frozen=True, omit_defaults=True):
    """Money that goes back. state: asked, done or failed. by: who asked."""

    id: int
    amount: int
    by: int
    state: Literal["asked", "done", "failed"] = "asked"
    reason: str | None = None


class Payment(Struct, frozen=True, omit_defaults=True):
    """amount: in minor units. pages: how many were begun. account: whose money it is. slot: whether the appointment
    could still be had when it was paid; None: not known yet. pay_until: how long a voucher or a code that was given out
    can be paid. news: what the owners were told."""

    id: int
    status: Status = "none"
    amount: int = 0
    currency: str = ""
    contact_id: int | None = None
    account: str = ""
    pages: int = 0
    begun_at: datetime | None = None
    expires_at: datetime | None = None
    session: str | None = None
    intent: str | None = None
    method: str | None = None
    created_at: datetime | None = None
    paid_at: datetime | None = None
    refunded: int = 0
    refunds: dict[int, Refund] = {}  # msgspec copies an empty default
    dispute: str | None = None
    slot: bool | None = None
    looked_at: datetime | None = None
    closed: bool = False
    lapsed: bool = False
    pay_until: datetime | None = None
    news: tuple[News, ...] = ()


class NothingOwed(Refused):
    """There is nothing to pay."""

    def __init__(self, message: str = "Nothing is owed for this appointment.") -> None:
        super().__init__(message)


class AskFor(Command, frozen=True, kw_only=True, tag=True):
    """What is owed, as the appointment says it now. Raises `NothingOwed` where it is paid or about to be."""

    amount: int
    currency: str
    contact_id: int | None
    account: str


class BeginPage(Command, frozen=True, kw_only=True, tag=True):
    """Before Stripe is asked for a page. again: give the open one up."""

    again: bool = False


class KeepPage(Command, frozen=True, kw_only=True, tag=True):
    page: int
    session: str


class SeePage(Command, frozen=True, kw_only=True, tag=True):
    """What a read of a page found, on this account. pay_until: of a voucher that is to be paid. lapsed: it is not, and
    will not be."""

    account: str
    session: str
    status: str
    payment_status: str
    amount: int
    currency: str
    intent: str | None = None
    method: str | None = None
    pay_until: datetime | None = None
    lapsed: bool = False


class SeeMoney(Command, frozen=True, kw_only=True, tag=True):
    """What a read of the money found. refunded: in all. dispute: its status, if there is one."""

    account: str
    intent: str
    refunded: int
    dispute: str | None = None


class TellSlot(Command, frozen=True, kw_only=True, tag=True):
    """Whether the appointment could still be had when it was paid."""

    kept: bool


class Close(Command, frozen=True, kw_only=True, tag=True):
    """The appointment is cancelled: what is not paid cannot be any more. refund: what is paid goes back.

    lapsed: nobody has cancelled it, its time was only held for so long: who has paid after all may get it back.
    """

    refund: bool
    by: int
    lapsed: bool = False


class GiveMoneyBack(Command, frozen=True, kw_only=True, tag=True):
    """Refund so much; None: all that is left. Raises `Conflict` or `Invalid`."""

    amount: int | None
    by: int


class LookAgain(Command, frozen=True, kw_only=True, tag=True):
    """Something was heard of it: read the truth."""

    about: str


@event("payment.asked")
class PaymentAsked(Event, frozen=True, kw_only=True):
    amount: int
    currency: str
    contact_id: int | None
    account: str
    at: datetime


@event("payment.page_begun")
class PageBegun(Event, frozen=True, kw_only=True):
    page: int
    at: datetime
    expires_at: datetime


@event("payment.page_opened")
class PageOpened(Event, frozen=True, kw_only=True):
    page: int
    session: str


@event("payment.page_closed")
class PageClosed(Event, frozen=True, kw_only=True):
    """It ran out, or was closed for another one."""

    session: str | None = None


@event("payment.waiting")
class PaymentWaiting(Event, frozen=True, kw_only=True):
    """A voucher or a code was given out: the customer pays later, until then at most."""

    intent: str | None = None
    method: str | None = None
    until: datetime | None = None


@event("payment.lapsed")
class PaymentLapsed(Event, frozen=True, kw_only=True):
    """The voucher or the code was not paid in time. It is owed again."""

    session: str


@event("payment.paid")
class PaymentPaid(Event, frozen=True, kw_only=True):
    session: str
    intent: str | None
    method: str | None = None
    at: datetime


@event("payment.differs")
class PaymentDiffers(Event, frozen=True, kw_only=True):
    """Something was paid that is not what was asked: a person must look."""

    session: str
    what: str


@event("payment.slot")
class SlotTold(Event, frozen=True, kw_only=True):
    kept: bool


@event("payment.money_seen")
class MoneySeen(Event, frozen=True, kw_only=True):
    """news: what the owners are told of it."""

    refunded: int
    dispute: str | None = None
    news: News | None = None


@event("payment.refund_asked")
class RefundAsked(Event, frozen=True, kw_only=True):
    refund_id: int
    amount: int
    by: int


@event("payment.refund_over")
class RefundOver(Event, frozen=True, kw_only=True):
    """reason: why it was not done."""

    refund_id: int
    reason: str | None = None


@event("payment.closed")
class PaymentClosed(Event, frozen=True, kw_only=True):
    by: int
    lapsed: bool = False


@event("payment.looked")
class PaymentLooked(Event, frozen=True, kw_only=True):
    """The truth is read. at: what the look was for."""

    about: str
    at: datetime


decide: Decider[Payment] = Decider()
evolve: Evolver[Payment] = Evolver()


@decide.on(AskFor)
def _ask(state: Payment, command: AskFor, now: Moment) -> Sequence[Event]:
    if state.status in SETTLED:
        raise NothingOwed("This appointment is paid already.")
    if state.status == "waiting":
        raise NothingOwed("A payment for this appointment is on its way.")
    same = (state.amount, state.currency, state.account) == (command.amount, command.currency, command.account)
    if state.status != "none" and same and not state.closed:
        return []
    open_page = state.session is not None and not state.closed
    closed = [PageClosed(session=state.session)] if open_page else []
    asked = PaymentAsked(
        amount=command.amount,
        currency=command.currency,
        contact_id=command.contact_id,
        account=command.account,
        at=now.at,
    )
    return [*closed, asked]


@decide.on(BeginPage)
def _begin(state: Payment, command: BeginPage, now: Moment) -> Sequence[Event]:
    if state.status in (*SETTLED, "waiting", "none") or state.closed:
        raise NothingOwed
    if state.begun_at is not None and state.expires_at is not None and not command.again:
        until = state.begun_at + SENT_WITHIN if state.session is None else state.expires_at
        if now.at < until:
            return []
    ends = (now.at + PAGE_FOR).replace(microsecond=0)
    return [PageBegun(page=state.pages + 1, at=now.at, expires_at=ends)]


@decide.on(KeepPage)
def _keep(state: Payment, command: KeepPage, _now: Moment) -> Sequence[Event]:
    known = state.pages != command.page or state.session == command.session
    if known or state.status in (*SETTLED, "waiting"):
        return []  # what is paid, or about to be, is not open again
    opened = PageOpened(page=command.page, session=command.session)
    return [opened, PageClosed(session=command.session)] if state.closed else [opened]  # cancelled while it was made


@decide.on(SeePage)
def _see_page(state: Payment, command: SeePage, now: Moment) -> Sequence[Event]:
    if command.session != state.session or command.account != state.account:
        return []  # an older page, or another account's: not what was asked
    if command.payment_status in ("paid", "no_payment_required"):
        return _paid(state, command, now)
    if command.status == "expired" and state.status == "open":
        return [PageClosed()]  # it has ended by itself, or was closed already
    if command.status == "complete" and command.lapsed and state.status in ("open", "waiting"):
        return [PaymentLapsed(session=command.session)]
    if command.status == "complete" and (state.status == "open" or _has_another_end(state, command)):
        return [PaymentWaiting(intent=command.intent, method=command.method, until=command.pay_until)]
    return []


def _has_another_end(state: Payment, command: SeePage) -> bool:
    return state.status == "waiting" and command.pay_until not in (None, state.pay_until)


def _paid(state: Payment, command: SeePage, now: Moment) -> Sequence[Event]:
    if state.status in SETTLED:
        return []
    if (command.amount, command.currency) != (state.amount, state.currency):
        what = f"{command.amount} {command.currency}, not {state.amount} {state.currency}"
        return [PaymentDiffers(session=command.session, what=what)]
    paid = PaymentPaid(session=command.session, intent=command.intent, method=command.method, at=now.at)
    return [paid, SlotTold(kept=False)] if state.closed and not state.lapsed else [paid]


@decide.on(SeeMoney)
def _see_money(state: Payment, command: SeeMoney, _now: Moment) -> Sequence[Event]:
    if command.account != state.account or command.intent != state.intent or state.status not in SETTLED:
        return []
    refunded = max(state.refunded, min(command.refunded, state.amount))  # it is cumulative, and never goes back
    if (refunded, command.dispute) == (state.refunded, state.dispute):
        return []
    news = news_of(command.dispute)
    return [MoneySeen(refunded=refunded, dispute=command.dispute, news=None if news in state.news else news)]


@decide.on(TellSlot)
def _slot(state: Payment, command: TellSlot, _now: Moment) -> Sequence[Event]:
    return [SlotTold(kept=command.kept)] if state.slot is None and state.status in SETTLED else []


@decide.on(Close)
def _close(state: Payment, command: Close, now: Moment) -> Sequence[Event]:
    if state.status == "none":
        return []
    closed = [] if state.closed else [PaymentClosed(by=command.by, lapsed=command.lapsed)]
    if command.refund and _left(state) > 0 and state.status in ("paid", "partly_refunded"):
        return [*closed, RefundAsked(refund_id=next(now.ids), amount=_left(state), by=command.by)]
    return closed


@decide.on(GiveMoneyBack)
def _give_back(state: Payment, command: GiveMoneyBack, now: Moment) -> Sequence[Event]:
    if state.status == "disputed":
        raise Conflict("The customer's bank disputes this payment: answer that at Stripe.", code="PAYMENT_DISPUTED")
    if state.status not in ("paid", "partly_refunded"):
        raise Conflict("There is nothing to give back.", code="PAYMENT_NOT_PAID")
    amount = _left(state) if command.amount is None else command.amount
    if not 0 < amount <= _left(state):
        raise Invalid({"amount_cents": [f"At most {_left(state)} can be given back."]})
    return [RefundAsked(refund_id=next(now.ids), amount=amount, by=command.by)]


def _left(state: Payment) -> int:
    """What is neither given back nor about to be."""
    asked = sum(each.amount for each in state.refunds.values() if each.state == "asked")
    return state.amount - state.refunded - asked


@decide.on(LookAgain)
def _look_again(state: Payment, command: LookAgain, now: Moment) -> Sequence[Event]:
    return [] if state.status == "none" else [PaymentLooked(about=command.about, at=now.at)]


@decide.on(TimerFired)
def _fired(state: Payment, command: TimerFired, _now: Moment) -> Sequence[Event]:
    if timers(state).get(command.name) != command.due:
        return []
    return [PaymentLooked(about="timer", at=command.due)]


@decide.on(EffectDone)
def _done(state: Payment, command: EffectDone, _now: Moment) -> Sequence[Event]:
    refund = _refund_of(state, command)
    return [] if refund is None or refund.state != "asked" else [RefundOver(refund_id=refund.id)]


@decide.on(EffectFailed)
def _failed(state: Payment, command: EffectFailed, _now: Moment) -> Sequence[Event]:
    refund = _refund_of(state, command)
    if refund is None or refund.state != "asked" or not command.permanent:
        return []
    return [RefundOver(refund_id=refund.id, reason=command.reason)]


@decide.on(EffectStarting, EffectUncertain)
def _nothing(_state: Payment, _command: EffectStarting | EffectUncertain, _now: Moment) -> Sequence[Event]:
    return []


def _refund_of(state: Payment, report: OfEffect) -> Refund | None:
    what, refund_id = report.about
    return state.refunds.get(refund_id) if what == "payment-refund" else None


def timers(state: Payment) -> Mapping[str, datetime]:
    """When the truth is read though nothing was heard: after a page's end, and while a voucher may be paid."""
    ends = state.pay_until if state.status == "waiting" and state.pay_until is not None else state.expires_at
    if state.status not in ("open", "waiting") or ends is None:
        return {}
    due = ends + LOOK_AFTER
    if state.looked_at is not None and state.looked_at >= due:
        due = state.looked_at + LOOK_EVERY
    return {LOOK: due}


def effects(state: Payment, happened: Event) -> Iterator[Effect]:
    """What must happen at Stripe, and whom the money concerns."""
    lane = f"payment-{state.id}"
    match happened:
        case PaymentLooked():
            id_ = f"payment-look-{state.id}-{happened.at.timestamp():.6f}-{happened.about}"
            yield Effect(id_, "payment.look", lane, "stripe", {})
        case PageClosed(session=str()) | PaymentClosed() if (closed := _closing(state, happened)) is not None:
            page = {"session": closed, "account": state.account}
            yield Effect(f"payment-expire-{closed}", "payment.expire", lane, "stripe", page)
        case PaymentPaid():
            yield Effect(f"payment-tell-{state.id}-{state.pages}", "payment.tell", lane, "stripe", {})
        case PaymentWaiting(until=datetime() as until):
            id_ = f"payment-waits-{state.id}-{until.timestamp():.0f}"
            yield Effect(id_, "payment.waits", lane, "stripe", {"until": until.isoformat()})
        case PaymentLapsed():
            yield Effect(f"payment-lapsed-{happened.session}", "payment.lapsed", lane, "stripe", {})
        case MoneySeen(news=str() as news):
            yield _news(state, lane, news)
        case SlotTold(kept=False):
            yield _news(state, lane, "without_slot")
        case RefundAsked():
            request = {"refund_id": happened.refund_id, "amount": happened.amount}
            yield Effect(f"payment-refund-{happened.refund_id}", "payment.refund", lane, "stripe", request)
        case _:
            return


def _news(state: Payment, lane: str, news: News) -> Effect:
    return Effect(f"payment-news-{state.id}-{news}", "payment.news", lane, "stripe", {"news": news})


def _closing(state: Payment, happened: PageClosed | PaymentClosed) -> str | None:
    """The page that must not be paid any more."""
    return happened.session if isinstance(happened, PageClosed) else state.session


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(PaymentAsked)
def _asked(state: Payment, event: PaymentAsked) -> Payment:
    return Payment(
        id=state.id,
        status="asked",
        amount=event.amount,
        currency=event.currency,
        contact_id=event.contact_id,
        account=event.account,
        pages=state.pages,
        created_at=state.created_at or event.at,
    )


@evolve.on(PageBegun)
def _begun(state: Payment, event: PageBegun) -> Payment:
    return replace(state, pages=event.page, begun_at=event.at, expires_at=event.expires_at, session=None)


@evolve.on(PageOpened)
def _opened(state: Payment, event: PageOpened) -> Payment:
    return replace(state, status="open", session=event.session)


@evolve.on(PageClosed)
def _page_closed(state: Payment, _event: PageClosed) -> Payment:
    return replace(state, status="asked", session=None, begun_at=None, expires_at=None)


@evolve.on(PaymentWaiting)
def _waiting(state: Payment, event: PaymentWaiting) -> Payment:
    return replace(state, status="waiting", intent=event.intent, method=event.method, pay_until=event.until)


@evolve.on(PaymentLapsed)
def _lapsed(state: Payment, _event: PaymentLapsed) -> Payment:
    nothing = replace(state, session=None, intent=None, method=None, begun_at=None, expires_at=None, pay_until=None)
    return replace(nothing, status="asked")


@evolve.on(PaymentPaid)
def _is_paid(state: Payment, event: PaymentPaid) -> Payment:
    return replace(state, status="paid", intent=event.intent, method=event.method, paid_at=event.at)


@evolve.on(SlotTold)
def _slot_told(state: Payment, event: SlotTold) -> Payment:
    return replace(state, slot=event.kept)


@evolve.on(MoneySeen)
def _money(state: Payment, event: MoneySeen) -> Payment:
    news = state.news if event.news is None else (*state.news, event.news)
    return replace(state, refunded=event.refunded, dispute=event.dispute, status=_after(state, event), news=news)


def _after(state: Payment, event: MoneySeen) -> Status:
    if event.dispute == "lost":
        return "lost"
    if event.dispute is not None and event.dispute not in WON:
        return "disputed"
    if event.refunded >= state.amount:
        return "refunded"
    return "partly_refunded" if event.refunded else "paid"


@evolve.on(RefundAsked)
def _refund_asked(state: Payment, event: RefundAsked) -> Payment:
    refund = Refund(event.refund_id, event.amount, event.by)
    return replace(state, refunds={**state.refunds, refund.id: refund})


@evolve.on(RefundOver)
def _refund_over(state: Payment, event: RefundOver) -> Payment:
    before = state.refunds[event.refund_id]
    over = replace(before, state="done" if event.reason is None else "failed", reason=event.reason)
    return replace(state, refunds={**state.refunds, over.id: over})  # how much is back says the read before it


@evolve.on(PaymentClosed)
def _closed(state: Payment, event: PaymentClosed) -> Payment:
    return replace(state, closed=True, lapsed=event.lapsed)


@evolve.on(PaymentLooked)
def _looked(state: Payment, event: PaymentLooked) -> Payment:
    return replace(state, looked_at=event.at) if event.about == "timer" else state


evolve.ignores(PaymentDiffers)

PAYMENT: ActorType[Payment] = ActorType(
    name="payment",
    initial=lambda id_: Payment(id=id_),
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({LOOK}),
    effects=effects,
)
