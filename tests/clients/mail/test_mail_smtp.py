"""A mail server on loopback: what arrives, what each failure means, and what is never sent twice or in the open."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
import trio
from smtp_server import SmtpServerScript, open_smtp_server
from specimen import CLOCK, MAIL, SENDER
from tests.clients.far_end import Certificates

from plixa.http.clients.mail.errors import (
    BadAddress,
    MailError,
    MailLater,
    MailMisconfigured,
    MailRefused,
    MailUncertain,
)
from plixa.http.clients.mail.message import to_message
from plixa.http.clients.mail.smtp import SmtpMailer, SmtpServer, parse_smtp_url


def server_at(script: SmtpServerScript, *, tls: bool = False, starttls: bool = False, user: str = "") -> SmtpServer:
    return SmtpServer("localhost", script.port, user, script.password if user else "", tls, starttls)


async def test_smtp_delivers_every_line_as_it_is(nursery: trio.Nursery) -> None:
    script = SmtpServerScript()
    await open_smtp_server(nursery, script)
    mailer = SmtpMailer(server_at(script), SENDER, CLOCK)
    message_id = await mailer.send(MAIL)
    read = email.message_from_bytes(script.mails[0], policy=email.policy.SMTP)
    assert (read["From"], read["To"], read["Subject"]) == (SENDER, "ana@example.com", MAIL.subject)
    assert read["Message-ID"] == message_id == to_message(MAIL, SENDER, CLOCK.now())["Message-ID"]
    assert read.get_body(("plain",)).get_content().replace("\r\n", "\n") == MAIL.text
    assert read.get_body(("html",)).get_content().strip() == MAIL.html
    assert script.senders == ["FROM:<hello@plixa.app>"]
    assert script.recipients == ["TO:<ana@example.com>"]
    assert mailer.repeatable == timedelta(0)


@pytest.mark.parametrize("from_the_start", [True, False])
async def test_smtp_says_its_password_over_tls_only(
    nursery: trio.Nursery, tmp_path: Path, from_the_start: bool
) -> None:
    certificates = Certificates(tmp_path, "localhost")
    script = SmtpServerScript(password="p@ss w:rd/", tls=certificates.server())
    await open_smtp_server(nursery, script, from_the_start=from_the_start)
    way = server_at(script, tls=from_the_start, starttls=not from_the_start, user="plixa")
    await SmtpMailer(way, SENDER, CLOCK, tls=certificates.client()).send(MAIL)
    assert script.secure == [True]
    assert "AUTH" in script.steps


async def test_smtp_with_a_certificate_of_somebody_else_sends_nothing(nursery: trio.Nursery, tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, "other.example")
    script = SmtpServerScript(password="x", tls=certificates.server())
    await open_smtp_server(nursery, script)
    mailer = SmtpMailer(server_at(script, starttls=True, user="x"), SENDER, CLOCK, tls=certificates.client())
    with pytest.raises(MailMisconfigured):
        await mailer.send(MAIL)
    assert "AUTH" not in script.steps


async def test_smtp_without_the_starttls_that_was_asked_for_sends_nothing(nursery: trio.Nursery) -> None:
    script = SmtpServerScript(password="x")
    await open_smtp_server(nursery, script)
    with pytest.raises(MailMisconfigured):
        await SmtpMailer(server_at(script, starttls=True, user="x"), SENDER, CLOCK).send(MAIL)
    assert "AUTH" not in script.steps


@pytest.mark.parametrize(
    ("step", "reply", "error"),
    [
        ("HELLO", "554 go away", MailLater),
        ("HELLO", "hang up", MailLater),
        ("MAIL", "550 who?", MailMisconfigured),
        ("MAIL", "451 busy", MailLater),
        ("RCPT", "550 5.1.1 no such user", BadAddress),
        ("RCPT", "450 4.2.0 greylisted", MailLater),
        ("RCPT", "hang up", MailLater),
        ("DATA", "554 no", MailRefused),
        ("DATA", "421 shutting down", MailLater),
        ("DATA", "hang up", MailLater),
        ("END", "554 5.7.1 spam", MailRefused),
        ("END", "452 disk full", MailLater),
        ("END", "hang up", MailUncertain),
        ("END", "what?", MailUncertain),
        ("QUIT", "hang up", None),
        ("QUIT", "500 never", None),
    ],
)
async def test_what_an_answer_of_a_mail_server_means(
    nursery: trio.Nursery, step: str, reply: str, error: type[MailError] | None
) -> None:
    script = SmtpServerScript({step: reply})
    await open_smtp_server(nursery, script)
    mailer = SmtpMailer(server_at(script), SENDER, CLOCK)
    if error is None:
        await mailer.send(MAIL)
        return
    with pytest.raises(MailError) as caught:
        await mailer.send(MAIL)
    assert type(caught.value) is error


async def test_smtp_with_a_wrong_password(nursery: trio.Nursery) -> None:
    script = SmtpServerScript(password="right")
    await open_smtp_server(nursery, script)
    way = server_at(script, user="plixa")._replace(password="wrong")
    with pytest.raises(MailMisconfigured, match="user and password") as caught:
        await SmtpMailer(way, SENDER, CLOCK).send(MAIL)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("step", "error"), [("HELLO", MailLater), ("RCPT", MailLater), ("DATA", MailLater), ("END", MailUncertain)]
)
async def test_a_mail_server_that_falls_silent(nursery: trio.Nursery, step: str, error: type[MailError]) -> None:
    """Nothing is in doubt before the last line is out, and the caller does not wait for the thread."""
    script = SmtpServerScript({step: "silence"})
    await open_smtp_server(nursery, script)
    with pytest.raises(MailError) as caught, trio.fail_after(5):
        await SmtpMailer(server_at(script), SENDER, CLOCK, within=0.4).send(MAIL)
    assert type(caught.value) is error


@pytest.mark.parametrize("step", ["HELLO", "RCPT", "DATA"])
async def test_a_mail_that_was_given_up_does_not_go_out_later(nursery: trio.Nursery, step: str) -> None:
    """The thread that nobody waits for any more stops before the last line, even if the server wakes up."""
    script = SmtpServerScript({step: "late"})
    await open_smtp_server(nursery, script)
    with trio.move_on_after(0.2) as scope:
        await SmtpMailer(server_at(script), SENDER, CLOCK).send(MAIL)
    assert scope.cancelled_caught
    await trio.sleep(0.6)
    assert script.mails == []


async def test_nobody_listens() -> None:
    with pytest.raises(MailLater):
        await SmtpMailer(SmtpServer("127.0.0.1", 1, "", "", False, False), SENDER, CLOCK).send(MAIL)


def test_smtp_urls() -> None:
    assert parse_smtp_url("smtp://us%40er:p%3Aw@mail.example:2525?starttls") == SmtpServer(
        "mail.example", 2525, "us@er", "p:w", False, True
    )
    assert parse_smtp_url("smtps://mail.example") == SmtpServer("mail.example", 465, "", "", True, False)
    assert parse_smtp_url("smtp://localhost:1025").port == 1025
    assert parse_smtp_url("smtp://mail.example?starttls").port == 587
    assert parse_smtp_url("smtp://me:x@localhost").user == "me"


@pytest.mark.parametrize(
    "url",
    [
        "", "mail.example", "http://mail.example", "smtp://", "smtp://me:secret@mail.example", "smtp://x?ssl",
        "smtps://x?starttls", "smtp://x:port", "smtp://x/path", "smtps://me:p%C3%A4ss@mail.example",
    ],
)  # fmt: skip
def test_smtp_urls_that_are_none(url: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the port's is the standard library's
        parse_smtp_url(url)
    assert "secret" not in str(caught.value)
