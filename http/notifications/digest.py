"""The effect `digest.send`: fetch a period's figures; the workspace then asks for the mails."""

from __future__ import annotations

from datetime import date
from typing import Any

from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.storage.reports.digest import digest_stats, is_quiet


class Digests:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def digest(self, stored: StoredEffect) -> dict[str, Any]:
        """The mail's values; nothing if all was quiet, unless somebody asked for it."""
        request = stored.effect.request
        first, last = date.fromisoformat(request["first_day"]), date.fromisoformat(request["last_day"])
        stats = await self._services.database.run(digest_stats, stored.owner.tenant, request["timezone"], first, last)
        if request["only_to"] is None and is_quiet(stats):
            return {}
        values = {
            "company": request["company"],
            "period": request["frequency"],
            "from_date": request["first_day"],
            "to_date": request["last_day"],
            "stats": stats,
        }
        return {"values": values, "only_to": request["only_to"]}
