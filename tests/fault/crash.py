"""Kills the server at random moments: `python -m tests.fault.crash --rounds 50`.

A round is a short time of load and a SIGKILL of the server's process group (now and then a SIGTERM, as in a
deployment); then it is started again while customers and agents go on trying. All rounds are run twice, with a gateway
that works and with one that fails in every way it can: sends that happen without an answer, answers of 503, slow
answers, webhooks that come twice or out of order. Afterwards every promise is checked.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from tests.fault.checks import broken_promises, doubled
from tests.fault.evidence import GREETING, Evidence, gather
from tests.fault.load import Load
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.harness import Json, Number, Workspace

FAILING_GATEWAY: Json = {
    "drop_after_send": 0.2,
    "error_rate": 0.15,
    "slow": 0.3,
    "slow_ms": 400,
    "duplicate": 0.2,
    "reorder": 0.2,
}
WORKSPACES = 2
IN_GOOD_ORDER = 0.15
"""How many rounds end with SIGTERM, as a deployment does: nobody may notice more than with a crash."""
Break = Callable[[Rig], Awaitable[None]]


@dataclass(frozen=True)
class Plan:
    """How much: rounds, seconds of load in each at most, conversations that are kept going."""

    rounds: int
    longest: float = 2.5
    chatty: int = 12
    quiet_every: float = 0.3


async def crash(plan: Plan, faults: Json) -> Report:
    """Run the rounds and check; the report says what was found."""
    async with open_rig() as rig:
        load, evidence = await under_load(rig, plan, faults, kill_server)
        return report("server killed" + (", gateway failing" if faults else ""), rig, plan, load, evidence)


async def kill_server(rig: Rig) -> None:
    """SIGKILL at whatever moment it is, now and then SIGTERM, and a new start."""
    if random.random() < IN_GOOD_ORDER:
        await rig.stop()
    else:
        await rig.kill()
    await rig.start()


async def under_load(rig: Rig, plan: Plan, faults: Json, break_it: Break) -> tuple[Load, Evidence]:
    """Let traffic run, break something round after round, and gather what came of it."""
    tenants = [await tenant_of(rig) for _ in range(WORKSPACES)]
    load = Load(tenants, rig.whatsapp)
    await rig.whatsapp.faults(**faults)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
        for _ in range(plan.rounds):
            await trio.sleep(random.uniform(0.3, plan.longest))
            await break_it(rig)
        load.finish()
    await rig.whatsapp.faults()
    return load, await gather(rig, load.ledger, tenants)


async def tenant_of(rig: Rig) -> tuple[Workspace, Number]:
    """A workspace whose timers are short: a greeting after one second, a promise to answer within three."""
    workspace, number = await rig.workspace()
    await workspace.put("/v1/welcome-config", {"enabled": True, "message": GREETING, "delay_seconds": 1})
    await workspace.put("/v1/sla-config", {"first_response_seconds": 3})
    return workspace, number


def report(title: str, rig: Rig, plan: Plan, load: Load, evidence: Evidence) -> Report:
    """The figures of such a run."""
    types = [row["type"] for row in evidence.log]
    figures = {
        "rounds": plan.rounds,
        "kills, stops in good order (and the last)": f"{rig.kills}, {rig.stops}",
        "conversations": len(load.ledger.chats),
        "messages acknowledged": load.ledger.acknowledged,
        "replies accepted": load.ledger.accepted,
        "requests that failed and were made again": load.ledger.failures,
        "events in the log": len(types),
        "sends left in doubt and looked up": types.count("message.uncertain"),
        "sends put off and tried again": types.count("message.deferred"),
        "sends that happened twice": doubled(evidence),
        "look-backs after a start": types.count("number.backfilled"),
        "timers: greetings, snoozes, breaches": " ".join(
            str(types.count(each)) for each in ("welcome.sent", "conversation.snoozed", "sla.breached")
        ),
        "slowest start, seconds": rig.slowest_start,
    }
    return Report(title, figures, broken_promises(evidence))


async def main(rounds: int) -> bool:
    """Both forms; whether all is well."""
    well = [(await crash(Plan(rounds), faults)).show() for faults in ({}, FAILING_GATEWAY)]
    return all(well)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="how often the server is killed, in each of two runs")
    sys.exit(0 if trio.run(main, parser.parse_args().rounds) else 1)
