"""Everything a workspace shows over REST, read the way a client would: page by page, again when told to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import trio

from tests.harness import PASSWORD, Json, Workspace

AT_ONCE = 8
PAGE = 100


@dataclass
class Snapshot:
    """By id. `head`: the log's offset as of which the conversations are listed."""

    head: int = 0
    conversations: dict[int, Json] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)

    def by_phone(self) -> dict[str, list[Json]]:
        """The messages of each customer, in the order of their ids."""
        found: dict[str, list[Json]] = {each["contact_phone"]: [] for each in self.conversations.values()}
        for _, message in sorted(self.messages.items()):
            found[self.conversations[message["conversation_id"]]["contact_phone"]].append(message)
        return found


async def read_all(workspace: Workspace) -> Snapshot:
    """All conversations and all messages."""
    snapshot, limit = Snapshot(), trio.CapacityLimiter(AT_ONCE)

    async def messages(conversation_id: int) -> None:
        async with limit:
            async for page in pages(workspace, f"/v1/conversations/{conversation_id}/messages"):
                snapshot.messages |= {message["id"]: message for message in page["data"]}

    async for page in pages(workspace, "/v1/conversations", snoozed="all"):
        snapshot.head = snapshot.head or page["meta"]["head"]
        snapshot.conversations |= {each["id"]: each for each in page["data"]}
    async with trio.open_nursery() as nursery:
        for conversation_id in snapshot.conversations:
            nursery.start_soon(messages, conversation_id)
    return snapshot


async def read_events(workspace: Workspace, after: int = 0) -> list[Json]:
    """All events of the live push since an offset, by long poll."""
    found: list[Json] = []
    while True:
        page = await get(workspace, "/v1/events", after=after, limit=500)
        found += page["data"]
        if page["meta"]["head"] == after:
            return found
        after = page["meta"]["head"]


async def pages(workspace: Workspace, path: str, **chosen: str) -> AsyncIterator[Any]:
    """The pages of a list."""
    query: dict[str, Any] = {"limit": PAGE, **chosen}
    while True:
        page = await get(workspace, path, **query)
        yield page
        if not page["meta"]["next_cursor"]:
            return
        query["cursor"] = page["meta"]["next_cursor"]


async def get(workspace: Workspace, path: str, **query: Any) -> Any:
    """One answer. Told that this session asks too often, it signs in once more."""
    while True:
        token = workspace.token
        answer = await workspace.client.get(path, params=query)
        if answer.is_success:
            return answer.json()
        assert answer.status_code == 429, f"{answer.url}: {answer.status_code} {answer.text}"
        if workspace.token == token:  # nobody has done it in the meantime
            await sign_in(workspace)


async def sign_in(workspace: Workspace) -> None:
    """A new session for the workspace's client; each has rates of its own."""
    login = {"email": workspace.email, "password": PASSWORD}
    while (answer := await workspace.client.post("/v1/auth/login", json=login)).status_code == 429:  # noqa: ASYNC110
        await trio.sleep(float(answer.headers["Retry-After"]))
    workspace.token = answer.json()["data"]["token"]
    workspace.client.headers["Authorization"] = f"Bearer {workspace.token}"
