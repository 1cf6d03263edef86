"""The settings that a conversation follows: the greeting and the service-level targets."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from plixa.actors.workspace.actor import ConfigureSla, ConfigureWelcome
from plixa.actors.workspace.state import Workspace
from plixa.http import shapes
from plixa.http.api import Answer, Call, route
from plixa.http.fields import Body, Text

Seconds = Annotated[int, Field(ge=1, le=604_800)]


class WelcomeBody(Body):
    """What is left out stays as it is."""

    message: Annotated[Text, StringConstraints(max_length=1000)] | None = None
    enabled: bool | None = None
    delay_seconds: Annotated[int, Field(ge=0, le=300)] | None = None


class SlaBody(Body):
    """Null is no target; what is left out stays as it is."""

    first_response_seconds: Seconds | None = None
    resolution_seconds: Seconds | None = None


def _welcome(house: Workspace) -> Answer:
    shown = house.welcome
    return Answer({"enabled": shown.enabled, "message": shown.message, "delay_seconds": shown.delay_seconds})


def _sla(house: Workspace) -> Answer:
    first, resolution = house.first_response_seconds, house.resolution_seconds
    return Answer({"first_response_seconds": first, "resolution_seconds": resolution})


@route("GET", "/v1/welcome-config", tag="Welcome message", answer=shapes.Welcome)
async def get_welcome(call: Call) -> Answer:
    """Get the welcome message configuration"""
    return _welcome(await call.services.bus.house(call.tenant))


@route("PUT", "/v1/welcome-config", tag="Welcome message", who="owner", body=WelcomeBody, answer=shapes.Welcome)
async def put_welcome(call: Call) -> Answer:
    """Update the welcome message configuration

    The greeting goes out the first time that a contact writes, `delay_seconds` later; not if a person answers first.
    """
    body: WelcomeBody = call.body
    command = ConfigureWelcome(
        enabled=body.enabled,
        message=body.message,
        message_sent="message" in body.model_fields_set,
        delay_seconds=body.delay_seconds,
    )
    outcome = await call.ask("workspace", call.tenant, command)
    return _welcome(outcome.state)


@route("GET", "/v1/sla-config", tag="SLA targets", answer=shapes.SlaTargets)
async def get_sla(call: Call) -> Answer:
    """Get the workspace SLA targets"""
    return _sla(await call.services.bus.house(call.tenant))


@route("PUT", "/v1/sla-config", tag="SLA targets", who="owner", body=SlaBody, answer=shapes.SlaTargets)
async def put_sla(call: Call) -> Answer:
    """Update the workspace SLA targets

    A clock that runs keeps the target that it was started with.
    """
    body: SlaBody = call.body
    command = ConfigureSla(
        fields=tuple(body.model_fields_set),
        first_response_seconds=body.first_response_seconds,
        resolution_seconds=body.resolution_seconds,
    )
    outcome = await call.ask("workspace", call.tenant, command)
    return _sla(outcome.state)
