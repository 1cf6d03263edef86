"""The Messages API: integrators send to a phone number."""

from __future__ import annotations

from plixa.actors.contacts.actor import PeerRoute
from plixa.actors.conversation import commands as cmd
from plixa.actors.merged import Merged
from plixa.actors.whatsapp.gateway import Content, MessageKind, Peer
from plixa.engine.errors import Conflict, Forbidden
from plixa.http.api import Answer, Call, rendering, route, shapes
from plixa.http.api.fields import Body, Phone
from plixa.http.clients.written_numbers import given_phone
from plixa.http.conversation.routes.messages import MessageText, author_of, made
from plixa.http.realtime.visible import may_see
from plixa.http.whatsapp.parts import DIRECTORY
from plixa.storage.conversation import inbox
from plixa.storage.whatsapp import numbers


class Outgoing(Body):
    """`phone` in digits with the country code, or as it is dialled in the workspace's country; a leading + goes."""

    phone: Phone
    body: MessageText


@route(
    "POST",
    "/v1/messages/send",
    tag="Messages API",
    body=Outgoing,
    answer=shapes.Message,
    status=201,
    rate="100/minute",
    idempotent=True,
    feature="api_access",
    raises=("NO_CONNECTED_NUMBER",),
)
async def send(call: Call) -> Answer:
    """Send a message to a phone number

    From the workspace's first connected number. The contact and the conversation are made, or reopened, as needed.
    """
    body: Outgoing = call.body
    number_id = await _first_connected(call)
    phone = given_phone(body.phone, (await call.services.bus.workspace(call.tenant)).country_code)
    route_ = await _route(call, number_id, phone)
    try:
        return await _send(call, number_id, phone, route_)
    except Merged:  # since its route was taken: the phone leads to the survivor by now
        call.services[DIRECTORY].forget(call.tenant, route_.conversation_id)
        return await _send(call, number_id, phone, await _route(call, number_id, phone))


async def _route(call: Call, number_id: int, phone: str) -> PeerRoute:
    peer = Peer(phone, None, f"{phone}@s.whatsapp.net")
    return await call.services[DIRECTORY].route(call.tenant, number_id, peer, None, f"http:{call.request_id}")


async def _send(call: Call, number_id: int, phone: str, leads: PeerRoute) -> Answer:
    await _must_be_theirs(call, leads.conversation_id)
    command = cmd.Send(
        author=author_of(call),
        content=Content(MessageKind.TEXT, call.body.body, "conversation"),
        number_id=number_id,
        contact_id=leads.contact_id,
        phone=phone,
    )
    id_ = leads.conversation_id
    return await call.answered("conversation", id_, command, rendering(made, id_))


async def _must_be_theirs(call: Call, conversation_id: int) -> None:
    """Raises `Forbidden` for an agent who may not see the conversation that the number leads to."""
    found = await call.read(inbox.get_conversation, call.tenant, conversation_id)
    workspace = await call.services.bus.workspace(call.tenant)
    if found is not None and not may_see(workspace, call.caller, found["assigned_user_id"]):
        raise Forbidden("Somebody else looks after this customer.")


async def _first_connected(call: Call) -> int:
    for number in await call.read(numbers.list_numbers, call.tenant):
        if number["status"] == "connected":
            number_id: int = number["id"]
            return number_id
    raise Conflict(
        "No WhatsApp number of this workspace is connected. Connect one in the panel and send again.",
        code="NO_CONNECTED_NUMBER",
    )
