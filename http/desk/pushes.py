"""Pushes to staff: a browser that subscribed hears of what a member writes while the back office is closed.

Told are a ticket's assignee, or, while it is nobody's, all of staff; not who is looking at it at this moment, as far as
this node knows. Each browser is told in the language that it shows the back office in. What was said is not told: the
subject, and which workspace's it is.

A push is asked for in the commit of the words themselves, and carried out from the outbox: after a crash it is done
again, which a browser shows once. Nobody is told of what somebody has answered meanwhile, nor of what is hours old.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import trio

from plixa.actors.desk.ticket import Ticket
from plixa.actors.workspace.state import Workspace
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.desk.parts import VIEWERS
from plixa.http.notifications.pushing import BODY, LONGEST, PUSHING, TITLE
from plixa.http.outbox.reports import NotWanted
from plixa.storage.staff import admins

NEWS = timedelta(hours=4)
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"opened": "{company} has a new question", "written": "{company} has written"},
    "pt-BR": {"opened": "{company} tem uma nova pergunta", "written": "{company} escreveu"},
    "es": {"opened": "{company} tiene una nueva consulta", "written": "{company} ha escrito"},
}


class TicketPushes:
    """`tell` is the outbox's handler."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tell(self, stored: StoredEffect) -> None:
        """Tell those concerned. Whatever push services say, it is over then. Raises `NotWanted`."""
        services, owner, request = self._services, stored.owner, stored.effect.request
        ticket: Ticket = await services.bus.state(owner)
        now = services.clock.now()
        if ticket.waiting_since is None or now - datetime.fromisoformat(request["at"]) > NEWS:
            raise NotWanted("It is no news any more.")
        workspace: Workspace = await services.bus.workspace(owner.tenant)
        staff = [row["id"] for row in await services.database.run(admins.list_admins) if row["removed_at"] is None]
        looking = {viewer.admin_id for viewer in services[VIEWERS].others(ticket.id, 0, now)}

        def says(locale: str | None) -> Mapping[str, Any]:
            return said(ticket, workspace.name, request["what"], locale)

        with trio.move_on_after(LONGEST):
            await services[PUSHING].send(0, told(ticket, staff, looking), says, f"t-{ticket.id}")


def told(ticket: Ticket, staff: Collection[int], looking: Collection[int]) -> list[int]:
    """Who hears of it. staff: who is staff by now; looking: who sees it anyway."""
    whom = [ticket.assignee] if ticket.assignee in staff else staff
    return [id_ for id_ in whom if id_ not in looking and id_ is not None]


def said(ticket: Ticket, company: str, what: str, locale: str | None) -> Mapping[str, Any]:
    """What a browser of this language shows. what: `opened` or `written`."""
    words = WORDS.get(locale or "en", WORDS["en"])[what]
    return {"title": words.format(company=company)[:TITLE], "body": ticket.subject[:BODY], "ticket_id": ticket.id}
