"""An example: what a feature brings to the edge."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.http.greetings import routes
from plixa.http.greetings.letters import GREETING, GREETING_WORD
from plixa.http.greetings.parts import BOARD, Board

from plixa.actors.notifications.mail import RequestMail
from plixa.engine.effect_spec import EffectSpec
from plixa.engine.events import Recorded
from plixa.engine.ports import Address, Commit, StoredEffect
from plixa.engine.service import Service
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.feature import Edge
from plixa.http.outbox.queues import INNER
from plixa.http.outbox.reports import reporting


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    board = Board()

    async def greet(stored: StoredEffect) -> None:
        state = await services.bus.state(Address(stored.owner.tenant, "greetings", stored.owner.id))
        name, tenant = state.names[stored.effect.request["n"] - 1], stored.owner.tenant
        letter = RequestMail(template="greeting", email="lia@plixa.example", values={"who": name})
        await services.bus.ask(Address(tenant, "workspace", tenant), letter, actor="system", cause=stored.effect.id)
        board.said.append(f"{services.settings[GREETING_WORD]}, {name}!")
        board.spoken.set()

    def heard(commit: Commit, recorded: list[Recorded]) -> None:
        if commit.address.kind == "greetings":
            board.heard += [each.event.type for each in recorded]

    yield Opened(
        offers={BOARD: board},
        handlers={"example.greet": reporting(greet)},
        services=(Service("greetings", board.run),),
        listeners={"greetings": heard},
    )
    board.closed = True


EDGE = Edge(
    routes=routes_in(routes),
    effects={"example.greet": EffectSpec(queue=INNER, tries=3)},
    settings=(GREETING_WORD,),
    mails={"greeting": GREETING},
    open=_open,
)
