"""What each kind of effect is: where it waits, after how many tries in vain it is given up and why, who hears of it.

A try counts only while the far end was there: what waits for a gateway, a database or a network to come back waits as
long as that takes, and is tried as often as its pace allows (`engine/effects.py`). Tries are counted in the outbox's
row, so a restart forgets none.
"""

from __future__ import annotations

from collections.abc import Mapping

from plixa.engine.effect_spec import EffectSpec, Queue

SENDS = Queue("sends", at_once=128, share=48)
GATEWAY = Queue("gateway", at_once=64, share=24)
INNER = Queue("inner", at_once=64, share=16)
AI = Queue("ai", at_once=48, share=12)
MAILS = Queue("mails", at_once=16, share=4)
PUSHES = Queue("pushes", at_once=32, share=8)
BULK = Queue("bulk", at_once=8, share=2)
"""Files, erasures, imports, look-backs: nobody waits for them."""

EFFECTS: Mapping[str, EffectSpec] = {
    # The conversation decides itself, by tries, time and what is behind it: `actors/conversation/sending.py`.
    "gateway.send": EffectSpec(queue=SENDS, tries=None, harmless=False),
    # Some twenty minutes; then the file is lost, and the message says so.
    "gateway.fetch": EffectSpec(queue=GATEWAY, tries=8, tells=True),
    # Blue ticks that come much later tell the customer nothing.
    "gateway.read": EffectSpec(queue=GATEWAY, tries=5),
    # Without its instance a number is nothing, and all that it is asked for waits for it.
    "gateway.create": EffectSpec(queue=GATEWAY, tries=None, tells=True),
    # The next thing that a person asks of the number waits behind these.
    "gateway.logout": EffectSpec(queue=GATEWAY, tries=8, tells=True),
    "gateway.restart": EffectSpec(queue=GATEWAY, tries=5, tells=True),
    # The instance would stay at the gateway, and cost its owner money.
    "gateway.remove": EffectSpec(queue=GATEWAY, tries=None, tells=True),
    # What it would find is lost otherwise. It holds up nothing but the number's next look-back.
    "gateway.backfill": EffectSpec(queue=BULK, tries=None, tells=True),
    # Decided and told; each is one message to an actor of ours, which fails only where that is overrun or crashes.
    "number.provision": EffectSpec(queue=INNER, tries=None),
    "number.remove": EffectSpec(queue=INNER, tries=None),
    "workspace.cascade": EffectSpec(queue=INNER, tries=None),
    "conversation.merge": EffectSpec(queue=INNER, tries=None),
    "contact.capture": EffectSpec(queue=INNER, tries=20),
    # The queue is looked at again whenever somebody is free.
    "assignment.place": EffectSpec(queue=INNER, tries=20),
    "assignment.offer": EffectSpec(queue=INNER, tries=20),
    "assignment.tell": EffectSpec(queue=INNER, tries=20),
    # Erasure is a promise.
    "conversation.erase_parts": EffectSpec(queue=BULK, tries=None),
    "media.erase": EffectSpec(queue=BULK, tries=None),
    "workspace.erase": EffectSpec(queue=BULK, tries=None),
    # An orphan in the store of pictures costs next to nothing.
    "picture.delete": EffectSpec(queue=BULK, tries=30),
    # Given up by age, after two days (`http/workspace/erasure.py`), for mail servers put off for hours.
    "mail.send": EffectSpec(queue=MAILS, tries=None),
    "digest.send": EffectSpec(queue=MAILS, tries=20, tells=True),
    # News that is not new any more (`http/notifications/pushing.py`).
    "push.send": EffectSpec(queue=PUSHES, tries=3),
    # A customer waits: then a person gets the conversation.
    "ai.reply": EffectSpec(queue=AI, tries=3, tells=True),
    # Every chunk is kept; a file that cannot be worked through ends it (`http/contacts/importer.py`).
    "contacts.import": EffectSpec(queue=BULK, tries=None),
}
