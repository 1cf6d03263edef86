"""The workspace's flows: drafts that may be wrong, published versions that are not, and which of them runs.

Publishing copies the draft under a new version number. Old versions stay, since conversations end on the version on
which they began. Enabling one switches off every other with the same trigger: one reception at a time, and no keyword
twice. A graph is kept as JSON text: reading it is `plixa.actors.flows.graph`, and remembered by text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.flows import check, graph, nodes as n
from plixa.actors.flows.words import fold
from plixa.actors.folding import with_places
from plixa.actors.scheduling.catalogue import SERVICES
from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event, event

MOST_FLOWS = 50
EMPTY = '{"nodes":[],"edges":[]}'


class Flow(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """`draft`, `versions`: graphs as JSON text. `version`: the one that new conversations take; 0 is none yet."""

    id: int
    name: str
    draft: str = EMPTY
    version: int = 0
    versions: dict[int, str] = {}  # msgspec copies an empty default
    enabled: bool = False
    reprompt_after_minutes: int = 0
    close_after_minutes: int = 0
    reprompt_message: str | None = None
    close_conversation_on_timeout: bool = False

    def graph(self, version: int) -> graph.Graph | None:
        """The graph of a published version."""
        text = self.versions.get(version)
        return None if text is None else read(text)

    @property
    def start(self) -> n.StartData | None:
        """The trigger of the version that runs."""
        live = self.graph(self.version)
        first = live.start() if live is not None else None
        return None if first is None else first.data


@lru_cache(maxsize=512)
def read(text: str) -> graph.Graph:
    """A graph from its JSON text."""
    return graph.parse(msgspec.json.decode(text))


FLOWS: Held[dict[int, Flow]] = Held("flows", dict[int, Flow], {})
decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()
SETTINGS = (
    "name",
    "reprompt_after_minutes",
    "close_after_minutes",
    "reprompt_message",
    "close_conversation_on_timeout",
)


class SaveFlow(Command, frozen=True, kw_only=True, tag=True):
    """Make a flow (`flow_id` 0) or change one: `values` holds what was sent, `draft` a new graph as JSON text."""

    flow_id: int = 0
    values: dict[str, Any]
    draft: str | None = None


class PublishFlow(Command, frozen=True, kw_only=True, tag=True):
    flow_id: int


class ToggleFlow(Command, frozen=True, kw_only=True, tag=True):
    flow_id: int
    enabled: bool


class DeleteFlow(Command, frozen=True, kw_only=True, tag=True):
    flow_id: int


@event("flow.saved")
class FlowSaved(Event, frozen=True, kw_only=True):
    """The whole flow's settings and draft as they are now; a new flow if there was none."""

    flow_id: int
    values: dict[str, Any]
    draft: str


@event("flow.published")
class FlowPublished(Event, frozen=True, kw_only=True):
    """The draft of that moment goes live as `version`."""

    flow_id: int
    version: int
    graph: str


@event("flow.toggled")
class FlowToggled(Event, frozen=True, kw_only=True):
    """`instead_of`: another flow was enabled, which has the same trigger."""

    flow_id: int
    enabled: bool
    instead_of: int | None = None


@event("flow.deleted")
class FlowDeleted(Event, frozen=True, kw_only=True):
    flow_id: int


def must_have(state: Workspace, flow_id: int) -> Flow:
    """The flow. Raises NotFound."""
    flow = FLOWS.of(state).get(flow_id)
    if flow is None:
        raise NotFound("flow")
    return flow


@decide.on(SaveFlow)
def save(state: Workspace, command: SaveFlow, now: Moment) -> Sequence[Event]:
    """A draft may be wrong; only its shape and size are checked, by whoever made the command."""
    if not command.flow_id and len(FLOWS.of(state)) >= MOST_FLOWS:
        raise Conflict(f"There are {MOST_FLOWS} flows already, the most that there may be.", code="TOO_MANY")
    old = must_have(state, command.flow_id) if command.flow_id else Flow(id=next(now.ids), name="")
    settings = {name: value for name, value in asdict(old).items() if name in SETTINGS}
    settings |= {name: value for name, value in command.values.items() if name in SETTINGS}
    draft = old.draft if command.draft is None else command.draft
    new = replace(old, **settings, draft=draft)
    return [] if new == FLOWS.of(state).get(old.id) else [FlowSaved(flow_id=old.id, values=settings, draft=draft)]


