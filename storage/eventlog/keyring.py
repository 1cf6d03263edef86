"""The streams' keys in memory: made with a stream's first personal event, gone for ever when erased."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Any

from plixa.storage.eventlog.sealing import ApplicationKey, new_key

Owner = tuple[int, str]
CAPACITY = 60_000
"""Some 370 bytes each; a customer has two."""
DESTROYED = 10_000
"""Keys of which it is remembered that they are destroyed: for as long as a read may be under way."""


def belongs(owner: Owner) -> str:
    """What a stream's sealed key is authenticated with."""
    return f"stream key {owner[0]}/{owner[1]}"


class Keyring:
    """A bounded cache of opened keys by (tenant, key id)."""

    def __init__(self, application_key: ApplicationKey) -> None:
        self.application_key = application_key
        self._keys: OrderedDict[Owner, bytes] = OrderedDict()
        self._destroyed: OrderedDict[Owner, None] = OrderedDict()
        self._of_tenant: defaultdict[int, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, owner: Owner) -> bytes | None:
        """The key, if it is in memory."""
        key = self._keys.get(owner)
        if key is not None:
            self._keys.move_to_end(owner)
        return key

    def put(self, owner: Owner, sealed: bytes) -> bytes:
        """Open a stored key and remember it. Raises `WrongKey`.

        One that was destroyed after it was read, and before it came here, is not remembered.
        """
        key = self.application_key.unseal(sealed, belongs(owner))
        if owner not in self._destroyed:
            self._remember(owner, key)
        return key

    def make(self, owner: Owner) -> bytes:
        """A new key; returns it sealed, to be stored in the same transaction as what it seals."""
        key = new_key()
        self._destroyed.pop(owner, None)
        self._remember(owner, key)
        return self.application_key.seal(key, belongs(owner))

    def destroyed(self, owners: Iterable[Owner]) -> None:
        """These keys are gone from the vault for good."""
        gone = list(owners)
        self.forget(gone)
        self._destroyed.update(dict.fromkeys(gone))
        while len(self._destroyed) > DESTROYED:
            self._destroyed.popitem(last=False)

    def forget(self, owners: Iterable[Owner]) -> None:
        """Drop keys that were made for a transaction that did not come to be."""
        for owner in owners:
            if self._keys.pop(owner, None) is not None:
                self._not_here(owner)

    def forget_tenant(self, tenant: int) -> None:
        """Drop all keys of a tenant: while another node had it, some may have been destroyed."""
        for stream in self._of_tenant.pop(tenant, set()):
            self._keys.pop((tenant, stream), None)
        for owner in [each for each in self._destroyed if each[0] == tenant]:
            del self._destroyed[owner]

    def _remember(self, owner: Owner, key: bytes) -> None:
        self._keys[owner] = key
        self._of_tenant[owner[0]].add(owner[1])
        if len(self._keys) > CAPACITY:
            oldest, _ = self._keys.popitem(last=False)
            self._not_here(oldest)

    def _not_here(self, owner: Owner) -> None:
        streams = self._of_tenant[owner[0]]
        streams.discard(owner[1])
        if not streams:
            del self._of_tenant[owner[0]]

    async def fetch(self, connection: Any, owners: Iterable[Owner]) -> set[Owner]:
        """Bring keys up from the vault; returns those that are not there.

        None of those asked for makes room for another: without its key an event would be written in the clear, or read
        as if it had been erased.
        """
        missing = set[Owner]()
        for owner in set(owners):  # one by one: a set less a mapping's keys would go over all keys
            if owner in self._keys:
                self._keys.move_to_end(owner)
            else:
                missing.add(owner)
        if not missing:
            return missing
        rows = await connection.fetch(
            "select k.* from stream_keys k join unnest($1::bigint[], $2::text[]) as u(tenant_id, stream) "
            "on k.tenant_id = u.tenant_id and k.stream = u.stream",
            [tenant for tenant, _ in missing],
            [stream for _, stream in missing],
        )
        for row in rows:
            owner = (row["tenant_id"], row["stream"])
            self.put(owner, row["sealed"])
            missing.discard(owner)
        return missing
