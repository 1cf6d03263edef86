"""A model's server for tests: OpenAI's chat completions over real HTTP on a port of its own, answering from a script.

One step a request: `says(...)` streams an `Answer` (words, tool calls, usage) as server-sent events, faults give
trouble. Without a step left, `default` answers: a function of the request, so that a model can obey whatever it is
told. What was asked is kept in `asked`; `hung_up` is set when a client leaves in the middle.

    server = OpenAIServer()
    server.will(says_tool("send_reply", text="…", sources=["faq:1"]), busy(retry_after=1), cut_off)
    port = await nursery.start(server.run)      # http://127.0.0.1:{port}/v1
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import h11
import trio


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def system(self) -> str:
        """The system's part of the prompt."""
        return "\n".join(each["content"] for each in self.body["messages"] if each["role"] == "system")

    @property
    def user(self) -> str:
        """The user's part of the prompt."""
        return "\n".join(each["content"] for each in self.body["messages"] if each["role"] == "user")

    def data(self, tag: str) -> Any:
        """The JSON between `<tag>` and `</tag>` of the user's part."""
        return json.loads(self.user.split(f"<{tag}>")[1].split(f"</{tag}>")[0])


@dataclass
class Answer:
    """What a model says: text, or calls of tools as (name, JSON text); usage None leaves it out, as some servers do."""

    text: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    finish: str = ""
    usage: tuple[int, int] | None = (100, 20)
    pause: float = 0.0  # seconds between two pieces
    pieces: int = 4


Model = Callable[[Asked], Answer]
Step = Callable[["OpenAIServer", trio.SocketStream, Asked], Awaitable[None]]


