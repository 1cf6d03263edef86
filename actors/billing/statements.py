"""Bills that open their events: what happened in a range of a workspace's log, line by line.

A range is of positions, and not of times: an invoice's is what was committed after the one before it, up to the event
that saw it (`billing.period_closed`). So every event is in one range exactly, whatever clocks say, and any cut of a log
sums up to the whole of it. A line names the rule that it was counted by; its digest is over position, type and units of
its events, in order, none of which erasure touches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Units = Mapping[str, int]


class Counted(NamedTuple):
    """An event as lines count it. data: its own fields."""

    position: int
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which events a line counts, and how many units each is. name: with its version; a rule is never changed."""

    kind: str
    name: str
    units: Mapping[str, str | int]
    """By type of event: so many, or as many as this field of it says."""

    def of(self, event: Counted) -> int:
        """The units of one event."""
        what = self.units[event.type]
        return what if isinstance(what, int) else int(event.data.get(what) or 0)


RULES: tuple[Rule, ...] = (
    Rule(
        "plan",
        "plan/1",
        {
            "licence.granted": 1,
            "licence.revoked": 1,
            "billing.checkout_begun": 1,
            "billing.subscription_seen": 1,
            "billing.limits_compared": 1,
        },
    ),
    Rule("numbers", "numbers/1", {"number.added": 1, "number.removed": -1}),
    Rule("seats", "seats/1", {"member.joined": 1, "member.removed": -1}),
    Rule("ai_micros", "ai_micros/1", {"spend.settled": "micros"}),
)
"""No type is in two rules: no event is counted twice."""
TYPES = [each for rule in RULES for each in rule.units]


class Line(NamedTuple):
    """What a rule has counted: the sum of units, how many events, and the digest of them."""

    kind: str
    rule: str
    quantity: int
    events: int
    digest: str


class Tally:
    """Counts events in the order of their positions."""

    def __init__(self) -> None:
        self._by_type = {each: rule for rule in RULES for each in rule.units}
        self._quantity = dict.fromkeys((rule.kind for rule in RULES), 0)
        self._events = dict.fromkeys((rule.kind for rule in RULES), 0)
        self._hash = {rule.kind: hashlib.sha256() for rule in RULES}

    def count(self, events: Iterable[Counted]) -> Tally:
        """The same, with these events too."""
        for event in events:
            rule = self._by_type.get(event.type)
            if rule is not None:
                units = rule.of(event)
                self._quantity[rule.kind] += units
                self._events[rule.kind] += 1
                self._hash[rule.kind].update(f"{event.position} {event.type} {units}\n".encode())
        return self

    @property
    def lines(self) -> list[Line]:
        """A line a rule, in their order."""
        return [
            Line(
                rule.kind,
                rule.name,
                self._quantity[rule.kind],
                self._events[rule.kind],
                self._hash[rule.kind].hexdigest(),
            )
            for rule in RULES
        ]


def rule_of(kind: str) -> Rule | None:
    """The rule of a line."""
    return next((rule for rule in RULES if rule.kind == kind), None)
