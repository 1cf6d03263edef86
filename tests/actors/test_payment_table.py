"""What each command leads to in each state of a payment, written by hand: a condition that is dropped, turned round or
one off is another cell here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from plixa.actors.payments.payment import (
    LOOK,
    PAYMENT,
    AskFor,
    BeginPage,
    Close,
    GiveMoneyBack,
    KeepPage,
    LookAgain,
    Payment,
    Refund,
    SeeMoney,
    SeePage,
    TellSlot,
)
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, Moment, TimerFired
from plixa.engine.errors import Refused
from plixa.engine.events import Event
from plixa.engine.ports import Effect

NOW = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)
ENDS = datetime(2026, 3, 2, tzinfo=UTC)
UNTIL = datetime(2026, 3, 4, 12, tzinfo=UTC)
ASK = AskFor(amount=3_000, currency="BRL", contact_id=9, account="acct_1")
PAGE: dict[str, Any] = {
    "account": "acct_1",
    "session": "cs_1",
    "amount": 3_000,
    "currency": "BRL",
    "intent": "pi_1",
    "method": "card",
}


def page(status: str, payment_status: str, **more: Any) -> SeePage:
    """What a read of the page finds."""
    fields: dict[str, Any] = {**PAGE, "status": status, "payment_status": payment_status, **more}
    return SeePage(**fields)


PAID = page("complete", "paid")
WAITS = page("complete", "unpaid", pay_until=UNTIL)
LAPSED = page("complete", "unpaid", lapsed=True)
OPENED = (ASK, BeginPage(), KeepPage(page=1, session="cs_1"))


def seen(refunded: int, dispute: str | None = None, **other: Any) -> SeeMoney:
    fields: dict[str, Any] = {"account": "acct_1", "intent": "pi_1", "refunded": refunded, "dispute": dispute, **other}
    return SeeMoney(**fields)


STATES: dict[str, Sequence[Any]] = {
    "none": (),
    "asked": (ASK,),
    "begun": (ASK, BeginPage()),
    "open": OPENED,
    "shut": (*OPENED, Close(refund=False, by=5)),
    "waits": (*OPENED, WAITS),
    "paid": (*OPENED, PAID),
    "part": (*OPENED, PAID, seen(1_000)),
    "back": (*OPENED, PAID, seen(3_000)),
    "dispute": (*OPENED, PAID, seen(0, "needs_response")),
    "lost": (*OPENED, PAID, seen(0, "lost")),
}
COMMANDS: dict[str, Any] = {
    "ask for the same": ASK,
    "ask for more": AskFor(amount=3_001, currency="BRL", contact_id=9, account="acct_1"),
    "ask in another currency": AskFor(amount=3_000, currency="USD", contact_id=9, account="acct_1"),
    "ask for another account": AskFor(amount=3_000, currency="BRL", contact_id=9, account="acct_2"),
    "begin": BeginPage(),
    "begin again": BeginPage(again=True),
    "keep the page": KeepPage(page=1, session="cs_2"),
    "keep the same": KeepPage(page=1, session="cs_1"),
    "keep another": KeepPage(page=2, session="cs_0"),
    "is paid": PAID,
    "needs no payment": page("complete", "no_payment_required"),
    "paid for another account": page("complete", "paid", account="acct_2"),
    "paid on an older page": page("complete", "paid", session="cs_0"),
    "another sum is paid": page("complete", "paid", amount=2_999),
    "ran out": page("expired", "unpaid"),
    "is still open": page("open", "unpaid"),
    "a voucher": WAITS,
    "a voucher until later": page("complete", "unpaid", pay_until=UNTIL + timedelta(days=1)),
    "a voucher without an end": page("complete", "unpaid"),
    "a voucher lapsed": LAPSED,
    "money went back": seen(1_500),
    "money of before": seen(0),
    "of another account": seen(1_500, account="acct_2"),
    "of another intent": seen(1_500, intent="pi_2"),
    "a dispute": seen(0, "needs_response"),
    "a lost dispute": seen(0, "lost"),
    "a won dispute": seen(0, "won"),
    "the time is theirs": TellSlot(kept=True),
    "close": Close(refund=False, by=5),
    "close and give back": Close(refund=True, by=5),
    "give all back": GiveMoneyBack(amount=None, by=5),
    "give 2,000 back": GiveMoneyBack(amount=2_000, by=5),
    "give 2,001 back": GiveMoneyBack(amount=2_001, by=5),
    "give nothing back": GiveMoneyBack(amount=0, by=5),
    "look again": LookAgain(about="evt_1"),
}  # fmt: skip
SHORT = {
    "PaymentAsked": "A", "PageBegun": "B", "PaymentClosed": "C", "PaymentDiffers": "D", "PageClosed": "E",
    "PaymentLapsed": "L", "MoneySeen": "M", "PageOpened": "O", "PaymentPaid": "P", "RefundAsked": "R", "SlotTold": "S",
    "PaymentLooked": "T", "PaymentWaiting": "W", "Conflict": "!C", "Invalid": "!I", "NothingOwed": "!N",
}  # fmt: skip


def after(*commands: Any) -> Payment:
    """A payment that these commands were taken by."""
    state, ids = PAYMENT.initial(41), count(1)
    for command in commands:
        for event in PAYMENT.decide(state, command, Moment(at=NOW, ids=ids)):
            state = PAYMENT.evolve(state, event)
    return state


def decided(state: Payment, command: Any, at: datetime = NOW) -> Sequence[Event]:
    return list(PAYMENT.decide(state, command, Moment(at=at, ids=count(100))))


def _cell(state: Payment, command: Any) -> str:
    try:
        return "".join(SHORT[type(each).__name__] for each in decided(state, command)) or "-"
    except Refused as error:
        return SHORT[type(error).__name__]


TABLE = """
                         | none | asked | begun | open | shut | waits | paid | part | back | dispute | lost
