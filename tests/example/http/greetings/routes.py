"""The routes of the example."""

from __future__ import annotations

from plixa.actors.greetings import Greet

from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Line


class Greeting(Body):
    name: Line


@route("POST", "/v1/greetings", tag="Greetings", body=Greeting, answer=Greeting, status=201)
async def greet(call: Call) -> Answer:
    """Greet somebody"""
    outcome = await call.ask("greetings", call.tenant, Greet(name=call.body.name))
    return Answer({"name": outcome.state.names[-1]}, status=201)
