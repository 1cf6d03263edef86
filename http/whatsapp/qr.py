"""QR codes on their way to a browser. They live 45 seconds, so they are kept in memory and never logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plixa.actors.whatsapp.gateway import QrSeen

FRESH = timedelta(seconds=50)


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code and when it came."""

    qr: QrSeen
    at: datetime


class QrBoard:
    """The latest code of each number."""

    def __init__(self) -> None:
        self._latest: dict[tuple[int, int], ShownCode] = {}

    def put(self, tenant: int, number_id: int, qr: QrSeen, at: datetime) -> None:
        """A new code replaces the last."""
        self._latest[tenant, number_id] = ShownCode(qr, at)

    def get(self, tenant: int, number_id: int, now: datetime) -> QrSeen | None:
        """The code, if it can still be scanned."""
        shown = self._latest.get((tenant, number_id))
        return shown.qr if shown is not None and now - shown.at < FRESH else None

    def clear(self, tenant: int, number_id: int) -> None:
        """The number is paired, or gone."""
        self._latest.pop((tenant, number_id), None)
