"""Whether a socket may stay open: judged from its hello on, all of them by one question, with patience in trouble."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from tests.harness import Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.sockets import Socket, signed_in

from plixa.compose import Node
from plixa.engine.errors import Fenced, Unavailable
from plixa.http.realtime import judge, live
from plixa.http.realtime.judge import Judge, Patience, Seat
from plixa.storage.people import vault


def _bare(bearer: str) -> str:
    return bearer.removeprefix("Bearer ")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """The judge's questions: the tokens of each."""
    questions: list[list[int]] = []
    find = vault.find_tokens

    async def noted(connection: Any, token_ids: list[int]) -> dict[int, Any]:
        questions.append(token_ids)
        return await find(connection, token_ids)

    monkeypatch.setattr(vault, "find_tokens", noted)
    return questions


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the judge's questions fail, from when it is called on."""

    async def fails(*_: object) -> None:
        raise Unavailable("no database")

    return lambda: monkeypatch.setattr(vault, "find_tokens", fails)


# -- who may not stay -------------------------------------------------------------------------------------------------

Ending = Callable[[Workspace, people.Member], Awaitable[Any]]


async def _removed(workspace: Workspace, member: people.Member) -> Any:
    return await workspace.client.delete(f"/v1/team/members/{member.user_id}")


async def _logged_out(workspace: Workspace, member: people.Member) -> Any:
    return await workspace.client.post("/v1/auth/logout", headers={"Authorization": member.bearer})


async def _session_ended(workspace: Workspace, member: people.Member) -> Any:
    session = _bare(member.bearer).partition("|")[0]
    headers = {"Authorization": member.bearer}
    return await workspace.client.delete(f"/v1/me/sessions/{session}", headers=headers)


@pytest.mark.parametrize("end", [_removed, _logged_out, _session_ended])
@pytest.mark.parametrize("waits", [True, False])
async def test_who_may_not_come_in_any_more_is_out_at_once_even_before_the_first_event(
    workspace: Workspace, node: Node, end: Ending, waits: bool
) -> None:
    """No time passes until the judge's next round: the log says so."""
    member = await people.agent(node, workspace)
    async with signed_in(node, _bare(member.bearer)) as theirs, signed_in(node, workspace.token) as owners:
        await owners.resume(0)
        if not waits:
            await theirs.resume(0)
        with trio.fail_after(2):
            assert (await end(workspace, member)).is_success
            assert await theirs.closed() == 4401
        await owners.send({"op": "ephemeral", "type": "presence"})
        assert (await owners.until("ephemeral"))["user_id"] == workspace.user_id


