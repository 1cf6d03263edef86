"""Which conversation and which contact the addresses of a peer lead to."""

from __future__ import annotations

from typing import Any

from plixa.actors.contacts.actor import PeerLookUp, PeerRoute
from plixa.actors.whatsapp.gateway import Peer


def peer_keys(phone: str | None, lid: str | None) -> list[str]:
    """How the table `peers` writes the addresses of a peer."""
    return [*([f"p:{phone}"] if phone else []), *([f"l:{lid}"] if lid else [])]


async def find_peer(connection: Any, tenant: int, number_id: int, peer: Peer) -> PeerLookUp:
    """The routes of a peer's addresses on a number, and the contact who has this phone on any number.

    Contacts that were merged into another one are followed there.
    """
    keys = peer_keys(peer.phone, peer.lid)
    rows = await connection.fetch(
        "select jid, contact_id as owner, coalesce(contact_root(tenant_id, contact_id), 0) as contact_id, "
        "conversation_id from peers where tenant_id = $1 and number_id = $2 and jid = any($3)",
        tenant,
        number_id,
        keys,
    )
    routes = {row["jid"]: PeerRoute(row["contact_id"], row["conversation_id"]) for row in rows}
    by_phone, by_lid = routes.get(f"p:{peer.phone}"), routes.get(f"l:{peer.lid}")
    contact_id = None
    if peer.phone is not None and not (by_phone and by_phone.contact_id):
        contact_id = await connection.fetchval(
            "select contact_root(tenant_id, id) from contacts where tenant_id = $1 and phone = $2", tenant, peer.phone
        )
    lid_owner = next((row["owner"] for row in rows if row["jid"].startswith("l:")), None)
    return PeerLookUp(by_phone, by_lid, contact_id, lid_owner)
