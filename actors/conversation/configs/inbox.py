"""How the inbox behaves by itself: patience with bursts, what is closed or opened again, how much one carries."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from plixa.actors.workspace.declarations import Config


class InboxConfig(Struct, frozen=True, omit_defaults=True):
    """quiet_seconds: how long to wait for more of a burst before anything answers by itself.

    auto_close_hours: a conversation in which our side wrote last is resolved after so long; null: never.
    agent_capacity: open conversations that auto-assignment gives one member at most; null: no limit.
    assign_only_online: auto-assignment passes over members who do not have the panel open, however available they are;
    what nobody could take waits in the queue, and whoever opens the panel is given from it.
    reopen_to_assignee_hours: a resolved conversation whose customer writes again within so many hours stays with who
    had it, if they are available; later it goes to the queue. 0: always to the queue. null: it always stays with them.
    members_may_delete: whether every member may erase conversations for good, and not the owner alone.
    """

    quiet_seconds: Annotated[float, Field(ge=0, le=30)] = 2.5
    auto_close_hours: Annotated[int, Field(ge=1, le=720)] | None = None
    agent_capacity: Annotated[int, Field(ge=1, le=1000)] | None = None
    assign_only_online: bool = False
    reopen_to_assignee_hours: Annotated[int, Field(ge=0, le=8760)] | None = None
    members_may_delete: bool = False


INBOX = Config(name="inbox", value=InboxConfig, path="/v1/inbox-config", tag="Conversations")
