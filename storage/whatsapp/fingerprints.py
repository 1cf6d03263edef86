"""Whose words were put aside is known by fingerprints of addresses only.

A mark for a `peer` stands for what may be this customer's words: webhooks that were not understood, updates whose
message has not come.
"""

from __future__ import annotations

from typing import Any

from plixa.storage.eventlog.sealing import ApplicationKey

WHOSE = "tenant_id = $1 and number_id = $2 and (whose is null or whose && $3)"


def fingerprint(seal: ApplicationKey, tenant: int, number_id: int, address: str) -> bytes:
    """What a peer's address is known by where its words are put aside. address: as in the table `peers`."""
    return seal.fingerprint(_text(tenant, number_id, address))


def by_peer(row: Any, seal: ApplicationKey) -> tuple[object, ...]:
    """The mark names its tenant, a number and an address there."""
    number_id, _, address = row["ref"].partition(" ")
    return row["tenant_id"], int(number_id), seal.fingerprints(_text(row["tenant_id"], int(number_id), address))


def _text(tenant: int, number_id: int, address: str) -> str:
    return f"peer {tenant}/{number_id}/{address}"
