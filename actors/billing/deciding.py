"""The subscription, as the workspace decides about it.

The truth is Stripe's: whatever is heard (a webhook, the way back from a checkout, a timer) only leads to a read
(`Nudged`, the effect `stripe.sync`), and what a read found is noted where it is news (`SubscriptionSeen`). So order,
doubles and gaps of webhooks do not matter. Reads of one workspace happen one after the other
(`http/billing/reading.py`), so that a later report is never of an older truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.billing import events as ev
from plixa.actors.billing.commands import (
    BeginCheckout,
    ForgetCustomer,
    KeepCustomer,
    KeepSession,
    KeepSums,
    Nudge,
    RaiseAlarm,
    SeeSubscriptions,
    WantSums,
)
from plixa.actors.billing.limits import compared
from plixa.actors.billing.state import (
    BILLING,
    REACHED,
    Attempt,
    Billing,
    Subscription,
    changed,
    in_effect,
    next_look,
)
from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.plans import plan_of
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict
from plixa.engine.events import Event
from plixa.engine.ports import Effect

CHECKOUT_FOR = timedelta(minutes=60)
"""How long a checkout stays open; short, so that no old tab sells a second subscription."""
SENT_WITHIN = timedelta(minutes=20)
"""An attempt older than that is not sent any more: Stripe wants half an hour of a session's life before its end."""
REMEMBERED = 50
LANE = "stripe"
decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()


