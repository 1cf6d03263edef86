"""A workspace's webhook endpoints, as its own actor decides them.

Their secrets are the vault's: whoever asks attaches the row to the commit. What is told to an endpoint begins with what
happens after it was made, or was switched on again; what lies before, it hears only when somebody asks for a replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace as changed

from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.declarations import Held
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, NotFound
from plixa.engine.events import Event, event

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()

MOST = 20
Told = Literal[
    "message.inbound", "message.outbound", "conversation.created", "conversation.updated", "conversation.deleted"
]
"""What an endpoint may hear of."""
Reason = Literal["gone", "failing"]
"""gone: the endpoint answered 410. failing: nothing has succeeded for days."""


class Endpoint(Struct, frozen=True, omit_defaults=True):
    """Where it is, and what it wants. disabled_at, disabled_reason: that we have switched it off, and why."""

    id: int
    url: str
    events: tuple[Told, ...]
    created_at: datetime
    is_active: bool = True
    description: str | None = None
    disabled_at: datetime | None = None
    disabled_reason: Reason | None = None


WEBHOOKS: Held[dict[int, Endpoint]] = Held("webhooks", dict[int, Endpoint], {})


class AddEndpoint(Command, frozen=True, kw_only=True, tag=True):
    url: str
    events: tuple[Told, ...]
    is_active: bool = True
    description: str | None = None


class ChangeEndpoint(Command, frozen=True, kw_only=True, tag=True):
    """`fields` names what was sent along. rotated: it has a new secret."""

    endpoint_id: int
    fields: tuple[str, ...]
    url: str = ""
    events: tuple[Told, ...] = ()
    is_active: bool = True
    description: str | None = None
    rotated: bool = False


class RemoveEndpoint(Command, frozen=True, kw_only=True, tag=True):
    endpoint_id: int


class SwitchOff(Command, frozen=True, kw_only=True, tag=True):
    """It is of no use to go on."""

    endpoint_id: int
    reason: Reason


@event("webhook_endpoint.created", personal=("url", "description"))
class EndpointCreated(Event, frozen=True, kw_only=True):
    endpoint_id: int
    created_at: datetime
    events: tuple[Told, ...]
    is_active: bool
    url: str = ""
    description: str | None = None


@event("webhook_endpoint.changed", personal=("url", "description"))
class EndpointChanged(Event, frozen=True, kw_only=True):
    """As it is now. started: it was off before. rotated: it has a new secret."""

    endpoint_id: int
    events: tuple[Told, ...]
    is_active: bool
    url: str = ""
    description: str | None = None
    started: bool = False
    rotated: bool = False


@event("webhook_endpoint.removed")
class EndpointRemoved(Event, frozen=True, kw_only=True):
    endpoint_id: int


@event("webhook_endpoint.disabled")
class EndpointDisabled(Event, frozen=True, kw_only=True):
    """Switched off by ourselves."""

    endpoint_id: int
    at: datetime
    reason: Reason


# -- deciding ---------------------------------------------------------------------------------------------------------


@decide.on(AddEndpoint)
def _add(state: Workspace, command: AddEndpoint, now: Moment) -> Sequence[Event]:
    if len(WEBHOOKS.of(state)) >= MOST:
        raise Conflict(f"There are {MOST} already, the most that there may be. Remove one first.", code="TOO_MANY")
    return [
        EndpointCreated(
            endpoint_id=next(now.ids),
            created_at=now.at,
            events=command.events,
            is_active=command.is_active,
            url=command.url,
            description=command.description,
        )
    ]


@decide.on(ChangeEndpoint)
def _change(state: Workspace, command: ChangeEndpoint, now: Moment) -> Sequence[Event]:
    old = endpoint_of(state, command.endpoint_id)
    sent = {name: getattr(command, name) for name in command.fields}
    new = changed(old, **sent)
    if new == old and not command.rotated:
        return []
    return [
        EndpointChanged(
            endpoint_id=old.id,
            events=new.events,
            is_active=new.is_active,
            url=new.url,
            description=new.description,
            started=new.is_active and not old.is_active,
            rotated=command.rotated,
        )
    ]


@decide.on(RemoveEndpoint)
def _remove(state: Workspace, command: RemoveEndpoint, now: Moment) -> Sequence[Event]:
    return [EndpointRemoved(endpoint_id=endpoint_of(state, command.endpoint_id).id)]


@decide.on(SwitchOff)
def _switch_off(state: Workspace, command: SwitchOff, now: Moment) -> Sequence[Event]:
    """Also tells the owners; of an endpoint that is off or gone there is nothing to tell."""
    found = WEBHOOKS.of(state).get(command.endpoint_id)
    if found is None or not found.is_active:
        return []
    host = found.url.split("/")[2]  # the rest may be a secret, and mails are not sealed in the log
    owners = [member.id for member in state.members.values() if member.role == "owner"]
    letters = [mail(now, f"webhook_{command.reason}", user_id=each, values={"host": host}) for each in owners]
    return [EndpointDisabled(endpoint_id=found.id, at=now.at, reason=command.reason), *letters]


def endpoint_of(state: Workspace, endpoint_id: int) -> Endpoint:
    """The endpoint. Raises `NotFound`."""
    found = WEBHOOKS.of(state).get(endpoint_id)
    if found is None:
        raise NotFound("webhook endpoint")
    return found


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(EndpointCreated)
def _created(state: Workspace, event: EndpointCreated) -> Workspace:
    made = Endpoint(event.endpoint_id, event.url, event.events, event.created_at, event.is_active, event.description)
    return _with(state, made)


@evolve.on(EndpointChanged)
def _changed(state: Workspace, event: EndpointChanged) -> Workspace:
    values = {"url": event.url, "events": event.events, "description": event.description}
    kept = {} if not event.started else {"disabled_at": None, "disabled_reason": None}
    old = WEBHOOKS.of(state)[event.endpoint_id]
    return _with(state, changed(old, is_active=event.is_active, **values, **kept))


@evolve.on(EndpointRemoved)
def _removed(state: Workspace, event: EndpointRemoved) -> Workspace:
    kept = {id_: each for id_, each in WEBHOOKS.of(state).items() if id_ != event.endpoint_id}
    return changed(state, **{WEBHOOKS.name: kept})


@evolve.on(EndpointDisabled)
def _disabled(state: Workspace, event: EndpointDisabled) -> Workspace:
    old = WEBHOOKS.of(state)[event.endpoint_id]
    return _with(state, changed(old, is_active=False, disabled_at=event.at, disabled_reason=event.reason))


def _with(state: Workspace, endpoint: Endpoint) -> Workspace:
    return changed(state, **{WEBHOOKS.name: {**WEBHOOKS.of(state), endpoint.id: endpoint}})
