"""Being told of changes: a channel a link, made anew before it ends, and stopped with the link.

Google posts without a body; whoever is not known, or does not know the channel's secret, is answered the same and
nothing happens. Channels are a convenience: where none can be made (an address that is not https), the look finds all.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import structlog

from plixa.http.api.services import Services
from plixa.http.calendars.mirror import CALENDAR
from plixa.http.calendars.tokens import LinkKey, Tokens
from plixa.http.clients.google.errors import GoogleAway, GoogleError, LinkDead
from plixa.http.clients.google.port import Google
from plixa.storage.calendars import links

PATH = "/v1/webhooks/google-calendar"
LASTS = timedelta(days=7)
RENEW = timedelta(days=1)
log = structlog.get_logger("plixa.calendars")


class Channels:
    """See the module's text."""

    def __init__(self, services: Services, google: Google, tokens: Tokens) -> None:
        self._services = services
        self._google = google
        self._tokens = tokens

    @property
    def possible(self) -> bool:
        """Whether Google would post to us: https, or a Google on this very machine."""
        near = urlsplit(self._google.at.calendar).hostname in ("127.0.0.1", "localhost", "::1")
        return self._services.public_url.startswith("https://") or near

    async def ensure(self, key: LinkKey) -> None:
        """One that lasts. Raises nothing but that the link is dead."""
        if not self.possible:
            return
        now = self._services.clock.now()
        known = await self._services.database.run(links.channels_of, *key[:2])
        mine = [each for each in known if each["connection"] == key[2] and each["resource_id"]]
        if mine and mine[0]["expires_at"] - now > RENEW:
            return
        try:
            await self._open(key, now)
            for each in known:
                await self._stop(key, each["channel_id"], each["resource_id"])
        except LinkDead:
            raise
        except (GoogleError, GoogleAway) as error:
            log.info("calendar_channel_refused", reason=getattr(error, "reason", ""))

    async def _open(self, key: LinkKey, now: datetime) -> None:
        """Written down first: Google may post before it answers."""
        id_, secret, ends = uuid.uuid4().hex, secrets.token_urlsafe(32), now + LASTS
        kept = (*key[:2], id_, key[2], hashed(secret))
        await self._services.database.run(links.put_channel, *kept, "", ends)
        address, until = f"{self._services.public_url}{PATH}", int(ends.timestamp() * 1000)
        made = await self._tokens.use(
            key, lambda token: self._google.watch(token, CALENDAR, id_, address, secret, until)
        )
        try:
            ends = datetime.fromtimestamp(int(made.expiration) / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            log.warning("calendar_channel_without_end")
        await self._services.database.run(links.put_channel, *kept, made.resource_id[:255], ends)

    async def stop_all(self, key: LinkKey) -> None:
        """All of a link that is over. Raises `GoogleError`, `GoogleAway`."""
        for each in await self._services.database.run(links.channels_of, *key[:2]):
            if each["connection"] == key[2]:
                await self._stop(key, each["channel_id"], each["resource_id"])

    async def _stop(self, key: LinkKey, channel: str, resource: str) -> None:
        if resource:
            await self._tokens.use(key, lambda token: self._google.stop(token, channel, resource))
        await self._services.database.run(links.drop_channel, channel)

    async def forget_all(self, key: LinkKey) -> None:
        """Whatever Google still posts is nobody's."""
        for each in await self._services.database.run(links.channels_of, *key[:2]):
            if each["connection"] == key[2]:
                await self._services.database.run(links.drop_channel, each["channel_id"])

    async def hear(self, headers: Mapping[str, str]) -> bool:
        """Whether this is a change in a calendar that is linked; then it is looked at soon. headers: names in small."""
        id_, secret = headers.get("x-goog-channel-id", ""), headers.get("x-goog-channel-token", "")
        resource, state = headers.get("x-goog-resource-id", ""), headers.get("x-goog-resource-state", "")
        if not (0 < len(id_) <= 64 and len(secret) <= 256 and len(resource) <= 255) or state == "sync":
            return False
        now = self._services.clock.now()
        row = await self._services.database.run(links.get_channel, id_)
        if row is None or row["expires_at"] < now or not hmac.compare_digest(row["secret"], hashed(secret)):
            return False
        if row["resource_id"] and row["resource_id"] != resource:
            return False
        await self._services.database.run(links.hurry, row["tenant_id"], row["user_id"], now)
        return True


def hashed(secret: str) -> bytes:
    """How a secret of ours is kept."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()
