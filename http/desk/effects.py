"""What follows from a ticket: a mail to whoever opened it, word to the desk of staff, and pushes to them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from plixa.actors.desk.shared import HearOfTicket
from plixa.actors.workspace.state import Workspace
from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.engine.effects import Handler
from plixa.engine.ports import Address, StoredEffect
from plixa.http.api.services import Services
from plixa.http.clients.mail.errors import MailRefused, MailUncertain
from plixa.http.desk.inbound import reply_address
from plixa.http.desk.pushes import TicketPushes
from plixa.http.notifications.mailing import letter
from plixa.http.notifications.parts import MAILER
from plixa.http.outbox.queues import BULK, INNER
from plixa.http.outbox.reports import NotWanted, reporting

PUSHES = Queue("pushes to staff", at_once=4, share=2)
EFFECTS: Mapping[str, EffectSpec] = {
    # Given up when nobody would understand what it is about any more.
    "ticket.mail": EffectSpec(queue=BULK, tries=30, always=True),
    "ticket.tell": EffectSpec(queue=INNER, tries=30, always=True),
    # News that is not new any more (`pushes.py`).
    "ticket.push": EffectSpec(queue=PUSHES, tries=3, always=True),
}


def handlers(services: Services) -> Mapping[str, Handler]:
    """By effect kind."""

    async def mail(stored: StoredEffect) -> None:
        tenant, request = stored.owner.tenant, stored.effect.request
        workspace: Workspace = await services.bus.workspace(tenant)
        member = workspace.members.get(request["user_id"])
        if member is None:
            raise NotWanted("Whom it was for is not a member any more.")
        values = {
            "name": member.name,
            "timezone": workspace.timezone,
            "ticket": str(request["ticket_id"]),
            "url": f"{services.public_url}/panel/#/support/{request['ticket_id']}",
        }
        id_ = f"{workspace.slug}-{stored.effect.id}"
        reply_to = reply_address(services, request["ticket_id"])
        kind = "ticket_reply_by_mail" if reply_to else "ticket_reply"
        mail = letter(member.email, kind, member.locale or workspace.locale, values, id_)
        await services[MAILER].send(replace(mail, reply_to=reply_to))

    async def tell(stored: StoredEffect) -> None:
        owner, change = stored.owner, stored.effect.request["change"]
        command = HearOfTicket(tenant=owner.tenant, ticket_id=owner.id, change=change)
        await services.bus.tell(Address(0, "desk", 0), command, actor="system", cause=f"effect:{stored.effect.id}")

    return {
        "ticket.mail": reporting(mail, refused=(MailRefused,), uncertain=(MailUncertain,)),
        "ticket.tell": reporting(tell),
        "ticket.push": reporting(TicketPushes(services).tell),
    }