@dataclass
class OpenAIServer:
    """A server of any model. `default` answers when the script is over."""

    default: Model | None = None
    script: deque[Step] = field(default_factory=deque[Step])
    asked: list[Asked] = field(default_factory=list[Asked])
    streaming: trio.Event = field(default_factory=trio.Event)
    hung_up: trio.Event = field(default_factory=trio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is to be."""
        return f"http://127.0.0.1:{self.port}/v1"

    def will(self, *steps: Step) -> None:
        """The next requests are answered so."""
        self.script.extend(steps)

    async def run(self, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; starts with the port."""
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(partial(trio.serve_tcp, self._serve, 0, host="127.0.0.1"))
            self.port = listeners[0].socket.getsockname()[1]
            task_status.started(self.port)

    async def _serve(self, stream: trio.SocketStream) -> None:
        try:
            async with stream:
                while (asked := await _read(stream)) is not None:
                    self.asked.append(asked)
                    await self._step(asked)(self, stream, asked)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.hung_up.set()

    def _step(self, asked: Asked) -> Step:
        if self.script:
            return self.script.popleft()
        if self.default is None:
            return failure(500, "the script is over")
        return says(self.default(asked))


async def _read(stream: trio.SocketStream) -> Asked | None:
    connection = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = bytearray()
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(await stream.receive_some())
            case h11.Request() as head:
                pass
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage() if head is not None:
                headers = {name.decode(): value.decode() for name, value in head.headers}
                return Asked(head.target.decode(), headers, json.loads(body) if body else None)
            case _:
                return None


# -- answers ----------------------------------------------------------------------------------------------------------


def says(answer: Answer | str) -> Step:
    """Stream an answer, a text as it stands."""
    whole = Answer(answer) if isinstance(answer, str) else answer

    async def step(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
        await _head(stream)
        with trio.CancelScope() as saying:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_watch, stream, saying)
                for chunk in _chunks(whole, asked):
                    await _event(stream, chunk)
                    server.streaming.set()
                    await trio.sleep(whole.pause)
                nursery.cancel_scope.cancel()
        if saying.cancel_called:
            raise trio.BrokenResourceError("the client hung up")
        await stream.send_all(_framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")

    return step


async def _watch(stream: trio.SocketStream, saying: trio.CancelScope) -> None:
    """A client that goes away is noticed while nothing is written."""
    await trio.lowlevel.wait_readable(stream.socket)
    saying.cancel()


def says_json(value: object, **more: Any) -> Step:
    """Stream a JSON object as text."""
    return says(Answer(json.dumps(value, ensure_ascii=False), **more))


def says_tool(name: str, **arguments: Any) -> Step:
    """Stream one tool call."""
    return says(calling(name, **arguments))


def calling(name: str, **arguments: Any) -> Answer:
    """An answer that is one tool call."""
    return Answer(calls=((name, json.dumps(arguments, ensure_ascii=False)),))


def _chunks(answer: Answer, asked: Asked) -> Iterator[dict[str, Any]]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": asked.body["model"]}

    def delta(said: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return base | {"choices": [{"index": 0, "delta": said, "finish_reason": finish}]}

    yield delta({"role": "assistant", "content": "" if answer.text else None})
    for piece in _pieces(answer.text, answer.pieces):
        yield delta({"content": piece})
    for index, (name, arguments) in enumerate(answer.calls):
        function = {"name": name, "arguments": ""}
        yield delta({"tool_calls": [{"index": index, "id": f"call_{index}", "type": "function", "function": function}]})
        for piece in _pieces(arguments, answer.pieces):
            yield delta({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield delta({}, answer.finish or ("tool_calls" if answer.calls else "stop"))
    if answer.usage is not None and asked.body.get("stream_options", {}).get("include_usage"):
        read, written = answer.usage
        counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        yield base | {"choices": [], "usage": counts}


def _pieces(text: str, count: int) -> Iterator[str]:
    size = max(1, -(-len(text) // count))
    yield from (text[start : start + size] for start in range(0, len(text), size))


async def _head(stream: trio.SocketStream) -> None:
    await stream.send_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _event(stream: trio.SocketStream, value: object) -> None:
    await stream.send_all(_framed(b"data: " + json.dumps(value).encode() + b"\n\n"))


# -- trouble ----------------------------------------------------------------------------------------------------------


def failure(status: int, message: str, code: str | None = None, **headers: str) -> Step:
    """An error of the protocol's."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": code}}).encode()
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())

    async def step(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        await stream.send_all(head.encode() + body)

    return step


def busy(retry_after: float = 0.01) -> Step:
    """429, with when to come back."""
    return failure(429, "Rate limit reached", "rate_limit_exceeded", retry_after=f"{retry_after:g}")


def untyped(then: Step) -> Step:
    """400 for a request with tools or a response format, as servers answer that know neither."""

    async def step(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
        typed = {"tools", "response_format", "stream_options"} & set(asked.body)
        await (failure(400, "response_format is not supported") if typed else then)(server, stream, asked)

    return step


async def silent(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
    """No answer at all, until the client gives up."""
    server.streaming.set()
    await stream.receive_some()
    raise trio.BrokenResourceError("the client hung up")


async def cut_off(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
    """Half an answer, then the connection is gone."""
    await _head(stream)
    for chunk in list(_chunks(Answer("Half an answer that nobody ends", finish="stop"), asked))[:3]:
        await _event(stream, chunk)
    await stream.aclose()


async def unfinished(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
    """A stream that ends in good order before the answer does."""
    await _head(stream)
    await _event(stream, next(iter(_chunks(Answer("Half"), asked))))
    await stream.send_all(b"0\r\n\r\n")


async def garbage(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
    """Events that are no JSON."""
    await _head(stream)
    await stream.send_all(_framed(b'data: {"choices": [{"delta"\n\n') + b"0\r\n\r\n")


def event(value: object, *, whole: bool = True) -> Step:
    """One event of any JSON, and, if `whole`, the end of the body."""

    async def step(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
        await _head(stream)
        await _event(stream, value)
        if whole:
            await stream.send_all(b"0\r\n\r\n")

    return step


async def endless(server: OpenAIServer, stream: trio.SocketStream, asked: Asked) -> None:
    """Text without end."""
    await _head(stream)
    chunk = list(_chunks(Answer("x" * 50_000, pieces=1), asked))[1]
    while True:
        await _event(stream, chunk)