@decide.on(KeepCustomer)
def _keep_customer(state: Workspace, command: KeepCustomer, _now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if billing.customer is not None or billing.generation != command.generation:
        return []
    return [ev.CustomerKept(customer=command.customer, generation=command.generation)]


@decide.on(ForgetCustomer)
def _forget_customer(state: Workspace, command: ForgetCustomer, now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if billing.customer != command.customer:
        return []
    forgotten = ev.CustomerForgotten(customer=command.customer)
    return [forgotten, *_if_smaller(state, evolve(state, forgotten), now)]


@decide.on(BeginCheckout)
def _begin(state: Workspace, command: BeginCheckout, now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if billing.subscription is not None and billing.subscription.alive:
        raise Conflict("There is a subscription already. Change it in the customer portal.", code="SUBSCRIPTION_EXISTS")
    if billing.customer is None:
        raise Conflict("The customer at Stripe has changed meanwhile. Try again.")
    attempt = billing.attempt
    if attempt is not None and not command.again and _is_for(attempt, command, billing.customer, now.at):
        return []
    begun = Attempt(
        number=billing.attempts + 1,
        plan=command.plan,
        interval=command.interval,
        price=command.price,
        trial=not billing.had_subscription,
        customer=billing.customer,
        locale=command.locale,
        back=command.back,
        begun_at=now.at,
        expires_at=(now.at + CHECKOUT_FOR).replace(microsecond=0),
        currency=command.currency,
    )
    return [ev.CheckoutBegun(attempt=begun)]


def _is_for(attempt: Attempt, command: BeginCheckout, customer: str, at: datetime) -> bool:
    """Whether an attempt is still good for what is asked for."""
    same = (attempt.plan, attempt.interval, attempt.price, attempt.customer, attempt.currency) == (
        command.plan, command.interval, command.price, customer, command.currency
    )  # fmt: skip
    until = attempt.begun_at + SENT_WITHIN if attempt.session is None else attempt.expires_at
    return same and at < until


@decide.on(KeepSession)
def _keep_session(state: Workspace, command: KeepSession, _now: Moment) -> Sequence[Event]:
    attempt = BILLING.of(state).attempt
    if attempt is None or attempt.number != command.attempt or attempt.session == command.session:
        return []
    return [ev.CheckoutOpened(attempt=command.attempt, session=command.session)]


@decide.on(Nudge)
def _nudge(state: Workspace, command: Nudge, _now: Moment) -> Sequence[Event]:
    if state.status == "erased":
        return []
    return [ev.Nudged(event_id=command.event_id, about=command.about)]


@decide.on(KeepSums)
def _keep_sums(state: Workspace, command: KeepSums, _now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if command.invoice in billing.summed or state.status == "erased":
        return []
    return [ev.PeriodSummed(invoice=command.invoice, after=command.after, upto=command.upto, sums=command.sums)]


@decide.on(WantSums)
def _want_sums(state: Workspace, command: WantSums, now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if command.invoice in billing.summed or state.status == "erased":
        return []
    return [ev.SumsWanted(invoice=command.invoice, at=now.at)]


@decide.on(RaiseAlarm)
def _alarm(state: Workspace, command: RaiseAlarm, _now: Moment) -> Sequence[Event]:
    known = f"{command.what}:{command.ref}" in BILLING.of(state).alarms
    return [] if known else [ev.Alarmed(what=command.what, ref=command.ref)]


@decide.on(SeeSubscriptions)
def _see(state: Workspace, command: SeeSubscriptions, now: Moment) -> Sequence[Event]:
    billing = BILLING.of(state)
    if billing.customer != command.customer or state.status == "erased":
        return []  # of a customer that is the workspace's no more
    events: list[Event] = []
    attempt = billing.attempt
    if attempt is not None and attempt.session in command.closed:
        events.append(ev.CheckoutClosed(attempt=attempt.number))
    events += [ev.PeriodClosed(invoice=each) for each in command.invoices if each.id not in billing.invoices]
    seen = in_effect(_with_plan(each, billing) for each in command.subscriptions)
    if seen is not None and seen != billing.subscription:
        found = ev.SubscriptionSeen(subscription=seen)
        events += [found, *_if_smaller(state, evolve(state, found), now), *_declined(state, seen, now)]
    return [*events, *_alarms(state, command.subscriptions)]


def _with_plan(seen: Subscription, billing: Billing) -> Subscription:
    """An unknown price never takes a plan away: what was known stays."""
    known = billing.subscription
    return seen if seen.plan is not None or known is None else replace(seen, plan=known.plan)


def _if_smaller(before: Workspace, after: Workspace, now: Moment) -> Sequence[Event]:
    return compared(after, now) if plan_of(before, now.at) != plan_of(after, now.at) else ()


def _declined(state: Workspace, seen: Subscription, now: Moment) -> Iterator[Event]:
    """The owners are told once a failure that a payment did not succeed; the plan stays while Stripe tries again."""
    known = BILLING.of(state).subscription
    if seen.status != "past_due" or (known is not None and known.status == "past_due"):
        return
    for member in state.members.values():
        if member.role == "owner":
            yield mail(now, "payment_failed", user_id=member.id, values={"company": state.name})


def _alarms(state: Workspace, seen: Sequence[Subscription]) -> Iterator[Event]:
    known = BILLING.of(state).alarms
    found = [("unknown_price", each.price) for each in seen if each.plan is None and each.alive]
    counting = sorted(each.id for each in seen if each.counts)
    if len(counting) > 1:
        found.append(("two_subscriptions", ",".join(counting)))
    for what, ref in dict.fromkeys(found):
        if f"{what}:{ref}" not in known:
            yield ev.Alarmed(what=what, ref=ref)


def due(state: Workspace) -> datetime | None:
    """When the truth is read though nothing was heard."""
    return None if state.status == "erased" else next_look(BILLING.of(state))


def fired(_state: Workspace, due: datetime, _now: Moment) -> Sequence[Event]:
    """Nothing was heard: look."""
    return [ev.Nudged(event_id=f"timer-{int(due.timestamp())}", about="timer", looked_for=due)]


def effects(_state: Workspace, happened: Event) -> Iterator[Effect]:
    """A nudge leads to a read, one of a workspace at a time; an invoice to the counting of what it covers."""
    if isinstance(happened, ev.Nudged):
        yield Effect(f"stripe-sync-{happened.event_id}", "stripe.sync", LANE, LANE, {})
    elif isinstance(happened, ev.PeriodClosed):
        request = {"invoice": happened.invoice.id}
        yield Effect(f"stripe-sums-{happened.invoice.id}", "stripe.sums", f"{LANE}-sums", LANE, request)
    elif isinstance(happened, ev.SumsWanted):
        id_ = f"stripe-sums-{happened.invoice}-{happened.at.timestamp():.0f}"
        yield Effect(id_, "stripe.sums", f"{LANE}-sums", LANE, {"invoice": happened.invoice})


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.CustomerKept)
def _customer(state: Workspace, event: ev.CustomerKept) -> Workspace:
    return changed(state, customer=event.customer)


@evolve.on(ev.CustomerForgotten)
def _no_customer(state: Workspace, _event: ev.CustomerForgotten) -> Workspace:
    generation = BILLING.of(state).generation + 1
    return changed(state, customer=None, generation=generation, attempt=None, subscription=None)


@evolve.on(ev.CheckoutBegun)
def _checkout(state: Workspace, event: ev.CheckoutBegun) -> Workspace:
    return changed(state, attempt=event.attempt, attempts=event.attempt.number)


@evolve.on(ev.CheckoutOpened)
def _opened(state: Workspace, event: ev.CheckoutOpened) -> Workspace:
    attempt = BILLING.of(state).attempt
    return state if attempt is None else changed(state, attempt=replace(attempt, session=event.session))


@evolve.on(ev.CheckoutClosed)
def _closed(state: Workspace, _event: ev.CheckoutClosed) -> Workspace:
    return changed(state, attempt=None)


@evolve.on(ev.Nudged)
def _nudged(state: Workspace, event: ev.Nudged) -> Workspace:
    return state if event.looked_for is None else changed(state, looked_at=event.looked_for)


@evolve.on(ev.SubscriptionSeen)
def _seen(state: Workspace, event: ev.SubscriptionSeen) -> Workspace:
    had = BILLING.of(state).had_subscription or event.subscription.status in REACHED
    return changed(state, subscription=event.subscription, had_subscription=had)


@evolve.on(ev.PeriodClosed)
def _period(state: Workspace, event: ev.PeriodClosed) -> Workspace:
    return changed(state, invoices=(*BILLING.of(state).invoices, event.invoice.id)[-REMEMBERED:])


@evolve.on(ev.PeriodSummed)
def _summed(state: Workspace, event: ev.PeriodSummed) -> Workspace:
    return changed(state, summed=(*BILLING.of(state).summed, event.invoice)[-REMEMBERED:])


@evolve.on(ev.Alarmed)
def _alarmed(state: Workspace, event: ev.Alarmed) -> Workspace:
    return changed(state, alarms=(*BILLING.of(state).alarms, f"{event.what}:{event.ref}")[-REMEMBERED:])


evolve.ignores(ev.SumsWanted)
