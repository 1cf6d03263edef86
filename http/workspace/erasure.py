"""What a workspace decides about itself and its people: mails, digests, and its own end.

    mail.send         write to somebody
    digest.send       fetch a period's figures; the workspace then asks for the mails
    picture.delete    a picture that was replaced goes
    workspace.erase   the numbers leave, people are told, the rows and files go

The point of no return is the fence of `storage/lifetime/erasure.py`: before it a crash starts the effect anew, after it
`Chores.run` finishes what is left, for there is no actor any more who could.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
import trio

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectReport, EffectUncertain
from plixa.engine.effects import Handler
from plixa.engine.errors import Fenced, Invalid, PlixaError, Unavailable
from plixa.engine.ports import StoredEffect
from plixa.engine.rounds import go_round, one_by_one
from plixa.http.api.services import Services
from plixa.http.clients.mail.errors import MailLater, MailRefused, MailUncertain
from plixa.http.clients.mail.kinds import BadValues
from plixa.http.clients.mail.port import Mail
from plixa.http.clients.mail.render import render
from plixa.http.whatsapp.evolution.errors import GatewayRefused
from plixa.storage.lifetime import erasure
from plixa.storage.people import vault
from plixa.storage.reports.digest import digest_stats, is_quiet

SWEEP_SECONDS = 60.0
MAIL_WITHIN = timedelta(days=2)
FAREWELL_WITHIN = timedelta(days=3)
"""How long an erasure waits for a gateway or a mail server that is down. Then it goes on without."""
LINKS: Mapping[str, tuple[str, str]] = {
    "invitation": ("accept_url", "#/accept"),
    "password_reset": ("url", "#/reset"),
    "email_verification": ("url", "#/confirm-email"),
    "trial_ending": ("url", "#/billing"),
    "daily_digest": ("url", ""),
}
"""A letter's button: the name of its value, and the place in the panel; the account where nothing is said."""
log = structlog.get_logger("plixa.chores")
Work = Callable[[StoredEffect], Awaitable[dict[str, Any]]]


class NotWanted(Exception):
    """There is no use in doing it any more, or it can never be done."""


