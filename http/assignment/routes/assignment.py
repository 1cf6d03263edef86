"""Auto-assignment: which rule would fire, and for whom. The rules themselves are a collection of the workspace."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints
from typing_extensions import TypedDict

from plixa.actors.assignment.dispatcher import FindAssignee, decided
from plixa.actors.contacts.labels import LABELS
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.errors import Invalid
from plixa.engine.ports import Address
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Id, Text
from plixa.storage.assignment import reads as queue

TAG = "Auto-assignment"


class Hypothetical(Body):
    """A first message, and a label that the conversation would have."""

    message: Annotated[Text, StringConstraints(max_length=4096)] | None = None
    label_id: Id | None = None


class Candidate(TypedDict):
    user_id: int
    name: str
    load: int
    left_out: str | None


class Preview(TypedDict):
    rule_id: int | None
    user_id: int | None
    outcome: str
    why: str
    candidates: list[Candidate]


@route("POST", "/v1/auto-assignment-rules/preview", tag=TAG, who="owner", body=Hypothetical, answer=Preview)
async def preview(call: Call) -> Answer:
    """Preview auto-assignment

    Which rule, if any, would fire for this message and who would get the conversation. Nothing is assigned, and the
    round robin stays where it is.
    """
    body: Hypothetical = call.body
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    if body.label_id is not None and body.label_id not in LABELS.of(workspace):
        raise Invalid({"label_id": ["This is not one of the workspace's labels."]})
    state = await call.services.bus.state(Address(call.tenant, "dispatch", call.tenant))
    now = call.services.clock.now()
    command = FindAssignee(
        conversation_id=0,
        message=body.message,
        label_ids=() if body.label_id is None else (body.label_id,),
        online=call.services.presence.all_online(call.tenant, now),
        found=await call.read(queue.look_round, call.tenant, queue=False),
    )
    decision = decided(state, command, Moment(now, iter(()), workspace))
    candidates = [
        {"user_id": each.user_id, "name": each.name, "load": each.load, "left_out": each.left_out}
        for each in decision.considered
    ]
    shown = {"rule_id": decision.rule_id, "user_id": decision.user_id, "outcome": decision.outcome}
    return Answer({**shown, "why": decision.why, "candidates": candidates})
