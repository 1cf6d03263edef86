"""Of which messages updates are held, so that a message that nothing waits for costs no query.

Bounded, and out of date at worst for `FRESH` seconds: what is not known counts as held, and is looked up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

import trio

FRESH = 3600.0
"""Seconds until a number's keys are read again: rows go after a day, and nobody tells of that."""
OF_A_NUMBER = 10_000
IN_ALL = 100_000
Number = tuple[int, int]


@dataclass(slots=True)
class _Known:
    """many: more than are worth remembering, so that any message may be one of them."""

    since: float
    keys: set[str] = field(default_factory=set[str])
    many: bool = False


class EarlyKeys:
    """By tenant and number."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[Number, _Known] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def may_have(self, number: Number, key_id: str) -> bool:
        """Whether something may be held for this message."""
        known = self._known(number)
        return known is None or known.many or key_id in known.keys

    def knows(self, number: Number) -> bool:
        """Whether this number's keys were read not long ago."""
        return self._known(number) is not None

    def learn(self, number: Number, keys: Iterable[str]) -> None:
        """These are what the table has of a number just now; what was added meanwhile stays."""
        known = self._known(number)
        if known is None:
            known = self._numbers[number] = _Known(trio.current_time())
        for key_id in keys:
            self._add(known, key_id)
        self._make_room()

    def add(self, number: Number, key_id: str) -> None:
        """Something is held for this message from now on."""
        known = self._known(number)
        if known is not None:
            self._add(known, key_id)
            self._make_room()

    def discard(self, number: Number, key_id: str) -> None:
        """Nothing is held for it any more."""
        known = self._numbers.get(number)
        if known is not None and key_id in known.keys:
            known.keys.discard(key_id)
            self._size -= 1

    def _add(self, known: _Known, key_id: str) -> None:
        if known.many or key_id in known.keys:
            return
        known.keys.add(key_id)
        self._size += 1
        if len(known.keys) > OF_A_NUMBER:
            self._size -= len(known.keys)
            known.keys, known.many = set(), True

    def _known(self, number: Number) -> _Known | None:
        known = self._numbers.get(number)
        if known is not None and trio.current_time() - known.since > FRESH:
            self._forget(number)
            return None
        return known

    def _make_room(self) -> None:
        while self._size > IN_ALL:
            self._forget(next(iter(self._numbers)))

    def _forget(self, number: Number) -> None:
        self._size -= len(self._numbers.pop(number).keys)