async def test_a_socket_that_waited_is_looked_at_before_its_first_event(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the judge sleeps."""
    monkeypatch.setattr(Judge, "hurry", lambda _self, _tenant: None)
    monkeypatch.setattr(live, "JUST_NOW", 0.0)
    member = await people.agent(node, chat.workspace)
    async with signed_in(node, _bare(member.bearer)) as socket:
        await chat.workspace.client.delete(f"/v1/team/members/{member.user_id}")
        await socket.send({"op": "resume", "after": 0})
        assert await socket.closed() == 4401
        assert socket.frames == 1  # the hello


async def test_a_socket_that_says_neither_resume_nor_subscribe_is_closed(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BEGIN_WITHIN", 0.2)
    async with signed_in(node, workspace.token) as socket:
        await socket.send({"op": "ephemeral", "type": "presence"})
        assert await socket.closed() == 4400


@pytest.mark.parametrize("begun", [True, False])
async def test_signing_in_anew_as_somebody_else_is_refused(workspace: Workspace, node: Node, begun: bool) -> None:
    other = await people.agent(node, workspace)
    async with signed_in(node, workspace.token) as socket:
        if begun:
            await socket.resume(0)
        await socket.send({"op": "auth", "token": _bare(other.bearer)})
        assert await socket.closed() == 4403


async def test_another_token_of_the_same_member_takes_the_firsts_place(
    workspace: Workspace, node: Node, asked: list[list[int]]
) -> None:
    member = await people.agent(node, workspace)
    second = await people.token(node, workspace, ["*"], member.user_id)
    async with signed_in(node, _bare(member.bearer)) as socket:
        await socket.resume(0)
        await socket.send({"op": "auth", "token": _bare(second)})
        await socket.send({"op": "ephemeral", "type": "presence"})
        await socket.until("ephemeral")
        del asked[:]
        await _logged_out(workspace, member)  # the first token is no good any more
        with trio.fail_after(5):
            while not asked:  # noqa: ASYNC110  # questions have no event
                await trio.sleep(0.01)
        assert asked[0] == [int(_bare(second).partition("|")[0])]
        await socket.send({"op": "ephemeral", "type": "presence"})
        await socket.until("ephemeral")
        await _logged_out(workspace, people.Member(member.user_id, second))
        assert await socket.closed() == 4401


async def test_a_long_poll_that_waited_is_looked_at_before_it_is_answered(chat: Chat, node: Node) -> None:
    member = await people.agent(node, chat.workspace)
    head = (await chat.workspace.get("/v1/events", after=0))["meta"]["head"]
    status: list[int] = []

    async def poll() -> None:
        headers = {"Authorization": member.bearer}
        query = {"after": head, "wait": 20}
        status.append((await chat.workspace.client.get("/v1/events", params=query, headers=headers)).status_code)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(poll)
        while node.services.fanout.channel(chat.workspace.tenant) is None:  # noqa: ASYNC110  # nobody else watches
            await trio.sleep(0.01)
        await _logged_out(chat.workspace, member)
        await chat.written("segredo")
    assert status == [401]


# -- one question for all ---------------------------------------------------------------------------------------------


async def test_all_sockets_are_judged_by_one_question(workspace: Workspace, node: Node, asked: list[list[int]]) -> None:
    tokens = [_bare((await people.agent(node, workspace)).bearer) for _ in range(5)]
    async with trio.open_nursery() as nursery:
        inside: list[Socket] = []

        async def sit(token: str) -> None:
            async with signed_in(node, token) as socket:
                await socket.resume(0)
                inside.append(socket)
                await trio.sleep_forever()

        for token in tokens:
            nursery.start_soon(sit, token)
        while len(inside) < len(tokens):  # noqa: ASYNC110  # sockets have no event for having begun
            await trio.sleep(0.01)
        del asked[:]
        node.services.judge.hurry(workspace.tenant)
        with trio.fail_after(5):
            while not asked:  # noqa: ASYNC110
                await trio.sleep(0.01)
        assert [sorted(each) for each in asked] == [sorted(int(token.partition("|")[0]) for token in tokens)]
        nursery.cancel_scope.cancel()


async def test_an_expired_token_is_noticed_by_the_regular_round(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch, asked: list[list[int]]
) -> None:
    """Of which no event tells."""
    monkeypatch.setattr(judge, "JUDGE", 0.1)
    node.services.judge.hurry(workspace.tenant)
    member = await people.agent(node, workspace)
    async with signed_in(node, _bare(member.bearer)) as socket:
        await socket.resume(0)
        token = int(_bare(member.bearer).partition("|")[0])
        await node.services.database.run(vault.revoke_token, token)
        assert await socket.closed() == 4401


# -- trouble ----------------------------------------------------------------------------------------------------------


async def test_a_database_in_trouble_sends_nobody_away(
    chat: Chat, node: Node, down: Callable[[], None], asked: list[list[int]]
) -> None:
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.resume(0)
        down()
        for _ in range(5):
            node.services.judge.hurry(chat.workspace.tenant)
            await trio.sleep(0.02)
        await chat.written("ainda aqui")
        while not any(each["data"].get("message", {}).get("body") == "ainda aqui" for each in socket.events):
            await socket.receive()


async def test_trouble_that_lasts_sends_them_elsewhere(
    workspace: Workspace, node: Node, down: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "BEAR", 0.05)
    async with signed_in(node, workspace.token) as socket:
        await socket.resume(0)
        down()
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_keep_hurrying, node, workspace.tenant)
                assert await socket.closed() == 4410
                nursery.cancel_scope.cancel()


async def _keep_hurrying(node: Node, tenant: int) -> None:
    while True:
        node.services.judge.hurry(tenant)
        await trio.sleep(0.02)


async def _bear(patience: Patience) -> None:
    while True:
        patience.bear(Unavailable("no database"))
        await trio.sleep(1)


async def test_patience_lasts_a_minute_and_ends_at_different_times(autojump_clock: object) -> None:
    ends = []
    for _ in range(40):
        began = trio.current_time()
        with pytest.raises(Unavailable):
            await _bear(Patience())
        ends.append(trio.current_time() - began)
    assert min(ends) > judge.BEAR
    assert max(ends) <= 2 * judge.BEAR + 1
    assert max(ends) - min(ends) > judge.BEAR / 2


async def test_patience_begins_anew_after_a_good_answer_and_is_none_with_another_owner(autojump_clock: object) -> None:
    patience = Patience()
    for _ in range(10):
        patience.bear(Unavailable("no database"))
        await trio.sleep(judge.BEAR - 1)
        patience.well()
    with pytest.raises(Fenced):
        patience.bear(Fenced(1))


async def test_a_verdict_on_an_earlier_token_is_none(autojump_clock: object) -> None:
    seat = Seat(1, token_id=5)
    seat.tell(5, None)
    seat.token_id = 6
    with trio.move_on_after(1) as scope:
        await seat.verdict()
    assert scope.cancelled_caught
    seat.tell(6, "its row")
    assert await seat.verdict() == "its row"


async def test_a_question_that_hangs_is_trouble(autojump_clock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hangs:
        async def run(self, *_: object) -> None:
            await trio.sleep_forever()

    court = Judge(Hangs())  # type: ignore[arg-type]
    async with trio.open_nursery() as nursery:
        await nursery.start(court.run)
        with court.seated(1, 5) as seat, pytest.raises(Unavailable):
            await seat.verdict()
        assert trio.current_time() < 60
        nursery.cancel_scope.cancel()
