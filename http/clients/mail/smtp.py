"""Any SMTP server (RFC 5321), through the standard library's client in a worker thread.

Invariants: one mail is one connection, which ends within `WITHIN`; a password never goes over an open line, save to
this machine; nothing is in doubt before the mail's last line is out. The thread is not waited for when its caller is
cancelled, so it asks before that last line whether anybody still wants the mail.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import timedelta
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import trio

from plixa.engine.clock import Clock
from plixa.http.clients.mail.errors import (
    BadAddress,
    MailError,
    MailLater,
    MailMisconfigured,
    MailRefused,
    MailUncertain,
)
from plixa.http.clients.mail.message import message_id, to_message
from plixa.http.clients.mail.port import Mail, ascii_address, sender_parts

WITHIN = 60.0  # seconds for a whole mail
_STEP = 20.0  # seconds for one step of it
_AT_ONCE = 4
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_DOT = re.compile(rb"^\.", re.MULTILINE)


class SmtpServer(NamedTuple):
    """Where mails go. tls: from the first byte; starttls: before anything is said."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool


def parse_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:587?starttls` or `smtps://user:password@host:465`. Raises `ValueError`."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    known = parts.scheme in ("smtp", "smtps") and not parts.path.strip("/") and not set(options) - {"starttls"}
    if not known or not parts.hostname:
        raise ValueError("expected smtp://user:password@host:587?starttls or smtps://user:password@host:465")
    tls, starttls = parts.scheme == "smtps", "starttls" in options
    if tls and starttls:
        raise ValueError("smtps:// is encrypted from the start: leave ?starttls out")
    if parts.username and not (tls or starttls or parts.hostname in _LOCAL_HOSTS):
        raise ValueError("a password would go over an open line: add ?starttls, or use smtps://")
    if not unquote(parts.netloc).isascii():
        raise ValueError("a user name or password that is not ASCII cannot be sent to a mail server")
    port = parts.port or (465 if tls else 587 if starttls else 25)
    return SmtpServer(parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), tls, starttls)


class SmtpMailer:
    """Sends through one server. `tls` is for tests, `within` in seconds."""

    repeatable = timedelta(0)

    def __init__(
        self,
        server: SmtpServer,
        sender: str,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        within: float = WITHIN,
    ) -> None:
        self._server = server
        self._sender = sender
        self._address = sender_parts(sender)[1]
        self._clock = clock
        self._tls = tls or ssl.create_default_context()
        self._within = within
        self._limit = trio.CapacityLimiter(_AT_ONCE)

    async def send(self, mail: Mail) -> str:
        """As `Mailer.send`; the id is the header `Message-ID`."""
        message = to_message(mail, self._sender, self._clock.now()).as_bytes()
        attempt = _Attempt(self._server, self._tls, self._address, ascii_address(mail.to), message)
        async with self._limit:
            with trio.move_on_after(self._within):
                try:
                    await trio.to_thread.run_sync(attempt.run, abandon_on_cancel=True)
                except trio.Cancelled:
                    attempt.abandon()
                    raise
                return message_id(mail, self._address)
        if attempt.handing_over:
            raise MailUncertain(f"The mail server did not say within {self._within:g} s whether it took the mail.")
        raise MailLater(f"The mail server was not ready within {self._within:g} s. Try again later.")


class _Abandoned(Exception):
    """Nobody waits for this any more."""


class _Attempt:
    """One mail on its way. `run` is the thread's; `abandon` and `handing_over` are for who waits for it."""

    def __init__(self, server: SmtpServer, tls: ssl.SSLContext, sender: str, recipient: str, message: bytes) -> None:
        self._server = server
        self._tls = tls
        self._sender = sender
        self._recipient = recipient
        self._body = _DOT.sub(b"..", message)
        self._lock = Lock()
        self._abandoned = False
        self._smtp: smtplib.SMTP | None = None
        self.handing_over = False

    def abandon(self) -> None:
        """Stop as soon as possible; after this the last line does not go out, unless it is out already."""
        with self._lock:
            self._abandoned = True
            connection = self._smtp.sock if self._smtp is not None else None
        if connection is not None:
            with suppress(OSError):
                # The plain socket's: that of TLS would take its state away from under the thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def run(self) -> None:
        """Deliver. Raises what `errors` lists."""
        try:
            self._deliver()
        except MailError:
            raise
        except (smtplib.SMTPException, OSError, _Abandoned) as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            if self.handing_over:
                raise MailUncertain(f"The mail server did not say whether it took the mail ({reason}).") from error
            if isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError):
                raise MailMisconfigured(f"The mail server is not as SMTP_URL says ({reason}).") from error
            raise MailLater(f"The mail server could not be used ({reason}). Try again later.") from error
        finally:
            self._close()

    def _deliver(self) -> None:
        smtp = self._connected()
        if self._server.user:
            self._login(smtp)
        _accept(smtp.mail(self._sender), "our sender", MailMisconfigured)
        _accept(smtp.rcpt(self._recipient), "the recipient", BadAddress)
        _accept(smtp.docmd("DATA"), "the mail", MailRefused, expected=354)
        smtp.send(self._body)
        with self._lock:
            if self._abandoned:
                raise _Abandoned("too late")
            self.handing_over = True
        smtp.send(b".\r\n" if self._body.endswith(b"\r\n") else b"\r\n.\r\n")
        reply = smtp.getreply()
        if not 200 <= reply[0] < 600:
            raise smtplib.SMTPResponseException(reply[0], reply[1])
        self.handing_over = False  # whatever it says, it is known now
        _accept(reply, "the mail", MailRefused)

    def _connected(self) -> smtplib.SMTP:
        host, port, us = self._server.host, self._server.port, self._sender.rpartition("@")[2]
        if self._server.tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, us, timeout=_STEP, context=self._tls)
        else:
            smtp = smtplib.SMTP(host, port, us, timeout=_STEP)
        with self._lock:
            self._smtp = smtp
            if self._abandoned:
                raise _Abandoned("too late")
        if self._server.starttls:
            smtp.starttls(context=self._tls)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def _login(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.login(self._server.user, self._server.password)
        except smtplib.SMTPAuthenticationError as error:
            _accept((error.smtp_code, _bytes(error.smtp_error)), "our user and password", MailMisconfigured)

    def _close(self) -> None:
        if self._smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                if not self.handing_over and not self._abandoned:
                    self._smtp.quit()
            with suppress(OSError):
                self._smtp.close()


def _accept(reply: tuple[int, bytes], what: str, refused: type[MailError], expected: int | None = None) -> None:
    """Return if the reply agrees; raise what a refusal of this step means if not."""
    code, said = reply
    if code == expected or (expected is None and 200 <= code < 300):
        return
    shown = "".join(each if each.isprintable() else " " for each in said.decode("utf-8", "replace"))[:300]
    message = f"The mail server did not take {what}: {code} {shown}"
    raise refused(message) if 500 <= code < 600 else MailLater(message)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
