"""After how many tries in vain an effect is given up, by its kind: a number, or None and why it never is.

A try counts only while the far end was there: what waits for a gateway, a database or a network to come back waits as
long as that takes, and is tried as often as its pace allows (`engine/effects.py`). Tries are counted in the outbox's
row, so a restart forgets none; 2, 8, 32, 128 and then 300 seconds pass between two (`engine/outside.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

TRIES: Mapping[str, int | None] = {
    # The conversation decides itself, by tries, time and what is behind it: `actors/conversation/sending.py`.
    "gateway.send": None,
    # Some twenty minutes; then the file is lost, and the message says so.
    "gateway.fetch": 8,
    # Blue ticks that come much later tell the customer nothing.
    "gateway.read": 5,
    # Without its instance a number is nothing, and all that it is asked for waits for it.
    "gateway.create": None,
    # The next thing that a person asks of the number waits behind these.
    "gateway.logout": 8,
    "gateway.restart": 5,
    # What is removed here and not there would go on receiving, and cost its owner a linked device.
    "gateway.remove": None,
    # What it would find is lost otherwise. It holds up nothing but the number's next look-back.
    "gateway.backfill": None,
    # Decided and told; each is one message to an actor of ours, which fails only where that is overrun or crashes.
    "number.provision": None,
    "number.remove": None,
    "workspace.cascade": None,
    "conversation.merge": None,
    "contact.capture": 20,
    # The queue is looked at again whenever somebody is free.
    "assignment.place": 20,
    "assignment.offer": 20,
    "assignment.tell": 20,
    # Erasure is a promise.
    "conversation.erase_parts": None,
    "media.erase": None,
    "workspace.erase": None,
    # An orphan in the store of pictures costs next to nothing.
    "picture.delete": 30,
    # Given up by age, after two days (`http/chores.py`), for mail servers put off for hours.
    "mail.send": None,
    "digest.send": 20,
    # News that is not new any more (`http/pushing.py`).
    "push.send": 3,
    # A customer waits: then a person gets the conversation.
    "ai.reply": 3,
    # Every chunk is kept; a file that cannot be worked through ends it (`http/contacts/importer.py`).
    "contacts.import": None,
}
