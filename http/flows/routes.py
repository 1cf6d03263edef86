"""Flows: drafting, trying out, publishing, switching on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import trio
from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.flows import graph, library as flows
from plixa.actors.flows.check_past import check_all
from plixa.actors.flows.library import FLOWS, DeleteFlow, Flow, FlowSaved, PublishFlow, SaveFlow, ToggleFlow
from plixa.actors.flows.run import Context
from plixa.actors.flows.simulate import read_steps, simulate
from plixa.actors.flows.templates import template
from plixa.actors.hours.opening import opening_hours
from plixa.actors.hours.week import is_open
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, rendering, route
from plixa.http.api.fields import Body, Line, Moment, Text
from plixa.http.flows.resources import FlowResource, flow_of, resource
from plixa.storage.flows.past import past_conversations

TAG = "Flows"
GRAPH_LIMIT = 400 * 1024
Minutes = Annotated[int, Field(ge=0)]


class Settings(Body):
    """`draft_definition`: `{nodes, edges}`; it may be wrong until it is published."""

    draft_definition: dict[str, Any] | None = None
    reprompt_after_minutes: Annotated[Minutes, Field(le=1440)] | None = None
    close_after_minutes: Annotated[Minutes, Field(le=10_080)] | None = None
    reprompt_message: Annotated[Text, StringConstraints(max_length=500)] | None = None
    close_conversation_on_timeout: bool | None = None


class NewFlow(Settings):
    """`template` (`reception`, `lead`, `ai_first`) gives the draft where no definition is sent."""

    name: Annotated[Line, StringConstraints(max_length=80)]
    template: Annotated[str, StringConstraints(pattern="^(reception|lead|ai_first)$")] | None = None


class ChangeFlow(Settings):
    """What is left out stays as it is."""

    name: Annotated[Line, StringConstraints(max_length=80)] | None = None


class Toggle(Body):
    enabled: bool


class Dialogue(Body):
    """`steps`: `{say}`, `{choose}`, `{wait_minutes}` or `{ai}`. `definition`: instead of the saved draft."""

    steps: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100)]
    definition: dict[str, Any] | None = None
    starts_at: Moment | None = None


class CheckBody(Body):
    """How many of the latest conversations the draft is held against: of those that began in a period, where one is
    given (`since`, and `until`, which is not in it)."""

    conversations: Annotated[int, Field(ge=1, le=1000)] = 200
    since: Moment | None = None
    until: Moment | None = None
    definition: dict[str, Any] | None = None


class Simulated(TypedDict):
    steps: list[dict[str, Any]]
    ended: str | None
    node_id: str | None
    fields: dict[str, str]
    path: list[str]


class CheckReport(TypedDict):
    conversations: int
    counts: dict[str, int]
    seconds: float
    checked: list[dict[str, Any]]


def _as_draft(definition: dict[str, Any] | None, at: str = "draft_definition") -> str | None:
    """A graph as its JSON text. Raises `Invalid` for what is no graph at all."""
    if definition is None:
        return None
    return msgspec.json.encode(graph.definition(graph.parse(definition, at))).decode()


def _values(body: Settings) -> dict[str, Any]:
    sent = body.model_dump(mode="json", exclude_unset=True, exclude={"draft_definition", "template"})
    return {name: value for name, value in sent.items() if value is not None or name == "reprompt_message"}


async def _asked(call: Call, command: object, flow_id: int) -> Answer:
    outcome = await call.ask("workspace", call.tenant, command)
    return Answer(resource(outcome.state, outcome.state.flows[flow_id]))


@route("GET", "/v1/flows", tag=TAG, answer=list[FlowResource])
async def list_flows(call: Call) -> Answer:
    """List the flows"""
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    return Answer([resource(workspace, flow) for _, flow in sorted(FLOWS.of(workspace).items())])


@route("GET", "/v1/flows/{id}", tag=TAG, answer=FlowResource)
async def get_flow(call: Call) -> Answer:
    """Get a flow"""
    workspace, flow = await flow_of(call, "id")
    return Answer(resource(workspace, flow))


@route(
    "POST",
    "/v1/flows",
    tag=TAG,
    who="owner",
    body=NewFlow,
    answer=FlowResource,
    status=201,
    max_body=GRAPH_LIMIT,
    idempotent=True,
    raises=("TOO_MANY",),
)
async def create_flow(call: Call) -> Answer:
    """Create a flow

    It begins as a draft: nothing happens to customers before it is published and switched on.
    """
    body: NewFlow = call.body
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    definition = body.draft_definition
    if definition is None and body.template is not None:
        definition = template(body.template, workspace.locale)
    command = SaveFlow(values=_values(body), draft=_as_draft(definition))
    return await call.answered("workspace", call.tenant, command, rendering(_created, workspace))


def _created(events: Sequence[Event], workspace: Workspace) -> Answer:
    made = next(event for event in events if isinstance(event, FlowSaved))
    flow = Flow(id=made.flow_id, **made.values, draft=made.draft)
    return Answer(resource(workspace, flow), status=201)


@route("PUT", "/v1/flows/{id}", tag=TAG, who="owner", body=ChangeFlow, answer=FlowResource, max_body=GRAPH_LIMIT)
async def save_flow(call: Call) -> Answer:
    """Save a flow draft

    Live conversations do not notice; the live graph changes only on publishing.
    """
    body: ChangeFlow = call.body
    await flow_of(call, "id")
    flow_id = call.params["id"]
    command = SaveFlow(flow_id=flow_id, values=_values(body), draft=_as_draft(body.draft_definition))
    return await _asked(call, command, flow_id)


@route("DELETE", "/v1/flows/{id}", tag=TAG, who="owner", status=204)
async def delete_flow(call: Call) -> Answer:
    """Delete a flow

    A conversation that is in it goes on without it.
    """
    await call.ask("workspace", call.tenant, DeleteFlow(flow_id=call.params["id"]))
    return Answer(status=204)


@route("POST", "/v1/flows/{flow}/publish", tag=TAG, who="owner", answer=FlowResource)
async def publish_flow(call: Call) -> Answer:
    """Publish a flow

    The draft becomes the live version, unless something is wrong with it: then 422 names every node and field.
    """
    return await _asked(call, PublishFlow(flow_id=call.params["flow"]), call.params["flow"])


@route(
    "POST",
    "/v1/flows/{flow}/toggle",
    tag=TAG,
    who="owner",
    body=Toggle,
    answer=FlowResource,
    raises=("FLOW_NOT_PUBLISHED",),
)
async def toggle_flow(call: Call) -> Answer:
    """Enable or disable a flow

    Enabling one switches off every other with the same trigger.
    """
    command = ToggleFlow(flow_id=call.params["flow"], enabled=call.body.enabled)
    return await _asked(call, command, call.params["flow"])


@route(
    "POST",
    "/v1/flows/{flow}/simulate",
    tag=TAG,
    who="owner",
    body=Dialogue,
    answer=Simulated,
    max_body=GRAPH_LIMIT,
    rate="120/minute",
)
async def simulate_flow(call: Call) -> Answer:
    """Try a flow out

    A dialogue against the draft, on a clock of its own; nothing is sent and nothing is kept.
    """
    body: Dialogue = call.body
    workspace, flow = await flow_of(call)
    steps = read_steps(body.steps)
    now = body.starts_at or call.services.clock.now()
    played = simulate(_draft(flow, body.definition), steps, _context(workspace, flow, now))
    shown: dict[str, Any] = msgspec.to_builtins(played)
    return Answer({"steps": shown["steps"], **{name: shown[name] for name in ("ended", "node_id", "fields", "path")}})


@route(
    "POST",
    "/v1/flows/{flow}/check",
    tag=TAG,
    who="owner",
    body=CheckBody,
    answer=CheckReport,
    max_body=GRAPH_LIMIT,
    rate="10/minute",
)
async def check_flow(call: Call) -> Answer:
    """Hold a flow against real conversations

    The draft is walked with what customers wrote in the latest conversations, or in those of a period, in a
    sandbox that sends nothing: how many
    go the same way as then, differ, come to a dead end, are handed off or completed, each to look at.
    """
    body: CheckBody = call.body
    workspace, flow = await flow_of(call)
    pasts = await call.read(
        past_conversations, call.tenant, flow.id, body.conversations, since=body.since, until=body.until
    )
    draft, now = _draft(flow, body.definition), call.services.clock.now()
    context = msgspec.structs.replace(_context(workspace, flow, now), contact={})  # nobody is known by name beforehand
    hours = opening_hours(workspace)
    together = timedelta(seconds=INBOX.of(workspace).quiet_seconds)
    began = time.perf_counter()

    def opens(at: datetime) -> bool:
        return is_open(hours, at)

    report = await trio.to_thread.run_sync(check_all, draft, pasts, context, opens, together)
    seconds = time.perf_counter() - began
    shown: dict[str, Any] = msgspec.to_builtins(report)
    return Answer({"conversations": len(pasts), "seconds": round(seconds, 3), **shown})


def _draft(flow: Flow, definition: dict[str, Any] | None) -> graph.Graph:
    draft = flows.read(flow.draft) if definition is None else graph.parse(definition, "definition")
    if draft.start() is None:
        raise Invalid({"definition": ["The flow has no start. Add one `start` node and lead it to the first step."]})
    return draft


def _context(workspace: Workspace, flow: Flow, now: datetime) -> Context:
    return Context(
        now=now.astimezone(workspace.zone),
        locale=workspace.locale,
        hours_open=is_open(opening_hours(workspace), now),
        contact={"name": "Bia Souza", "first_name": "Bia", "phone": "5511999990000"},
        reprompt_after_minutes=flow.reprompt_after_minutes,
        close_after_minutes=flow.close_after_minutes,
        reprompt_message=flow.reprompt_message,
        close_conversation_on_timeout=flow.close_conversation_on_timeout,
    )
