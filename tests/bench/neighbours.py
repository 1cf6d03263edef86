"""Part (h): what a workspace hears of its neighbours on the same node.

A customer's message is answered by a flow, in turns: while nobody else does anything, and beside a workspace with very
many open effects and due timers, and one that cannot be opened: its log has an event that this release does not read.
The two take turns on one installation, so that what the machine does beside them falls on both; the node is started
anew for each, and each turn beside them begins with all of the backlog. The same messages at the same times; each
counts from when it was due until its answer reaches the gateway.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.answers import switch_on
from tests.bench.enrol import PASSWORD, call
from tests.bench.figures import Row, percentile
from tests.bench.lab import Lab, say, seed
from tests.bench.load import Spec, run_load
from tests.bench.messages import phone_of
from tests.bench.processes import Failed
from tests.bench.site import Site, site

MOST, RATE, PACES = 1.5, 10.0, 5
LIMIT = 60.0
EFFECTS = """
insert into outbox (tenant_id, effect_id, stream, kind, lane, pace, state, position, request, created_at)
select {tenant}, 'send-' || g, 'conversation-' || g % 5000, 'gateway.send', 'conversation-' || g % 5000,
    'number-' || 900000 + g % {paces}, 'queued', g, '{{"message_id": 1}}', now() from generate_series(1, {effects}) g
"""
TIMERS = """
insert into timers (tenant_id, stream, name, due_at)
select {tenant}, 'conversation-' || g % 20000, 'scheduled-' || g, now() - interval '1 hour'
from generate_series(1, {timers}) g
"""
UNREADABLE = """
insert into events (tenant_id, position, stream, revision, type, schema, at, actor, cause, data)
select {tenant}, position + 1, 'workspace-{tenant}', 1 + (
    select max(revision) from events where tenant_id = {tenant} and stream = 'workspace-{tenant}'
), 'from.another_time', 1, now(), 'system', 'bench', '{{}}' from heads where tenant_id = {tenant};
update heads set position = position + 1 where tenant_id = {tenant}
"""
CLEARED = "delete from {table} where tenant_id in ({loud}, {broken})"


@dataclass(frozen=True)
class Waits:
    """Seconds from when each message was due until its answer came."""

    all: list[float]

    @property
    def p99(self) -> float:
        """Milliseconds."""
        return percentile(self.all, 0.99) * 1000

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return percentile(self.all, 0.5) * 1000


@dataclass
class Neighbours:
    """A loud workspace and a broken one, and what was seen with and without what they have open."""

    loud: int
    broken: int
    alone: list[Waits] = field(default_factory=list["Waits"])
    beside: list[Waits] = field(default_factory=list["Waits"])
    left: str = ""

    @property
    def ratios(self) -> list[float]:
        """Of the p99 of each turn."""
        return [beside.p99 / alone.p99 for alone, beside in zip(self.alone, self.beside, strict=True)]


def measure(lab: Lab) -> Iterator[Row]:
    """In turns, on a site of its own."""
    scale = lab.scale
    with site("plixa-neighbours", lab.folder, lab.gateway, SEND_RATE_PER_SECOND=str(2 * RATE)) as plixa:
        with plixa.serving():
            found = Neighbours(_register(plixa, "loud"), _register(plixa, "broken"))
            switch_on(plixa)
        plixa.database.execute(UNREADABLE.format(tenant=found.broken))
        for number in range(scale.neighbour_turns):
            say(f"alone, turn {number + 1} of {scale.neighbour_turns}")
            found.alone.append(_turn(lab, plixa))
            _fill(lab, plixa, found)
            say(f"beside its neighbours, turn {number + 1} of {scale.neighbour_turns}")
            found.beside.append(_turn(lab, plixa))
            found.left = _left(plixa, found.loud)
            _clear(plixa, found)
    yield from _rows(lab, found)


def _turn(lab: Lab, plixa: Site) -> Waits:
    """One of the two for its share of the time; before it each conversation begins, or is activated again."""
    scale = lab.scale
    with plixa.serving():
        _answered(lab, plixa, scale.neighbour_customers / RATE)
        return _answered(lab, plixa, scale.neighbour_seconds / scale.neighbour_turns)


def _rows(lab: Lab, found: Neighbours) -> Iterator[Row]:
    scale, alone, beside = lab.scale, together(found.alone), together(found.beside)
    ratio = beside.p99 / alone.p99
    turns = ", ".join(f"{each:.2f}" for each in found.ratios)
    yield Row(
        part="h",
        what="until a flow's answer is at the gateway, p99, alone",
        value=alone.p99,
        unit="ms",
        note=f"p50 {alone.p50:.0f} ms; {RATE:.0f} messages a second, each answered by a flow",
    )
    yield Row(
        part="h",
        what=f"the same beside {scale.open_effects:,} effects, {scale.due_timers:,} timers and a tenant that is broken",
        value=beside.p99,
        unit="ms",
        aim=f"at most {MOST} times",
        met=ratio <= MOST,
        note=f"{ratio:.2f} times, of each turn {turns}; p50 {beside.p50:.0f} ms; left at the end: {found.left}",
        more={"ratio": ratio},
    )


def together(turns: list[Waits]) -> Waits:
    """Of all turns."""
    return Waits([wait for turn in turns for wait in turn.all])


def _register(plixa: Site, name: str) -> int:
    founder = {"name": name, "email": f"{name}@plixa.example", "password": PASSWORD, "password_confirmation": PASSWORD}
    made = call(plixa.port, "/v1/auth/register", {**founder, "company_name": name, "country_code": "BR"})
    return int(made["data"]["tenant"]["id"])


def _fill(lab: Lab, plixa: Site, found: Neighbours) -> None:
    scale, loud, broken = lab.scale, found.loud, found.broken
    say(f"filling {scale.open_effects:,} open effects and {scale.due_timers:,} due timers")
    for statement in (
        EFFECTS.format(tenant=loud, effects=scale.open_effects, paces=PACES),
        TIMERS.format(tenant=loud, timers=scale.due_timers),
        TIMERS.format(tenant=broken, timers=scale.due_timers // 100),
        EFFECTS.format(tenant=broken, effects=scale.open_effects // 100, paces=PACES),
        "analyze outbox",
        "analyze timers",
        "checkpoint",
    ):
        plixa.database.execute(statement)
    os.sync()  # that the backlog is there is the neighbour's doing; that it was written a moment ago is the bench's


def _clear(plixa: Site, found: Neighbours) -> None:
    for table in ("outbox", "timers"):
        plixa.database.execute(CLEARED.format(table=table, loud=found.loud, broken=found.broken))
        plixa.database.execute(f"vacuum analyze {table}")


def _left(plixa: Site, loud: int) -> str:
    effects = plixa.database.execute(
        f"select count(*) from outbox where tenant_id = {loud} and state in ('queued', 'attempting', 'unknown')"
    )
    timers = plixa.database.execute(f"select count(*) from timers where tenant_id = {loud}")
    return f"{effects:,} effects, {timers:,} timers"


QUIET = "(select min(tenant_id) from numbers)"  # the only workspace with a number: whose customers write
UNDER_WAY = f"""
select (select count(*) from timers where tenant_id = {QUIET} and name = 'answer')
    + (select count(*) from outbox where tenant_id = {QUIET} and kind = 'gateway.send'
       and state in ('queued', 'attempting', 'unknown'))
