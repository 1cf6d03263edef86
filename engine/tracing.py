"""Where time goes: spans, from a webhook or a request over actors' turns to what goes out. Off unless somebody listens.

A span's *context* says where it belongs, and goes along by hand where a task does not: with a letter to the actor that
answers it, with a commit to what follows from it (`Commit.trace`), with an effect or a timer until its time has come.
A turn belongs to whoever asked; an effect and a timer begin anew, later, and *link* to the turn that decided them. To
another node it goes as text, with the request that is carried there (`http/relay`).

It costs nothing where it is off: one comparison a span. What listens never holds anybody up (`http/server/traces.py`).
Names and numbers only: no text of a person's, no address, no secret becomes an attribute.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Literal, Protocol

Context = Any
"""Opaque: what a listener knows a span by. None where there is none."""
Sort = Literal["server", "client", "inside"]
HERE: ContextVar[Context] = ContextVar("plixa span", default=None)
NOTHING: AbstractContextManager[None] = nullcontext()


class Traces(Protocol):
    """What listens."""

    def span(
        self, name: str, sort: Sort, parent: Context, cause: Context, about: dict[str, str | int]
    ) -> AbstractContextManager[None]:
        """What is done in the block, with `HERE` set to it. An error ends it as such, and goes on.

        cause: what it links to.
        """
        ...

    def told(self, here: Context) -> str:
        """A context, for another node."""
        ...

    def heard(self, text: str) -> Context:
        """One of another node; None where it is none."""
        ...


class Tracing:
    """What the parts of a node are given: `listener` is None where nobody listens."""

    __slots__ = ("listener",)

    def __init__(self) -> None:
        self.listener: Traces | None = None

    def span(
        self, name: str, sort: Sort = "inside", *, parent: Context = None, cause: Context = None, **about: str | int
    ) -> AbstractContextManager[None]:
        """See `Traces.span`; without a parent it is a beginning."""
        if self.listener is None:
            return NOTHING
        return self.listener.span(name, sort, parent, cause, about)

    def told(self) -> str:
        """Where this belongs, for another node; empty where nobody listens."""
        here = HERE.get()
        return "" if self.listener is None or here is None else self.listener.told(here)

    def hear(self, text: str) -> None:
        """What this task does from now on belongs where another node has told."""
        if self.listener is not None and text:
            HERE.set(self.listener.heard(text))
