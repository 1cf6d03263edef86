"""The calls, each one method: values in, structs out, `GoogleError` or `GoogleAway` where it fails."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
import structlog

from plixa.http.clients.bounded import FarAnswer, NoAnswer, exchange
from plixa.http.clients.google import objects as o
from plixa.http.clients.google.errors import (
    CalendarFull,
    GoogleAway,
    GoogleError,
    GooglePasses,
    GoogleRefused,
    LinkDead,
    Misconfigured,
)
from plixa.http.clients.tls import trusted

WITHIN = 10.0
LARGEST = 8 * 1024 * 1024
PER_PAGE = 2500
RATES = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded"})
PASSING = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})
OURS = frozenset({"invalid_client", "deleted_client", "unauthorized_client", "redirect_uri_mismatch", "invalid_scope"})
FIELDS = (
    "items(id,etag,status,start,end,transparency,eventType,attendees(self,responseStatus),"
    "extendedProperties/private),nextPageToken,nextSyncToken,timeZone"
)
"""Neither titles nor guests come into our memory."""
T = TypeVar("T")
log = structlog.get_logger("plixa.google")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where Google is: the page to consent on, tokens, and the Calendar API."""

    consent: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"
    revoke: str = "https://oauth2.googleapis.com/revoke"
    calendar: str = "https://www.googleapis.com/calendar/v3"

    @classmethod
    def at(cls, base: str) -> Addresses:
        """All of them under one; the real ones where it is empty."""
        if not base:
            return cls()
        return cls(f"{base}/o/oauth2/v2/auth", f"{base}/token", f"{base}/revoke", f"{base}/calendar/v3")


class Google:
    """See the module's text. client_id, client_secret: of our OAuth client. transport: another way to reach it."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        addresses: Addresses,
        within: float = WITHIN,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._id = client_id
        self._secret = client_secret
        self.at = addresses
        self._within = within
        self._client = httpx.AsyncClient(
            verify=trusted(), trust_env=False, timeout=within, follow_redirects=False, transport=transport
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    # -- consent and tokens -------------------------------------------------------------------------------------------

    def consent_url(self, redirect: str, state: str, verifier: str, hint: str) -> str:
        """Where a member consents."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": self._id,
            "redirect_uri": redirect,
            "response_type": "code",
            "scope": " ".join(["openid", "email", *(f"{o.PREFIX}{each}" for each in o.SCOPES)]),
            "access_type": "offline",
            "prompt": "consent",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": hint,
        }
        return f"{self.at.consent}?{urlencode(asked)}"

    async def exchange(self, code: str, redirect: str, verifier: str) -> o.Tokens:
        """A code for tokens; it works once."""
        return await self._tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier}
        )

    async def refresh(self, refresh_token: str) -> o.Tokens:
        """A new access token. Raises `LinkDead` where the member has taken it back."""
        return await self._tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    async def revoke(self, token: str) -> None:
        """Take back all that the account has granted this project. One that is dead already is fine."""
        answer = await self._exchange("POST", self.at.revoke, form={"token": token})
        if answer.status >= 500 or answer.status == 429:
            raise GoogleAway(str(answer.status))

    async def probe(self) -> tuple[str, float | None]:
        """How the token endpoint refuses a token that never was (`invalid_grant` where it knows our client), and by how
        many seconds our clock is ahead of Google's, where it says its own."""
        form = {"grant_type": "refresh_token", "refresh_token": "never"}
        whole = {**form, "client_id": self._id, "client_secret": self._secret}
        answer = await self._exchange("POST", self.at.token, form=whole)
        return reason_of(answer) or str(answer.status), _ahead(answer.headers.get("date"))

    async def _tokens(self, form: Mapping[str, str]) -> o.Tokens:
        whole = {**form, "client_id": self._id, "client_secret": self._secret}
        answer = await self._exchange("POST", self.at.token, form=whole)
        if answer.status != 200:
            raise _of_tokens(answer)
        return _read(answer, o.Tokens)

    # -- events -------------------------------------------------------------------------------------------------------

    async def insert(self, token: str, calendar: str, event: o.Json) -> o.Event:
        """Raises `GoogleRefused` with 409 where the id is taken, be it by a deleted one."""
        return await self._call("POST", f"{_events(calendar)}?sendUpdates=none", token, o.Event, body=event)

    async def patch(self, token: str, calendar: str, id_: str, event: o.Json) -> o.Event:
        """Only the fields that are given."""
        return await self._call("PATCH", f"{_events(calendar)}/{id_}?sendUpdates=none", token, o.Event, body=event)

    async def delete(self, token: str, calendar: str, id_: str) -> None:
        """One that is gone already is fine."""
        try:
            await self._call("DELETE", f"{_events(calendar)}/{id_}?sendUpdates=none", token)
        except GoogleRefused as error:
            if error.http_status not in (404, 410):
                raise

    async def get(self, token: str, calendar: str, id_: str) -> o.Event | None:
        """Also one that is deleted; None where there never was one."""
        try:
            return await self._call("GET", f"{_events(calendar)}/{id_}", token, o.Event)
        except GoogleRefused as error:
            if error.http_status == 404:
                return None
            raise

    async def list_events(
        self, token: str, calendar: str, asked: Mapping[str, str], within: float | None = None
    ) -> o.Page:
        """One page. Raises `GoogleRefused` with 410 where a sync token is too old."""
        query = urlencode({"maxResults": str(PER_PAGE), "fields": FIELDS, **asked})
        return await self._call("GET", f"{_events(calendar)}?{query}", token, o.Page, within=within)

    async def free_busy(self, token: str, calendar: str, first: int, last: int) -> list[tuple[int, int]]:
        """What is busy, our own included. Raises `GooglePasses` where Google could not look: that is not free."""
        items = {"items": [{"id": calendar}]}
        asked = {"timeMin": o.instant_text(first), "timeMax": o.instant_text(last), **items}
        found = await self._call("POST", "/freeBusy", token, o.FreeBusy, body=asked)
        looked = found.calendars.get(calendar)
        if looked is None or looked.errors:
            raise GooglePasses("freeBusy" if looked is None else looked.errors[0].reason[:40])
        return o.spans(looked.busy)

    # -- channels -----------------------------------------------------------------------------------------------------

    async def watch(self, token: str, calendar: str, id_: str, address: str, secret: str, until_ms: int) -> o.Channel:
        """Be told of changes at an https address. Google may shorten the time."""
        body = {"id": id_, "type": "web_hook", "address": address, "token": secret, "expiration": until_ms}
        return await self._call("POST", f"{_events(calendar)}/watch", token, o.Channel, body=body)

    async def stop(self, token: str, id_: str, resource: str) -> None:
        """One that is gone already is fine."""
        try:
            await self._call("POST", "/channels/stop", token, body={"id": id_, "resourceId": resource})
        except GoogleRefused as error:
            if error.http_status not in (401, 404, 410):
                raise

    # -- how all of them are made -------------------------------------------------------------------------------------

    async def _call(
        self,
        method: str,
        path: str,
        token: str,
        kind: type[T] | None = None,
        *,
        body: o.Json | None = None,
        within: float | None = None,
    ) -> T:
        answer = await self._exchange(method, f"{self.at.calendar}{path}", token=token, body=body, within=within)
        if not answer.ok:
            raise _of_calendar(answer)
        nothing: Any = None
        return nothing if kind is None else _read(answer, kind)

    async def _exchange(
        self,
        method: str,
        url: str,
        *,
        token: str = "",
        form: Mapping[str, str] | None = None,
        body: o.Json | None = None,
        within: float | None = None,
    ) -> FarAnswer:
        headers = {"accept-encoding": "identity", **({"authorization": f"Bearer {token}"} if token else {})}
        more: dict[str, Any] = {"data": form} if form is not None else {"json": body} if body is not None else {}
        request = self._client.build_request(method, url, headers=headers, **more)
        try:
            answer = await exchange(self._client, request, within=within or self._within, limit=LARGEST)
        except NoAnswer as error:
            kind = GooglePasses if error.arrived else GoogleAway
            raise kind("no answer") from error
        if not answer.whole:
            raise GooglePasses("too long an answer")
        return answer


