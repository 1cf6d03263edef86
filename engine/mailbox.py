"""Envelopes and the bounded box that they wait in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import trio

from plixa.engine.errors import Overloaded, again
from plixa.engine.tracing import HERE

T = TypeVar("T")


class Reply(Generic[T]):
    """A slot that is filled once. Waiting is cancellable; the work behind it goes on.

    One error may fail many slots: each one who waits gets an error of their own (`again`).
    """

    __slots__ = ("_done", "_error", "_value")

    def __init__(self) -> None:
        self._done = trio.Event()
        self._value: T | None = None
        self._error: Exception | None = None

    def set(self, value: T) -> None:
        """Answer. The first answer counts."""
        if not self._done.is_set():
            self._value = value
            self._done.set()

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        if not self._done.is_set():
            self._error = error
            self._done.set()

    async def get(self) -> T:
        """Wait for the answer and return it, or raise it."""
        await self._done.wait()
        if self._error is not None:
            raise again(self._error)
        return self._value  # type: ignore[return-value]  # set() has been called with a T


class Envelope:
    """A command on its way, with who sent it, why, and where the answer goes.

    attached: see `Bus.ask`. replayable: whether it may be put aside and tried again without that. trace: see `tracing`.
    """

    __slots__ = ("actor", "attached", "attempts", "cause", "command", "replayable", "reply", "trace")

    def __init__(
        self,
        command: Any,
        actor: str,
        cause: str,
        attached: Sequence[object] = (),
        *,
        replayable: bool | None = None,
    ) -> None:
        self.command = command
        self.actor = actor
        self.cause = cause
        self.attached = attached
        self.replayable = not attached if replayable is None else replayable
        self.attempts = 0
        self.trace = HERE.get()
        self.reply: Reply[Any] = Reply()


class Mailbox:
    """First in, first out, and never longer than `capacity`."""

    __slots__ = ("_envelopes", "capacity")

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._envelopes: deque[Envelope] = deque()

    def __len__(self) -> int:
        return len(self._envelopes)

    def put(self, envelope: Envelope, whose: str) -> None:
        """Raises `Overloaded` when it is full: nothing is ever dropped silently."""
        if len(self._envelopes) >= self.capacity:
            raise Overloaded(whose)
        self._envelopes.append(envelope)

    def take(self) -> Envelope:
        """The oldest envelope. Raises IndexError when there is none."""
        return self._envelopes.popleft()