@decide.on(PublishFlow)
def publish(state: Workspace, command: PublishFlow, now: Moment) -> Sequence[Event]:
    """Copy the draft into the live definition, if nothing is wrong with it."""
    flow = must_have(state, command.flow_id)
    check.must_be_publishable(read(flow.draft), known(state))
    if flow.versions.get(flow.version) == flow.draft:
        return []
    published = FlowPublished(flow_id=flow.id, version=max(flow.versions, default=0) + 1, graph=flow.draft)
    after = replace(flow, version=published.version, versions={**flow.versions, published.version: flow.draft})
    return [published, *(_rivals_off(state, after) if flow.enabled else ())]


def known(state: Workspace) -> check.KnownToFlows:
    """What a flow of this workspace may refer to."""
    fields = {
        str(field.key): check.KnownField(field.type, tuple(field.options)) for field in CUSTOM_FIELDS.of(state).values()
    }
    services = {each.id: each.name for each in SERVICES.of(state).values() if each.is_active}
    return check.KnownToFlows({sector.id: sector.name for sector in SECTORS.of(state).values()}, fields, services)


@decide.on(ToggleFlow)
def toggle(state: Workspace, command: ToggleFlow, now: Moment) -> Sequence[Event]:
    """Enable or disable. Raises Conflict for one that was never published."""
    flow = must_have(state, command.flow_id)
    if command.enabled and not flow.version:
        raise Conflict("Publish this flow first: there is no live version to switch on.", code="FLOW_NOT_PUBLISHED")
    if flow.enabled == command.enabled:
        return []
    others = _rivals_off(state, flow) if command.enabled else ()
    return [FlowToggled(flow_id=flow.id, enabled=command.enabled), *others]


def _rivals_off(state: Workspace, flow: Flow) -> Iterator[Event]:
    for other in FLOWS.of(state).values():
        if other.id != flow.id and other.enabled and _same_trigger(other.start, flow.start):
            yield FlowToggled(flow_id=other.id, enabled=False, instead_of=flow.id)


def _same_trigger(one: n.StartData | None, other: n.StartData | None) -> bool:
    if one is None or other is None or one.trigger != other.trigger:
        return False
    if one.trigger == "keyword":
        return bool(_called(one) & _called(other))
    return one.trigger == "first_message"


def _called(start: n.StartData) -> set[str]:
    return {with_places(fold(word)) for word in start.keywords}


@decide.on(DeleteFlow)
def delete(state: Workspace, command: DeleteFlow, now: Moment) -> Sequence[Event]:
    """Conversations that are in it go on without it: a person takes over at their next word."""
    return [FlowDeleted(flow_id=must_have(state, command.flow_id).id)]


@evolve.on(FlowSaved, FlowPublished, FlowToggled, FlowDeleted)
def folded(state: Workspace, event: FlowSaved | FlowPublished | FlowToggled | FlowDeleted) -> Workspace:
    """The workspace after one of these events."""
    if isinstance(event, FlowDeleted):
        return replace(state, flows={id_: flow for id_, flow in FLOWS.of(state).items() if id_ != event.flow_id})
    flow = FLOWS.of(state).get(event.flow_id) or Flow(id=event.flow_id, name="")
    match event:
        case FlowSaved():
            flow = replace(flow, **event.values, draft=event.draft)
        case FlowPublished():
            flow = replace(flow, version=event.version, versions={**flow.versions, event.version: event.graph})
        case FlowToggled():
            flow = replace(flow, enabled=event.enabled)
    return replace(state, flows={**FLOWS.of(state), flow.id: flow})
