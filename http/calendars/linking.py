"""A member links their own calendar: to Google, back with a code, and at the end forgotten whatever Google says.

What comes back must be from the browser that went: the state is good once, for ten minutes, together with a cookie, and
only while the session that asked is one. Without that, somebody could link another person's calendar to their account.

| what raises, hangs or is cut off | then |
|---|---|
| the member refuses, or unticks a permission | nothing is linked; the page says which one is missing |
| Google does not answer the exchange | the page says so; they begin anew, nothing was kept |
| the page is loaded again | it says how it is by now |
| Google is away at the end | tried 5 times, within minutes; then the token is forgotten all the same |
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import msgspec
import structlog

from plixa.actors.calendars.links import LINKS, CalendarLinked, LinkCalendar, UnlinkCalendar
from plixa.engine.errors import PlixaError
from plixa.engine.events import Event
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.calendars.channels import Channels, hashed
from plixa.http.calendars.syncing import Syncing
from plixa.http.calendars.tokens import LinkKey, Tokens, belongs
from plixa.http.clients.google.errors import GoogleAway, GoogleError, GooglePasses, GoogleRefused
from plixa.http.clients.google.objects import Tokens as Granted
from plixa.http.clients.google.port import Google, person_of
from plixa.storage.calendars import links
from plixa.storage.eventlog.sealing import ApplicationKey, WrongKey
from plixa.storage.eventlog.statement import Row

CALLBACK = "/calendar/google/callback"
COOKIE = "plixa_calendar"
CONSENT = "calendar consent"
WITHIN = timedelta(minutes=10)
ENDED_AFTER = 5
"""So many tries to tell Google; the token is forgotten then."""
Outcome = Literal["linked", "refused", "missing", "expired", "failed"]
log = structlog.get_logger("plixa.calendars")


@dataclass(frozen=True, slots=True)
class NewLink:
    """What Google gave us for a link that is being made."""

    tenant: int
    user_id: int
    account: bytes
    refresh_token: str = field(repr=False)
    ends: datetime | None
    at: datetime

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        made = [each for each in events if isinstance(each, CalendarLinked)]
        keys: list[LinkKey] = [(self.tenant, self.user_id, each.number) for each in made]
        sealed = [(key, seal.seal(self.refresh_token.encode(), belongs(key))) for key in keys]
        return [(links.NEW_LINK, (*key, self.account, token, self.ends, self.at)) for key, token in sealed]


class Consent(msgspec.Struct, frozen=True):
    """What goes to Google and back, sealed. cookie: a hash of it."""

    tenant: int
    user_id: int
    session: int
    verifier: str
    cookie: str
    until: datetime


class Linking:
    """See the module's text."""

    def __init__(
        self, services: Services, google: Google, tokens: Tokens, channels: Channels, syncing: Syncing
    ) -> None:
        self._services = services
        self._google = google
        self._tokens = tokens
        self._channels = channels
        self._syncing = syncing

    @property
    def callback(self) -> str:
        """Where Google sends the browser back to."""
        return f"{self._services.public_url}{CALLBACK}"

    def begin(self, tenant: int, user_id: int, session: int, email: str) -> tuple[str, str]:
        """Where the member consents, and the cookie that their browser must bring back."""
        cookie, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        ends = self._services.clock.now() + WITHIN
        asked = Consent(tenant, user_id, session, verifier, hashed(cookie).hex(), ends)
        sealed = self._services.store.keyring.application_key.seal(msgspec.json.encode(asked), CONSENT)
        state = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        return self._google.consent_url(self.callback, state, verifier, email), cookie

    async def finish(self, state: str, cookie: str, code: str, error: str) -> tuple[Outcome, int, int]:
        """The browser is back. What came of it, and whose it is (0 where nobody knows)."""
        asked, now = self._read(state), self._services.clock.now()
        if asked is None or not hmac.compare_digest(asked.cookie, hashed(cookie).hex()) or asked.until < now:
            return "expired", 0, 0
        tenant, user_id, database = asked.tenant, asked.user_id, self._services.database
        await self._services.bus.own(tenant)  # or nothing may be spent here: it is all done where the workspace is
        if not await database.run(links.use_consent, tenant, user_id, hashed(state), asked.until):
            workspace = await self._services.bus.workspace(tenant)
            return "linked" if user_id in LINKS.of(workspace).of else "failed", tenant, user_id
        if not await database.run(links.session_lives, asked.session, now):
            return "expired", tenant, user_id
        if error or not code:
            return "refused", tenant, user_id
        return await self._linked(tenant, user_id, code, asked.verifier), tenant, user_id

    def _read(self, state: str) -> Consent | None:
        """What we had sealed ourselves; None for anything else."""
        try:
            sealed = base64.urlsafe_b64decode(state + "=" * (-len(state) % 4))
            opened = self._services.store.keyring.application_key.unseal(sealed, CONSENT)
            return msgspec.json.decode(opened, type=Consent)
        except (ValueError, WrongKey, msgspec.DecodeError):
            return None

    async def _linked(self, tenant: int, user_id: int, code: str, verifier: str) -> Outcome:
        try:
            granted = await self._google.exchange(code, self.callback, verifier)
            if granted.missing:
                return "missing"
            if granted.refresh_token is None:
                return "failed"
            await self._keep(tenant, user_id, granted, granted.refresh_token)
        except (GoogleError, GoogleAway, PlixaError) as error:
            log.warning("calendar_not_linked", tenant=tenant, error=error.code, reason=getattr(error, "reason", ""))
            return "failed"
        return "linked"

    async def _keep(self, tenant: int, user_id: int, granted: Granted, refresh_token: str) -> None:
        person, now = person_of(granted.id_token), self._services.clock.now()
        ends = None if granted.lasts is None else now + timedelta(seconds=min(granted.lasts, 10**9))
        link = NewLink(tenant, user_id, account_of(person.sub), refresh_token, ends, now)
        command = LinkCalendar(user_id=user_id, email=person.email)
        await self._services.bus.ask(
            Address(tenant, "workspace", tenant),
            command,
            actor=f"user:{user_id}",
            cause="consent",
            attach=[link],
            replayable=False,
        )

    # -- the end ------------------------------------------------------------------------------------------------------

    async def end(self, stored: StoredEffect) -> None:
        """A link is over: our events go if that was asked, channels stop, Google forgets, and so do we."""
        request = stored.effect.request
        key: LinkKey = (stored.owner.tenant, request["user_id"], request["number"])
        if await self._services.database.run(links.get_link, *key) is None:
            return
        try:
            await self._end_there(key, remove=bool(request.get("remove")))
        except (GoogleError, GoogleAway) as error:
            reason = getattr(error, "reason", "")
            if not isinstance(error, GoogleRefused) and stored.attempts < ENDED_AFTER:
                raise GooglePasses(reason) from error  # a try that counts, also where nobody is there
            log.info("calendar_ended_here_only", tenant=key[0], reason=reason)
        await self._forget(key)

    async def _end_there(self, key: LinkKey, *, remove: bool) -> None:
        row = await self._services.database.run(links.get_link, *key)
        linked_again = key[1] in LINKS.of(await self._services.bus.workspace(key[0])).of
        if remove and not linked_again:
            await self._syncing.take_out(key, row["account"])
        await self._channels.stop_all(key)
        if not await self._services.database.run(links.others_of_account, row["account"], *key):
            await self._google.revoke(await self._tokens.refresh_token(key))

    async def _forget(self, key: LinkKey) -> None:
        self._tokens.forget(key)
        await self._channels.forget_all(key)
        await self._services.database.run(links.drop_link, *key)
        if key[1] not in LINKS.of(await self._services.bus.workspace(key[0])).of:
            await self._services.database.run(links.drop_busy, *key[:2])

    async def leave(self, stored: StoredEffect) -> None:
        """Who is no member any more has no link, either."""
        command, tenant = UnlinkCalendar(user_id=stored.effect.request["user_id"]), stored.owner.tenant
        await self._services.bus.ask(
            Address(tenant, "workspace", tenant), command, actor="system", cause=f"effect:{stored.effect.id}"
        )

    async def leaving(self, tenant: int, worth_waiting: bool) -> None:
        """The workspace is about to be erased: its tokens are revoked, as far as Google can be reached."""
        for row in await self._services.database.run(links.links_of, tenant):
            key: LinkKey = (tenant, row["user_id"], row["connection"])
            try:
                await self._end_there(key, remove=False)
            except (GoogleError, GoogleAway):
                if worth_waiting:
                    raise
            await self._services.database.run(links.drop_link, *key)


def account_of(sub: str) -> bytes:
    """By which an account at Google is known again. It outlives the application key."""
    return hashlib.sha256(f"google account {sub}".encode()).digest()
