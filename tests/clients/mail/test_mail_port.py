"""What a mail may be, the local folder with its pages, and which way the settings mean."""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st
from specimen import CLOCK, MAIL, SENDER

from plixa.actors.addresses import address_problem
from plixa.engine.errors import Invalid
from plixa.http.clients.mail.errors import (
    MailLater,
)
from plixa.http.clients.mail.folder import KEPT, FolderMailer
from plixa.http.clients.mail.message import to_message
from plixa.http.clients.mail.opening import open_mailer
from plixa.http.clients.mail.pages import HEADERS, MailPages
from plixa.http.clients.mail.port import sender_parts
from plixa.http.clients.mail.resend import ResendMailer
from plixa.http.clients.mail.smtp import SmtpMailer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "ana@example.com\r\nBcc: all@example.com"),
        ("to", "ana@example.com, eve@example.com"),
        ("to", "Ana <ana@example.com>"),
        ("to", "ana@localhost"),
        ("to", "ana"),
        ("to", ""),
        ("to", "a b@example.com"),
        ("to", "ana@exa mple.com"),
        ("to", "ana@-example.com"),
        ("to", "ana..b@example.com"),
        ("to", "x" * 65 + "@example.com"),
        ("to", "ana@" + "x" * 260 + ".com"),
        ("subject", "Hi\r\nBcc: all@example.com"),
        ("subject", "Hi\u2028there"),
        ("subject", "Hi\x00"),
        ("subject", " "),
        ("text", "\x00"),
        ("html", ""),
        ("html", "\ud800"),
        ("tag", "a b"),
        ("idempotency_id", "a\r\nx: y"),
        ("idempotency_id", ""),
        ("unsubscribe_url", "https://x>, <mailto:eve@example.com"),
        ("unsubscribe_url", "http://x"),
        ("unsubscribe_url", "https://x\r\nBcc: eve@example.com"),
    ],
)
def test_a_mail_that_would_forge_a_header_or_cannot_be_sent_is_refused(field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        msgspec.structs.replace(MAIL, **{field: value})
    assert set(caught.value.details or {}) == {field}


@pytest.mark.parametrize("address", ["ana@example.com", "a.b+c@sub.example.co", "ana@padaria-são.com.br", "x@y.z"])
def test_addresses_that_people_have(address: str) -> None:
    assert address_problem(address) is None


def test_an_address_that_needs_a_server_of_another_kind() -> None:
    assert address_problem("josé@example.com")  # SMTPUTF8, which few servers have


@given(st.text(max_size=60), st.text(min_size=1, max_size=80))
def test_no_text_gets_out_of_its_header(local: str, subject: str) -> None:
    try:
        mail = msgspec.structs.replace(MAIL, to=f"{local}@example.com", subject=subject)
    except Invalid:
        return
    data = to_message(mail, SENDER, CLOCK.now()).as_bytes()
    read = email.message_from_bytes(data, policy=email.policy.SMTP)
    assert read.keys() == to_message(MAIL, SENDER, CLOCK.now()).keys()
    assert read["To"].addresses[0].addr_spec == mail.to
    assert data.isascii()


def test_a_sender_that_is_none_is_found_at_the_start() -> None:
    assert sender_parts(SENDER) == ("Plixa", "hello@plixa.app")
    assert sender_parts("hello@padaria-são.com.br") == ("", "hello@xn--padaria-so-n5a.com.br")
    for wrong in ("", "Plixa", "Plixa <>", "Plixa <hello@plixa.app>\r\nBcc: x@example.com", "a@b"):
        with pytest.raises(ValueError, match="not a sender"):
            sender_parts(wrong)


async def test_the_folder_keeps_one_of_each(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail", SENDER, CLOCK)
    assert await mailer.latest() == []
    first = await mailer.send(MAIL)
    assert await mailer.send(MAIL) == first
    kept = await mailer.find(first)
    assert kept is not None
    assert (kept.to, kept.subject, kept.html, kept.at) == (MAIL.to, MAIL.subject, MAIL.html, CLOCK.now())
    assert len(await mailer.latest()) == 1
    read = email.message_from_bytes((tmp_path / "mail" / f"{first}.eml").read_bytes(), policy=email.policy.SMTP)
    assert read["Subject"] == MAIL.subject


async def test_the_folder_gives_nothing_else_away(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path / "mail", SENDER, CLOCK)
    await mailer.send(MAIL)
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "mail" / ("a" * 24 + ".json")).write_text("not json")
    for name in ("../secret", "secret", "", "a" * 24, "/etc/passwd", "b" * 24):
        assert await mailer.find(name) is None
    assert len(await mailer.latest()) == 1


async def test_the_folder_does_not_grow_for_ever(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path, SENDER, CLOCK)
    for number in range(KEPT + 20):
        (tmp_path / f"{number:024x}.json").write_text("{}")
    await mailer.send(MAIL)
    assert sum(name.endswith(".json") for name in os.listdir(tmp_path)) == KEPT
    assert (await mailer.latest())[0].to == MAIL.to


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MailLater):
        await FolderMailer(tmp_path / "file", SENDER, CLOCK).send(MAIL)


async def test_the_pages_show_mails_and_run_nothing_of_them(tmp_path: Path) -> None:
    mailer = FolderMailer(tmp_path, SENDER, CLOCK)
    pages = MailPages(mailer)
    assert "Nothing yet" in await pages.list_html()
    evil = '"><script>alert(1)</script>'
    mail_id = await mailer.send(
        msgspec.structs.replace(MAIL, subject=evil, text=f"{evil} https://a.example/x", html=evil)
    )
    for page in (await pages.list_html(), await pages.one_html(mail_id) or ""):
        assert "<script" not in page
        assert "&lt;script&gt;" in page
    one = await pages.one_html(mail_id) or ""
    assert '<a href="https://a.example/x"' in one
    assert "<iframe" in one
    assert ' sandbox="allow-popups allow-popups-to-escape-sandbox" ' in one
    assert "&lt;base target=_blank&gt;" in one
    assert f'href="/dev/mail/{mail_id}"' in await pages.list_html()
    assert await pages.one_html("0" * 24) is None
    assert "script-src" not in HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("key", "smtp", "kind"),
    [("re_x", "smtp://localhost", ResendMailer), ("", "smtp://localhost", SmtpMailer), ("", "", FolderMailer)],
)
async def test_the_settings_say_which_way(tmp_path: Path, key: str, smtp: str, kind: Callable[..., object]) -> None:
    async with open_mailer(
        resend_api_key=key,
        resend_url="https://api.resend.com",
        smtp_url=smtp,
        mail_from=SENDER,
        data_dir=tmp_path,
        clock=CLOCK,
    ) as mailer:
        assert type(mailer) is kind
