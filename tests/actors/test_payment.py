"""A payment believes only what is of its own page and its own account, and what is back never goes forth again."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from tests.actors.test_payment_table import NOW, after

from plixa.actors.payments.amounts import in_words
from plixa.actors.payments.payment import (
    PAYMENT,
    AskFor,
    BeginPage,
    Close,
    GiveMoneyBack,
    KeepPage,
    SeeMoney,
    SeePage,
)
from plixa.engine.actor import Moment
from plixa.engine.errors import Invalid

OPEN = (
    AskFor(amount=3_000, currency="BRL", contact_id=None, account="acct_1"),
    BeginPage(),
    KeepPage(page=1, session="cs_1"),
)


def paid(**other: Any) -> SeePage:
    """What a read of the page finds when it is paid."""
    seen = {"account": "acct_1", "session": "cs_1", "status": "complete", "payment_status": "paid"}
    return SeePage(**{**seen, "amount": 3_000, "currency": "BRL", "intent": "pi_1", **other})


@pytest.mark.parametrize(
    "other", [{"account": "acct_2"}, {"session": "cs_0"}, {"amount": 2_999}, {"currency": "USD"}], ids=str
)
def test_only_what_was_asked_on_its_own_page_and_account_is_paid(other: dict[str, Any]) -> None:
    assert after(*OPEN, paid()).status == "paid"
    assert after(*OPEN, paid(**other)).status == "open"


def test_money_of_another_account_or_payment_is_not_its_own_and_parts_add_up() -> None:
    state = after(
        *OPEN,
        paid(),
        SeeMoney(account="acct_2", intent="pi_1", refunded=500),
        SeeMoney(account="acct_1", intent="pi_2", refunded=500),
        SeeMoney(account="acct_1", intent="pi_1", refunded=1_500),
        SeeMoney(account="acct_1", intent="pi_1", refunded=1_000),  # an older look
    )
    assert (state.refunded, state.status) == (1_500, "partly_refunded")


def test_what_is_about_to_go_back_cannot_be_given_back_again() -> None:
    half = GiveMoneyBack(amount=2_000, by=1)
    with pytest.raises(Invalid):
        after(*OPEN, paid(), half, half)


def test_amounts_are_shown_by_their_currency() -> None:
    assert [in_words(500, each) for each in ("JPY", "BRL", "KWD")] == ["JPY 500", "BRL 5.00", "KWD 0.500"]


def test_a_page_is_closed_at_stripe_once_however_it_ends() -> None:
    expired = SeePage(
        account="acct_1", session="cs_1", status="expired", payment_status="unpaid", amount=3_000, currency="BRL"
    )
    again = AskFor(amount=3_000, currency="BRL", contact_id=None, account="acct_1")
    state, ids, closing = PAYMENT.initial(41), count(1), list[str]()
    for command in (*OPEN, Close(refund=True, by=0, lapsed=True), again, expired):
        for event in PAYMENT.decide(state, command, Moment(at=NOW, ids=ids)):
            state = PAYMENT.evolve(state, event)
            closing += [each.id for each in PAYMENT.effects(state, event) if each.kind == "payment.expire"]  # type: ignore[union-attr]
    assert closing == ["payment-expire-cs_1"]
    left = after(*OPEN, Close(refund=True, by=0), expired)
    assert (left.session, left.closed) == (None, True)
