"""Who a webhook is about: instance → number, peer → conversation, message id → conversation.

Bounded caches in front of the read models. A cached route is only ever one that is committed; where the cache is wrong
(a conversation was erased), the actor says so and the entry is dropped.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping

import trio
from msgspec import Struct

from plixa.actors.contacts.actor import PeerRoute, PeerRouted, Resolve, Unroute
from plixa.actors.whatsapp.gateway import Peer
from plixa.engine.ports import Address
from plixa.engine.registry import Bus
from plixa.http.whatsapp.lru import Lru
from plixa.storage.contacts import peers
from plixa.storage.contacts.peers import peer_keys
from plixa.storage.conversation import messages as reads
from plixa.storage.postgres.batched import BatchedRead
from plixa.storage.postgres.bridge import Database
from plixa.storage.whatsapp import numbers

LONGEST = 200
"""Characters that the name of an instance may have: those that are made here have far fewer."""
INSTANCES, ROUTES, MESSAGES = 10_000, 60_000, 50_000
"""Entries of the caches. A route takes some 700 bytes, and a customer has two; a message 430."""
UNKNOWN_FOR = 5.0
"""Seconds for which an instance that nobody has is not looked up again."""


class NumberKey(Struct, frozen=True):
    """An instance's number, and the hash of the secret that its webhooks must carry. removed: nobody wants it now."""

    tenant: int
    number_id: int
    secret_hash: bytes
    removed: bool = False

    def admits(self, secret: bytes) -> bool:
        """Whether this is the secret; in constant time."""
        return hmac.compare_digest(hashlib.sha256(secret).digest(), self.secret_hash)


class Directory:
    """See the module's text."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._numbers: Lru[str, NumberKey] = Lru(
            INSTANCES, lambda _, number: (number.tenant, ("number", number.tenant, number.number_id))
        )
        self._unknown: Lru[str, float] = Lru(INSTANCES)
        self._routes: Lru[tuple[int, int, str], PeerRoute] = Lru(
            ROUTES,
            lambda key, route: (
                key[0], ("conversation", key[0], route.conversation_id), ("contact", key[0], route.contact_id)
            ),
        )  # fmt: skip
        self._messages: Lru[tuple[int, int, str], int] = Lru(
            MESSAGES, lambda key, conversation_id: (key[0], ("conversation", key[0], conversation_id))
        )
        self._stored = BatchedRead(database, reads.find_messages)
        self._forgotten = 0

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many entries each cache has."""
        numbers, unknown = len(self._numbers), len(self._unknown)
        return {
            "instances": numbers, "unknown_instances": unknown, "routes": len(self._routes),
            "message_conversations": len(self._messages),
        }  # fmt: skip

    async def number(self, instance: str) -> NumberKey | None:
        """The number behind an instance's name, or None."""
        known = self._numbers.get(instance)
        return known or (None if self._is_unknown(instance) else await self._look_up(instance))

    def _is_unknown(self, instance: str) -> bool:
        """Whether there was none of this name a moment ago, or none can be."""
        until = self._unknown.get(instance)
        impossible = len(instance) > LONGEST or "\0" in instance  # which Postgres would not even compare
        return impossible or (until is not None and trio.current_time() < until)

    async def _look_up(self, instance: str) -> NumberKey | None:
        as_of = self._forgotten
        row = await self._database.run(numbers.find_number_secret, instance)
        if row is None:
            self._unknown.put(instance, trio.current_time() + UNKNOWN_FOR)
            return None
        number = NumberKey(row["tenant_id"], row["number_id"], row["secret_hash"], row["removed"])
        if as_of == self._forgotten:  # or it may have been removed meanwhile
            self._numbers.put(instance, number)
        return number

    async def route(self, tenant: int, number_id: int, peer: Peer, name: str | None, cause: str) -> PeerRoute:
        """Where this peer's messages go; made if this is their first."""
        keys = [(tenant, number_id, key) for key in peer_keys(peer.phone, peer.lid)]
        cached = {self._routes.get(key) for key in keys}
        route = cached.pop()
        if route is None or cached:
            as_of = self._forgotten
            route = await self._resolve(tenant, number_id, peer, name, cause)
            if as_of == self._forgotten:  # or it may be what was to be forgotten meanwhile
                for key in keys:
                    self._routes.put(key, route)
        return route

    async def _resolve(self, tenant: int, number_id: int, peer: Peer, name: str | None, cause: str) -> PeerRoute:
        found = await self._database.run(peers.find_peer, tenant, number_id, peer)
        known = [route for route in (found.by_phone, found.by_lid) if route is not None]
        agreed = len(known) == len(peer_keys(peer.phone, peer.lid)) and len(set(known)) == 1
        if agreed and known[0].contact_id:  # without a contact it is the address book's to find or make one
            return known[0]
        command = Resolve(number_id=number_id, peer=peer, name=name)
        outcome = await self._bus.ask(Address(tenant, "contacts", 1), command, actor="contact", cause=cause)
        for recorded in outcome.recorded:
            if isinstance(event := recorded.event, PeerRouted):
                return PeerRoute(event.contact_id, event.conversation_id)
        found = await self._database.run(peers.find_peer, tenant, number_id, peer)
        route = found.by_phone or found.by_lid
        if route is None:
            raise LookupError("a peer that was just resolved leads nowhere")
        return route

    async def knows(self, tenant: int, number_id: int, peer: Peer) -> bool:
        """Whether the phone number of this peer leads somewhere already."""
        if self._routes.get((tenant, number_id, f"p:{peer.phone}")) is not None:
            return True
        return (await self._database.run(peers.find_peer, tenant, number_id, peer)).by_phone is not None

    async def unroute(self, tenant: int, conversation_id: int, cause: str) -> None:
        """The conversation is gone: whoever wrote in it gets a new one."""
        command = Unroute(conversation_id=conversation_id)
        await self._bus.ask(Address(tenant, "contacts", 1), command, actor="system", cause=cause)
        self.forget(tenant, conversation_id)

    def forget(self, tenant: int, conversation_id: int) -> None:
        """Drop what is cached of a conversation."""
        self._forgotten += 1
        for cache in (self._routes, self._messages):
            cache.drop_group(("conversation", tenant, conversation_id))

    def forget_number(self, tenant: int, number_id: int) -> None:
        """Look this number up again."""
        self._forgotten += 1
        self._numbers.drop_group(("number", tenant, number_id))

    def forget_tenant(self, tenant: int) -> None:
        """Drop what is cached of a workspace."""
        for cache in (self._numbers, self._routes, self._messages):
            cache.drop_group(tenant)

    def forget_contacts(self, tenant: int, contact_ids: Collection[int]) -> None:
        """These contacts are gone, or others now: look their routes up again."""
        self._forgotten += 1
        for contact_id in contact_ids:
            self._routes.drop_group(("contact", tenant, contact_id))

    def remember_message(self, tenant: int, number_id: int, key_id: str, conversation_id: int) -> None:
        """A message of the gateway's is in this conversation."""
        self._messages.put((tenant, number_id, key_id), conversation_id)

    async def conversation_of(self, tenant: int, number_id: int, key_id: str) -> int | None:
        """Which conversation a message is in, or None."""
        known = self._messages.get((tenant, number_id, key_id))
        if known is not None:
            return known
        found = await self._stored.get((tenant, number_id, key_id))
        if found is None:
            return None
        self.remember_message(tenant, number_id, key_id, found[0])
        return found[0]
