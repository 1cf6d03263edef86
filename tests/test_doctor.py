"""`plixa doctor`: each check stands for itself, and none makes what it is to look at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from plixa import doctor
from plixa.compose import Node
from plixa.http.whatsapp.watch import Watch
from tests import harness
from tests.harness import ROOT, Number, Phones, Postgres, Workspace, inherited


@pytest.fixture
def bare(postgres: Postgres) -> Iterator[str]:
    """A database without a schema."""
    postgres.execute("create database bare")
    yield postgres.url("bare")
    postgres.drop("bare")


async def examined(node: Node, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    well = await doctor.examine(node.services.settings)
    return well, capsys.readouterr().out


async def test_numbers_are_as_the_gateway_has_them(
    node: Node, workspace: Workspace, number: Number, simulator: Phones, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"instanceName": "somebody-else", "integration": "WHATSAPP-BAILEYS"}
    await simulator.client.post("/instance/create", json=body)
    _, said = await examined(node, capsys)
    # The test's node has a free port of its own, which the settings do not know.
    assert f"it posts to {number.url}, not to " in said
    hook = {"url": f"http://127.0.0.1:0/v1/webhooks/evolution/{number.instance}", "enabled": True, "events": []}
    await simulator.client.post(f"/webhook/set/{number.instance}", json={"webhook": hook})
    _, said = await examined(node, capsys)
    assert "✓ numbers: 1 as the gateway has them; 1 instances there are not ours" in said


async def test_a_number_that_is_lost_or_otherwise_there_is_named(
    node: Node,
    workspace: Workspace,
    number: Number,
    simulator: Phones,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def blind(*_: object) -> None:
        await trio.lowlevel.checkpoint()

    monkeypatch.setattr(Watch, "_check", blind)
    await simulator.faults(silence=1.0)
    await simulator.client.post(f"/sim/unlink/{number.instance}")
    well, said = await examined(node, capsys)
    assert f"front desk ({number.instance}): connected here, close there." in said
    assert not well
    await simulator.client.post(f"/sim/forget/{number.instance}")
    _, said = await examined(node, capsys)
    assert f"front desk ({number.instance}): unknown to the gateway. Restart it" in said


async def test_a_database_without_its_schema_is_said_and_what_needs_it_is_passed_over(
    bare: str, simulator: Phones, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not await doctor.examine(harness.settings(bare, simulator.url, tmp_path))
    said = capsys.readouterr().out
    assert "✓ database: PostgreSQL" in said
    assert "✗ schema: it lacks 0001_log" in said
    assert "- dead letters: not looked at, see schema above" in said
    assert "- numbers: not looked at, see schema above" in said
    assert "✓ gateway: Evolution API 2.3.7" in said
    assert "✗ server: " in said


async def test_a_check_that_has_a_bug_is_a_check_that_failed(
    node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_: object) -> str:
        raise ExceptionGroup("several", [ZeroDivisionError("one"), ValueError("two")])

    monkeypatch.setattr(doctor, "_check_dead_letters", broken)
    well, said = await examined(node, capsys)
    assert not well
    assert "✗ dead letters: ZeroDivisionError: one" in said
    assert "✓ gateway" in said


def test_looking_makes_no_database(tmp_path: Path) -> None:
    env = {"PLIXA_DATA_DIR": str(tmp_path), "DATABASE_URL": "", "EVOLUTION_URL": "", "PORT": "1", "SIMULATOR_PORT": "1"}
    command = [sys.executable, "-m", "plixa", "doctor"]
    ran = subprocess.run(command, cwd=ROOT, env=inherited(env), capture_output=True, text=True, timeout=50, check=False)
    assert ran.returncode == 1
    assert "✗ database: there is none in" in ran.stdout
    assert "✗ gateway: none set, and no simulator answers" in ran.stdout
    assert "Traceback" not in ran.stdout + ran.stderr
    assert list(tmp_path.iterdir()) == []
