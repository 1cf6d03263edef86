"""What the audit says of broadcasts' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told

TELLS: Mapping[str, Tell] = {
    "broadcast.created": Told("wrote a broadcast", "criou uma transmissão", "creó una difusión"),
    "broadcast.started": Told("started a broadcast", "iniciou uma transmissão", "inició una difusión"),
    "broadcast.number_chosen": None,
    "broadcast.frozen": None,
    "broadcast.released": None,
    "broadcast.woken": None,
    "broadcast.paused": Told("paused a broadcast", "pausou uma transmissão", "pausó una difusión"),
    "broadcast.resumed": Told("let a broadcast go on", "retomou uma transmissão", "reanudó una difusión"),
    "broadcast.cancelled": Told("cancelled a broadcast", "cancelou uma transmissão", "canceló una difusión"),
    "broadcast.closed": None,
    "broadcast.done": None,
}
