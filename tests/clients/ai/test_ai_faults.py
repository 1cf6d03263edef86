"""A model's server in trouble: what the caller hears of it, and that nothing stays open behind."""

from __future__ import annotations

import openai
import pytest
import trio
from house import request
from openai_server import (
    Answer,
    OpenAIServer,
    Step,
    busy,
    cut_off,
    endless,
    event,
    failure,
    garbage,
    says,
    says_tool,
    silent,
    unfinished,
)

from plixa.actors.ai.values import HandedOff, Replied, Usage
from plixa.http.ai.client.answerer import Answerer
from plixa.http.ai.client.errors import AiError, AiMisconfigured, AiRefused, AiTimedOut, AiUnavailable, as_hand_off
from plixa.http.ai.client.opening import open_answerer

GOOD = says_tool("send_reply", text="O corte custa R$ 50,00.", sources=["faq:2"])
QUESTION = request("quanto custa um corte?")

# what the server does, the error, whether it may be charged
TROUBLE: list[tuple[str, list[Step], type[AiError], bool]] = [
    ("busy", [busy()] * 3, AiUnavailable, False),
    ("broken", [failure(500, "oops", retry_after="0.01")] * 3, AiUnavailable, False),
    ("overloaded", [failure(503, "overloaded", retry_after="0.01")] * 3, AiUnavailable, False),
    ("no credit", [failure(429, "no credit", "insufficient_quota", retry_after="0.01")] * 3, AiMisconfigured, False),
    ("wrong key", [failure(401, "Incorrect API key provided: sk-abcdefgh12345")], AiMisconfigured, False),
    ("no such model", [failure(404, "The model does not exist", "model_not_found")], AiMisconfigured, False),
    ("rejected", [failure(400, "no"), failure(400, "no")], AiRefused, False),
    ("too long", [failure(400, "too long", "context_length_exceeded")], AiRefused, False),
    ("teapot", [failure(418, "I am a teapot")], AiRefused, False),
    ("cut off", [cut_off], AiUnavailable, True),
    ("unfinished", [unfinished], AiUnavailable, True),
    ("garbage", [garbage], AiUnavailable, True),
    ("a number", [event(7)], AiUnavailable, True),
    ("another shape", [event({"choices": [{"delta": {"content": ["a"]}}]})], AiUnavailable, True),
    ("an error inside", [event({"error": {"message": "overloaded"}})], AiUnavailable, True),
    ("withheld", [says(Answer("…", finish="content_filter"))], AiRefused, True),
    ("endless", [endless], AiRefused, True),
]


@pytest.mark.parametrize(("steps", "error", "charged"), [row[1:] for row in TROUBLE], ids=[row[0] for row in TROUBLE])
async def test_trouble_of_the_servers_is_told_as_what_the_caller_may_do(
    server: OpenAIServer, answerer: Answerer, steps: list[Step], error: type[AiError], charged: bool
) -> None:
    server.will(*steps)
    with pytest.raises(error) as told:
        await answerer.reply(QUESTION)
    assert told.value.charged is charged
    assert (told.value.status, told.value.code) == (502, "AI_UNAVAILABLE")
    assert "sk-abcdefgh" not in told.value.message
    assert not server.script  # every step was asked for, and no more


async def test_a_busy_server_is_asked_again_and_its_wait_is_told_in_the_end(
    server: OpenAIServer, answerer: Answerer
) -> None:
    server.will(busy(), busy(), GOOD)
    assert isinstance(await answerer.reply(QUESTION), Replied)
    server.will(busy(), busy(), busy(7))
    with pytest.raises(AiUnavailable) as told:
        await answerer.reply(QUESTION)
    assert told.value.retry_after == 7


async def test_nothing_listens_there() -> None:
    async with open_answerer("key", "http://127.0.0.1:9/v1", timeout=3) as answerer:
        with pytest.raises(AiUnavailable) as told:
            await answerer.reply(QUESTION)
    assert not told.value.charged


@pytest.mark.parametrize("step", [silent, says(Answer("word " * 40, pause=0.1, pieces=40))])
async def test_a_call_ends_within_its_time(server: OpenAIServer, step: Step) -> None:
    server.will(step)
    async with open_answerer("key", server.url, timeout=0.4) as answerer:
        started = trio.current_time()
        with pytest.raises(AiTimedOut) as told:
            await answerer.reply(QUESTION)
        assert trio.current_time() - started < 1.5
        assert told.value.charged
    await _hung_up(server)


@pytest.mark.parametrize("step", [silent, says(Answer("word " * 400, pause=0.05, pieces=400))])
async def test_cancelling_a_call_under_way_closes_its_connection_at_once(
    server: OpenAIServer, answerer: Answerer, step: Step
) -> None:
    server.will(step)
    with trio.CancelScope() as turn:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(answerer.reply, QUESTION)
            await server.streaming.wait()
            await trio.sleep(0.02)
            turn.cancel()
    await _hung_up(server)  # while the answerer is still open
    server.will(GOOD)
    assert isinstance(await answerer.reply(QUESTION), Replied)


async def _hung_up(server: OpenAIServer) -> None:
    with trio.fail_after(1):
        await server.hung_up.wait()


async def test_a_server_that_does_not_end_its_body_is_not_waited_for(server: OpenAIServer, answerer: Answerer) -> None:
    async def lingering(server: OpenAIServer, stream: trio.SocketStream, asked: object) -> None:
        await event({"choices": [{"delta": {"content": "no tool"}, "finish_reason": "stop"}]}, whole=False)(
            server, stream, asked
        )
        await stream.send_all(b"e\r\ndata: [DONE]\n\n\r\n")
        await trio.sleep(5)

    server.will(lingering)
    with trio.fail_after(2):
        assert isinstance(await answerer.reply(QUESTION), HandedOff)


async def test_many_calls_at_once_come_through(server: OpenAIServer, answerer: Answerer) -> None:
    server.default = lambda asked: Answer(calls=(("hand_off", '{"reason": "not_grounded"}'),), pause=0.01)
    done: list[object] = []

    async def ask() -> None:
        done.append(await answerer.reply(QUESTION))

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(ask)
    assert len(done) == 50


async def test_a_failed_call_makes_a_hand_off_that_says_why(server: OpenAIServer, answerer: Answerer) -> None:
    server.will(failure(401, "bad key"))
    with pytest.raises(AiError) as told:
        await answerer.reply(QUESTION)
    outcome = as_hand_off(told.value, Usage("reply/1", "gpt-4.1-mini"))
    assert outcome.reason == "unavailable"
    assert "key" in outcome.note


async def test_no_variable_of_the_environment_moves_the_call_elsewhere(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    server.will(GOOD)
    async with open_answerer("key", server.url) as answerer:
        assert isinstance(await answerer.reply(QUESTION), Replied)
    assert openai.AsyncOpenAI(api_key="x").base_url.port == 9  # the SDK itself would have followed it
