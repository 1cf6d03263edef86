"""What the simulator is started with. Frozen: what changes at run time is in `faults` and in `world`.

All durations are seconds. Every limit is a bound on memory, so that a receiver that is down, or a benchmark that runs
all night, cannot make the process grow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

VERSION = "2.3.7"
"""The release of the gateway whose wire format is spoken."""


@dataclass(frozen=True)
class WebhookPolicy:
    """How webhooks are delivered; the defaults are those of the gateway (its WEBHOOK_RETRY_* environment)."""

    attempts: int = 10
    """In all, the first one included."""
    initial_delay: float = 5.0
    max_delay: float = 300.0
    exponential: bool = True
    jitter: float = 0.2
    """0.2 is plus or minus 20 %; a delay is never shorter than `initial_delay`."""
    timeout: float = 30.0
    non_retryable: frozenset[int] = frozenset({400, 401, 403, 404, 422})
    max_pending: int = 10_000
    """Events that wait for an answer or for a retry. The next one is dropped and counted."""
    max_pending_bytes: int = 128 * 1024 * 1024
    max_parallel: int = 100
    """POSTs on the wire at once, over all instances."""


@dataclass(frozen=True)
class SimulatorSettings:
    """Where the simulator listens, who may call it, and how fast its WhatsApp is."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0 takes a free one; `serve` reports it."""
    api_key: str = "simulator"
    """The global key: it may do everything."""
    public_url: str | None = None
    """What QR codes, pictures and `server_url` begin with; None is where it listens."""
    seed: int | None = None
    """Makes the faults repeatable; None takes chance from the operating system."""
    pairing: Literal["auto", "manual"] = "auto"
    """auto: an instance pairs by itself, `auto_pair_delay` after its QR code was first fetched."""
    auto_pair_delay: float = 1.0
    qr_delay: float = 0.0
    """From connect to the first QR code."""
    qr_interval: float = 45.0
    qr_limit: int = 30
    removal_delay: float = 1.0
    """From the answer to a deletion until the instance is gone and its name is free."""
    server_ack_delay: float = 0.15
    """From the answer to an API send to the first tick; each delay counts from the step before."""
    delivery_delay: float = 0.35
    read_delay: float = 0.8
    auto_read: bool = False
    """Every customer reads every message, as if all phones lay open."""
    expose_api_key: bool = False
    """Puts the instance's token into each webhook body (AUTHENTICATION_EXPOSE_IN_FETCH_INSTANCES)."""
    data: Path | None = None
    """The folder where its state outlives it; None keeps everything in memory alone."""
    reconnect_delay: float = 0.3
    """After a restart, until an instance that was linked is open again."""
    webhook: WebhookPolicy = field(default_factory=WebhookPolicy)
    max_body: int = 136 * 1024 * 1024
    max_instances: int = 2_000
    max_phones: int = 100_000
    max_messages: int = 20_000
    """Messages kept per instance; the oldest goes first."""
    max_media_bytes: int = 128 * 1024 * 1024
    """Files kept over all instances; the oldest goes first."""
