"""A mail as a message of RFC 5322, in ASCII whatever it says."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from plixa.http.clients.mail.port import Mail, ascii_address, sender_parts


def to_message(mail: Mail, sender: str, at: datetime) -> EmailMessage:
    """The message, with text and HTML as alternatives. sender: as `MAIL_FROM`."""
    name, address = sender_parts(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=ascii_address(mail.to))
    message["Subject"] = mail.subject
    message["Date"] = at
    message["Message-ID"] = message_id(mail, address)
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=ascii_address(mail.reply_to))
    for header, value in extra_headers(mail).items():
        message[header] = value
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


def message_id(mail: Mail, sender_address: str) -> str:
    """The same for the same mail, so that a second copy can be recognised wherever it ends up."""
    digest = hashlib.sha256(mail.idempotency_id.encode()).hexdigest()[:32]
    return f"<{digest}@{sender_address.rpartition('@')[2]}>"


def extra_headers(mail: Mail) -> dict[str, str]:
    """What every way out adds: nobody's holiday answer is wanted, and a list can be left with one click (RFC 8058)."""
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if mail.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers
