"""How effects at the gateway, and those of numbers, are carried out; the handlers are in `outbound.py`."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.http.outbox.queues import BULK, INNER

SENDS = Queue("sends", at_once=128, share=48)
MANY = Queue("sends to many", at_once=32, share=8, behind=True)
GATEWAY = Queue("gateway", at_once=64, share=24)
EFFECTS: Mapping[str, EffectSpec] = {
    # The conversation decides itself, by tries, time and what is behind it: `actors/conversation/sending.py`.
    "gateway.send": EffectSpec(queue=SENDS, tries=None, harmless=False),
    # The same; what goes to many waits in a queue of its own, and nobody for it.
    "gateway.send_one_of_many": EffectSpec(queue=MANY, tries=None, harmless=False),
    # Some twenty minutes; then the file is lost, and the message says so.
    "gateway.fetch": EffectSpec(queue=GATEWAY, tries=8, tells=True, always=True),
    # Blue ticks that come much later tell the customer nothing.
    "gateway.read": EffectSpec(queue=GATEWAY, tries=5),
    # Without its instance a number is nothing, and all that it is asked for waits for it.
    "gateway.create": EffectSpec(queue=GATEWAY, tries=None, tells=True),
    # The next thing that a person asks of the number waits behind these.
    "gateway.logout": EffectSpec(queue=GATEWAY, tries=8, tells=True, always=True),
    "gateway.restart": EffectSpec(queue=GATEWAY, tries=5, tells=True),
    # The instance would stay at the gateway, and cost its owner money.
    "gateway.remove": EffectSpec(queue=GATEWAY, tries=None, tells=True, always=True),
    # What it would find is lost otherwise. It holds up nothing but the number's next look-back.
    "gateway.backfill": EffectSpec(queue=BULK, tries=None, tells=True),
    # Decided and told; each is one message to an actor of ours, which fails only where that is overrun or crashes.
    "number.provision": EffectSpec(queue=INNER, tries=None),
    "number.remove": EffectSpec(queue=INNER, tries=None, always=True),
}
