"""Flows for tests: a graph from short lines, and a walk on a clock of its own that keeps what was said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from plixa.actors.flows import run as r
from plixa.actors.flows.check import KnownField, KnownToFlows
from plixa.actors.flows.graph import Graph, parse
from plixa.actors.flows.walk import begin, take

MONDAY = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KNOWN = KnownToFlows(
    sectors={4: "Vendas", 5: "Suporte"},
    fields={"city": KnownField(), "age": KnownField("number"), "plan": KnownField("select", ("Basic", "Plus"))},
)
SALES_OR_HELP = [
    {"id": "sales", "label": "Vendas", "keywords": ["comprar"]},
    {"id": "help", "label": "Suporte técnico"},
]


def node(id_: str, type_: str, **data: Any) -> dict[str, Any]:
    """A node as JSON; `as_` stands for `as`."""
    return {"id": id_, "type": type_, "data": {key.rstrip("_"): value for key, value in data.items()}}


def flow(*parts: dict[str, Any] | str) -> Graph:
    """A graph of these nodes and of edges like "menu sales end" or "start end"; a start is there already."""
    nodes = [part for part in parts if isinstance(part, dict)]
    ways = [part.split() for part in parts if isinstance(part, str)]
    edges = [
        {"id": f"e{at}", "source": way[0], "target": way[-1], "condition": way[1] if len(way) > 2 else None}
        for at, way in enumerate(ways)
    ]
    return parse({"nodes": [node("start", "start"), *nodes], "edges": edges})


class Walk:
    """A run of a flow. Each method is a step and returns what was taken."""

    def __init__(self, graph: Graph, **context: Any) -> None:
        self.graph = graph
        self.context = r.Context(**{"now": MONDAY, "locale": "en", **context})
        self.run: r.Run | None = None
        self.taken = r.Taken(None, (), "", ())

    def begin(self, text: str = "hi") -> Walk:
        """The customer's first word."""
        return self._took(begin(self.graph, 9, 2, self.context, text))

    def say(self, text: str, choice: str | None = None) -> Walk:
        """The customer writes."""
        return self.hear(r.Said(text, choice))

    def hear(self, heard: r.Heard) -> Walk:
        """Anything is heard."""
        assert self.run is not None, "the flow has ended"
        return self._took(take(self.graph, self.run, heard, self.context))

    def later(self, minutes: float, which: r.TimerName) -> Walk:
        """The timer fires after so many minutes."""
        self.context = replace(self.context, now=self.context.now + timedelta(minutes=minutes))
        return self.hear(r.Woke(which))

    def _took(self, taken: r.Taken) -> Walk:
        self.taken, self.run = taken, taken.run
        return self

    @property
    def actions(self) -> tuple[r.Action, ...]:
        """What the last step wants done."""
        return self.taken.actions

    @property
    def said(self) -> list[str]:
        """What the last step says of its nodes."""
        return [action.text for action in self.actions if isinstance(action, r.Say)]

    @property
    def fields(self) -> dict[str, str]:
        """What is captured by now."""
        return self.run.fields if self.run else {}
