"""Whose words may be in what is put aside: fingerprints of the addresses in it, so that it goes with whoever is erased.

Nothing of the gateway's form is trusted here: what is kept is what could not be understood. Where it is not known whose
words they are (no address, very many, a body that was cut), it is None, and they go with anybody of that number.
"""

from __future__ import annotations

import re

from plixa.actors.whatsapp.gateway import DeleteSeen, MessageUpdate, StatusSeen
from plixa.http.clients.numbers import canonical
from plixa.http.whatsapp.directory import NumberKey
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.whatsapp.fingerprints import fingerprint

MOST = 100
ADDRESS = re.compile(
    r"(?<![0-9_:])([0-9]{1,20})(?:_[0-9]{1,6})?(?::[0-9]{1,6})?@(s\.whatsapp\.net|c\.us|hosted\.lid|hosted|lid)"
)
OURS = re.compile(r'"sender"[ \t\r\n]{0,8}:[ \t\r\n]{0,8}"[^"]{0,64}"')
"""The envelope names our own number, too."""


def whose_body(seal: ApplicationKey, number: NumberKey, data: bytes) -> list[bytes] | None:
    """Of a body that could not be understood."""
    found: set[str] = set()
    for match in ADDRESS.finditer(OURS.sub("", data.decode("latin-1"))):
        found.add(f"l:{match[1]}" if match[2].endswith("lid") else f"p:{canonical(match[1])}")
        if len(found) > MOST:
            return None
    return [fingerprint(seal, number.tenant, number.number_id, address) for address in sorted(found)] or None


def whose_update(update: MessageUpdate) -> list[bytes] | None:
    """Of an update that came before its message: nobody's, where it has no words; else nobody knows."""
    return [] if isinstance(update, StatusSeen | DeleteSeen) else None