def _events(calendar: str) -> str:
    return f"/calendars/{quote(calendar, safe='')}/events"


def _read(answer: FarAnswer, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise GooglePasses("no JSON of the kind that was expected") from None


class _Reason(msgspec.Struct, frozen=True):
    reason: str = ""


class _Error(msgspec.Struct, frozen=True):
    errors: tuple[_Reason, ...] = ()
    status: str = ""
    message: str = ""


class _Body(msgspec.Struct, frozen=True):
    error: _Error | str = ""


def reason_of(answer: FarAnswer) -> str:
    """Google's short code; never its words, which may quote what it was sent."""
    try:
        error = msgspec.json.decode(answer.content, type=_Body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    found = error if isinstance(error, str) else (error.errors[0].reason if error.errors else error.status)
    return found if len(found) <= 60 and found.replace("_", "").replace(".", "").isalnum() else ""


def _of_tokens(answer: FarAnswer) -> GoogleError | GoogleAway:
    reason = reason_of(answer)
    if answer.status in (408, 429) or answer.status >= 500 or reason in PASSING or not reason:
        return GoogleAway(reason or str(answer.status))
    log.info("google_refused", status=answer.status, reason=reason)
    kind = LinkDead if reason == "invalid_grant" else Misconfigured if reason in OURS else GoogleRefused
    return kind(answer.status, reason)


def _of_calendar(answer: FarAnswer) -> GoogleError | GoogleAway:
    reason, status = reason_of(answer), answer.status
    if status == 429 or (status == 403 and reason in RATES) or status in (502, 503, 504):
        return GoogleAway(reason or str(status))
    if status == 403 and reason == "quotaExceeded":
        return CalendarFull(reason)
    if status >= 500 or status == 408 or status < 400:
        return GooglePasses(reason or str(status))
    if reason == "accessNotConfigured":
        return Misconfigured(status, reason)
    return GoogleRefused(status, reason)


@asynccontextmanager
async def open_google(client_id: str, secret: str, base: str, within: float = WITHIN) -> AsyncGenerator[Google | None]:
    """Google, for as long as the block lasts; None without a client id."""
    if not client_id:
        yield None
        return
    found = Google(client_id, secret, Addresses.at(base), within)
    try:
        yield found
    finally:
        await found.aclose()


def _ahead(date: str | None) -> float | None:
    try:
        theirs = parsedate_to_datetime(date or "")
        return (datetime.now(UTC) - theirs).total_seconds()
    except (TypeError, ValueError):
        return None


def person_of(id_token: str | None) -> o.Person:
    """Whose account it is; the token came straight from Google over TLS. Raises `GooglePasses` for what is none."""
    try:
        payload = (id_token or "").split(".")[1]
        raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        found = msgspec.json.decode(raw, type=o.Person)
    except (IndexError, ValueError, msgspec.DecodeError):
        raise GooglePasses("no id token") from None
    return o.Person(found.sub[:255], found.email[:320])
