"""Appointments as documents for their customers' own calendars."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from plixa.actors.whatsapp.gateway import Media
from plixa.engine.errors import NotFound
from plixa.http.api.services import Services
from plixa.http.calendars import feeds
from plixa.http.conversation.parts import MEDIA
from plixa.storage.scheduling import reads

NAME = "appointment.ics"


class Inviting:
    """See `Invites` of `http/scheduling/inviting.py`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def file(self, tenant: int, appointments: Collection[int]) -> tuple[Media, str]:
        """Raises `NotFound`."""
        rows = await self._services.database.run(reads.get_appointments, tenant, appointments)
        if not rows:
            raise NotFound("appointment")
        workspace = await self._services.bus.workspace(tenant)
        data = feeds.invitation(rows, workspace, self._services.clock.now())
        stored = await self._services[MEDIA].put(tenant, hashlib.sha256(data).hexdigest(), data)
        return Media(mime=feeds.TYPE, bytes=len(data), file_name=NAME), stored
