"""Finding what was written."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.http.api import Answer, Call, cursors, route, shapes
from plixa.http.api.fields import Page, Text
from plixa.http.realtime.visible import sight_of
from plixa.storage.conversation import search


class Words(Page):
    """Messages must have all of the words; the last one may be the beginning of one. Accents and case do not matter."""

    q: Annotated[Text, StringConstraints(min_length=1, max_length=200)]


class FoundMessage(shapes.Message):
    contact_name: str | None
    contact_phone: str | None


@route("GET", "/v1/messages/search", tag="Inbox", query=Words, answer=list[FoundMessage], rate="120/minute")
async def search_messages(call: Call) -> Answer:
    """Search the messages of all conversations

    Newest first, in the conversations that you may see.
    """
    query: Words = call.query
    words = search.query_of(query.q)
    if words is None:
        raise Invalid({"q": ["Write at least one word or number to look for."]})
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    before = cursors.decode(query.cursor, int)
    page, more = await call.read(
        search.search_messages,
        call.tenant,
        words,
        before,
        query.limit,
        sight_of(workspace, call.caller),
    )
    return Answer(page, {"next_cursor": cursors.encode(more), "limit": query.limit})
