"""What is too much for a node that has to carry it: `python -m tests.fault.pressure --rounds 20`.

Webhooks of 31 MB come in at the wrong node, several at a time, and sockets there ask for all there is and never read.
Each node must stay under its bound of memory, nats-server must cut nobody off as a slow consumer, and whoever reads
another workspace by the same way must not wait longer for it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection

import httpx
import trio

from plixa.engine.ownership import Member
from plixa.engine.placement import wish
from plixa.engine.ports import Owner
from tests.fault.crash import tenant_of
from tests.fault.report import Report
from tests.fault.rig import Rig, open_rig
from tests.fault.servers import Server, serving
from tests.fault.wire import Wire, open_wire
from tests.harness import ROOT, Number, Program, Workspace, answering, free_port, inherited

LARGE = 31 * 1024 * 1024
NODES = ("node-1", "node-2")
"""The home, and the door."""
PADDING = b"x" * 65_536
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
        """Until cancelled; by a process of its own, for this one is busy with what it pours."""
        command = [sys.executable, "-m", "tests.fault.pressure", "--reads", str(port)]
        env = inherited({"TOKEN": workspace.token})
        async with trio.open_nursery() as nursery:
            reading = partial(trio.run_process, command, stdout=subprocess.PIPE, cwd=ROOT, env=env, check=False)
            process = await nursery.start(reading)
            rest = b""
            async for some in process.stdout:
                *lines, rest = (rest + some).split(b"\n")
                for took, status in map(bytes.split, lines):
                    self.took.setdefault(self.going_on, []).append(float(took))
                    if status not in (b"200", b"429"):
                        self.breaches.append(f"a read was answered {status.decode()}")

    async def weigh(self, programs: dict[str, Program]) -> None:
        """Until cancelled."""
        while True:
            for name, program in programs.items():
                self.most[name] = max(self.most.get(name, 0), program.resident())
            await trio.sleep(0.05)

    def p99(self, what: str) -> float:
        """In seconds."""
        return statistics.quantiles(self.took[what], n=100)[-1]


def reads(port: int, token: str) -> None:
    """Read over and over, and print how long each took and how it was answered, until killed."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    while True:
        began = time.monotonic()
        connection.request("GET", "/v1/labels", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        print(time.monotonic() - began, answer.status, flush=True)
        time.sleep(0.1)  # as often as a token may


async def large(number: Number, serial: int) -> AsyncIterator[bytes]:
    """A webhook that is nearly as large as one may be, for what nobody reads."""
    message = json.dumps({**number.message("5511955550000", f"large {serial}", f"3EB0LARGE{serial:07d}"), "p": "x"})
    yield message[:-2].encode()
    for _ in range(LARGE // len(PADDING)):
        yield PADDING
    yield b'"}'


async def pour(port: int, number: Number, rounds: int) -> list[str]:
    """Large ones, some at a time; how they were answered."""
    answers, limit = list[str](), trio.CapacityLimiter(AT_ONCE)
    url = httpx.URL(number.url).copy_with(port=port)
    headers = {**number.headers, "content-type": "application/json"}

    async def one(serial: int) -> None:
        async with limit, httpx.AsyncClient(timeout=120, trust_env=False) as client:
            length = str(sum([len(some) async for some in large(number, serial)]))
            more = {**headers, "content-length": length}
            while True:
                answer = await client.post(url, content=large(number, serial), headers=more)
                if answer.status_code != 503:
                    break
                await trio.sleep(0.5)  # as the gateway does
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


async def settled(rig: Rig) -> tuple[Workspace, Number]:
    """A workspace that has no wish to be anywhere else."""
    members = [Member(Owner(name, "")) for name in NODES]
    while True:
        workspace, number = await tenant_of(rig)
        home = wish(workspace.tenant, members)
        if home is not None and home.node == NODES[0]:
            return workspace, number


async def fill(number: Number, messages: int) -> None:
    """A log worth pushing."""
    async with httpx.AsyncClient(timeout=60, trust_env=False) as gateway:
        for serial in range(messages):
            await number.post(gateway, number.message("5511955550001", "é" * 4_000, f"3EB0FILL{serial:08d}"))


async def pressure(rounds: int, messages: int = 1_000) -> Report:
    """Pour; the report says what was found."""
    with serving() as [server]:
        async with open_rig(more={"NATS_URL": server.url, "PLIXA_NODE": NODES[0]}, durable=False) as rig:
            port = free_port()
            door = rig.another(NODES[1], port)
            door.start()
            try:
                await answering(f"http://127.0.0.1:{port}/readyz", door)
                (loud, number), (calm, _) = await settled(rig), await settled(rig)
                await fill(number, messages)
                programs, watched = dict(zip(NODES, (rig.server, door), strict=True)), Watched()
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
    parser.add_argument("--reads", type=int, metavar="PORT", help="read there as TOKEN, and do nothing else")
    asked = parser.parse_args()
    if asked.reads is not None:
        reads(asked.reads, os.environ["TOKEN"])
    sys.exit(not trio.run(main, asked.rounds))
