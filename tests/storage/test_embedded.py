"""The embedded database: the last one to leave stops it, and what a killed one has left is no hindrance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.harness import ROOT, inherited

from plixa.storage.postgres.embedded import forget_the_dead

USES = """
import sys
from pathlib import Path
from plixa.storage.postgres.embedded import start_embedded
start_embedded(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""


def uses(directory: Path) -> subprocess.Popen[str]:
    """A process that uses the server until its input ends; returns once the server is up."""
    command = [sys.executable, "-c", USES, str(directory)]
    started = subprocess.Popen(
        command, cwd=ROOT, env=inherited(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "up\n"
    return started


def leaves(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=30)


def postmaster(directory: Path) -> psutil.Process | None:
    """The server that runs in this directory."""
    file = directory / "postmaster.pid"
    return psutil.Process(int(file.read_text().split()[0])) if file.exists() else None


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "postgres"
    yield directory
    if (left := postmaster(directory)) is not None:
        left.kill()


def test_the_last_to_leave_stops_it_though_others_were_killed(directory: Path) -> None:
    first = uses(directory)
    server = postmaster(directory)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    second, third = uses(directory), uses(directory)
    assert postmaster(directory) == server, "it was taken over"
    leaves(second)
    assert postmaster(directory) == server, "somebody else is there"
    leaves(third)
    assert postmaster(directory) is None


@pytest.mark.parametrize("lines", [["{pid}"], ["{pid}", "/data", "1", "5432", "{folder}", "", "0 0", "ready   "]])
def test_a_file_that_names_somebody_else_is_removed(tmp_path: Path, lines: list[str]) -> None:
    """After a power cut the id may be any program's; here it is this very process's."""
    lock = tmp_path / ".s.PGSQL.5432.lock"
    lock.touch()
    filled = [line.format(pid=os.getpid(), folder=tmp_path) for line in lines]
    (tmp_path / "postmaster.pid").write_text("\n".join(filled))
    forget_the_dead(tmp_path)
    assert not (tmp_path / "postmaster.pid").exists()
    assert lock.exists() == (len(lines) == 1)
