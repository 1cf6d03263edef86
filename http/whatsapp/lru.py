"""A bounded dictionary that can also forget by what its entries belong to, without looking through all of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lru(Generic[K, V]):
    """Forgets what was not used for the longest time. groups: what an entry belongs to."""

    def __init__(self, capacity: int, groups: Callable[[K, V], Iterable[Hashable]] = lambda _key, _value: ()) -> None:
        self._capacity = capacity
        self._groups = groups
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._members: dict[Hashable, set[K]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value, or None."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Remember."""
        self.drop(key)
        self._entries[key] = value
        for group in self._groups(key, value):
            self._members.setdefault(group, set()).add(key)
        if len(self._entries) > self._capacity:
            self.drop(next(iter(self._entries)))

    def drop(self, key: K) -> None:
        """Forget an entry, if there is such a one."""
        if key not in self._entries:
            return
        for group in self._groups(key, self._entries.pop(key)):
            members = self._members[group]
            members.discard(key)
            if not members:
                del self._members[group]

    def drop_group(self, group: Hashable) -> None:
        """Forget all entries that belong to this."""
        for key in list(self._members.get(group, ())):
            self.drop(key)