class Chores:
    """The handlers, and what goes on beside them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By effect kind."""
        work: dict[str, Work] = {
            "mail.send": self.send_mail,
            "digest.send": self.digest,
            "workspace.erase": self.erase,
            "picture.delete": self.delete_picture,
        }
        return {kind: _reporting(each) for kind, each in work.items()}

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Finish erasures that were interrupted, until cancelled."""
        await go_round(self._finish_all, SWEEP_SECONDS, task_status=task_status)

    async def _finish_all(self) -> None:
        await one_by_one(await self._services.database.run(erasure.unfinished), self._finish)

    # -- mails --------------------------------------------------------------------------------------------------------

    async def send_mail(self, stored: StoredEffect) -> dict[str, Any]:
        """Look up whom it goes to and what it says, and hand it over."""
        request, tenant = stored.effect.request, stored.owner.tenant
        house: Workspace = await self._services.bus.house(tenant)
        to, locale, values = self._addressee(house, request)
        values |= await self._links(tenant, request)
        values |= request["values"]
        mail = _mail(to, request["template"], locale, values, f"{house.slug}-{stored.effect.id}")
        age = self._services.clock.now() - datetime.fromisoformat(request["requested_at"])
        return {"mail": await self._hand_over(mail, age)}

    def _addressee(self, house: Workspace, request: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        values = {"timezone": house.timezone}
        if request["user_id"] is None:
            return request["email"], house.locale, values
        member = house.members.get(request["user_id"])
        if member is None:
            raise NotWanted("Whom it was for is not a member any more.")
        return request["email"] or member.email, member.locale or house.locale, values | {"name": member.name}

    async def _links(self, tenant: int, request: dict[str, Any]) -> dict[str, Any]:
        panel = f"{self._services.public_url}/panel/"
        name, place = LINKS.get(request["template"], ("url", "#/account"))
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
            return await self._services.mailer.send(mail)
        except MailUncertain as error:
            if age < self._services.mailer.repeatable:
                raise
            raise NotWanted(f"It may have gone out, and sending it again might make two: {error}") from error
        except MailLater as error:
            if age > MAIL_WITHIN:
                raise NotWanted(f"Given up after {MAIL_WITHIN.days} days: {error}") from error
            raise

    # -- digests ------------------------------------------------------------------------------------------------------

    async def digest(self, stored: StoredEffect) -> dict[str, Any]:
        """The mail's values; nothing if all was quiet, unless somebody asked for it."""
        request = stored.effect.request
        first, last = date.fromisoformat(request["first_day"]), date.fromisoformat(request["last_day"])
        stats = await self._services.database.run(digest_stats, stored.owner.tenant, request["timezone"], first, last)
        if request["only_to"] is None and is_quiet(stats):
            return {}
        values = {
            "company": request["company"],
            "period": request["frequency"],
            "from_date": request["first_day"],
            "to_date": request["last_day"],
            "stats": stats,
        }
        return {"values": values, "only_to": request["only_to"]}

    # -- pictures -----------------------------------------------------------------------------------------------------

    async def delete_picture(self, stored: StoredEffect) -> dict[str, Any]:
        """Doing it twice does no harm."""
        await self._services.pictures.delete(stored.effect.request["key"])
        return {}

    # -- the end ------------------------------------------------------------------------------------------------------

    async def erase(self, stored: StoredEffect) -> dict[str, Any]:
        """Numbers out, a last mail to everybody, then the fence and everything behind it."""
        tenant, request = stored.owner.tenant, stored.effect.request
        age = self._services.clock.now() - datetime.fromisoformat(request["erased_at"])
        house: Workspace = await self._services.bus.house(tenant)
        for instance in request["instances"]:
            await self._leave(instance, patient=age < FAREWELL_WITHIN)
        for number, (email, locale) in enumerate(request["emails"]):
            mail = _mail(
                email, "deletion_done", locale, {"company": request["company"]}, f"{house.slug}-erased-{number}"
            )
            await self._farewell(mail, patient=age < FAREWELL_WITHIN)
        for key in [house.logo, *await self._services.database.run(erasure.pictures_to_delete, tenant)]:
            if key is not None:
                await self._services.pictures.delete(key)
        await self._services.database.run(
            erasure.fence, self._services.store.schema, tenant, self._services.clock.now()
        )
        scope = self._services.bus.supervisor.scopes.get(tenant)
        if scope is not None:
            scope.fenced(Fenced(tenant))
        await self._finish(tenant)
        log.info("workspace_erased", tenant=tenant)
        return {}

    async def _leave(self, instance: str, *, patient: bool) -> None:
        try:
            await self._services.gateway.logout(instance)
        except GatewayRefused as error:  # it was not paired, or is gone already
            log.info("logout_refused", instance=instance, error=str(error))
        except PlixaError:
            if patient:
                raise
        try:
            await self._services.gateway.delete(instance)
        except GatewayRefused as error:
            log.warning("instance_stays", instance=instance, error=str(error))
        except PlixaError:
            if patient:
                raise

    async def _farewell(self, mail: Mail, *, patient: bool) -> None:
        try:
            await self._services.mailer.send(mail)
        except MailLater:
            if patient:
                raise
        except (MailRefused, MailUncertain) as error:
            log.warning("farewell_failed", error=type(error).__name__)

    async def _finish(self, tenant: int) -> None:
        services = self._services
        services.directory.forget_tenant(tenant)
        services.presence.forget(tenant)
        await services.media.remove_all(tenant)
        await services.database.run(erasure.sweep, services.store.schema, tenant, services.clock.now())


def _mail(to: str, template: str, locale: str, values: dict[str, Any], idempotency_id: str) -> Mail:
    try:
        written = render(template, locale, values)
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


def _reporting(work: Work) -> Handler:
    async def handler(stored: StoredEffect) -> EffectReport:
        effect_id = stored.effect.id
        try:
            return EffectDone(effect_id=effect_id, result=await work(stored))
        except NotWanted as error:
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=True)
        except MailRefused as error:
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=True)
        except MailUncertain as error:
            return EffectUncertain(effect_id=effect_id, reason=str(error))
        except (PlixaError, OSError) as error:
            away = isinstance(error, Unavailable)
            return EffectFailed(effect_id=effect_id, reason=str(error), permanent=False, away=away)

    return handler
