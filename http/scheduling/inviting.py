"""Appointments as a calendar file, for whoever writes to customers; the feature that knows calendars brings it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from plixa.actors.whatsapp.gateway import Media
from plixa.http.api.services import Part


class Invites(Protocol):
    """What the feature that links calendars brings."""

    async def file(self, tenant: int, appointments: Collection[int]) -> tuple[Media, str]:
        """These as one document, and as what it is stored. Raises `NotFound` where there is none of them any more."""
        ...


INVITES = Part[Invites]("calendar files")
