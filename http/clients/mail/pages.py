"""Two pages for development that show what the local outbox holds.

Invariant: nothing that a mail says runs here. Values are escaped, and a mail's HTML is shown in a frame without
scripts, forms or this origin. Serve both pages with the headers `HEADERS`.
"""

from __future__ import annotations

import re

from plixa.http.clients.mail.folder import FolderMailer
from plixa.http.clients.mail.templates import environment

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}
_LINK = re.compile(r"https?://[^\s<>\"]+")


class MailPages:
    """The pages of one folder. base: the path under which they are mounted."""

    def __init__(self, folder: FolderMailer, base: str = "/dev/mail") -> None:
        self._folder = folder
        self._base = base.rstrip("/")

    async def list_html(self) -> str:
        """The newest mails, each a link to `{base}/{id}`."""
        page = environment().get_template("dev_list.html")
        return page.render(mails=await self._folder.latest(), base=self._base)

    async def one_html(self, mail_id: str) -> str | None:
        """One mail with its text, its HTML and its links; None if there is none."""
        mail = await self._folder.find(mail_id)
        if mail is None:
            return None
        links = list(dict.fromkeys(_LINK.findall(mail.text)))
        return environment().get_template("dev_mail.html").render(mail=mail, links=links, base=self._base)
