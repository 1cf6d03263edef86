"""Part (j): what staff list, over HTTP, with 500 workspaces and tickets and with very many."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle

import trio

from plixa.http.api.auth import hash_password
from tests.bench.enrol import call
from tests.bench.figures import Row, median, percentile
from tests.bench.lab import Lab, say
from tests.bench.processes import HOST, Failed
from tests.bench.site import Site, site
from tests.storage.test_back_office_speed import CARDS, TICKETS

LIMIT = 2.0
SMALL = 500
STAFF = 12
"""So many sign in: below the limit of a token each."""
PASSWORD = "a long password of staff"
APART = 0.0125
WARM_UP = 3
LISTS: Mapping[str, str] = {
    "workspaces": "/v1/admin/tenants",
    "workspaces that are suspended": "/v1/admin/tenants?status=suspended",
    "workspaces of a plan": "/v1/admin/tenants?plan=business",
    "workspaces by a name": "/v1/admin/tenants?q=padaria%20499",
    "workspaces by an address": "/v1/admin/tenants?q=owner123%40padaria",
    "tickets": "/v1/admin/support/tickets",
    "tickets that are open": "/v1/admin/support/tickets?status=open",
    "tickets that are urgent": "/v1/admin/support/tickets?priority=urgent",
    "tickets of nobody": "/v1/admin/support/tickets?assignee=none",
    "tickets by how long they wait": "/v1/admin/support/tickets?order=waiting",
}
ANALYZE = "analyze tenant_cards; analyze tickets"


@dataclass
class Office:
    """An installation that staff look at, over one connection."""

    site: Site
    bearers: Iterator[str]
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> float:
        """Milliseconds until the whole answer is there. Raises `Failed` for anything but 200."""
        self._connection = self._connection or http.client.HTTPConnection(HOST, self.site.port, timeout=30)
        time.sleep(APART)
        began = time.perf_counter()
        self._connection.request("GET", path, headers={"authorization": next(self.bearers)})
        answer = self._connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise Failed(f"{path} was answered {answer.status}: {body.decode()}")
        return took


def measure(lab: Lab) -> Iterator[Row]:
    """Small and big in turn, request by request, so that a noisy moment hits both."""
    scale = lab.scale
    with ExitStack() as stack:
        small = _open(lab, stack, SMALL, SMALL)
        big = _open(lab, stack, scale.workspaces, 4 * scale.workspaces)
        for name, path in LISTS.items():
            say(f"back office: {name}")
            for number in range(scale.reads + WARM_UP):
                for office in (small, big):
                    took = office.get(path)
                    if number >= WARM_UP:
                        office.times.setdefault(name, []).append(took)
    for name in LISTS:
        yield _row(name, scale.workspaces, small.times[name], big.times[name])


def _row(name: str, workspaces: int, small: list[float], big: list[float]) -> Row:
    p99, before = percentile(big, 0.99), percentile(small, 0.99)
    return Row(
        part="j",
        what=f"{name}, p99 with {workspaces:,} workspaces and {4 * workspaces:,} tickets",
        value=p99,
        unit="ms",
        aim=f"at most {LIMIT:.0f} times that of {SMALL} of each: {p99 / before:.2f} times",
        met=p99 <= LIMIT * before,
        note=f"p99 of {SMALL} {before:.1f} ms; p50 {median(big):.1f} and {median(small):.1f} ms",
        more={"p99_small_ms": before, "p50_ms": median(big), "p50_small_ms": median(small)},
    )


def _open(lab: Lab, stack: ExitStack, workspaces: int, tickets: int) -> Office:
    """A site of its own, filled and running, with staff who are signed in."""
    say(f"filling {workspaces:,} workspaces, {tickets:,} tickets")
    made = stack.enter_context(site(f"plixa-office-{workspaces}", lab.folder, lab.gateway))
    for statement, count in ((CARDS, workspaces), (TICKETS, tickets)):
        made.database.execute(statement.replace("$1", "1001").replace("$2", str(1000 + count)))
    for each in ANALYZE.split(";"):
        made.database.execute(each)
    hashed = trio.run(hash_password, PASSWORD)
    made.database.execute(
        "insert into admins (id, name, email, password_hash, abilities, created_at) select nextval('admins_id'), "
        f"'Rita', 'rita' || n || '@plixa.example', '{hashed}', '{{}}', now() from generate_series(1, {STAFF}) n"
    )
    stack.enter_context(made.serving())
    return Office(made, cycle([_signed_in(made, n) for n in range(1, STAFF + 1)]))


def _signed_in(made: Site, number: int) -> str:
    body = {"email": f"rita{number}@plixa.example", "password": PASSWORD}
    return f"Bearer {call(made.port, '/v1/admin/auth/login', body)['data']['token']}"
