"""What is too much for a node that has to carry it: `python -m tests.fault.pressure --rounds 20`.

Webhooks of 31 MB come in at the wrong node, several at a time, and sockets there ask for all there is and never read.
Each node must stay under its bound of memory, nats-server must cut nobody off as a slow consumer, and whoever reads
another workspace by the same way must not wait longer for it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass, field

import httpx
import trio

from tests.fault.crash import tenant_of
from tests.fault.report import Report
from tests.fault.rig import open_rig
from tests.fault.servers import Server, serving
from tests.fault.wire import Wire, open_wire
from tests.harness import Number, Program, Workspace, answering, free_port

LARGE = 31 * 1024 * 1024
AT_ONCE, DEAF = 3, 20
MOST_MORE = 400 * 1024 * 1024
"""Bytes that a node may hold beside what it held before: a few such bodies, once as bytes and once as what they say."""
SLOWER, NOISE = 3.0, 0.25


@dataclass
class Watched:
    """What others notice, and what it costs. took: by what was going on."""

    took: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    going_on: str = "quiet"
    most: dict[str, int] = field(default_factory=dict[str, int])
    breaches: list[str] = field(default_factory=list)

    async def read(self, port: int, workspace: Workspace) -> None:
        """Until cancelled."""
        headers = {"Authorization": f"Bearer {workspace.token}"}
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20, trust_env=False) as client:
            while True:
                began = time.monotonic()
                answer = await client.get("/v1/labels")
                self.took.setdefault(self.going_on, []).append(time.monotonic() - began)
                if answer.status_code != 200:
                    self.breaches.append(f"a read was answered {answer.status_code}")
                await trio.sleep(0.02)

    async def weigh(self, programs: dict[str, Program]) -> None:
        """Until cancelled."""
        while True:
            for name, program in programs.items():
                self.most[name] = max(self.most.get(name, 0), program.resident())
            await trio.sleep(0.05)

    def p99(self, what: str) -> float:
        """In seconds."""
        return statistics.quantiles(self.took[what], n=100)[-1]


def large(number: Number, serial: int) -> bytes:
    """A webhook that is nearly as large as one may be, for what nobody reads."""
    message = number.message("5511955550000", f"large {serial}", f"3EB0LARGE{serial:07d}")
    return json.dumps({**message, "padding": "x" * LARGE}).encode()


async def pour(port: int, number: Number, rounds: int) -> list[str]:
    """Large ones, some at a time; how they were answered."""
    answers, limit = list[str](), trio.CapacityLimiter(AT_ONCE)
    url = httpx.URL(number.url).copy_with(port=port)
    headers = {**number.headers, "content-type": "application/json"}

    async def one(serial: int) -> None:
        async with limit, httpx.AsyncClient(timeout=120, trust_env=False) as client:
            answer = await client.post(url, content=large(number, serial), headers=headers)
            while answer.status_code == 503:  # as the gateway does
                await trio.sleep(0.5)
                answer = await client.post(url, content=large(number, serial), headers=headers)
            answers.append(f"{answer.status_code} {answer.text}")

    async with trio.open_nursery() as nursery:
        for serial in range(rounds):
            nursery.start_soon(one, serial)
    return answers


async def deaf(port: int, workspace: Workspace) -> list[Wire]:
    """Sockets that ask for all there is, and never read it."""
    wires = list[Wire]()
    for _ in range(DEAF):
        wires.append(wire := await open_wire(port, workspace.token))
        await wire.receive()
        await wire.send(b'{"op":"resume","offset":0}')
    return wires


async def fill(number: Number, messages: int) -> None:
    """A log worth pushing."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as gateway:
        for serial in range(messages):
            await number.post(gateway, number.message("5511955550001", "é" * 4_000, f"3EB0FILL{serial:08d}"))


async def pressure(rounds: int, messages: int = 1_000) -> Report:
    """Pour; the report says what was found."""
    with serving() as [server]:
        async with open_rig(more={"NATS_URL": server.url, "PLIXA_NODE": "node-1"}, durable=False) as rig:
            port = free_port()
            door = rig.another("node-2", port)
            door.start()
            try:
                await answering(f"http://127.0.0.1:{port}/readyz", door)
                (loud, number), (calm, _) = await tenant_of(rig), await tenant_of(rig)
                await fill(number, messages)
                programs, watched = {"node-1": rig.server, "node-2": door}, Watched()
                before = {name: program.resident() for name, program in programs.items()}
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(watched.read, port, calm)
                    nursery.start_soon(watched.weigh, programs)
                    await trio.sleep(5)
                    watched.going_on = "large bodies"
                    answers = await pour(port, number, rounds)
                    watched.going_on = "deaf sockets"
                    wires = await deaf(port, loud)
                    await trio.sleep(5)
                    await fill(number, 100)
                    await trio.sleep(5)
                    nursery.cancel_scope.cancel()
                for wire in wires:
                    wire.cut()
                slow = slow_consumers(server)
            finally:
                with trio.CancelScope(shield=True):
                    await trio.to_thread.run_sync(door.kill)
    return judged(watched, before, answers, slow)


def slow_consumers(server: Server) -> list[str]:
    """Whom it has cut off for that."""
    closed = server.seen("connz?state=closed")["connections"]
    slow = [f"{each['name']}: {each['reason']}" for each in closed if "Slow" in each.get("reason", "")]
    return [*slow, *([f"{n} slow consumers"] if (n := server.seen("varz")["slow_consumers"]) else ())]


def judged(watched: Watched, before: dict[str, int], answers: list[str], slow: list[str]) -> Report:
    """What was seen, held to what is promised."""
    more = {name: watched.most[name] - before[name] for name in before}
    quiet = watched.p99("quiet")
    waits = {what: watched.p99(what) for what in ("large bodies", "deaf sockets")}
    breaches = [
        *watched.breaches,
        *(f"nats-server has cut off {each}" for each in slow),
        *(f"{name} held {each >> 20} MiB more" for name, each in more.items() if each > MOST_MORE),
        *(f"a large webhook was answered {each}" for each in answers if each != "200 stored"),
        *(
            f"others waited {each:.3f} s beside {what}"
            for what, each in waits.items()
            if each > max(SLOWER * quiet, NOISE)
        ),
    ]
    figures = {
        "large webhooks taken": len(answers),
        "memory before, MiB": {name: each >> 20 for name, each in before.items()},
        "memory at most, MiB": {name: each >> 20 for name, each in watched.most.items()},
        "others' reads, p99 in seconds": {"quiet": round(quiet, 3), **{k: round(v, 3) for k, v in waits.items()}},
        "slow consumers": len(slow),
    }
    return Report("more than a node can carry", figures, breaches)


async def main(rounds: int) -> bool:
    """The long form; whether all is well."""
    return (await pressure(rounds)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.pressure", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="how many large webhooks there are")
    sys.exit(not trio.run(main, parser.parse_args().rounds))
