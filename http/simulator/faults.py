"""What can be made to go wrong, and how often. Switched at run time with `PUT /sim/faults`.

Each fault is drawn from a generator of its own, so that switching one on does not change when the others strike; with a
seed and the same requests in the same order the same ones fail.
"""

from __future__ import annotations

from random import Random
from typing import Annotated

from msgspec import Meta, Struct

Probability = Annotated[float, Meta(ge=0, le=1)]


class Faults(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `PUT /sim/faults`: what is left out is off. Probabilities are 0 to 1, times are milliseconds."""

    slow_ms: Annotated[int, Meta(ge=0, le=600_000)] = 0
    """Added before a gateway call is worked on."""
    slow: Probability = 1.0
    """How many calls `slow_ms` hits."""
    error_rate: Probability = 0.0
    """Calls that are answered with `error_status` and do nothing."""
    error_status: Annotated[int, Meta(ge=500, le=599)] = 503
    drop_after_send: Probability = 0.0
    """Sends whose message goes out, whereupon the connection is closed without an answer."""
    refuse: Probability = 0.0
    """Sends answered 201 and then refused by WhatsApp: `messages.update` with ERROR."""
    no_menus: Probability = 0.0
    """`sendButtons` and `sendList` refused, as by a release or a channel that has neither."""
    duplicate: Probability = 0.0
    """Webhooks that are emitted twice, the second with a new `date_time`."""
    reorder: Probability = 0.0
    """Webhooks held back by up to `reorder_ms`, so that later ones overtake them."""
    reorder_ms: Annotated[int, Meta(ge=0, le=600_000)] = 500
    silence: Probability = 0.0
    """Webhooks never emitted; findMessages still shows the messages."""
    no_look_ups: Probability = 0.0
    """Calls of findMessages answered 500."""
    dead_files: Probability = 0.0
    """Files that are gone at WhatsApp: getBase64FromMediaMessage answers 400, after `dead_files_ms`."""
    dead_files_ms: Annotated[int, Meta(ge=0, le=600_000)] = 5000
    timed_out: tuple[str, ...] = ()
    """Phones to which nothing goes out: sends to them are answered 400 "Timed Out"."""
    seed: int | None = None
    """Starts the generators anew."""


class Chance:
    """The dice behind `Faults`."""

    def __init__(self, seed: int | None) -> None:
        self.faults = Faults()
        self._seed = seed
        self._dice: dict[str, Random] = {}

    def switch(self, faults: Faults) -> None:
        """Take over new settings; with a seed all dice start anew."""
        if faults.seed is not None:
            self._seed, self._dice = faults.seed, {}
        self.faults = faults

    def strikes(self, fault: str) -> bool:
        """Whether this fault, a field of `Faults` that holds a probability, hits now."""
        probability: float = getattr(self.faults, fault)
        return probability > 0 and self._die(fault).random() < probability

    def hold_back(self) -> float:
        """Seconds by which this webhook comes late."""
        if not self.strikes("reorder"):
            return 0.0
        return self._die("reorder_ms").uniform(0.2, 1.0) * self.faults.reorder_ms / 1000

    def jitter(self, factor: float) -> float:
        """A factor around 1."""
        return 1 + self._die("jitter").uniform(-factor, factor)

    def _die(self, name: str) -> Random:
        if name not in self._dice:
            # A text as seed is hashed the same way in every process, which a tuple is not.
            self._dice[name] = Random() if self._seed is None else Random(f"{self._seed}:{name}")
        return self._dice[name]
