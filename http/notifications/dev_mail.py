"""`/dev/mail`: what would have gone out, where mails go into a folder. Never in production."""

from __future__ import annotations

from quart import Response
from quart_trio import QuartTrio

from plixa.http.api.services import Services
from plixa.http.clients.mail.folder import FolderMailer
from plixa.http.clients.mail.pages import HEADERS, MailPages
from plixa.http.notifications.parts import MAILER


def add_dev_mail(app: QuartTrio, services: Services) -> None:
    """Add the pages, if there is a folder to show."""
    mailer = services[MAILER]
    if services.settings.production or not isinstance(mailer, FolderMailer):
        return
    pages = MailPages(mailer)

    @app.get("/dev/mail")
    async def dev_mails() -> Response:
        return Response(await pages.list_html(), headers=HEADERS)

    @app.get("/dev/mail/<mail_id>")
    async def dev_mail(mail_id: str) -> Response:
        found = await pages.one_html(mail_id)
        return Response(found or "There is no such mail.", 404 if found is None else 200, headers=HEADERS)
