"""The queues of effects that belong to no one feature."""

from __future__ import annotations

from plixa.engine.effect_spec import Queue

INNER = Queue("inner", at_once=64, share=16)
"""One actor's decision that others must follow."""
BULK = Queue("bulk", at_once=8, share=2)
"""Files, erasures, imports, look-backs: nobody waits for them."""
