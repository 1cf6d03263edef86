"""The inbox as a client sees it: events by long poll, merged into resources without knowing any rule.

`message` is merged by id, `conversation` by id, objects within them key by key (see `actors/conversation/view.py`);
the messages of a conversation that was merged into another one are that one's. What the member has not read is counted
beside it.
Waiting for something means polling until it is in here, so a test that waits also shows that it went out live.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from datetime import datetime
from typing import Any

import trio
from tests.harness import Json, Workspace
from tests.http.people import Member
from tests.mine import Mine, in_order

WITHIN = 10.0


class Inbox:
    """One member's view of a workspace, from the log's beginning."""

    def __init__(self, workspace: Workspace, member: Member | None = None) -> None:
        self.workspace = workspace
        self._user_id = member.user_id if member else workspace.user_id
        self._headers = {"Authorization": member.bearer} if member else {}
        self._mine: Mine | None = None
        self.head = 0
        self.events: list[Json] = []
        self.conversations: dict[int, Json] = {}
        self.messages: dict[int, Json] = {}

    async def poll(self, wait: int = 5) -> None:
        """Take what is new, waiting for it at most `wait` seconds."""
        answer = await self._get("/v1/events", after=self.head, wait=wait)
        mine = self._mine = self._mine or await self._whose()
        for event in answer["data"]:
            self.events.append(event)
            self._merge(event["data"], mine)
        self.head = answer["meta"]["head"]

    async def _get(self, path: str, **query: Any) -> Any:
        answer = await self.workspace.client.get(path, params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _whose(self) -> Mine:
        team = (await self._get("/v1/team/members"))["data"]
        [joined] = [each["joined_at"] for each in team if each["id"] == self._user_id]
        return Mine(self._user_id, datetime.fromisoformat(joined))

    def _merge(self, data: Json, mine: Mine) -> None:
        if (id_ := data.get("conversation_id")) is not None:
            known = self.conversations.setdefault(id_, {"id": id_})
            mine.count(known, data)
        for name, resources in (("conversation", self.conversations), ("message", self.messages)):
            if (part := data.get(name)) is not None:
                known = resources.setdefault(part["id"], {})
                merge(known, in_order(known, part))
        merged = data.get("conversation", {})
        if "merged_into" in merged:
            for message in self.having(conversation_id=merged["id"]):
                message["conversation_id"] = merged["merged_into"]

    async def until(self, found: Callable[[], Any], within: float = WITHIN) -> Any:
        """Poll until `found` gives something; returns that."""
        with trio.fail_after(within):
            while not (result := found()):
                await self.poll()
        return result

    async def message(self, **fields: Any) -> Json:
        """Wait for a message with these fields; it goes on changing as events come."""
        found: Json = await self.until(lambda: next(iter(self.having(**fields)), None))
        return found

    def having(self, **fields: Any) -> list[Json]:
        """The messages with these fields, oldest first."""
        return [each for each in self.messages.values() if fields.items() <= each.items()]

    async def conversation(self, **fields: Any) -> Json:
        """Wait for a conversation with these fields."""
        chosen = self.conversations.values
        found: Json = await self.until(lambda: next((c for c in chosen() if fields.items() <= c.items()), None))
        return found

    async def types(self) -> list[str]:
        """The types of all events so far."""
        await self.poll(0)
        return [event["type"] for event in self.events]

    async def stays(self, seconds: float = 0.3) -> None:
        """Give whatever should not happen the time to happen."""
        await trio.sleep(seconds)
        await self.poll(0)

    async def agrees(self) -> None:
        """What was merged from events is what the REST resources say, as soon as nothing more is on its way."""
        for _ in range(9):
            with suppress(AssertionError):
                return await self._compare()
            await trio.sleep(0.2)
        return await self._compare()

    async def _compare(self) -> None:
        await self.poll(0)
        shown = (await self._get("/v1/conversations", limit=100, snoozed="all"))["data"]
        for conversation in shown:
            _same(self.conversations[conversation["id"]], conversation)
            for message in await self.stored(conversation["id"]):
                _same(self.messages[message["id"]], message)
        assert {each["id"] for each in shown} == {i for i, c in self.conversations.items() if not c.get("deleted")}

    async def stored(self, conversation_id: int) -> list[Json]:
        """The messages of a conversation as REST has them, newest first."""
        messages: list[Json] = (await self._get(f"/v1/conversations/{conversation_id}/messages"))["data"]
        return messages


def merge(into: Json, part: Json) -> None:
    """Merge objects key by key, and take everything else as it is."""
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = deepcopy(value)  # or merging into it would change the event


def _same(merged: Json, stored: Json) -> None:
    common = merged.keys() & stored.keys() - {"updated_at"}
    pairs = {name: (_without_nulls(merged[name]), _without_nulls(stored[name])) for name in common}
    different = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    assert not different, f"merged from events, and as REST has it: {different}"


def _without_nulls(value: Any) -> Any:
    """A key that was never told and one that is null are the same to a client, and so are null and {}."""
    if not isinstance(value, dict):
        return value
    return {name: plain for name, each in value.items() if (plain := _without_nulls(each)) is not None} or None
