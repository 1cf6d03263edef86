"""What the simulated Google is started with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSettings:
    """clock: unix seconds; None: the machine's. page: so many events a page. push: whether channels are told."""

    host: str = "127.0.0.1"
    port: int = 0
    client_id: str = "simulator.apps.example"
    client_secret: str = "simulator-secret"
    clock: Callable[[], float] | None = None
    zone: str = "America/Sao_Paulo"
    page: int = 50
    push: bool = True
