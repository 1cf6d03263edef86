"""The effect `mail.send`: write to somebody, in their language, with a button that leads into the panel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.clients.mail.errors import MailLater, MailUncertain
from plixa.http.clients.mail.kinds import BadValues, Template
from plixa.http.clients.mail.port import Mail
from plixa.http.clients.mail.render import render
from plixa.http.notifications.parts import MAILER
from plixa.http.outbox.reports import NotWanted
from plixa.storage.people import vault

MAIL_WITHIN = timedelta(days=2)
ACCOUNT = ("url", "#/account")
"""Where a letter's button leads of which nothing is said."""


class Mailing:
    """The handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def send(self, stored: StoredEffect) -> dict[str, Any]:
        """Look up whom it goes to and what it says, and hand it over."""
        request, tenant = stored.effect.request, stored.owner.tenant
        workspace: Workspace = await self._services.bus.workspace(tenant)
        to, locale, values = self._addressee(workspace, request)
        values |= await self._links(tenant, request)
        values |= request["values"]
        mail = letter(
            to, request["template"], locale, values, f"{workspace.slug}-{stored.effect.id}", self._services.mails
        )
        age = self._services.clock.now() - datetime.fromisoformat(request["requested_at"])
        return {"mail": await self._hand_over(mail, age)}

    def _addressee(self, workspace: Workspace, request: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        values = {"timezone": workspace.timezone}
        if request["user_id"] is None:
            return request["email"], workspace.locale, values
        member = workspace.members.get(request["user_id"])
        if member is None:
            raise NotWanted("Whom it was for is not a member any more.")
        return request["email"] or member.email, member.locale or workspace.locale, values | {"name": member.name}

    async def _links(self, tenant: int, request: dict[str, Any]) -> dict[str, Any]:
        panel = f"{self._services.public_url}/panel/"
        name, place = self._services.buttons.get(request["template"], ACCOUNT)
        links = {name: f"{panel}{place}", "settings_url": f"{panel}#/settings"}
        if request["secret_kind"] is not None:
            secret = await self._secret(tenant, request["secret_kind"], request["secret_ref"])
            links[name] = f"{panel}{place}?token={secret}"
        return links

    async def _secret(self, tenant: int, kind: str, ref: int) -> str:
        row = await self._services.database.run(vault.get_secret, tenant, kind, ref)
        if row is None or row["expires_at"] <= self._services.clock.now():
            raise NotWanted("The link that it carries is not good any more.")
        seal = self._services.store.keyring.application_key
        return seal.unseal(row["sealed"], vault.secret_belongs(tenant, kind, ref)).decode()

    async def _hand_over(self, mail: Mail, age: timedelta) -> str:
        """Send it. A mail that may have gone out is sent again only where that makes no second one."""
        try:
            return await self._services[MAILER].send(mail)
        except MailUncertain as error:
            if age < self._services[MAILER].repeatable:
                raise
            raise NotWanted(f"It may have gone out, and sending it again might make two: {error}") from error
        except MailLater as error:
            if age > MAIL_WITHIN:
                raise NotWanted(f"Given up after {MAIL_WITHIN.days} days: {error}") from error
            raise


def letter(
    to: str,
    template: str,
    locale: str,
    values: dict[str, Any],
    idempotency_id: str,
    brought: Mapping[str, Template] | None = None,
) -> Mail:
    """A mail of this template, which a feature may have brought. Raises `NotWanted` where it can never be written."""
    try:
        written = render(template, locale, values, brought)
        return Mail(
            to=to,
            subject=written.subject,
            text=written.text,
            html=written.html,
            tag=template,
            idempotency_id=idempotency_id,
        )
    except (BadValues, Invalid) as error:
        raise NotWanted(f"It cannot be written: {error}") from error
