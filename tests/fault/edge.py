"""Throws everything at the server's edge and feels its pulse meanwhile: `python -m tests.fault.edge`.

The server has 1,024 files, as under most shells. Connections, heads, bodies, frames and webhooks of every bad sort come
in; meanwhile another process asks `/healthz` every 20 ms over a connection of its own. Nothing may hold the loop for
`MOST` seconds, nor may anybody be refused or the server be another process afterwards. What is thrown stands in
`blows*.py`; the bounds that it runs into, in ARCHITECTURE.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

import httpx
import trio

from tests.fault import blows, blows_bodies, blows_sockets
from tests.fault.blows import Blow, Target
from tests.fault.pulse import Pulse, feeling
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import PASSWORD, Workspace

FILES = 1024
MOST = 0.25
TRIES = 3
"""A blow counts if it hurts every time: on a machine that others use, too, once may be chance."""
AFTERWARDS = 0.3
BLOWS: Mapping[str, Blow] = {**blows.BLOWS, **blows_sockets.BLOWS, **blows_bodies.BLOWS}


@dataclass
class Plan:
    """What is thrown, how many of what there are many of, and seconds for each."""

    names: tuple[str, ...] = tuple(BLOWS)
    many: int = 1_000
    within: float = 600.0
    most: float = MOST
    tries: int = TRIES
    tokens: int = 8


@dataclass
class Findings:
    """Seconds of the longest wait by blow; what went wrong otherwise."""

    worst: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


async def edge(plan: Plan) -> Report:
    """Throw what is planned; the report says what was found."""
    findings = Findings()
    async with open_rig(files=FILES, durable=False) as rig:
        pid = rig.server.pid
        target = await _target(rig, plan)
        async with feeling(rig.port, pid) as pulse:
            await trio.sleep(1)
            findings.worst["nothing"] = pulse.worst(0, inf)
            for name in plan.names:
                findings.worst[name] = await _throw(plan, name, target, pulse, findings)
        if rig.server.failed:
            findings.wrong.append("the server has ended by itself")
        elif not await _ready(rig):
            findings.wrong.append("the server is not ready afterwards")
    return _report(plan, findings)


async def _ready(rig: Rig) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        try:
            return (await client.get(f"{rig.url}/readyz")).is_success
        except httpx.HTTPError:
            return False


async def _target(rig: Rig, plan: Plan) -> Target:
    workspace, number = await rig.workspace()
    tokens = [await _signed_in(workspace) for _ in range(plan.tokens)]
    return Target(rig.port, workspace, number, tuple(tokens), plan.many)


async def _signed_in(workspace: Workspace) -> str:
    body = {"email": workspace.email, "password": PASSWORD}
    return str((await workspace.post("/v1/auth/login", body))["token"])


async def _throw(plan: Plan, name: str, target: Target, pulse: Pulse, findings: Findings) -> float:
    worst = inf
    for _ in range(plan.tries):
        worst = min(worst, await _once(plan, name, target, pulse, findings))
        if worst <= plan.most:
            break
    return worst


async def _once(plan: Plan, name: str, target: Target, pulse: Pulse, findings: Findings) -> float:
    began = time.monotonic()
    try:
        with trio.fail_after(plan.within):
            await BLOWS[name](target)
    except* (AssertionError, OSError, httpx.HTTPError, trio.TooSlowError) as group:
        findings.wrong.append(f"{name}: {_said(group)}")
    await trio.sleep(AFTERWARDS)
    ended = time.monotonic()
    await pulse.beats_after(ended)
    return pulse.worst(began, ended)


def _said(group: BaseExceptionGroup[Exception]) -> str:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} {str(error)[:300]}"


def _report(plan: Plan, findings: Findings) -> Report:
    figures = {f"longest wait, {name}": f"{worst * 1000:.0f} ms" for name, worst in findings.worst.items()}
    held = [f"{name}: /healthz took {worst:.2f} s" for name, worst in findings.worst.items() if worst > plan.most]
    return Report("edge", figures, [*held, *findings.wrong])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.edge", description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(BLOWS), metavar="BLOW", help="; ".join(BLOWS))
    parser.add_argument("--tries", type=int, default=TRIES, help="how often a blow that hurts is repeated")
    args = parser.parse_args()
    sys.exit(0 if trio.run(edge, Plan(tuple(args.only), tries=args.tries)).show() else 1)
