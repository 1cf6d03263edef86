"""Which way mails go out, by the settings: Resend if there is a key, else SMTP if there is a server, else a folder."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from plixa.engine.clock import Clock
from plixa.http.clients.mail.folder import FolderMailer
from plixa.http.clients.mail.port import Mailer, sender_parts
from plixa.http.clients.mail.resend import ResendMailer
from plixa.http.clients.mail.smtp import SmtpMailer, parse_smtp_url


@asynccontextmanager
async def open_mailer(
    *, resend_api_key: str, resend_url: str, smtp_url: str, mail_from: str, data_dir: Path, clock: Clock
) -> AsyncGenerator[Mailer]:
    """The mailer, closed when the block is left. Raises `ValueError` for a sender or a URL that cannot be right."""
    sender_parts(mail_from)
    if resend_api_key:
        async with ResendMailer(resend_url, resend_api_key, mail_from, clock) as mailer:
            yield mailer
    elif smtp_url:
        yield SmtpMailer(parse_smtp_url(smtp_url), mail_from, clock)
    else:
        yield FolderMailer(data_dir / "mail", mail_from, clock)
