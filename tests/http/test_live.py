"""The live inbox over a WebSocket: frames, order, and the codes with which it closes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
from tests import harness
from tests.harness import Phones, Workspace
from tests.http import people
from tests.http.chat import Chat
from tests.http.sockets import Socket, raw, signed_in
from tests.http.webhooks import CUSTOMER

from plixa.compose import Node, open_node
from plixa.engine import fanout
from plixa.http.realtime import live
from plixa.http.realtime.turns import READERS, Turns


async def _write(chat: Chat, count: int, prefix: str = "m") -> None:
    await chat.post(*[chat.number.message(CUSTOMER, f"{prefix}{n}", f"{prefix}-{n}") for n in range(count)])


async def _log(chat: Chat) -> list[dict[str, Any]]:
    await chat.inbox.poll(0)
    return chat.inbox.events


# -- signing in -------------------------------------------------------------------------------------------------------


async def test_the_three_ways_to_sign_in(workspace: Workspace, node: Node) -> None:
    hellos = []
    async with raw(node, Authorization=f"Bearer {workspace.token}") as socket:
        hellos.append(await socket.receive())
    async with raw(node, ["plixa.v1", f"bearer.{workspace.token}"]) as socket:
        assert socket.protocol == "plixa.v1"
        hellos.append(await socket.receive())
    async with raw(node) as socket:
        await socket.send({"op": "auth", "token": workspace.token})
        hellos.append(await socket.receive())
    for hello in hellos:
        assert hello["head"] > 0
        assert hello == {
            "op": "hello",
            "head": hello["head"],
            "epoch": hellos[0]["epoch"],
            "user_id": workspace.user_id,
        }


async def test_a_bad_token_closes_with_4401(workspace: Workspace, node: Node) -> None:
    for bad in ("x", "1|x", f"{workspace.token}x"):
        async with raw(node, Authorization=f"Bearer {bad}") as socket:
            assert await socket.closed() == 4401
        async with raw(node) as socket:
            await socket.send({"op": "auth", "token": bad})
            assert await socket.closed() == 4401
        async with raw(node, ["plixa.v1", "bearer.nobody"]) as socket:
            assert await socket.closed() == 4401


async def test_who_does_not_sign_in_first_or_in_time_is_closed_with_4401(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with raw(node) as socket:
        await socket.send({"op": "subscribe"})
        assert await socket.closed() == 4401
    monkeypatch.setattr(live, "AUTH_WITHIN", 0.2)
    async with raw(node) as socket:
        assert await socket.closed() == 4401


async def test_a_token_that_may_not_read_is_closed_with_4403(workspace: Workspace, node: Node) -> None:
    for abilities, code in ((["write"], 4403), (["read"], None)):
        bearer = await people.token(node, workspace, abilities)
        async with raw(node, Authorization=bearer) as socket:
            assert (await socket.closed() if code else (await socket.receive())["op"]) == (code or "hello")


async def test_a_token_that_is_revoked_ends_its_socket(chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PING", 0.3)
    bearer = await people.token(node, chat.workspace, ["*"])
    async with signed_in(node, bearer.removeprefix("Bearer ")) as socket:
        await socket.resume(0)
        assert (await socket.until("ping"))["head"] == socket.events[-1]["offset"]
        await chat.workspace.client.post("/v1/auth/logout", headers={"Authorization": bearer})
        assert await socket.closed() == 4401


async def test_a_member_who_is_removed_is_out(workspace: Workspace, node: Node) -> None:
    member = await people.agent(node, workspace)
    async with signed_in(node, member.bearer.removeprefix("Bearer ")) as theirs:
        await theirs.resume(0)
        async with signed_in(node, workspace.token) as owners:
            await owners.resume(0)
            await trio.sleep(0.5)
            assert (await workspace.client.delete(f"/v1/team/members/{member.user_id}")).is_success
            assert await theirs.closed() == 4401
            await owners.send({"op": "ephemeral", "type": "typing"})
            assert (await owners.until("ephemeral"))["user_id"] == workspace.user_id


async def test_a_token_can_be_exchanged_but_not_for_another_workspaces(
    workspace: Workspace, neighbour: Workspace, node: Node
) -> None:
    for token, code in ((neighbour.token, 4403), ("nobody", 4401)):
        async with signed_in(node, workspace.token) as socket:
            await socket.resume(0)
            await socket.send({"op": "auth", "token": workspace.token})
            await socket.send({"op": "auth", "token": token})
            assert await socket.closed() == code


# -- how many, how often ----------------------------------------------------------------------------------------------


async def test_a_member_has_so_many_sockets_and_no_more(database_url: str, simulator: Phones, tmp_path: Path) -> None:
    settings = harness.settings(database_url, simulator.url, tmp_path, SOCKETS_PER_MEMBER="2")
    async with (
        open_node(settings) as node,
        harness.registered(node.services.public_url) as workspace,
        signed_in(node, workspace.token),
    ):
        async with signed_in(node, workspace.token), raw(node, Authorization=f"Bearer {workspace.token}") as third:
            assert await third.closed() == 4403
        async with signed_in(node, workspace.token):
            pass


async def test_strangers_of_one_address_wait_for_their_turn_to_sign_in(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STRANGERS", 1)
    async with raw(node) as first:
        async with raw(node) as second:
            assert await second.closed() == 4403
        async with signed_in(node, workspace.token):  # who shows a token at once is no stranger
            pass
        await first.send({"op": "auth", "token": workspace.token})
        assert (await first.receive())["op"] == "hello"
        async with raw(node) as third:
            await third.send({"op": "auth", "token": workspace.token})
            assert (await third.receive())["op"] == "hello"


async def test_an_address_that_tries_tokens_is_stopped_here_as_elsewhere(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STRANGER_RATE", "3/minute")
    codes: list[int] = []
    for _ in range(5):
        async with raw(node, Authorization="Bearer 1|nobody") as socket:
            codes.append(await socket.closed())
    assert codes == [4401] * 3 + [4403] * 2
    async with signed_in(node, workspace.token):
        pass


async def test_signing_in_anew_has_a_rate(workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AUTH_RATE", "3/minute")
    async with signed_in(node, workspace.token) as socket:
        await socket.resume(0)
        for _ in range(4):
            await socket.send({"op": "auth", "token": workspace.token})
        assert await socket.closed() == 4403


async def test_a_state_is_a_word_and_no_letter(workspace: Workspace, node: Node) -> None:
    for length, code in ((live.LONGEST_STATE, None), (live.LONGEST_STATE + 1, 4400)):
        async with signed_in(node, workspace.token) as socket:
            await socket.resume(0)
            await socket.send({"op": "ephemeral", "type": "presence", "state": "x" * length})
            assert (await socket.closed() if code else (await socket.until("ephemeral"))["op"]) == (code or "ephemeral")


# -- events -----------------------------------------------------------------------------------------------------------


async def test_a_subscriber_gets_what_happens_from_now_on(chat: Chat, node: Node) -> None:
    await chat.written("antes")
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.send({"op": "subscribe"})
        head = (await socket.receive())["head"]
        await _write(chat, 1)
        frame = await socket.receive()
        assert frame["op"] == "events"
        assert socket.events[0]["offset"] == head + 1
        assert set(socket.events[0]) == {"offset", "type", "at", "data"}
        assert [each["data"]["message"]["body"] for each in socket.events if "message" in each["data"]] == ["m0"]


async def test_resuming_from_any_offset_gives_exactly_the_rest(chat: Chat, node: Node) -> None:
    message = await chat.written()
    await chat.ticked((await chat.answer(message["conversation_id"], "Olá"))["id"], "delivered")
    events = await _log(chat)
    known = events[-1]["offset"]
    for after in range(known + 1):
        async with signed_in(node, chat.workspace.token) as socket:
            assert (await socket.resume(after))["head"] >= known  # what happens by itself may have come since
            seen = [event for event in socket.events if event["offset"] <= known]
            assert seen == [event for event in events if event["offset"] > after]


async def test_resuming_from_before_what_is_in_memory_reads_the_log(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "KEEP", 4)
    monkeypatch.setattr(live, "FRAME_EVENTS", 7)
    async with signed_in(node, chat.workspace.token) as watcher:  # keeps the channel open
        await watcher.resume(0)
        await _write(chat, 20)
        for after in (0, 3, 11):
            events = [event for event in await _log(chat) if event["offset"] > after]
            async with signed_in(node, chat.workspace.token) as socket:
                await socket.resume(after)
                assert socket.events[: len(events)] == events
                assert len(socket.events) > 7


async def test_whoever_is_too_far_behind_is_told_to_fetch_everything_anew(chat: Chat, node: Node) -> None:
    await _write(chat, 3)
    head = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
    for floor, behind, code, status in ((4, 5, 4409, 410), (4, 4, None, 200), (0, 5, None, 200)):
        node.services.settings = replace(node.services.settings, resume_floor=floor)
        async with signed_in(node, chat.workspace.token) as socket:
            await socket.send({"op": "resume", "after": head - behind})
            if code:
                assert await socket.closed() == code
            else:  # what the business does by itself may have come since
                assert (await socket.until("live"))["head"] >= head
        answer = await chat.workspace.client.get("/v1/events", params={"after": head - behind})
        assert answer.status_code == status
        assert code is None or answer.json()["errors"][0]["code"] == "SNAPSHOT_NEEDED"


async def test_the_log_is_read_in_turns_and_nobody_goes_twice_before_the_next(autojump_clock: object) -> None:
    turns, order = Turns(), list[tuple[int, int]]()
    reading: Counter[int] = Counter()

    async def resume(token: int, socket: int) -> None:
        for _ in range(3):
            async with turns.taken(token):
                order.append((token, socket))
                reading[token] += 1
                assert reading[token] == 1
                assert reading.total() <= READERS
                await trio.sleep(1)
                reading[token] -= 1

    async with trio.open_nursery() as nursery:
        for token, sockets in ((1, 20), (2, 1), (3, 1), (4, 1), (5, 1)):
            for socket in range(sockets):
                nursery.start_soon(resume, token, socket)
                await trio.lowlevel.checkpoint()
    first = order[: order.index((5, 0)) + 1]
    assert Counter(token for token, _ in first).most_common(1)[0][1] <= 2  # twenty of one do not come before one each
    assert {socket for token, socket in order[:30] if token == 1} > set(range(5))


async def test_a_resume_from_the_log_rests_between_two_reads(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FRAME_EVENTS", 5)
    monkeypatch.setattr(live, "REST", 0.2)
    await _write(chat, 10)
    async with signed_in(node, chat.workspace.token) as socket:
        began = trio.current_time()
        await socket.resume(0)
        assert trio.current_time() - began > 0.2 * (socket.offsets[-1] // 5 - 1)


async def test_what_is_erased_is_in_nobodys_memory_any_more(chat: Chat, node: Node) -> None:
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.resume(0)
        await _write(chat, 2, "segredo")
        [conversation] = (await chat.workspace.get("/v1/conversations"))["data"]
        await chat.workspace.client.delete(f"/v1/conversations/{conversation['id']}")
        channel = node.services.fanout.channel(chat.workspace.tenant)
        assert channel is not None
        kept, _, _ = channel.since(channel.start, 1000, fanout.Eyes(0))
        assert b"conversation.deleted" in kept
        assert b"segredo0" not in kept  # the text; the key is "segredo-0"
        assert "segredo0" not in str(await chat.workspace.get("/v1/events", after=0))


async def test_every_socket_gets_everything_once_and_in_order_while_it_happens(chat: Chat, node: Node) -> None:
    sockets: list[Socket] = []

    async def watch(delay: float) -> None:
        await trio.sleep(delay)
        async with signed_in(node, chat.workspace.token) as socket:
            sockets.append(socket)
            await socket.send({"op": "resume", "after": 0})
            while not any(e["data"].get("message", {}).get("body") == "fim" for e in socket.events):
                await socket.receive()

    async with trio.open_nursery() as nursery:
        for delay in (0, 0.05, 0.1, 0.2):
            nursery.start_soon(watch, delay)
        async with trio.open_nursery() as writers:
            for lane in range(4):
                writers.start_soon(_write, chat, 10, f"lane{lane}-")
        await chat.post(chat.number.message(CUSTOMER, "fim", "END"))
    events = await _log(chat)
    for socket in sockets:
        assert socket.offsets == sorted(set(socket.offsets))
        assert socket.events == [event for event in events if event["offset"] <= socket.offsets[-1]]


async def test_a_socket_that_lags_gets_fewer_and_larger_frames(chat: Chat, node: Node) -> None:
    await _write(chat, 40)
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.resume(0)
        assert len(socket.events) > 40
        assert socket.frames <= 3


def test_frames_keep_their_distance_until_events_fill_one() -> None:
    distance = live.pause(100, behind=0, quiet=0.0)
    assert 0.01 < distance < 0.1
    assert live.pause(100, behind=3, quiet=0.0) == distance  # what came while the last frame went out gathers, too
    assert live.pause(100, behind=3, quiet=distance / 4) == pytest.approx(distance * 3 / 4)
    assert live.pause(100, behind=3, quiet=1.0) == 0
    assert live.pause(100, behind=live.FRAME_EVENTS, quiet=0.0) == 0
    assert live.pause(1, behind=1, quiet=0.0) < 0.001


async def test_the_long_poll_gives_the_same_events_page_by_page(chat: Chat, node: Node) -> None:
    await _write(chat, 10)
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.resume(0)
    polled, after = [], 0
    while after < socket.offsets[-1]:
        answer = await chat.workspace.get("/v1/events", after=after, limit=3)
        assert len(answer["data"]) <= 3
        assert answer["meta"]["head"] > after
        polled, after = polled + answer["data"], answer["meta"]["head"]
    assert polled == socket.events


async def test_the_long_poll_waits_for_the_first_event_and_no_longer(chat: Chat) -> None:
    head = (await chat.workspace.get("/v1/events", after=0))["meta"]["head"]
    assert (await chat.workspace.get("/v1/events", after=head, wait=1))["data"] == []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_write, chat, 1)
        with trio.fail_after(5):
            answer = await chat.workspace.get("/v1/events", after=head, wait=25)
    assert answer["data"][0]["offset"] > head


async def test_the_head_of_the_list_is_where_to_resume(chat: Chat, node: Node) -> None:
    await chat.written("na lista")
    head = (await chat.workspace.get("/v1/conversations"))["meta"]["head"]
    await chat.written("depois")
    async with signed_in(node, chat.workspace.token) as socket:
        await socket.resume(head)
    assert [e["data"]["message"]["body"] for e in socket.events if "message" in e["data"]] == ["depois"]


async def test_nobody_sees_another_workspaces_events(chat: Chat, neighbour: Workspace, node: Node) -> None:
    async with signed_in(node, neighbour.token) as socket:
        await socket.resume(0)
        await chat.written("segredo")
        await trio.sleep(0.2)
        answer = await neighbour.client.patch("/v1/me", json={"name": "Fim"})
        assert answer.status_code == 200
        while not socket.events or socket.events[-1]["type"] != "member.changed":
            await socket.receive()
    assert {event["type"] for event in socket.events} == {"member.joined", "member.changed"}


# -- what is never logged ---------------------------------------------------------------------------------------------


async def test_who_types_is_told_to_the_others_and_to_no_log(chat: Chat, neighbour: Workspace, node: Node) -> None:
    message = await chat.written()
    typing = {"op": "ephemeral", "type": "typing", "conversation_id": message["conversation_id"], "state": "on"}
    token = chat.workspace.token
    async with signed_in(node, token) as one, signed_in(node, token) as two, signed_in(node, neighbour.token) as other:
        for socket in (one, two, other):
            await socket.send({"op": "subscribe"})
            head = (await socket.until("live"))["head"]
            await trio.sleep(0.05)  # it listens from just after that frame on
        before = (await chat.workspace.get("/v1/events", after=0))["meta"]["head"]
        await one.send({**typing, "user_id": 999})
        assert await two.until("ephemeral") == {**typing, "user_id": chat.workspace.user_id}
        assert (await chat.workspace.get("/v1/events", after=0))["meta"]["head"] == before
        await other.send({"op": "ephemeral", "type": "presence"})
        assert (await other.until("ephemeral"))["user_id"] == neighbour.user_id
        assert head >= 0


@pytest.mark.parametrize("frame", [{"state": "x" * 41}, {"conversation_id": -1}, {"conversation_id": 2**63}])
async def test_an_ephemeral_frame_is_short_and_about_what_may_be(workspace: Workspace, node: Node, frame: Any) -> None:
    async with signed_in(node, workspace.token) as socket:
        await socket.resume(0)
        await socket.send({"op": "ephemeral", "type": "typing", **frame})
        assert await socket.closed() == 4400


async def test_a_flood_of_them_is_thinned_and_nothing_else_suffers(chat: Chat, node: Node) -> None:
    async with signed_in(node, chat.workspace.token) as one, signed_in(node, chat.workspace.token) as two:
        for socket in (one, two):
            await socket.resume(0)
        for _ in range(100):
            await one.send({"op": "ephemeral", "type": "typing"})
        await _write(chat, 1)
        for socket in (one, two):
            await socket.until("events")
        await trio.sleep(0.2)
        assert len(two.ephemerals) < 60


# -- closing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [False, True])
async def test_a_bad_frame_closes_with_4400(workspace: Workspace, node: Node, late: bool) -> None:
    bad = ["", "{", "[]", "1", '{"op":"nothing"}', "[" * 10_000, {"op": "resume"}, {"op": "resume", "after": "1"}]
    bad += [{"op": "ephemeral", "type": "shouting"}, {"op": "resume", "after": -1}, {"after": 1}]
    for frame in [*bad, {"op": "resume", "after": 0}] if late else bad:
        async with signed_in(node, workspace.token) as socket:
            if late:
                await socket.resume(0)
            await socket.send(frame)
            assert await socket.closed() == 4400, frame


async def test_a_server_that_stops_sends_its_sockets_elsewhere(workspace: Workspace, node: Node) -> None:
    async with signed_in(node, workspace.token) as live_one, signed_in(node, workspace.token) as new, raw(node) as mute:
        await live_one.resume(0)
        node.services.draining.set()
        assert [await socket.closed() for socket in (live_one, new, mute)] == [4410] * 3


async def test_a_client_that_does_not_keep_up_is_told_to_resume(
    workspace: Workspace, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in(node, workspace.token) as socket:
        monkeypatch.setattr(live, "SLOW_AFTER", -1.0)  # every send takes longer than this
        await socket.send({"op": "subscribe"})
        assert await socket.closed() == 4408