"""
BECAME = f"""
select string_agg(what || ' ' || rows, ', ') from (
    select 'message ' || direction || ' ' || status as what, count(*) as rows from messages group by 1
    union all select kind || ' ' || state, count(*) from outbox where tenant_id = {QUIET} group by 1
    union all select 'conversation ' || mode, count(*) from conversations group by 1
    union all select 'timer ' || name, count(*) from timers where tenant_id = {QUIET} group by 1
    union all select 'parked ' || command_type, count(*) from parked group by 1
    union all select 'kept', count(*) from kept_bodies having count(*) > 0
) as found
"""


def _answered(lab: Lab, plixa: Site, seconds: float) -> Waits:
    """Messages at a steady rate, each customer in turn. Raises `Failed` where one is not answered."""
    say(f"messages that a flow answers, {RATE:.0f} a second for {seconds:.0f} s")
    gateway, customers = lab.gateway, lab.scale.neighbour_customers
    first = len(gateway.arrivals)
    spec = Spec(
        target=plixa.enrolled.webhook,
        seconds=seconds,
        seed=seed(),
        connections=16,
        customers=customers,
        rate=RATE,
    )
    sent = run_load(spec)
    _await_all(lab, plixa, first + sent.accepted)
    arrived: defaultdict[str, list[float]] = defaultdict(list)
    for number, at in gateway.arrivals[first:]:
        arrived[number].append(at)
    due: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(sent.accepted):
        due[phone_of((number + 1) % customers)].append(sent.began + number / RATE)
    return Waits([wait for phone, dues in due.items() for wait in waits(dues, arrived[phone])])


def _await_all(lab: Lab, plixa: Site, wanted: int) -> None:
    """Wait until all are answered. On a machine that is so slow that a customer writes again before that, both messages
    are one burst and have one answer: then it is over when nothing is under way any more."""
    deadline, quiet = time.monotonic() + LIMIT, 0
    while len(lab.gateway.arrivals) < wanted and quiet < 3:
        if time.monotonic() > deadline:
            missing = wanted - len(lab.gateway.arrivals)
            raise Failed(f"{missing} were not answered. There are: {plixa.database.execute(BECAME.strip())}")
        time.sleep(0.5)
        quiet = 0 if plixa.database.execute(UNDER_WAY.strip()) else quiet + 1


def waits(dues: list[float], arrived: list[float]) -> list[float]:
    """Seconds until each message of one customer was answered, the last answer being the last one's.

    Raises `Failed` where there is none. Fewer answers than messages: some had theirs together with the next one.
    """
    if not arrived or arrived[-1] < dues[-1]:
        raise Failed("A customer's last message was not answered.")
    found, at = list[float](), len(arrived) - 1
    for number, due in enumerate(reversed(dues)):
        if number and at and arrived[at - 1] >= due:
            at -= 1
        found.append(arrived[at] - due)
    return found[::-1]
