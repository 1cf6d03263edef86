"""The local outbox: mails that would have gone out, as files. For development, and for tests.

A mail is two files, `<id>.eml` for mail programs and `<id>.json` for us; the latter is written last and whole, so what
can be listed is complete. The id follows from the mail's idempotency id: the same mail twice is one. Only the newest
`KEPT` are kept.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import trio

from plixa.engine.clock import Clock
from plixa.http.clients.mail.errors import MailLater
from plixa.http.clients.mail.message import to_message
from plixa.http.clients.mail.port import Mail

KEPT = 500
_ID = re.compile(r"[0-9a-f]{24}")


class Kept(msgspec.Struct, frozen=True):
    """A mail in the folder."""

    id: str
    at: datetime
    sender: str
    to: str
    subject: str
    tag: str
    idempotency_id: str
    text: str
    html: str


class FolderMailer:
    """Writes mails into a folder, and lists them."""

    repeatable = timedelta.max

    def __init__(self, folder: Path, sender: str, clock: Clock) -> None:
        self._folder = folder
        self._sender = sender
        self._clock = clock

    async def send(self, mail: Mail) -> str:
        """As `Mailer.send`; the id is the file's name."""
        try:
            return await trio.to_thread.run_sync(self._send, mail, self._clock.now())
        except OSError as error:
            raise MailLater(f"The mail could not be written into {self._folder}: {error}.") from error

    async def latest(self, limit: int = 100) -> list[Kept]:
        """The newest mails, newest first."""
        return await trio.to_thread.run_sync(self._latest, limit)

    async def find(self, mail_id: str) -> Kept | None:
        """One mail, or None."""
        if not _ID.fullmatch(mail_id):
            return None
        return await trio.to_thread.run_sync(_read, self._folder / f"{mail_id}.json")

    def _send(self, mail: Mail, now: datetime) -> str:
        mail_id = hashlib.sha256(mail.idempotency_id.encode()).hexdigest()[:24]
        path = self._folder / f"{mail_id}.json"
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = Kept(
                mail_id, now, self._sender, mail.to, mail.subject, mail.tag, mail.idempotency_id, mail.text, mail.html
            )
            _write(path.with_suffix(".eml"), to_message(mail, self._sender, now).as_bytes())
            _write(path, msgspec.json.encode(kept))
            self._prune()
        return mail_id

    def _paths(self) -> list[Path]:
        """Newest first. Some may be gone before they are looked at."""
        found = [(_age(path), path) for path in self._folder.glob("*.json")]
        return [path for _, path in sorted(found, reverse=True)]

    def _latest(self, limit: int) -> list[Kept]:
        read = (_read(path) for path in self._paths()[:limit])
        return sorted((kept for kept in read if kept is not None), key=lambda kept: kept.at, reverse=True)

    def _prune(self) -> None:
        for path in self._paths()[KEPT:]:
            path.unlink(missing_ok=True)
            path.with_suffix(".eml").unlink(missing_ok=True)


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _read(path: Path) -> Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(f"{path.suffix}.part")
    part.touch(mode=0o600)
    part.write_bytes(data)
    part.replace(path)
