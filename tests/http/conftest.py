"""Fixtures on top of those of `tests/conftest.py`: what a member sees, and a look into the tables."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio
from tests import harness
from tests.clients.far_end import Asked, Reply, open_far_end
from tests.harness import Number, Phones, Workspace
from tests.http.browsers import Service
from tests.http.chat import Chat
from tests.http.house import House, furnish
from tests.http.inbox import Inbox
from tests.http.tables import Tables

from plixa.compose import Node
from plixa.http.notifications import pushing


@pytest.fixture
async def inbox(workspace: Workspace) -> Inbox:
    """The owner's view of the workspace."""
    return Inbox(workspace)


@pytest.fixture
async def chat(workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox) -> Chat:
    """A customer with a phone, and the owner at the inbox."""
    return Chat(workspace, simulator, number, inbox)


@pytest.fixture
async def house(node: Node, chat: Chat) -> House:
    """The workspace with one of everything, for tests over all routes."""
    return await furnish(node, chat)


@pytest.fixture
def tables(node: Node) -> Tables:
    """The rows behind it all."""
    return Tables(node.services.database)


@pytest.fixture
async def neighbour(node: Node) -> AsyncIterator[Workspace]:
    """Another workspace on the same node."""
    async with harness.registered(node.services.public_url) as workspace:
        yield workspace


@pytest.fixture
async def service(nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A push service, and no long pauses when it is busy."""
    service = Service()

    async def script(_asked: Asked) -> Reply:
        return service.reply

    service.far = await open_far_end(nursery, script)
    monkeypatch.setattr(pushing, "PAUSE", 0.05)
    return service
