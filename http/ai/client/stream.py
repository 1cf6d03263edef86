"""A streamed chat completion, put together from its server-sent events.

The SDK's own stream stops at `[DONE]` and leaves its nested generators, half run, to the garbage collector, which trio
rightly complains of. Here everything is read until the server ends the body, and one that does not is left after
`_LINGER`. Every event is checked against the shape below; what has another is `NotAStream`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgspec
import trio
from msgspec import Struct

from plixa.actors.ai.forms import Call

_LINGER = 0.1  # seconds after the last event, so that the connection can be used again


class NotAStream(Exception):
    """What came is no chat completion; the message says so in words for people."""


class _Function(Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(Struct):
    index: int = 0
    function: _Function | None = None


class _Delta(Struct):
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: msgspec.Raw | None = None


_decoder = msgspec.json.Decoder(_Chunk)


@dataclass(slots=True)
class Heard:
    """What has been streamed. finish: why it ended, None where it did not end in order. tokens: read and written."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: str | None = None
    tokens: tuple[int, int] | None = None
    endless: bool = False


@dataclass(slots=True)
class _Listener:
    rest: bytes = b""
    done: bool = False
    finish: str | None = None
    tokens: tuple[int, int] | None = None
    text: list[str] = field(default_factory=list[str])
    calls: dict[int, list[str]] = field(default_factory=dict[int, list[str]])  # the name, then pieces of the arguments

    def take(self, data: bytes) -> None:
        """Some bytes; lines may be cut anywhere."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self._line(line.strip())

    def _line(self, line: bytes) -> None:
        """Lines that are no data (comments, names of events, ends of events) say nothing here."""
        if not line.startswith(b"data:") or self.done:
            return
        data = line[5:].strip()
        if data == b"[DONE]":
            self.done = True
            return
        self._chunk(_decoded(data))

    def _chunk(self, chunk: _Chunk) -> None:
        if chunk.usage is not None:
            self.tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        for choice in chunk.choices or ():
            self.finish = choice.finish_reason or self.finish
            delta = choice.delta or _Delta()
            self._say(self.text, delta.content)
            for call in delta.tool_calls or ():
                self._call(call.index, call.function or _Function())

    def _call(self, index: int, function: _Function) -> None:
        pieces = self.calls.setdefault(index, [""])
        pieces[0] = pieces[0] or function.name or ""
        self._say(pieces, function.arguments)

    def _say(self, pieces: list[str], text: str | None) -> None:
        if text:
            pieces.append(text)


def _decoded(data: bytes) -> _Chunk:
    try:
        chunk = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAStream("What the model's server answered cannot be understood.") from error
    if chunk.error is not None and bytes(chunk.error) != b"null":
        raise NotAStream("The model's server failed in the middle of the answer.")
    return chunk


async def hear(body: AsyncIterator[bytes], most: int) -> Heard:
    """Read to the end. most: bytes of the body; more of them is `endless`. Raises `NotAStream`."""
    listener, size = _Listener(), 0
    wrong: NotAStream | None = None
    with trio.CancelScope() as hearing:
        async for data in body:
            size += len(data)
            # Not `break`, and no error from inside: either would leave the generators behind `body` half run.
            try:
                listener.take(data)
            except NotAStream as error:
                wrong = wrong or error
            if wrong is not None or size > most:
                hearing.cancel()
            elif listener.done:
                hearing.deadline = min(hearing.deadline, trio.current_time() + _LINGER)
    if wrong is not None:
        raise wrong
    made = tuple(Call(pieces[0], "".join(pieces[1:])) for _, pieces in sorted(listener.calls.items()))
    return Heard("".join(listener.text), made, listener.finish, listener.tokens, endless=size > most)
