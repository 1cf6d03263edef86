"""Whether a condition holds. Texts are compared without accents and case, `greater` and `less` by number or by day."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from plixa.actors.flows.nodes import ConditionData, Rule
from plixa.actors.flows.words import fold

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:[.,][0-9]{1,30})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def holds(condition: ConditionData, lookup: Callable[[str], str]) -> bool:
    """All of the rules, or any of them, as the condition says."""
    results = (rule_holds(rule, lookup(rule.field)) for rule in condition.rules)
    return all(results) if condition.match == "all" else any(results)


def rule_holds(rule: Rule, actual: str) -> bool:
    """One rule, for the value that its field has."""
    said, wanted = fold(actual), fold(rule.value)
    match rule.op:
        case "is":
            return said == wanted
        case "is_not":
            return said != wanted
        case "contains":
            return wanted in said
        case "not_contains":
            return wanted not in said
        case "starts_with":
            return said.startswith(wanted)
        case "is_set":
            return bool(actual.strip())
        case "is_not_set":
            return not actual.strip()
        case "one_of":
            return said in [fold(part) for part in rule.value.split(",")]
        case "greater":
            return _compare(actual, rule.value) > 0
        case "less":
            return _compare(actual, rule.value) < 0


def _compare(one: str, other: str) -> int:
    """-1, 0 or 1; 0 also where the two cannot be compared."""
    one, other = one.strip(), other.strip()
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        a, b = Decimal(one.replace(",", ".")), Decimal(other.replace(",", "."))
        return (a > b) - (a < b)
    if _DAY.fullmatch(one) and _DAY.fullmatch(other):
        return (one > other) - (one < other)
    return 0
