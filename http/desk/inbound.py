"""Answers to tickets by mail, where `SUPPORT_INBOUND` names an address that Resend receives for us.

The mail that tells of an answer then asks for replies at an address of this ticket alone: the local part with the
ticket's number and a proof that only we can make. A mail is taken as its opener's words if the proof is right, it comes
from the opener's own address, and the ticket is not closed; anything else is passed over, for nobody is told by mail
what they may not know. What is taken is the new text, without what it quotes.

What happens when …

- Resend cannot be asked for the text, or we are in trouble: the webhook is refused, and comes again.
- the same mail is told twice, or the process ends in between: the mark that it was heard is in the commit of its words.
- the ticket is closed, full, or gone: it is passed over. The letter has the link to where that is said.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from email.utils import parseaddr
from html import unescape
from typing import Any

import httpx
import msgspec
import structlog

from plixa.actors.desk.ticket import Write
from plixa.engine.errors import Duplicate, Overloaded, Refused
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.http.clients.bounded import NoAnswer, exchange
from plixa.http.clients.tls import trusted
from plixa.http.desk.settings import SUPPORT_INBOUND
from plixa.http.notifications.settings import RESEND_API_KEY, RESEND_URL
from plixa.storage.desk import reads

LONGEST = 8000
LIMIT, WITHIN = 2 * 1024 * 1024, 20.0
MARKUP = 256 * 1024
UNREAD = frozenset({"script", "style", "head", "blockquote"})
LINES = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})
_EMPTY = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)([a-zA-Z!][a-zA-Z0-9]{0,12})[^<>]{0,4000}>")
_OURS = re.compile(r"([a-z0-9._-]{1,40})\+([0-9]{1,18})-([0-9a-f]{32})@([a-z0-9.-]{1,253})")
_QUOTED = re.compile(r"^(?:On|Em|El) [^\n]{1,200} (?:wrote|escreveu|escribió):$|^-{2,20}[^\n]{0,60}-{2,20}$|^_{10,}$")
_MAIL = re.compile(r"[A-Za-z0-9_-]{1,100}")
log = structlog.get_logger("plixa.desk")


def reply_address(services: Services, ticket: int) -> str:
    """Where answers to a ticket's mails go; empty where they go nowhere."""
    local, _, domain = services.settings[SUPPORT_INBOUND].strip().lower().rpartition("@")
    return f"{local}+{ticket}-{_proof(services, ticket)}@{domain}" if local else ""


def _proof(services: Services, ticket: int) -> str:
    return services.store.keyring.application_key.fingerprint(f"reply to ticket {ticket}").hex()


def ticket_of(services: Services, addresses: Sequence[str]) -> int | None:
    """The ticket that one of these addresses is of; None where there is none, or it is not ours."""
    for each in addresses[:50]:
        found = _OURS.fullmatch(parseaddr(each)[1].lower()[:400])
        if found is None:
            continue
        ticket = int(found[2])
        if hmac.compare_digest(reply_address(services, ticket), found[0]):
            return ticket
    return None


def new_words(text: str) -> str:
    """What somebody wrote, without what their mail program quotes below it."""
    lines = list[str]()
    for line in text.replace("\r\n", "\n")[: 4 * LONGEST].split("\n"):
        if _QUOTED.match(line.strip()):
            break
        if not line.lstrip().startswith(">"):
            lines.append(line.rstrip())
    return "\n".join(lines).strip()[:LONGEST]


def words_of(html: str) -> str:
    """The text of a mail that has no plain one, without what it quotes.

    In one pass: a parser takes seconds over what is nested deep, and this becomes text and nothing else.
    """
    found, unread, at = list[str](), 0, 0
    for tag in _TAG.finditer(html[:MARKUP]):
        found += [] if unread else [html[at : tag.start()], "\n" if tag[2].lower() in LINES else ""]
        at = tag.end()
        if tag[2].lower() in UNREAD:
            unread = max(0, unread + (-1 if tag[1] else 1))
    found += [] if unread else [html[at:MARKUP]]
    return _EMPTY.sub("\n\n", unescape("".join(found)).replace("\u00a0", " "))


class _Received(msgspec.Struct):
    """What Resend says of a mail. text: None where it has only HTML."""

    text: str | None = None
    html: str | None = None


class TicketMail:
    """What takes them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def take(self, data: dict[str, Any], id_: str, heard: Sequence[object]) -> None:
        """Take a mail that Resend has received. heard: rows that say so, for the same commit. Raises `Unavailable`."""
        to, sender, mail_id = data.get("to"), data.get("from"), data.get("email_id")
        known = isinstance(sender, str) and isinstance(mail_id, str) and _MAIL.fullmatch(mail_id)
        ticket = ticket_of(self._services, [str(each) for each in to]) if known and isinstance(to, list) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if ticket is None:
            return
        row = await self._services.database.run(reads.find_ticket, ticket)
        if row is None or (row["opener_email"] or "").casefold() != parseaddr(str(sender))[1].casefold():
            log.info("ticket_mail_passed_over", ticket=ticket)
            return
        if words := new_words(await self._text(str(mail_id))):
            await self._write(row, words, id_, heard)

    async def _write(self, row: Any, words: str, id_: str, heard: Sequence[object]) -> None:
        opener = row["opened_by"]
        command = Write(who="user", author=opener, name=row["opener_name"] or "", body=words)
        address = Address(row["tenant_id"], "ticket", row["id"])
        try:
            await self._services.bus.ask(
                address, command, actor=f"user:{opener}", cause=f"mail:{id_}"[:200], attach=heard
            )
        except (Duplicate, Refused) as error:
            log.info("ticket_mail_passed_over", ticket=row["id"], why=type(error).__name__)

    async def _text(self, mail_id: str) -> str:
        """Resend's webhook has no words: they are asked for."""
        settings = self._services.settings
        headers = {"authorization": f"Bearer {settings[RESEND_API_KEY]}", "accept-encoding": "identity"}
        async with httpx.AsyncClient(
            base_url=settings[RESEND_URL], headers=headers, verify=trusted(), trust_env=False
        ) as client:
            try:
                # Pictures as references: by default they are in the HTML, whole.
                request = client.build_request("GET", f"/emails/receiving/{mail_id}?html_format=cid")
                answer = await exchange(client, request, within=WITHIN, limit=LIMIT)
            except NoAnswer as error:
                raise Overloaded("Resend cannot be asked for a mail.") from error
        if answer.status in (404, 422):
            return ""
        if not answer.ok:
            raise Overloaded("Resend does not say what is in a mail.")
        try:
            found = msgspec.json.decode(answer.content, type=_Received)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            log.warning("ticket_mail_not_understood", whole=answer.whole)
            return ""
        text = found.text or ""
        if not text.strip() and found.html:
            text = words_of(found.html)
        return text.replace("\0", "")
