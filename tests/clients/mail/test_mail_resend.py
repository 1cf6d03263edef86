"""Resend's API on loopback: what arrives, and what each of its answers means."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import trio
from specimen import CLOCK, MAIL, SENDER
from tests.clients.far_end import Asked, FarEnd, HangUp, Reply, open_far_end

from plixa.http.clients.mail.errors import (
    BadAddress,
    MailError,
    MailLater,
    MailMisconfigured,
    MailRefused,
    MailUncertain,
)
from plixa.http.clients.mail.resend import ResendMailer


class Resend:
    """The API; `reply` is its next answer."""

    def __init__(self) -> None:
        self.reply: Reply | None = Reply(200, b'{"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}')
        self.far: FarEnd

    async def script(self, asked: Asked) -> Reply:
        if self.reply is None:
            raise HangUp
        return self.reply


@pytest.fixture
async def resend(nursery: trio.Nursery) -> Resend:
    resend = Resend()
    resend.far = await open_far_end(nursery, resend.script)
    return resend


async def test_resend_gets_the_mail_and_its_idempotency_key(resend: Resend) -> None:
    async with ResendMailer(resend.far.url, "re_key", SENDER, CLOCK) as mailer:
        assert await mailer.send(MAIL) == "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"
        assert mailer.repeatable == timedelta(hours=24)
    asked = resend.far.asked[0]
    assert (asked.method, asked.target) == ("POST", "/emails")
    assert asked.headers["authorization"] == "Bearer re_key"
    assert asked.headers["idempotency-key"] == "invitation/17"
    body = json.loads(asked.body)
    assert {key: body[key] for key in ("from", "to", "subject", "text", "html", "tags")} == {
        "from": SENDER,
        "to": ["ana@example.com"],
        "subject": MAIL.subject,
        "text": MAIL.text,
        "html": MAIL.html,
        "tags": [{"name": "kind", "value": "invitation"}],
    }
    assert body["headers"]["List-Unsubscribe"] == "<https://plixa.app/u/1>"


def said(name: str, message: str = "No.") -> bytes:
    return json.dumps({"name": name, "message": message}).encode()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(422, said("validation_error", "Invalid `to` field.")), BadAddress),
        (Reply(422, said("validation_error")), MailRefused),
        (Reply(422, said("invalid_from_address")), MailMisconfigured),
        (Reply(400, said("validation_error")), MailRefused),
        (Reply(401, said("missing_api_key")), MailMisconfigured),
        (Reply(403, said("validation_error", "The plixa.app domain is not verified.")), MailMisconfigured),
        (Reply(404, b"<html>"), MailMisconfigured),
        (Reply(301, b"", (("location", "https://elsewhere.example"),)), MailMisconfigured),
        (Reply(409, said("invalid_idempotent_request")), MailRefused),
        (Reply(409, said("concurrent_idempotent_requests")), MailUncertain),
        (Reply(429, said("rate_limit_exceeded"), (("retry-after", "7"),)), MailLater),
        (Reply(429, said("daily_quota_exceeded")), MailLater),
        (Reply(451, said("security_error")), MailRefused),
        (Reply(500, said("application_error")), MailUncertain),
        (Reply(503, b"\xff\x00<html>"), MailUncertain),
        (Reply(200, b"[]"), MailUncertain),
        (Reply(200, b"not json"), MailUncertain),
        (None, MailUncertain),
    ],
)
async def test_what_an_answer_of_resend_means(resend: Resend, reply: Reply | None, error: type[MailError]) -> None:
    resend.reply = reply
    async with ResendMailer(resend.far.url, "re_key", SENDER, CLOCK) as mailer:
        with pytest.raises(MailError) as caught:
            await mailer.send(MAIL)
    assert type(caught.value) is error
    if reply is not None and reply.status == 429:
        assert caught.value.after == (7 if reply.headers else 3600)
    assert "re_key" not in str(caught.value)


async def test_resend_that_cannot_be_reached_has_not_sent() -> None:
    async with ResendMailer("http://127.0.0.1:1", "re_key", SENDER, CLOCK) as mailer:
        with pytest.raises(MailLater):
            await mailer.send(MAIL)
