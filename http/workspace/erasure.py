"""The effect `workspace.erase`: the numbers leave, people are told, the rows and files go.

The point of no return is the fence of `storage/lifetime/erasure.py`: before it a crash starts the effect anew, after it
`Erasing.run` finishes what is left, for there is no actor any more who could.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
import trio

from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Fenced, PlixaError
from plixa.engine.ports import StoredEffect
from plixa.engine.rounds import go_round, one_by_one
from plixa.http.api.services import Services
from plixa.http.clients.mail.errors import MailLater, MailRefused, MailUncertain
from plixa.http.clients.mail.port import Mail
from plixa.http.notifications.mailing import letter
from plixa.http.notifications.parts import MAILER
from plixa.http.whatsapp.evolution.errors import GatewayRefused
from plixa.http.whatsapp.parts import GATEWAY
from plixa.http.workspace.parts import PICTURES
from plixa.storage.lifetime import erasure

SWEEP_SECONDS = 60.0
FAREWELL_WITHIN = timedelta(days=3)
"""How long an erasure waits for a gateway or a mail server that is down. Then it goes on without."""
log = structlog.get_logger("plixa.erasure")


class Erasing:
    """The handler, and what goes on beside it."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Finish erasures that were interrupted, until cancelled."""
        await go_round(self._services.once(self._finish_all), SWEEP_SECONDS, task_status=task_status)

    async def _finish_all(self) -> None:
        await one_by_one(await self._services.database.run(erasure.unfinished), self._finish)

    async def erase(self, stored: StoredEffect) -> dict[str, Any]:
        """Numbers out, a last mail to everybody, then the fence and everything behind it."""
        tenant, request = stored.owner.tenant, stored.effect.request
        age = self._services.clock.now() - datetime.fromisoformat(request["erased_at"])
        workspace: Workspace = await self._services.bus.workspace(tenant)
        for feature in self._services.opened:
            for leave in feature.leaving:
                await leave(tenant, age < FAREWELL_WITHIN)
        for instance in request["instances"]:
            await self._leave(instance, patient=age < FAREWELL_WITHIN)
        for number, (email, locale) in enumerate(request["emails"]):
            mail = letter(
                email, "deletion_done", locale, {"company": request["company"]}, f"{workspace.slug}-erased-{number}"
            )
            await self._farewell(mail, patient=age < FAREWELL_WITHIN)
        for key in [workspace.logo, *await self._services.database.run(erasure.pictures_to_delete, tenant)]:
            if key is not None:
                await self._services[PICTURES].delete(key)
        await self._services.database.run(
            erasure.fence, self._services.store.schema, tenant, self._services.clock.now()
        )
        scope = self._services.bus.supervisor.scopes.get(tenant)
        if scope is not None:
            scope.end(Fenced(tenant))
        await self._finish(tenant)
        log.info("workspace_erased", tenant=tenant)
        return {}

    async def _leave(self, instance: str, *, patient: bool) -> None:
        try:
            await self._services[GATEWAY].logout(instance)
        except GatewayRefused as error:  # it was not paired, or is gone already
            log.info("logout_refused", instance=instance, error=str(error))
        except PlixaError:
            if patient:
                raise
        try:
            await self._services[GATEWAY].delete(instance)
        except GatewayRefused as error:
            log.warning("instance_stays", instance=instance, error=str(error))
        except PlixaError:
            if patient:
                raise

    async def _farewell(self, mail: Mail, *, patient: bool) -> None:
        try:
            await self._services[MAILER].send(mail)
        except MailLater:
            if patient:
                raise
        except (MailRefused, MailUncertain) as error:
            log.warning("farewell_failed", error=type(error).__name__)

    async def _finish(self, tenant: int) -> None:
        services = self._services
        services.presence.forget(tenant)
        for feature in services.opened:
            for end in feature.ended:
                await end(tenant)
        await services.database.run(erasure.sweep, services.store.schema, tenant, services.clock.now())
