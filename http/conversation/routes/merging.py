"""Two conversations of one customer made one."""

from __future__ import annotations

from plixa.actors.contacts.joining import MergeConversations
from plixa.http.api import Answer, Call, route, shapes
from plixa.http.api.fields import Body, Id
from plixa.http.conversation.finding import TAG, after, conversation, joining, visible
from plixa.storage.conversation import merges


class Merging(Body):
    """`from_id`: the conversation that becomes a part of the one in the path."""

    from_id: Id


@route(
    "POST",
    "/v1/conversations/{conversation}/merge",
    acting=False,
    tag=TAG,
    body=Merging,
    answer=shapes.Conversation,
    raises=("DIFFERENT_CONTACTS", "DIFFERENT_NUMBERS"),
)
async def merge_conversations(call: Call) -> Answer:
    """Merge another conversation into this one

    For a customer who showed up twice, say under a hidden id and under a phone number. This one survives with the
    messages of both in order of time; what it does not have itself it takes from the other one: labels, notes, name,
    sector, member, what is unread or promised, messages that are to go out later. What the customer writes under either
    address comes here. It cannot be taken back. Doing it again changes nothing.

    409 `DIFFERENT_CONTACTS`: merge the contacts first. 409 `DIFFERENT_NUMBERS`: they are on two WhatsApp numbers of
    yours. What was merged answers 409 `CONVERSATION_MERGED` to everything, with the survivor in `details.into_id`.
    """
    into_id, body = call.params["conversation"], call.body
    await conversation(call, "conversation")
    gone = await call.read(merges.survivor, call.tenant, body.from_id)
    if gone is None or gone[0] != into_id:
        await visible(call, body.from_id)
    command = MergeConversations(into_id=into_id, from_id=body.from_id, by=call.caller.user_id)
    await call.ask("contacts", 1, command)
    await joining(call).finish(body.from_id)
    return Answer(await after(call, into_id))
