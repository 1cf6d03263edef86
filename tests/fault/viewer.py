"""A client of the live push that never gives up: it folds, is cut, comes back and resumes where it was."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

import msgspec
import trio

from tests.fault.fold import Folded
from tests.fault.wire import Closed, Wire, open_wire
from tests.harness import Json, Workspace
from tests.mine import Mine

COME_BACK = 0.3
CUT_WITHIN = 0.5
_decode = msgspec.json.Decoder(type=Json).decode


@dataclass(eq=False)
class Viewer:
    """One browser tab. `head`: how far it knows itself to be; `faults`: what it saw that should not be."""

    workspace: Workspace
    port: int
    folded: Folded = field(init=False)
    head: int = 0
    connections: int = 0
    frames: int = 0
    codes: Counter[int | None] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _epoch: str | None = None
    _wire: Wire | None = None

    def __post_init__(self) -> None:
        self.folded = Folded(Mine(self.workspace.user_id))

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                self._wire = await open_wire(self.port, self.workspace.token, by_protocol=self.connections % 2 == 1)
                await self._watch(self._wire)
            except Closed as closed:
                self.codes[closed.code] += 1
            except OSError:
                self.codes[None] += 1
            finally:
                self._hang_up()
            await trio.sleep(random.uniform(0, COME_BACK))

    async def cut(self) -> None:
        """Break the connection without a word, a random number of bytes from now: mostly within a frame."""
        wire = self._wire
        if wire is not None:
            wire.budget = random.choice((0, random.randrange(40), random.randrange(4000)))
            await trio.sleep(CUT_WITHIN)
            if wire is self._wire:  # nothing came that could have been cut
                self._hang_up()

    def _hang_up(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.cut()

    async def _watch(self, wire: Wire) -> None:
        hello = _decode(await wire.receive())
        self.connections += 1
        self._epoch = self._epoch or hello["epoch"]
        if hello["op"] != "hello" or hello["epoch"] != self._epoch:
            self.faults.append(f"greeted with {hello}")
        resumed, live = self.folded.offset, False
        await wire.send(b'{"op":"resume","after":%d}' % resumed)
        while True:
            frame = _decode(await wire.receive())
            self.frames += 1
            live = self._take(frame, live)

    def _take(self, frame: Json, live: bool) -> bool:
        if frame["op"] == "events":
            for event in frame["events"]:
                if event["offset"] <= self.folded.offset:
                    self.faults.append(f"offset {event['offset']} came after {self.folded.offset}")
                self.folded.take(event)
        elif frame["op"] == "live" and live:
            self.faults.append("told twice that it is live")
        self.head = max(self.head, frame["head"])
        return live or frame["op"] == "live"
