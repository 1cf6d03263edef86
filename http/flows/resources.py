"""Flows as the API shows them."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from plixa.actors.flows import check, graph, library as flows
from plixa.actors.flows.library import Flow
from plixa.actors.workspace.state import Workspace
from plixa.http.api import Call


class Problem(TypedDict):
    node_id: str | None
    field: str
    code: str
    message: str


class FlowResource(TypedDict):
    id: int
    name: str
    trigger: str | None
    enabled: bool
    published_version: int | None
    has_unpublished_changes: bool
    draft_definition: dict[str, Any]
    definition: dict[str, Any] | None
    reprompt_after_minutes: int
    close_after_minutes: int
    reprompt_message: str | None
    close_conversation_on_timeout: bool
    problems: list[Problem]
    hints: list[Problem]


def resource(workspace: Workspace, flow: Flow) -> FlowResource:
    """A flow as the API shows it, with what keeps its draft from going live, and what works otherwise than meant."""
    draft = flows.read(flow.draft)
    start = flow.start
    live = flow.graph(flow.version)
    return {
        "id": flow.id,
        "name": flow.name,
        "trigger": start.trigger if start else None,
        "enabled": flow.enabled,
        "published_version": flow.version or None,
        "has_unpublished_changes": flow.versions.get(flow.version) != flow.draft,
        "draft_definition": graph.definition(draft),
        "definition": None if live is None else graph.definition(live),
        "reprompt_after_minutes": flow.reprompt_after_minutes,
        "close_after_minutes": flow.close_after_minutes,
        "reprompt_message": flow.reprompt_message,
        "close_conversation_on_timeout": flow.close_conversation_on_timeout,
        "problems": [_problem(each) for each in check.problems(draft, flows.known(workspace))],
        "hints": [_problem(each) for each in check.hints(draft)],
    }


def _problem(problem: check.Problem) -> Problem:
    return {"node_id": problem.node_id, "field": problem.field, "code": problem.code, "message": problem.message}


async def flow_of(call: Call, name: str = "flow") -> tuple[Workspace, Flow]:
    """The flow that the path names, and the workspace. Raises `NotFound`."""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    return workspace, flows.must_have(workspace, call.params[name])
