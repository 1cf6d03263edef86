"""Members and tokens, for tests of who may do what: made behind the API, which has no routes for them yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import trio
from tests.harness import Workspace

from plixa.actors.workspace import events as ws
from plixa.compose import Node
from plixa.engine.actor import ActorType
from plixa.engine.errors import Fenced
from plixa.engine.ports import Address, Commit
from plixa.http.api import auth
from plixa.storage.people import vault


@dataclass
class Member:
    """Somebody of the house, and the header that says so."""

    user_id: int
    bearer: str


async def token(node: Node, workspace: Workspace, abilities: list[str], user_id: int | None = None) -> str:
    """A new token of the owner (or of `user_id`); returns the Authorization header."""
    services, secret = node.services, auth.new_secret()
    [token_id] = await services.database.run(vault.next_ids, "tokens")
    owner = workspace.user_id if user_id is None else user_id
    name = {("*",): "panel", ("challenge",): "challenge"}.get(tuple(abilities), "api:test")
    row = vault.token_row(token_id, workspace.tenant, owner, name, secret, abilities, services.clock.now())
    await services.store.writer.write([row])
    return f"Bearer {auth.bearer(token_id, secret)}"


async def agent(node: Node, workspace: Workspace, **joined: Any) -> Member:
    """A member who is not the owner, signed in at the panel."""
    services = node.services
    [user_id] = await services.database.run(vault.next_ids, "users_id")
    email = f"agent{user_id}@plixa.example"
    event = ws.MemberJoined(user_id=user_id, name="Téo", email=email, role="agent", **joined)
    await append(node, Address(workspace.tenant, "workspace", workspace.tenant), event)
    return Member(user_id, await token(node, workspace, ["*"], user_id))


async def append(node: Node, address: Address, event: Any) -> None:
    """Add an event to an actor's stream and let the actor read it; again, if the actor itself was quicker."""
    while True:
        try:
            return await _append(node, address, event)
        except Fenced:
            await trio.sleep(0.02)


async def _append(node: Node, address: Address, event: Any) -> None:
    supervisor = node.services.bus.supervisor
    scope = await supervisor.scope(address.tenant)
    cell = scope.cell(address)
    while cell.busy:  # noqa: ASYNC110  # a cell has no event for being idle
        await trio.sleep(0.01)
    await cell.load()
    kind: ActorType[Any] = supervisor.kinds[address.kind]
    commit = Commit(
        address=address,
        revision=cell.revision,
        before=cell.state,
        after=kind.evolve(cell.state, event),
        events=[event],
        at=node.services.clock.now(),
        actor="test",
        cause="test",
        epoch=scope.head.epoch,
        last_id=scope.ids.last,
    )
    await node.services.store.commit(commit)
    cell.forget()
    await cell.load()
