"""What holds the loop is noticed, named and ended: with the real alarm, in processes of their own.

(The alarm signal of the tests' own process belongs to their time limit.)
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.harness import inherited

PROGRAM = '''
import json, re, sys, time, unicodedata
from pathlib import Path
import structlog, trio
from plixa.engine.brake import Brake, Work, at_work_on, strikes_file
from plixa.engine.clock import SystemClock
from plixa.engine.telemetry import Telemetry
from plixa.engine.watchdog import Stalled, Watchdog

log, said = structlog.testing.LogCapture(), {}
structlog.configure(processors=[log])
folder = Path(sys.argv[1])
brake = Brake(SystemClock(), strikes_file(folder, "node"))
telemetry = Telemetry()
dog = Watchdog(brake, telemetry, folder / "stacks", alarm=0.02, notice_after=0.3, end_after=0.5)
work = Work(lambda: "the message", lambda: b"its text")

def slow_pattern():
    re.match(r"(a|aa)+$", "a" * 60 + "!")

def counting():
    while True:
        pass

def in_c(size=40_000_000):
    unicodedata.normalize("NFKD", "é" * size)

async def held(holder, by=work):
    """How it ended, after how many seconds."""
    began = time.monotonic()
    try:
        if by is None:
            holder()
        else:
            with at_work_on(by):
                holder()
            brake.over(by)
    except Stalled:
        return "ended", time.monotonic() - began
    return "done", time.monotonic() - began

async def main():
    async with trio.open_nursery() as nursery:
        await nursery.start(dog.run)
        with dog.armed():
            await trio.sleep(0.15)
            await scenario()
            await trio.sleep(0.15)
        nursery.cancel_scope.cancel()

SCENARIO
trio.run(main)
said["logged"] = log.entries
said["strikes"] = {s.name: [s.times, s.where] for s in brake.strikes.values()}
said["stalls"] = telemetry.registry.get_sample_value("plixa_loop_stalls_total")
print(json.dumps(said))
'''


def run(folder: Path, scenario: str) -> dict[str, Any]:
    """Run `scenario()` with a watchdog; returns what it said."""
    program = PROGRAM.replace("SCENARIO", dedent(scenario))
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], env=inherited(), capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize("holder", ["slow_pattern", "counting"])
def test_work_that_holds_the_loop_is_ended_and_gets_a_strike(tmp_path: Path, holder: str) -> None:
    said = run(
        tmp_path,
        f"""
        async def scenario():
            said["end"], said["seconds"] = await held({holder})
        """,
    )
    assert said["end"] == "ended"
    assert said["seconds"] < 5  # it would never have ended by itself
    times, where = said["strikes"]["the message"]
    assert times == 1
    assert holder in where
    assert said["stalls"] >= 1
    assert [entry["work"] for entry in said["logged"] if entry["event"] == "loop_was_held_by"] == ["the message"]


def test_work_that_is_done_in_the_end_has_no_strike(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        async def scenario():
            said["end"], _ = await held(lambda: time.sleep(0.5))  # waits, and computes nothing: it is not ended
        """,
    )
    assert said["end"] == "done"
    assert said["strikes"] == {}
    assert any(entry["event"] == "loop_was_held_by" for entry in said["logged"])


def test_a_process_that_is_killed_meanwhile_leaves_the_strike(tmp_path: Path) -> None:
    kill = """
        import os, signal, threading
        async def scenario():
            threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGKILL)).start()
            await held(lambda: time.sleep(5))
        """
    for _ in range(2):
        with pytest.raises(AssertionError):
            run(tmp_path, kill)
    said = run(
        tmp_path,
        """
        async def scenario():
            said["holds"] = brake.holds(work)
        """,
    )
    assert said["holds"]
    earlier = [entry for entry in said["logged"] if entry["event"] == "loop_was_held_in_an_earlier_life"]
    assert earlier
    assert "held" in earlier[0]["where"]


@pytest.mark.parametrize("tasks", [1, 60], ids=["one task's", "a round that takes longer than a turn may"])
def test_many_short_turns_are_nobodys_fault(tmp_path: Path, tasks: int) -> None:
    said = run(
        tmp_path,
        """
        async def busy(until):
            with at_work_on(work):
                while trio.current_time() < until:
                    end = time.thread_time() + 0.005
                    while time.thread_time() < end:
                        pass
                    await trio.sleep(0)

        async def scenario():
            async with trio.open_nursery() as nursery:
                for _ in range(TASKS):
                    nursery.start_soon(busy, trio.current_time() + 1.5)
        """.replace("TASKS", str(tasks)),
    )
    assert said["strikes"] == {}
    assert not [entry for entry in said["logged"] if entry["event"] == "loop_was_held_by"]


def test_work_without_a_name_is_told_but_not_ended(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        def computes():
            end = time.thread_time() + 0.8
            while time.thread_time() < end:
                pass

        async def scenario():
            said["end"], _ = await held(computes, None)
        """,
    )
    assert said["end"] == "done"
    assert said["strikes"] == {}
    told = [entry for entry in said["logged"] if entry["event"] == "loop_was_held_by"]
    assert told
    assert "computes" in told[0]["where"]


def test_what_never_looks_at_alarms_is_told_when_it_is_over(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        async def scenario():
            said["end"], said["seconds"] = await held(in_c)
        """,
    )
    assert said["seconds"] > 0.3  # else this shows nothing
    (told,) = [entry for entry in said["logged"] if entry["event"] == "loop_was_held_by"]
    assert told["work"] == "the message"
    assert "in_c" in told["where"]
    assert said["strikes"] == {}  # it was done in the end


def test_a_process_that_was_stopped_ends_nothing(tmp_path: Path) -> None:
    said = run(
        tmp_path,
        """
        import os, subprocess

        def short():
            subprocess.Popen(["sh", "-c", f"kill -STOP {os.getpid()}; sleep 1; kill -CONT {os.getpid()}"])
            end = time.thread_time() + 0.08
            while time.thread_time() < end:
                pass

        async def scenario():
            said["end"], said["seconds"] = await held(short)
        """,
    )
    assert said["seconds"] > 0.9  # it was stopped
    assert said["end"] == "done"
    assert said["strikes"] == {}
