"""Resend's webhooks: what became of mails. Signed as Standard Webhooks are, under Svix's header names.

The signature is over the raw body, and is checked before anything of it is read. A report comes more than once, and in
any order: it is known by `svix-id`, and a late one never lowers what is known. Of a mail that is being handed over at
this moment the id is not known yet: that report is asked for again.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
from quart import Response, request
from quart_trio import QuartTrio

from plixa.engine.errors import PlixaError
from plixa.http.api.services import Services
from plixa.http.campaigns.leaving import address_hash
from plixa.http.campaigns.settings import RESEND_WEBHOOK_SECRET
from plixa.http.desk.parts import TICKET_MAIL
from plixa.storage.campaigns import recipients, statements as sql

LIMIT = 256 * 1024
SKEW = 300
MOST_SIGNATURES, LONGEST = 10, 2000
STATES = {
    "email.delivered": "delivered",
    "email.delivery_delayed": "delayed",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.failed": "failed",
    "email.suppressed": "suppressed",
}
log = structlog.get_logger("plixa.resend")


def keys_of(setting: str) -> list[bytes]:
    """The keys of `RESEND_WEBHOOK_SECRET`: one, or two with a comma between them. Raises `ValueError`."""
    each = (secret.strip().removeprefix("whsec_") for secret in setting.split(","))
    return [b64decode(secret, validate=True) for secret in each if secret]


def is_signed(keys: Sequence[bytes], headers: Any, body: bytes, now: float) -> bool:
    """Whether this is Resend's: by one of the keys, and not from long ago."""
    values = [headers.getlist(name) for name in ("svix-id", "svix-timestamp", "svix-signature")]
    if any(len(each) != 1 for each in values):
        return False
    id_, at, signatures = (each[0] for each in values)
    if len(signatures) > LONGEST or len(id_) > 256 or not (at.isascii() and at.isdigit() and len(at) < 12):
        return False
    if not id_ or abs(now - int(at)) > SKEW:
        return False
    signed = f"{id_}.{at}.".encode("utf-8", "replace") + body
    right = [b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys]
    given = [each.partition(",") for each in signatures.split(" ")[:MOST_SIGNATURES]]
    mine = [value.encode("ascii", "replace") for version, _, value in given if version == "v1"]
    return any(hmac.compare_digest(one, other) for one in mine for other in right)


def add_webhook(app: QuartTrio, services: Services) -> None:
    """Add `/v1/webhooks/resend`."""
    keys = keys_of(services.settings[RESEND_WEBHOOK_SECRET])

    @app.post("/v1/webhooks/resend")
    async def hear_of_mails() -> Response:
        request.max_content_length = LIMIT
        body: Any = await request.get_data(cache=False)
        if not is_signed(keys, request.headers, body, services.clock.now().timestamp()):
            return Response("", 401)
        try:
            return Response("", 200 if await heard(services, request.headers["svix-id"], body) else 503)
        except PlixaError as error:  # ours: it comes again
            log.warning("resend_report_waits", error=str(error))
            return Response("", 503)


async def heard(services: Services, id_: str, body: bytes) -> bool:
    """Take a report; false if it should come again. What is none of ours, or not understood, is taken, too."""
    if (received := _received(body)) is not None:
        row = (sql.HEARD, (0, id_, services.clock.now()))
        await services[TICKET_MAIL].take(received, id_, [row])
        return True
    kind, mail_id, to, why = _read(body)
    status = STATES.get(kind)
    if status is None or not mail_id:
        return True

    async def work(connection: Any) -> bool:
        async with connection.transaction():
            now = services.clock.now()
            if not await recipients.hear(connection, id_, now):
                return True
            return await _apply(services, connection, (status, mail_id, to, why), now)

    try:
        return await services.database.run(work)
    except _TooEarly:
        return False


def _received(body: bytes) -> dict[str, Any] | None:
    """What a report tells of a mail that came in; None for any other."""
    try:
        whole = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    data = whole.get("data")
    return data if whole.get("type") == "email.received" and isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType]


class _TooEarly(Exception):
    """Its mail is being handed over."""


BEING_SENT = "select exists (select from campaign_recipients where status = 'sending')"


async def _apply(
    services: Services, connection: Any, told: tuple[str, str, list[str], str | None], at: datetime
) -> bool:
    status, mail_id, to, why = told
    row = await recipients.report(connection, mail_id, status, why, at)
    if row is None and await connection.fetchval(BEING_SENT):
        raise _TooEarly
    permanent = status == "bounced" and why is not None and why.startswith("Permanent")
    if permanent or status in ("complained", "suppressed"):
        hashes = [bytes(row["email_hash"])] if row is not None else [_hash(services, each) for each in to[:50]]
        for hashed in hashes:
            await recipients.suppress(connection, hashed, "marketing", status, at)
    return True


def _hash(services: Services, email: str) -> bytes:
    return address_hash(services.store.keyring.application_key, email)


def _read(body: bytes) -> tuple[str, str, list[str], str | None]:
    """Type, mail, recipients and reason, as far as they are there."""
    try:
        whole = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return "", "", [], None
    data = whole.get("data")
    if not isinstance(data, dict):
        return "", "", [], None
    mail_id, to = data.get("email_id"), data.get("to")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    addresses = [each for each in to if isinstance(each, str)] if isinstance(to, list) else []  # pyright: ignore[reportUnknownVariableType]
    return str(whole.get("type") or ""), str(mail_id or "")[:200], addresses, _reason(data)  # pyright: ignore[reportUnknownArgumentType]


def _reason(data: dict[str, Any]) -> str | None:
    for name in ("bounce", "failed", "suppressed"):
        found = data.get(name)
        if isinstance(found, dict):
            parts = [found.get(each) for each in ("type", "subType", "reason", "message")]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            text = ": ".join(str(part) for part in parts if isinstance(part, str))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return text.replace("\0", "").encode(errors="replace").decode()[:500]
    return None
