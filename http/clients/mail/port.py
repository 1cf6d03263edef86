"""What a mail is, and what a mailer promises.

Invariant: a `Mail` that exists can be put into headers as it is: one recipient, one line of subject, no control
characters anywhere but line breaks in its bodies.
"""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import parseaddr
from typing import Protocol

import msgspec

from plixa.actors.addresses import address_problem, ascii_domain
from plixa.engine.errors import Invalid

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IN_BODY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IDEMPOTENCY = re.compile(r"[\x21-\x7e]{1,200}")
_SUBJECT = 500  # characters


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail to one person. Raises `Invalid` for what could not be sent anyhow, or would forge a header.

    to: a bare address. tag: what kind of mail it is, for statistics. idempotency_id: one mail, one id: a mailer that
    is asked twice with the same id and mail sends it once, if it can. unsubscribe_url: https, where a POST ends it.
    reply_to: where answers go, if not to the sender.
    """

    to: str
    subject: str
    text: str
    html: str
    tag: str
    idempotency_id: str
    unsubscribe_url: str = ""
    reply_to: str = ""

    def __post_init__(self) -> None:
        found = {
            "to": address_problem(self.to),
            "subject": _subject_problem(self.subject),
            "text": _body_problem(self.text),
            "html": _body_problem(self.html),
            "tag": None if _TAG.fullmatch(self.tag) else "Expected 1-64 letters, digits, - or _.",
            "idempotency_id": None
            if _IDEMPOTENCY.fullmatch(self.idempotency_id)
            else "Expected 1-200 visible ASCII characters.",
            "unsubscribe_url": _link_problem(self.unsubscribe_url),
            "reply_to": address_problem(self.reply_to) if self.reply_to else None,
        }
        details = {field: [problem] for field, problem in found.items() if problem is not None}
        if details:
            raise Invalid(details)


class Mailer(Protocol):
    """A way out for mails. Safe to use from many tasks."""

    @property
    def repeatable(self) -> timedelta:
        """For how long the same mail under the same `idempotency_id` is sent once, however often it is asked for.
        Zero: no promise."""
        ...

    async def send(self, mail: Mail) -> str:
        """Hand the mail over; returns the far end's id of it. Raises only what `errors` lists."""
        ...


def ascii_address(address: str) -> str:
    """The address as a mail server wants it: an international domain name in its ASCII form."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def sender_parts(sender: str) -> tuple[str, str]:
    """The name and the address of "Plixa <hello@plixa.app>". Raises `ValueError`."""
    name, address = parseaddr(sender)
    if _CONTROL.search(sender) or address_problem(address) is not None:
        raise ValueError(f"{sender!r} is not a sender: expected an address like Plixa <hello@plixa.app>")
    return name, ascii_address(address)


def _subject_problem(subject: str) -> str | None:
    if not subject.strip() or len(subject) > _SUBJECT:
        return f"Expected 1-{_SUBJECT} characters."
    return "A subject is one line." if _CONTROL.search(subject) else None


def _body_problem(body: str) -> str | None:
    if not body.strip():
        return "A mail has a body in text and in HTML."
    return "The body holds control characters." if _IN_BODY.search(body) else None


def _link_problem(url: str) -> str | None:
    good = not url or (
        url.startswith("https://") and url.isascii() and url.isprintable() and not set(url) & set(' <>"')
    )
    return None if good else "Expected an https URL."
