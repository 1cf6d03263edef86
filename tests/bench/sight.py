"""Part (c), too: what it costs to leave out of the live push what an agent may not see.

The same agents' sockets, round after round without and with the restriction to their own conversations. All of these
are nobody's, so that both get the same events; what differs is what the server does to know that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.agents import join
from tests.bench.figures import Row, median, noise
from tests.bench.lab import Lab, say, seed
from tests.bench.live import SUBSCRIBE
from tests.bench.load import Spec as Load, run_load
from tests.bench.processes import cpu_seconds
from tests.bench.site import Site
from tests.bench.sockets import Reader, Spec as Sockets

MOST = 1.3
SECURITY, RATINGS = "/v1/security-config", "/v1/csat-config"


@dataclass
class Rounds:
    """Microseconds of the server's processor time for each message, and sockets that did not get all of them."""

    name: str
    restricted: bool
    costs: list[float] = field(default_factory=list[float])
    incomplete: int = 0


def measure(lab: Lab) -> Iterator[Row]:
    """Both in turn, on one server."""
    site = lab.usual()
    bearers = tuple(join(site.database.url, lab.scale.agents))
    whole, own = Rounds("unrestricted", restricted=False), Rounds("restricted", restricted=True)
    with site.serving() as pid:
        site.call("PUT", RATINGS, {"enabled": False, "visible_to_agents": True})
        _round(lab, site, pid, bearers, Rounds("warm-up", restricted=False))
        for number in range(lab.scale.live_rounds):
            for each in (whole, own):
                say(f"agents' sockets, round {number + 1} of {lab.scale.live_rounds}: {each.name}")
                _round(lab, site, pid, bearers, each)
    return _rows(lab, whole, own)


def _round(lab: Lab, site: Site, pid: int, bearers: tuple[str, ...], rounds: Rounds) -> None:
    scale = lab.scale
    site.call("PUT", SECURITY, {"agent_restricted_to_own_conversations": rounds.restricted})
    load = Load(
        target=site.enrolled.webhook,
        seconds=scale.live_seconds,
        seed=seed(),
        connections=scale.connections,
        customers=scale.customers,
        rate=scale.live_rate,
    )
    reader = Reader(Sockets(target=site.enrolled.inbox, sockets=scale.agents, greeting=SUBSCRIBE, bearers=bearers))
    try:
        before = cpu_seconds(pid)
        sent = run_load(load)
        read = reader.result(sent.accepted)
        rounds.costs.append((cpu_seconds(pid) - before) / max(1, sent.accepted) * 1e6)
        rounds.incomplete += scale.agents - read.complete
    finally:
        reader.stop()


def _rows(lab: Lab, whole: Rounds, own: Rounds) -> Iterator[Row]:
    ratio = median(own.costs) / median(whole.costs)
    for each in (whole, own):
        late = f"; {each.incomplete} sockets did not get everything" if each.incomplete else ""
        yield Row(
            part="c",
            what=f"processor time a message, {lab.scale.agents} {each.name} agents' sockets",
            value=median(each.costs),
            unit="µs",
            aim=f"at most {MOST} times" if each.restricted else "",
            met=ratio <= MOST if each.restricted else None,
            note=f"{f'{ratio:.2f} times' if each.restricted else 'of the server'}{noise(each.costs)}{late}",
            rounds=each.costs,
        )