ask for the same         | A    | -     | -     | -    | A    | !N    | !N   | !N   | !N   | !N      | !N
ask for more             | A    | A     | A     | EA   | A    | !N    | !N   | !N   | !N   | !N      | !N
ask in another currency  | A    | A     | A     | EA   | A    | !N    | !N   | !N   | !N   | !N      | !N
ask for another account  | A    | A     | A     | EA   | A    | !N    | !N   | !N   | !N   | !N      | !N
begin                    | !N   | B     | -     | -    | !N   | !N    | !N   | !N   | !N   | !N      | !N
begin again              | !N   | B     | B     | B    | !N   | !N    | !N   | !N   | !N   | !N      | !N
keep the page            | -    | -     | O     | O    | OE   | -     | -    | -    | -    | -       | -
keep the same            | -    | -     | O     | -    | -    | -     | -    | -    | -    | -       | -
keep another             | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
is paid                  | -    | -     | -     | P    | PS   | P     | -    | -    | -    | -       | -
needs no payment         | -    | -     | -     | P    | PS   | P     | -    | -    | -    | -       | -
paid for another account | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
paid on an older page    | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
another sum is paid      | -    | -     | -     | D    | D    | D     | -    | -    | -    | -       | -
ran out                  | -    | -     | -     | E    | E    | -     | -    | -    | -    | -       | -
is still open            | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
a voucher                | -    | -     | -     | W    | W    | -     | -    | -    | -    | -       | -
a voucher until later    | -    | -     | -     | W    | W    | W     | -    | -    | -    | -       | -
a voucher without an end | -    | -     | -     | W    | W    | -     | -    | -    | -    | -       | -
a voucher lapsed         | -    | -     | -     | L    | L    | L     | -    | -    | -    | -       | -
money went back          | -    | -     | -     | -    | -    | -     | M    | M    | -    | M       | M
money of before          | -    | -     | -     | -    | -    | -     | -    | -    | -    | M       | M
of another account       | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
of another intent        | -    | -     | -     | -    | -    | -     | -    | -    | -    | -       | -
a dispute                | -    | -     | -     | -    | -    | -     | M    | M    | M    | -       | M
a lost dispute           | -    | -     | -     | -    | -    | -     | M    | M    | M    | M       | -
a won dispute            | -    | -     | -     | -    | -    | -     | M    | M    | M    | M       | M
the time is theirs       | -    | -     | -     | -    | -    | -     | S    | S    | S    | S       | S
close                    | -    | C     | C     | C    | -    | C     | C    | C    | C    | C       | C
close and give back      | -    | C     | C     | C    | -    | C     | CR   | CR   | C    | C       | C
give all back            | !C   | !C    | !C    | !C   | !C   | !C    | R    | R    | !C   | !C      | !C
give 2,000 back          | !C   | !C    | !C    | !C   | !C   | !C    | R    | R    | !C   | !C      | !C
give 2,001 back          | !C   | !C    | !C    | !C   | !C   | !C    | R    | !I   | !C   | !C      | !C
give nothing back        | !C   | !C    | !C    | !C   | !C   | !C    | !I   | !I   | !C   | !C      | !C
look again               | -    | T     | T     | T    | T    | T     | T    | T    | T    | T       | T
"""
"""By the letters of SHORT."""


def rows() -> dict[str, list[str]]:
    _, *lines = [line for line in TABLE.splitlines() if line.strip()]
    return {name.strip(): [cell.strip() for cell in cells] for name, *cells in (line.split("|") for line in lines)}


def test_the_table_has_every_command() -> None:
    assert list(rows()) == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_leads_to_what_the_table_says(name: str) -> None:
    found = {state: _cell(after(*commands), COMMANDS[name]) for state, commands in STATES.items()}
    assert found == dict(zip(STATES, rows()[name], strict=True))


# -- what follows -----------------------------------------------------------------------------------------------------


def effects_of(state: Payment, *commands: Any) -> list[Effect]:
    """All that these commands ask for, one after the other."""
    asked, ids = list[Effect](), count(100)
    for command in commands:
        for event in PAYMENT.decide(state, command, Moment(at=NOW, ids=ids)):
            state = PAYMENT.evolve(state, event)
            asked += [each for each in PAYMENT.effects(state, event) if isinstance(each, Effect)]
    return asked


def test_a_life_is_folded_into_all_that_was_said() -> None:
    begun, opened = after(*STATES["begun"]), after(*OPENED)
    ends = datetime(2026, 3, 2, tzinfo=UTC)
    asked = Payment(id=41, status="asked", amount=3_000, currency="BRL", contact_id=9, account="acct_1", created_at=NOW)
    assert after(ASK) == asked
    page = {"pages": 1, "begun_at": NOW, "expires_at": ends}
    assert begun == replace(asked, **page)
    assert opened == replace(asked, **page, status="open", session="cs_1")
    waits = replace(opened, status="waiting", intent="pi_1", method="card", pay_until=UNTIL)
    assert after(*STATES["waits"]) == waits
    assert after(*STATES["waits"], LAPSED) == replace(asked, pages=1)
    paid = replace(opened, status="paid", intent="pi_1", method="card", paid_at=NOW)
    assert after(*STATES["paid"]) == paid
    assert after(*STATES["paid"], TellSlot(kept=True)) == replace(paid, slot=True)
    assert after(*STATES["paid"], Close(refund=False, by=5, lapsed=True)) == replace(paid, closed=True, lapsed=True)
    given = after(*STATES["paid"], GiveMoneyBack(amount=2_000, by=5))
    assert given == replace(paid, refunds={1: Refund(id=1, amount=2_000, by=5)})
    assert after(*OPENED, COMMANDS["ran out"]) == replace(asked, pages=1)
    assert after(*STATES["shut"], ASK) == replace(asked, pages=1)


@pytest.mark.parametrize(
    ("money", "status", "news"),
    [
        (seen(1), "partly_refunded", ()),
        (seen(2_999), "partly_refunded", ()),
        (seen(3_000), "refunded", ()),
        (seen(9_999), "refunded", ()),
        (seen(0, "lost"), "lost", ("dispute_lost",)),
        (seen(3_000, "under_review"), "disputed", ("disputed",)),
        (seen(0, "won"), "paid", ("dispute_won",)),
        (seen(1_000, "won"), "partly_refunded", ("dispute_won",)),
    ],
)
def test_what_is_seen_of_the_money_is_its_status_and_told_once(money: SeeMoney, status: str, news: Any) -> None:
    state = after(*STATES["paid"], money)
    assert (state.status, state.refunded, state.dispute) == (status, min(money.refunded, 3_000), money.dispute)
    assert (state.news, after(*STATES["paid"], money, seen(0), money).news) == (news, news)


def test_a_page_that_is_begun_is_good_for_what_is_sent_and_one_that_is_open_until_its_end() -> None:
    begun, opened = after(*STATES["begun"]), after(*OPENED)
    for state, until in ((begun, NOW + timedelta(minutes=20)), (opened, ENDS)):
        assert decided(state, BeginPage(), until - timedelta(seconds=1)) == []
        assert [type(each).__name__ for each in decided(state, BeginPage(), until)] == ["PageBegun"]
    (anew,) = decided(opened, BeginPage(), ENDS)
    assert PAYMENT.evolve(opened, anew).pages == 2


def test_a_refund_is_over_once_by_its_own_report() -> None:
    state = after(*STATES["paid"], GiveMoneyBack(amount=2_000, by=5))

    def report(kind: Any, **more: Any) -> Any:
        return kind(effect_id="payment-refund-1", **more)

    done = report(EffectDone, result={})
    failed = report(EffectFailed, reason="no money", permanent=True)
    assert after(*STATES["paid"], GiveMoneyBack(amount=2_000, by=5), done).refunds[1].state == "done"
    over = after(*STATES["paid"], GiveMoneyBack(amount=2_000, by=5), failed)
    assert over.refunds[1] == Refund(id=1, amount=2_000, by=5, state="failed", reason="no money")
    assert decided(over, done) == decided(over, failed) == []
    assert [type(each).__name__ for each in decided(over, GiveMoneyBack(amount=3_000, by=5))] == ["RefundAsked"]
    assert decided(state, report(EffectFailed, reason="later", permanent=False)) == []
    assert decided(state, EffectDone(effect_id="payment-look-1", result={})) == []
    assert decided(state, report(EffectStarting)) == []


def test_the_truth_is_read_after_the_end_of_what_can_be_paid_and_then_every_six_hours() -> None:
    assert [PAYMENT.timers(after(*STATES[each])) for each in ("none", "asked", "begun", "paid", "back")] == [{}] * 5
    opened, waits = after(*OPENED), after(*STATES["waits"])
    assert PAYMENT.timers(opened) == {LOOK: ENDS + timedelta(minutes=5)}
    due = UNTIL + timedelta(minutes=5)
    assert PAYMENT.timers(waits) == {LOOK: due}
    assert PAYMENT.timers(after(*OPENED, COMMANDS["a voucher without an end"])) == PAYMENT.timers(opened)
    assert decided(waits, TimerFired(name=LOOK, due=due - timedelta(seconds=1))) == []
    (looked,) = decided(waits, TimerFired(name=LOOK, due=due))
    assert PAYMENT.timers(PAYMENT.evolve(waits, looked)) == {LOOK: due + timedelta(hours=6)}
    early = after(*OPENED, TimerFired(name=LOOK, due=ENDS + timedelta(minutes=5)), WAITS)
    assert PAYMENT.timers(early) == {LOOK: due}  # what was looked at before was the page
    assert PAYMENT.timers(after(*STATES["waits"], LookAgain(about="evt_1"))) == {LOOK: due}


def test_what_it_asks_of_stripe_and_of_people_names_what_it_is_for() -> None:
    page = {"session": "cs_1", "account": "acct_1"}
    expire = Effect("payment-expire-cs_1", "payment.expire", "payment-41", "stripe", page)
    opened, paid = after(*OPENED), after(*STATES["paid"])

    def effect(id_: str, kind: str, **request: Any) -> Effect:
        return Effect(f"payment-{id_}", f"payment.{kind}", "payment-41", "stripe", request)

    assert effects_of(opened, COMMANDS["ask for more"]) == [expire]
    assert effects_of(opened, Close(refund=True, by=5)) == [expire]
    assert effects_of(after(*STATES["begun"]), Close(refund=True, by=5)) == []
    assert effects_of(opened, PAID) == [effect("tell-41-1", "tell")]
    assert effects_of(after(*STATES["shut"]), PAID) == [
        effect("tell-41-1", "tell"),
        effect("news-41-without_slot", "news", news="without_slot"),
    ]
    assert effects_of(opened, Close(refund=True, by=5, lapsed=True), PAID) == [expire, effect("tell-41-1", "tell")]
    waits = effect(f"waits-41-{UNTIL.timestamp():.0f}", "waits", until=UNTIL.isoformat())
    assert effects_of(opened, WAITS, LAPSED) == [waits, effect("lapsed-cs_1", "lapsed")]
    assert effects_of(paid, seen(0, "needs_response")) == [effect("news-41-disputed", "news", news="disputed")]
    assert effects_of(paid, Close(refund=True, by=5))[1:] == [
        effect("refund-100", "refund", refund_id=100, amount=3_000)
    ]
    assert effects_of(paid, TellSlot(kept=True), seen(1_000)) == []
    look = effect(f"look-41-{NOW.timestamp():.6f}-evt_1", "look")
    assert effects_of(paid, LookAgain(about="evt_1")) == [look]


def test_a_page_that_was_made_while_it_was_cancelled_is_closed_again() -> None:
    made = KeepPage(page=1, session="cs_1")
    left = after(*STATES["begun"], Close(refund=False, by=5), made)
    assert (left.status, left.session) == ("asked", None)
    shut = after(*STATES["begun"], Close(refund=False, by=5))
    assert [each.id for each in effects_of(shut, made)] == ["payment-expire-cs_1"]
