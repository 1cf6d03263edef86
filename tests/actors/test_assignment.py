"""Who gets a conversation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from plixa.actors.assignment.choice import (
    Candidate,
    Decision,
    Handout,
    QueuedConversation,
    Rule,
    decide_assignment,
    has_phrase,
    matching_rule,
    next_from_queue,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANA = Candidate(1, "Ana", True, (10,), load=3)
BIA = Candidate(2, "Bia", True, (10, 20), load=1)
CAIO = Candidate(3, "Caio", True, (20,), load=2)
ALL = (ANA, BIA, CAIO)


def rule(id_: int = 1, priority: int = 1, action: str = "round_robin", **more: Any) -> Rule:
    fields: dict[str, Any] = {"condition_type": "always", **more}
    return Rule(id=id_, priority=priority, action_type=action, **fields)  # type: ignore[arg-type]


def keyword(phrase: str | None, id_: int = 1, priority: int = 1) -> Rule:
    return rule(id_, priority, condition_type="keyword", condition_value=phrase)


def decided(
    *rules: Rule,
    message: str | None = "oi",
    labels: tuple[int, ...] = (),
    sector: int | None = None,
    candidates: tuple[Candidate, ...] = ALL,
    cursor: int | None = None,
) -> Decision:
    return decide_assignment(rules, message, labels, sector, candidates, cursor)


def other(candidate: Candidate, **changes: Any) -> Candidate:
    return msgspec.structs.replace(candidate, **changes)


# -- which rule --------------------------------------------------------------------------------------------------------


def test_without_a_rule_nobody_gets_it_and_it_is_not_queued() -> None:
    assert decided(cursor=2) == Decision("unruled", "No active rule matches.", cursor_after=2)


@pytest.mark.spec(79)
def test_the_lowest_priority_number_runs_first_and_ties_go_by_id() -> None:
    rules = [rule(1, 30), rule(9, 10), rule(4, 10), rule(2, 20)]
    assert decided(*rules).rule_id == 4


@pytest.mark.spec(82)
def test_a_rule_that_is_off_does_not_run() -> None:
    assert decided(rule(1, 1, is_active=False), rule(2, 2)).rule_id == 2


@pytest.mark.spec(80)
@pytest.mark.spec(85)
def test_a_label_rule_matches_by_id() -> None:
    label = rule(condition_type="label", condition_value="12")
    assert decided(label, labels=(3, 12)).outcome == "assigned"
    assert decided(label, labels=(1, 2, 121)).outcome == "unruled"
    assert decided(label, message="12").outcome == "unruled"


@pytest.mark.spec(80)
@pytest.mark.spec(85)
@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Quero um ORÇAMENTO, por favor", "orçamento"),
        ("quero um orcamento", "Orçamento"),
        ("segunda  via\ndo boleto!", "segunda via"),
        ("Segunda-via?", "segunda via"),
        ("meu pedido nº 5", "pedido nº"),
        ("cafe\u0301 com leite", "café"),
        ("PIZZA", "pizza"),
        ("🍕 hoje", "🍕"),
        ("код заказа", "Заказа"),
        ("¿Cuánto cuesta?", "cuanto cuesta"),
    ],
)
def test_a_keyword_is_found_whatever_its_case_accents_and_spacing(text: str, phrase: str) -> None:
    assert has_phrase(text, phrase)
    assert matching_rule([keyword(phrase)], text, ()) is not None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("orçamentos", "orçamento"),
        ("minha via", "segunda via"),
        ("via segunda", "segunda via"),
        ("segunda vez, outra via", "segunda via"),
        ("contratos", "trato"),
        ("pedido 55", "pedido 5"),
        ("oi", ""),
        ("oi", "   "),
        ("", "oi"),
        ("pizza", "🍕"),
    ],
)
def test_a_keyword_is_whole_words_in_a_row(text: str, phrase: str) -> None:
    assert not has_phrase(text, phrase)


def test_no_text_and_no_keyword_match_nothing() -> None:
    assert decided(keyword("oi"), message=None).outcome == "unruled"
    assert decided(keyword(None)).outcome == "unruled"


def test_a_rule_that_finds_nobody_does_not_hand_on_to_the_next() -> None:
    away = tuple(other(each, available=False) for each in ALL)
    decision = decided(keyword("oi", 1, 1), rule(2, 2), candidates=away)
    assert (decision.outcome, decision.rule_id, decision.user_id) == ("queued", 1, None)


# -- whom --------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(81)
def test_a_rule_may_name_a_member_whatever_the_sector_and_the_load() -> None:
    decision = decided(rule(action="assign_user", action_user_id=1), sector=20, cursor=3)
    assert (decision.user_id, decision.cursor_after, decision.waits_for) == (1, 3, None)
    assert decision.why == "Rule 1 (priority 1) takes every new conversation. It names Ana."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"available": False}, "who is not available"),
        ({"capacity": 3}, "who has no room (3 of 3 conversations)"),
    ],
)
def test_a_named_member_who_cannot_is_waited_for_in_the_queue(changes: dict[str, Any], reason: str) -> None:
    decision = decided(rule(action="assign_user", action_user_id=1), candidates=(other(ANA, **changes), BIA))
    assert (decision.outcome, decision.user_id, decision.waits_for) == ("queued", None, 1)
    assert reason in decision.why


def test_a_named_member_who_has_left_leaves_it_to_everybody() -> None:
    decision = decided(rule(action="assign_user", action_user_id=99))
    assert (decision.outcome, decision.waits_for, decision.considered) == ("queued", None, ())
    assert "not in the workspace any more" in decision.why


@pytest.mark.spec(81)
def test_round_robin_goes_round_by_user_id() -> None:
    cursor, order = None, []
    for _ in range(5):
        decision = decided(rule(), candidates=(CAIO, ANA, BIA), cursor=cursor)
        cursor = decision.cursor_after
        order.append(decision.user_id)
    assert order == [1, 2, 3, 1, 2]


def test_round_robin_skips_who_cannot_and_goes_on_where_a_member_has_left() -> None:
    assert decided(rule(), candidates=(ANA, other(BIA, available=False), CAIO), cursor=1).user_id == 3
    assert decided(rule(), candidates=(ANA, CAIO), cursor=2).user_id == 3
    assert decided(rule(), cursor=99).user_id == 1


@pytest.mark.spec(84)
def test_looking_twice_gives_the_same_answer() -> None:
    assert decided(rule(), cursor=1) == decided(rule(), cursor=1)


@pytest.mark.spec(81)
def test_least_busy_takes_the_smallest_load_then_who_waited_longest_then_the_lowest_id() -> None:
    least = rule(action="least_busy")
    assert decided(least, cursor=7).user_id == 2
    assert decided(least, cursor=7).cursor_after == 7
    tied = (other(ANA, load=1, last_assigned_at=NOON), other(BIA, last_assigned_at=NOON - timedelta(hours=1)), CAIO)
    assert decided(least, candidates=tied).user_id == 2
    never = (*tied, Candidate(9, "Davi", True, load=1))
    assert decided(least, candidates=never).user_id == 9
    assert decided(least, candidates=tuple(other(each, load=0) for each in reversed(ALL))).user_id == 1


@pytest.mark.parametrize("action", ["round_robin", "least_busy"])
def test_only_members_of_the_sector_get_it_unless_it_has_none(action: str) -> None:
    assert {each.user_id for each in decided(rule(action=action), sector=20).considered if not each.left_out} == {2, 3}
    assert {each.user_id for each in decided(rule(action=action), sector=30).considered if not each.left_out} == {
        1,
        2,
        3,
    }
    away = (ANA, other(BIA, available=False), other(CAIO, available=False))
    assert decided(rule(action=action), sector=20, candidates=away).outcome == "queued"


@pytest.mark.spec(83)
def test_a_decision_names_everyone_it_looked_at_with_the_runner_up_second() -> None:
    candidates = (ANA, BIA, CAIO, Candidate(4, "Davi", True, (), 5, capacity=5), Candidate(5, "Eva", False))
    decision = decided(rule(7, 2, "least_busy"), candidates=candidates)
    assert [(each.name, each.load, each.left_out) for each in decision.considered] == [
        ("Bia", 1, None),
        ("Caio", 2, None),
        ("Ana", 3, None),
        ("Davi", 5, "has no room (5 of 5 conversations)"),
        ("Eva", 0, "is not available"),
    ]
    assert decision.why == (
        "Rule 7 (priority 2) takes every new conversation. Bia has the fewest open conversations (1) of 3 who could."
    )


def test_the_reason_names_the_keyword_but_nothing_the_customer_wrote() -> None:
    decision = decided(keyword("oi"), message="oi, meu cpf é 123", cursor=1)
    assert decision.why == (
        "Rule 1 (priority 1) found its keyword “oi”. Bia is next in the round after user 1, of 3 who could."
    )


def test_when_nobody_can_each_reason_is_told() -> None:
    candidates = (other(ANA, available=False), other(BIA, capacity=1), CAIO)
    decision = decided(rule(), sector=10, candidates=candidates, cursor=5)
    assert (decision.outcome, decision.cursor_after) == ("queued", 5)
    assert decision.why.endswith(
        "Nobody could take it: Ana is not available; Bia has no room (1 of 1 conversations); "
        "Caio is not in the conversation's sector."
    )
    assert decided(rule(), candidates=()).why.endswith("there are no members to choose from.")


@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack])
def test_decisions_can_be_stored(codec: Any) -> None:
    for decision in (decided(), decided(rule()), decided(rule(), candidates=())):
        assert codec.decode(codec.encode(decision), type=Decision) == decision


PEOPLE = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 8),
        st.just("X"),
        st.booleans(),
        st.lists(st.sampled_from([10, 20]), max_size=2).map(tuple),
        st.integers(0, 4),
        st.none() | st.integers(0, 9).map(lambda hours: NOON + timedelta(hours=hours)),
        st.none() | st.integers(0, 4),
    ),
    max_size=8,
    unique_by=lambda each: each.user_id,
)
CURSORS = st.none() | st.integers(0, 9)


def can(candidate: Candidate) -> bool:
    return candidate.available and (candidate.capacity is None or candidate.load < candidate.capacity)


@given(PEOPLE, st.sampled_from(["round_robin", "least_busy"]), st.sampled_from([None, 10, 20, 30]), CURSORS)
def test_someone_gets_it_exactly_when_someone_can(
    people: list[Candidate], action: str, sector: int | None, cursor: int | None
) -> None:
    decision = decided(rule(action=action), candidates=tuple(people), sector=sector, cursor=cursor)
    members = [each for each in people if sector in each.sector_ids] or people
    fit = [each for each in members if can(each)]
    assert (decision.user_id is not None) == bool(fit)
    assert {each.user_id for each in decision.considered if each.left_out is None} == {each.user_id for each in fit}
    assert {each.user_id for each in decision.considered} == {each.user_id for each in people}
    if fit and action == "least_busy":
        assert next(each.load for each in fit if each.user_id == decision.user_id) == min(each.load for each in fit)


@given(PEOPLE, CURSORS)
def test_in_a_round_everyone_who_can_gets_exactly_one(people: list[Candidate], cursor: int | None) -> None:
    fit = sorted(each.user_id for each in people if can(each))
    got = []
    for _ in fit:
        decision = decided(rule(), candidates=tuple(people), cursor=cursor)
        cursor = decision.cursor_after
        got.append(decision.user_id)
    assert sorted(got, key=str) == fit


# -- the queue ---------------------------------------------------------------------------------------------------------


def waiting(id_: int, minutes: int, sector: int | None = None, waits_for: int | None = None) -> QueuedConversation:
    return QueuedConversation(id_, NOON + timedelta(minutes=minutes), sector, waits_for)


def test_the_oldest_is_handed_out_first_and_ties_go_by_id() -> None:
    queue = [waiting(5, 3), waiting(8, 1), waiting(6, 1)]
    assert next_from_queue(queue, ANA, ()) == Handout(6, "It waited the longest of 3 that Ana may take.")


def test_only_what_is_of_ones_sector_or_of_none_with_members_is_handed_out() -> None:
    queue = [waiting(1, 1, 20), waiting(2, 2, 30), waiting(3, 3, 10)]
    assert next_from_queue(queue, ANA, {10, 20}).conversation_id == 2
    assert next_from_queue(queue, ANA, {10, 20, 30}).conversation_id == 3
    assert next_from_queue(queue[:1], ANA, {10, 20}) == Handout(None, "Nothing in the queue is for Ana.")


def test_what_is_meant_for_one_member_waits_for_that_member() -> None:
    queue = [waiting(1, 1, 20, waits_for=1), waiting(2, 2)]
    assert next_from_queue(queue, BIA, {20}).conversation_id == 2
    assert next_from_queue(queue, ANA, {20}).conversation_id == 1


@pytest.mark.parametrize("changes", [{"available": False}, {"capacity": 3}])
def test_who_is_away_or_full_gets_nothing(changes: dict[str, Any]) -> None:
    assert next_from_queue([waiting(1, 1)], other(ANA, **changes), ()).conversation_id is None


@given(st.lists(st.tuples(st.sampled_from([None, 10, 20, 30]), st.integers(0, 3)), max_size=8))
def test_the_queue_is_emptied_in_order_by_someone_of_every_sector(waits: list[tuple[int | None, int]]) -> None:
    queue = [waiting(id_, minutes, sector) for id_, (sector, minutes) in enumerate(waits)]
    everywhere = Candidate(1, "Ana", True, (10, 20, 30))
    handed: list[int | None] = []
    while queue:
        handed.append(next_from_queue(queue, everywhere, {10, 20}).conversation_id)
        queue = [each for each in queue if each.conversation_id != handed[-1]]
    assert handed == sorted(range(len(waits)), key=lambda id_: (waits[id_][1], id_))
