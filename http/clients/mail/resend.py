"""Resend's HTTP API (https://resend.com/docs/api-reference/emails/send-email).

Invariant: the `Idempotency-Key` of a request is the mail's id, which Resend remembers for 24 hours; so whatever is in
doubt may simply be sent again within that time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import httpx
import msgspec

from plixa.engine.clock import Clock
from plixa.http.clients.bounded import Closes, FarAnswer, NoAnswer, exchange, retry_after
from plixa.http.clients.mail.errors import (
    BadAddress,
    MailError,
    MailLater,
    MailMisconfigured,
    MailRefused,
    MailUncertain,
)
from plixa.http.clients.mail.message import extra_headers
from plixa.http.clients.mail.port import Mail, ascii_address
from plixa.http.clients.tls import trusted

_WITHIN = 30.0  # seconds for all of a request
_ANSWER = 64 * 1024  # bytes
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_QUOTA_AFTER = 3600.0  # seconds: the day's or the month's mails are used up


class ResendMailer(Closes):
    """One account. Close it, or use it as `async with ResendMailer(url, key, sender, clock) as mailer`."""

    repeatable = timedelta(hours=24)

    def __init__(self, base_url: str, api_key: str, sender: str, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"authorization": f"Bearer {api_key}", "accept-encoding": "identity", "user-agent": "Plixa"},
            timeout=_TIMEOUT,
            verify=trusted(),
            trust_env=False,  # the key goes to Resend and to no proxy that the environment names
        )

    async def aclose(self) -> None:
        """Close all connections; requests under way fail."""
        await self._http.aclose()

    async def send(self, mail: Mail) -> str:
        """As `Mailer.send`; the id is Resend's."""
        request = self._http.build_request(
            "POST", "/emails", json=self._body(mail), headers={"idempotency-key": mail.idempotency_id}
        )
        try:
            answer = await exchange(self._http, request, within=_WITHIN, limit=_ANSWER)
        except NoAnswer as error:
            if error.arrived:
                raise MailUncertain(f"Resend did not answer: {error.reason}.") from error
            if error.hopeless:
                raise MailMisconfigured(f"RESEND_URL cannot be called: {error.reason}.") from error
            raise MailLater(f"Resend cannot be reached: {error.reason}. Try again later.") from error
        fields = _fields(answer)
        if not answer.ok:
            raise self._failure(answer, fields)
        if not isinstance(fields.get("id"), str):
            raise MailUncertain(f"Resend answered {answer.status} and named no mail: {answer.start()}")
        return str(fields["id"])

    def _body(self, mail: Mail) -> dict[str, object]:
        return {
            "from": self._sender,
            "to": [ascii_address(mail.to)],
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
            "headers": extra_headers(mail),
            "tags": [{"name": "kind", "value": mail.tag}],
            **({"reply_to": ascii_address(mail.reply_to)} if mail.reply_to else {}),
        }

    def _failure(self, answer: FarAnswer, fields: Mapping[str, object]) -> MailError:
        """What a refusal means; Resend names its errors, and uses one status for several."""
        name, said = str(fields.get("name", "")), str(fields.get("message", "")) or answer.start()
        message = f"Resend answered {answer.status} {name}: {said}"[:400]
        if answer.status == 429:
            named = retry_after(answer.headers, self._clock.now())
            return MailLater(message, after=_QUOTA_AFTER if "quota" in name else named)
        if answer.status >= 500 or answer.status == 408 or name == "concurrent_idempotent_requests":
            return MailUncertain(message)
        if answer.status in (401, 403, 404, 405) or answer.status < 400 or name == "invalid_from_address":
            return MailMisconfigured(f"{message} Check RESEND_API_KEY, RESEND_URL and MAIL_FROM.")
        if "`to`" in said:
            return BadAddress(message)
        return MailRefused(message)


def _fields(answer: FarAnswer) -> Mapping[str, object]:
    try:
        decoded: object = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return cast("Mapping[str, object]", decoded) if isinstance(decoded, dict) else {}
