"""What the command line says when something goes wrong: a sentence with what to do, never a traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest
import trio

from plixa import stopping
from plixa.__main__ import _under_trio
from plixa.engine.errors import Unavailable
from tests.harness import ROOT, inherited


def test_a_port_that_is_taken_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "plixa", "simulator", "--port", str(port)]
        told = subprocess.run(
            command, cwd=ROOT, env=inherited(), capture_output=True, text=True, timeout=30, check=False
        )
    assert told.returncode == 1
    assert told.stderr == (
        f"plixa: Nothing can listen on 127.0.0.1:{port}: Address already in use. Stop what does, or choose another "
        "port with SIMULATOR_PORT.\n"
    )


async def _fail(*errors: Exception) -> None:
    async def fail(error: Exception) -> None:
        raise error

    async with trio.open_nursery() as outer, trio.open_nursery() as nursery:
        del outer
        for error in errors:
            nursery.start_soon(fail, error)


def test_what_failed_in_a_nursery_is_raised_as_itself() -> None:
    with pytest.raises(Unavailable, match="The database"):
        _under_trio(lambda: _fail(Unavailable("The database cannot be reached.")))


def test_a_bug_beside_it_is_not_hidden() -> None:
    with pytest.raises(ExceptionGroup):
        _under_trio(lambda: _fail(Unavailable("The database cannot be reached."), ZeroDivisionError()))


def test_what_cannot_go_on_is_ended_though_it_hangs_as_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, status = threading.Event(), list[int]()
    monkeypatch.setattr(stopping, "_end", lambda code: (status.append(code), ended.set()))
    with stopping.failing_in_time(0.01):
        pass
    assert not ended.wait(0.05)
    with pytest.raises(Unavailable), stopping.failing_in_time(0.01):
        raise Unavailable("A service cannot go on.")
    assert ended.wait(5)
    assert status == [1]
