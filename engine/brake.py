"""What stalled or killed the process twice is put aside instead of being tried again.

A message that holds the loop stands in the way of every workspace; when the process is killed over it, the outbox, the
timers or the gateway bring it again, and the next process dies of it, too. So while a piece of work holds the loop, its
strike stands in a file that outlives the process. Work that ends after all takes its strike back. What has `LIMIT`
strikes is not begun again: whoever would begin it asks `holds` first, and puts it aside where operators see it.

The file lies on this machine: a process that starts with an empty data folder knows of no earlier strikes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

import structlog
from msgspec import DecodeError, Struct, ValidationError, json
from msgspec.structs import replace

from plixa.engine.clock import Clock

LIMIT = 2
KEPT_FOR = timedelta(days=7)
AT_MOST = 1000
LARGEST_FILE = 4 * 1024 * 1024
log = structlog.get_logger("plixa.brake")


@dataclass
class Work:
    """A piece of work. It costs little to make: both are asked for only when it stalls.

    name: says what it is, without what a customer wrote. content: the same whenever it comes again; None: it does not
    come again by itself, and gets no strikes.
    """

    name: Callable[[], str]
    content: Callable[[], bytes] | None = None
    struck: bool = False

    @cached_property
    def key(self) -> str:
        """Tells this work from all other."""
        try:
            content = self.content() if self.content is not None else b""
        except Exception:  # noqa: BLE001  # asked for in the middle of anything: it must not make matters worse
            content = self.name().encode()
        return hashlib.blake2b(content, digest_size=16).hexdigest()


class Strike(Struct, frozen=True):
    """How often this work has stalled or killed the process, the last time at `at`, there. aside: it is put aside."""

    name: str
    times: int
    at: datetime
    where: str
    aside: bool = False


doing: ContextVar[Work | None] = ContextVar("doing", default=None)
"""What the running task is at work on: see `at_work_on`."""


@contextmanager
def at_work_on(work: Work) -> Generator[None]:
    """Within, this task's turns are told to be this work's; one that holds the loop for too long is ended in it."""
    token = doing.set(work)
    try:
        yield
    finally:
        doing.reset(token)


class Brake:
    """The strikes of one node, kept in `file`. None: in memory only. trouble: why they could not be written.

    Nothing here logs once it is made: strikes come in the middle of anything, perhaps of a line of the log.
    """

    def __init__(self, clock: Clock, file: Path | None = None) -> None:
        self._clock = clock
        self._file = file
        self.strikes = self._read()
        self.trouble: str | None = None

    def strike(self, work: Work, where: str) -> None:
        """It holds the loop at this moment."""
        if work.content is None:
            return
        work.struck = True
        times = self.strikes[work.key].times if work.key in self.strikes else 0
        self.strikes.pop(work.key, None)  # the newest stand last
        self.strikes[work.key] = Strike(work.name(), times + 1, self._clock.now(), where)
        self._save()

    def over(self, work: Work) -> None:
        """It ended after all: what it had against it is forgotten."""
        if work.struck or (self.strikes and work.key in self.strikes):
            self.forget(work.key)

    def forget(self, key: str) -> None:
        """It may be tried again."""
        if self.strikes.pop(key, None) is not None:
            self._save()

    def put_aside(self, work: Work) -> bool:
        """It is not begun, and kept for the operators; False if it was before: it came again by another way."""
        strike = self.strikes[work.key]
        if strike.aside:
            return False
        self.strikes[work.key] = replace(strike, aside=True)
        self._save()
        return True

    def holds(self, work: Work) -> bool:
        """Whether it must not be begun."""
        if not self.strikes:  # nearly always
            return False
        strike = self.strikes.get(work.key)
        return strike is not None and strike.times >= LIMIT

    def _read(self) -> dict[str, Strike]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            with self._file.open("rb") as file:
                found = json.decode(file.read(LARGEST_FILE), type=dict[str, Strike])
        except (OSError, DecodeError, ValidationError) as error:
            log.error("strikes_unreadable", file=str(self._file), error=str(error))
            return {}
        oldest = self._clock.now() - KEPT_FOR
        return {key: strike for key, strike in found.items() if strike.at > oldest}

    def _save(self) -> None:
        while len(self.strikes) > AT_MOST:
            del self.strikes[next(iter(self.strikes))]
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = self._file.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_bytes(json.encode(self.strikes))
            os.replace(new, self._file)
        except OSError as error:  # a full disk must not make it worse: in this life it still counts
            self.trouble = str(error)


def strikes_file(data_dir: Path, node: str) -> Path:
    """Where a node keeps its strikes."""
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in node)[:100]
    return data_dir / "strikes" / f"{safe}.json"


def read_strikes(data_dir: Path, clock: Clock) -> dict[Path, dict[str, Strike]]:
    """All strikes of the nodes that keep theirs in this folder, by file."""
    with suppress(OSError):
        files = sorted((data_dir / "strikes").glob("*.json"))
        return {file: strikes for file in files if (strikes := Brake(clock, file).strikes)}
    return {}
