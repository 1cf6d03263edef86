"""The end of the workspace: asked for, called off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from plixa.actors.workspace.deletion import CancelDeletion, DeletionScheduled, ScheduleDeletion
from plixa.actors.workspace.state import Deletion, Workspace
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, auth, rendering, route, shapes
from plixa.http.api.fields import Body

TAG = "Account"
PATH = "/v1/account/deletion"


class Confirm(Body):
    """`password`: the owner's own, again."""

    password: Annotated[str, Field(max_length=1024)]


@route("GET", PATH, tag=TAG, who="owner", ability="panel", answer=shapes.Deletion)
async def get_deletion(call: Call) -> Answer:
    """Whether the workspace is going to be deleted

    All null: it is not.
    """
    return Answer(_shown(await call.services.bus.workspace(call.tenant)))


@route(
    "POST",
    PATH,
    tag=TAG,
    who="owner",
    ability="panel",
    body=Confirm,
    answer=shapes.Deletion,
    rate="10/minute",
    idempotent=True,
    raises=("DELETION_ALREADY_SCHEDULED",),
)
async def schedule_deletion(call: Call) -> Answer:
    """Schedule the workspace for permanent deletion

    In 30 days everything of it goes for good. Until then it works as ever, every member is told by mail, and it can be
    called off.
    """
    await auth.must_know_password(call, call.body.password)
    command = ScheduleDeletion(by=call.caller.user_id)
    return await call.answered("workspace", call.tenant, command, rendering(_scheduled))


def _scheduled(events: Sequence[Event]) -> Answer:
    scheduled = next(event for event in events if isinstance(event, DeletionScheduled))
    return Answer(_planned(Deletion(scheduled.due, scheduled.asked_at, scheduled.by)))


@route(
    "DELETE",
    PATH,
    tag=TAG,
    who="owner",
    ability="panel",
    answer=shapes.Deletion,
    raises=("DELETION_NOT_SCHEDULED",),
)
async def cancel_deletion(call: Call) -> Answer:
    """Cancel a scheduled deletion and restore the workspace"""
    outcome = await call.ask("workspace", call.tenant, CancelDeletion(by=call.caller.user_id))
    return Answer(_shown(outcome.state))


def _shown(workspace: Workspace) -> dict[str, Any]:
    return _planned(workspace.deletion)


def _planned(deletion: Deletion | None) -> dict[str, Any]:
    return {
        "scheduled_for": deletion.due if deletion else None,
        "requested_at": deletion.asked_at if deletion else None,
        "requested_by": deletion.by if deletion else None,
    }
