"""The 26 cases that others got wrong, each by the tests that try it on ours: a table, so that none is lost."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from plixa.http.clients.stripe import objects

TESTS = Path(__file__).resolve().parents[1]
BILLING, PAYMENTS, LICENCE = "http/test_billing.py", "http/test_payments.py", "actors/test_billing_licence.py"
CASES: Mapping[int, tuple[str, Sequence[str]]] = {
    1: (BILLING, ["test_a_delayed_word_of_the_past_brings_nothing_back"]),
    2: (BILLING, ["test_words_in_disorder_end_in_the_truth"]),
    3: (BILLING, ["test_the_end_of_one_subscription_does_not_take_anothers_plan"]),
    4: (
        BILLING,
        [
            "test_who_has_paid_is_not_sold_a_second_one_though_no_webhook_came",
            "test_pressed_twice_it_is_the_same_page_and_one_customer",
        ],
    ),
    5: (BILLING, ["test_a_cancellation_in_the_portal_runs_until_its_end"]),
    6: (BILLING, ["test_payloads_of_an_old_version_give_the_same"]),
    7: (BILLING, ["test_trouble_while_it_is_taken_loses_nothing"]),
    8: (BILLING, ["test_a_declined_renewal_keeps_the_plan_and_sells_no_second_one"]),
    9: (
        BILLING,
        [
            "test_seven_days_are_free_on_the_first_subscription_only",
            "test_a_checkout_that_came_to_nothing_does_not_use_up_the_trial",
        ],
    ),
    10: (
        BILLING,
        [
            "test_a_customer_that_stripe_knows_no_more_is_made_anew",
            "test_who_is_bound_to_another_currency_pays_in_it_or_begins_anew",
        ],
    ),
    11: (PAYMENTS, ["test_amounts_are_minor_units_as_they_are"]),
    12: (PAYMENTS, ["test_parts_that_go_back_add_up_however_often_they_are_told"]),
    13: (
        PAYMENTS,
        [
            "test_cancelled_before_it_is_paid_it_can_be_paid_no_more",
            "test_cancelled_at_the_moment_it_is_paid_the_money_is_known",
        ],
    ),
    14: (BILLING, ["test_seats_are_no_quantity"]),
    15: (BILLING, ["test_an_erased_workspace_has_stopped_paying_and_what_comes_later_is_fine"]),
    16: (
        PAYMENTS,
        [
            "test_an_account_that_is_not_ready_takes_no_deposits",
            "test_a_deposit_is_paid_on_the_workspaces_account_and_told",
        ],
    ),
    17: (PAYMENTS, ["test_another_account_that_names_our_payment_pays_nothing"]),
    18: (BILLING, ["test_every_secret_that_is_set_is_good_on_the_one_address"]),
    19: (BILLING, ["test_seven_days_are_free_on_the_first_subscription_only"]),
    20: (BILLING, ["test_metadata_on_the_session_alone_is_enough"]),
    21: (LICENCE, ["test_over_the_limits_nothing_goes_and_the_owner_is_told_once"]),
    22: (PAYMENTS, ["test_declined_corrected_paid_with_the_declines_word_last_is_paid"]),
    23: (PAYMENTS, ["test_another_page_that_runs_out_touches_nothing_that_is_paid"]),
    24: (BILLING, ["test_a_price_that_was_replaced_keeps_its_subscribers_plan"]),
    25: (
        BILLING,
        [
            "test_a_signed_body_of_any_shape_is_no_trouble_and_leaves_nothing",
            "test_what_is_not_signed_is_refused_and_leaves_nothing",
            "test_a_thin_event_and_one_of_the_other_mode_are_passed_over",
        ],
    ),
    26: ("stripe/test_cases.py", ["test_periods_meet_at_the_second_whatever_the_zone"]),
}


def test_each_case_has_its_test() -> None:
    assert list(CASES) == list(range(1, 27))
    for number, (file, names) in CASES.items():
        there = {each.name for each in ast.walk(ast.parse((TESTS / file).read_text())) if isinstance(each, FUNCTIONS)}
        assert set(names) <= there, f"case {number}: {set(names) - there} is not in {file}"


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@pytest.mark.parametrize("hours", [-11, -3, 0, 14])
def test_periods_meet_at_the_second_whatever_the_zone(hours: int) -> None:
    """A month of a workspace ends where the next one begins, and is the same instant in every zone."""
    zone = timezone(timedelta(hours=hours))
    borders = [datetime(2026, month, 1, tzinfo=zone) for month in (1, 2, 3)]
    seconds = [int(each.timestamp()) for each in borders]
    first, second = (
        objects.invoice({"id": f"in_{n}", "period_start": seconds[n], "period_end": seconds[n + 1]}) for n in (0, 1)
    )
    assert first.period_end == second.period_start == borders[1]
    assert first.period_end.tzinfo is UTC
