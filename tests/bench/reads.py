"""Part (g): what the panel reads, in a workspace with a hundred times the contacts and conversations of another one."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from urllib.parse import quote

from tests.bench import archive
from tests.bench.figures import Row, median, percentile
from tests.bench.lab import Lab, say
from tests.bench.processes import HOST, Failed
from tests.bench.site import Site, site

LIMIT = 2.0
TOKENS = 12
APART = 0.0125
"""Seconds from one request to the next: 80 a second stay below the limit of a workspace, and of a token each."""
WARM_UP = 3
Path = Callable[["Reader"], str]


@dataclass
class Reader:
    """A workspace that is read, over one connection. `size`: how many contacts and conversations it has."""

    size: int
    site: Site
    workspace: archive.House
    bearers: Iterator[str]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _connection: http.client.HTTPConnection | None = None
    _due: float = 0.0

    def get(self, path: str) -> float:
        """Milliseconds until the whole answer is there. Raises `Failed` for anything but 200."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(HOST, self.site.port, timeout=30)
        time.sleep(max(0.0, self._due - time.monotonic()))
        self._due = time.monotonic() + APART
        began = time.perf_counter()
        self._connection.request("GET", path, headers={"authorization": next(self.bearers)})
        answer = self._connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise Failed(f"{path} was answered {answer.status}: {body.decode()}")
        return took

    def any(self) -> int:
        """The number of one of the contacts."""
        return self.chance.randint(1, self.size)

    def first(self) -> str:
        """A first name that many have."""
        return self.chance.choice(archive.FIRST_NAMES)

    def whole(self) -> str:
        """A name as somebody has it, whom few share it with."""
        return quote(f"{self.first()} {self.chance.choice(archive.LAST_NAMES)}")


def _inbox(query: str) -> Path:
    return lambda _: f"/v1/conversations?{query}"


def _report(name: str) -> Path:
    return lambda _: f"/v1/reports/{name}"


ROUTES: Mapping[str, Path] = {
    "contacts by name": lambda _: "/v1/contacts",
    "contacts, latest change first": lambda _: "/v1/contacts?sort=latest",
    "contacts called by a first name": lambda r: f"/v1/contacts?q={r.first()}",
    "contacts called by a whole name": lambda r: f"/v1/contacts?q={r.whole()}",
    "contacts by the end of a number": lambda r: f"/v1/contacts?q={archive.phone(r.any())[-6:]}",
    "a contact": lambda r: f"/v1/contacts/{archive.CONTACTS_FROM + r.any()}",
    "conversations": _inbox(""),
    "conversations, 100 of them": _inbox("limit=100"),
    "conversations that are open": _inbox("status=open"),
    "conversations that are resolved": _inbox("status=resolved"),
    "conversations that the AI leads": _inbox("mode=ai"),
    "conversations of mine": _inbox("assignee=me"),
    "conversations of nobody": _inbox("assignee=none"),
    "conversations with a label of many": lambda r: f"/v1/conversations?label={r.workspace.labels[0]}",
    "conversations with a label of few": lambda r: f"/v1/conversations?label={r.workspace.labels[1]}",
    "conversations of a sector": lambda r: f"/v1/conversations?sector={r.workspace.sectors[0]}",
    "conversations of a number": lambda r: f"/v1/conversations?phone_instance={r.workspace.number}",
    "conversations of mine, open, of a sector": lambda r: (
        f"/v1/conversations?assignee=me&status=open&sector={r.workspace.sectors[0]}"
    ),
    "conversations with unread messages": _inbox("unread=1"),
    "conversations that are snoozed": _inbox("snoozed=1"),
    "conversations that are waiting": _inbox("status=pending"),
    "conversations by a name": lambda r: f"/v1/conversations?q={r.whole()}",
    "conversations by a number": lambda r: f"/v1/conversations?q={archive.phone(r.any())}",
    "a conversation": lambda r: f"/v1/conversations/{archive.CONVERSATIONS_FROM + r.any()}",
    "messages of a conversation": lambda r: f"/v1/conversations/{archive.CONVERSATIONS_FROM + r.any()}/messages",
    "messages with two words": lambda r: f"/v1/messages/search?q={r.chance.choice(archive.WORDS)}%20{r.any()}",
    "labels": lambda _: "/v1/labels",
    "dashboard": lambda _: "/v1/dashboard",
    "report of a week": lambda _: f"/v1/reports/volume?from={date.today() - timedelta(days=6)}",
    **{f"report of 30 days, {name}": _report(name) for name in ("volume", "sla", "agents", "csat", "flows", "ai")},
}


def measure(lab: Lab) -> Iterator[Row]:
    """Small and big in turn, request by request, so that a noisy moment hits both."""
    scale = lab.scale
    with ExitStack() as stack:
        small, big = (_open(lab, stack, size) for size in (scale.archive // 100, scale.archive))
        for name, path in ROUTES.items():
            say(f"reads: {name}")
            for number in range(scale.reads + WARM_UP):
                for reader in (small, big):
                    took = reader.get(path(reader))
                    if number >= WARM_UP:
                        reader.times.setdefault(name, []).append(took)
    for name in ROUTES:
        yield _row(name, small, big)


def _row(name: str, small: Reader, big: Reader) -> Row:
    p99, before = (percentile(each.times[name], 0.99) for each in (big, small))
    p50, p50_before = (median(each.times[name]) for each in (big, small))
    return Row(
        part="g",
        what=f"{name}, p99 of {big.size:,}",
        value=p99,
        unit="ms",
        aim=f"at most {LIMIT:.0f} times that of {small.size:,}: {p99 / before:.2f} times",
        met=p99 <= LIMIT * before,
        note=f"p99 of {small.size:,} {before:.1f} ms; p50 {p50:.1f} and {p50_before:.1f} ms",
        more={"p99_small_ms": before, "p50_ms": p50, "p50_small_ms": p50_before},
    )


def _open(lab: Lab, stack: ExitStack, size: int) -> Reader:
    """A site of its own, filled and running."""
    say(f"filling {size:,} contacts and conversations")
    made = stack.enter_context(site(f"plixa-reads-{size}", lab.folder, lab.gateway))
    with made.serving():
        house, bearers = _furnished(made)
    archive.fill(house, size)
    stack.enter_context(made.serving())
    return Reader(size, made, house, cycle(bearers))


def _furnished(made: Site) -> tuple[archive.House, list[str]]:
    me = made.call("GET", "/v1/me")
    [number] = made.call("GET", "/v1/phone-instances")
    labels = [made.call("POST", "/v1/labels", {"name": n, "color": "#aabbcc"})["id"] for n in ("often", "seldom")]
    sectors = [made.call("POST", "/v1/sectors", {"name": n})["id"] for n in ("Vendas", "Suporte", "Entrega")]
    tokens = [made.call("POST", "/v1/api-tokens", {"name": f"{n}", "abilities": ["read"]}) for n in range(TOKENS)]
    user = me["user"]
    house = archive.House(made.database.url, user["tenant_id"], number["id"], user["id"], labels, sectors)
    return house, [f"Bearer {each['token']}" for each in tokens]
