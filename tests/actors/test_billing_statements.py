"""Bills that open their events: any cut of any history sums up, and no event is in two lines or in none."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, strategies as st

from plixa.actors.billing.statements import RULES, TYPES, Counted, Tally, rule_of

EVENTS = st.lists(
    st.builds(
        lambda type_, micros: (type_, {"micros": micros}),
        st.sampled_from([*TYPES, "message.received", "conversation.opened"]),
        st.integers(0, 10**9),
    ),
    max_size=60,
)


def log(history: list[tuple[str, dict[str, int]]]) -> list[Counted]:
    return [Counted(position, type_, data) for position, (type_, data) in enumerate(history, 1)]


@given(EVENTS, st.lists(st.integers(0, 60), max_size=5))
def test_any_cut_of_any_history_sums_up_to_the_whole(
    history: list[tuple[str, dict[str, int]]], cuts: list[int]
) -> None:
    events = log(history)
    borders = [0, *sorted(cuts), len(events)]
    ranges = [events[a:b] for a, b in pairwise(borders) if a <= b]
    parts, whole = [Tally().count(each).lines for each in ranges], Tally().count(events).lines
    for n, line in enumerate(whole):
        assert sum(part[n].quantity for part in parts) == line.quantity
        assert sum(part[n].events for part in parts) == line.events
    assert sum(line.events for line in whole) == sum(each.type in TYPES for each in events)


@given(EVENTS, st.integers(0, 60))
def test_read_in_pages_it_is_the_same(history: list[tuple[str, dict[str, int]]], cut: int) -> None:
    events = log(history)
    assert Tally().count(events[:cut]).count(events[cut:]).lines == Tally().count(events).lines


def test_no_type_is_in_two_rules() -> None:
    assert len(TYPES) == len(set(TYPES))
    assert all(rule_of(rule.kind) is rule for rule in RULES)


def test_a_digest_tells_one_history_from_another() -> None:
    one = Tally().count(log([("spend.settled", {"micros": 5}), ("spend.settled", {"micros": 7})])).lines
    other = Tally().count(log([("spend.settled", {"micros": 7}), ("spend.settled", {"micros": 5})])).lines
    assert [each.quantity for each in one] == [each.quantity for each in other]
    assert [each.digest for each in one] != [each.digest for each in other]
