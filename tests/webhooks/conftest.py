"""Receivers on loopback, and a customer with a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import trio
from tests import harness
from tests.harness import Number, Phones, Workspace
from tests.http.chat import Chat
from tests.http.inbox import Inbox
from tests.http.tables import Tables
from tests.webhooks.receiver import Receiver, open_receiver

from plixa.compose import Node


@pytest.fixture
async def inbox(workspace: Workspace) -> Inbox:
    """The owner's view of the workspace."""
    return Inbox(workspace)


@pytest.fixture
async def chat(workspace: Workspace, simulator: Phones, number: Number, inbox: Inbox) -> Chat:
    """A customer with a phone, and the owner at the inbox."""
    return Chat(workspace, simulator, number, inbox)


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
async def receiver(nursery: trio.Nursery, workspace: Workspace) -> Receiver:
    """A server of the workspace's own that takes everything, and its endpoint."""
    receiver = await open_receiver(nursery)
    await receiver.subscribe(workspace)
    return receiver
