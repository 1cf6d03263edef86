"""What an effect's kind says of all its effects: where they wait, how often they are tried, and whom they concern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Queue:
    """A sort of work with limits of its own: `at_once` in all, `share` of one tenant. No other queue waits for it.

    behind: each of it begins in a quiet moment, behind whatever somebody waits for.
    """

    name: str
    at_once: int
    share: int
    behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSpec:
    """The declaration of one kind.

    harmless: doing it twice does no harm. What became of it is booked in its outbox row; its owner is not asked before.
        What is not harmless is its owner's decision, step by step.
    tells: its owner hears, once, what came of it: `EffectDone`, or `EffectFailed` for good.
    tries: after how many in vain it is given up; None: never, or its owner decides.
    always: also while its tenant is held (`Held`), which keeps back all that is not said to go on.
    first, growth, longest: how long it rests after the first try in vain, the second, …
    """

    queue: Queue
    tries: int | None
    harmless: bool = True
    tells: bool = False
    always: bool = False
    first: timedelta = timedelta(seconds=2)
    growth: int = 4
    longest: timedelta = timedelta(minutes=5)

    def rest(self, tries: int) -> timedelta:
        """How long to wait after so many tries in vain: 2, 8, 32, 128, 300 seconds, unless it says otherwise."""
        factor: int = self.growth ** min(max(tries - 1, 0), 10)
        return min(self.longest, self.first * factor)
