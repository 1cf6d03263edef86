"""`plixa doctor`: each check stands for itself, and none makes what it is to look at."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from plixa import doctor
from plixa.compose import Node
from plixa.http.clients.objects.errors import StorageDown
from plixa.http.whatsapp.watch import Watch
from plixa.storage.postgres.bridge import open_database
from tests import harness
from tests.clients.bucket import BUCKET, KEY, REGION, SECRET, open_bucket
from tests.clients.far_end import Reply
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


async def test_a_folder_of_files_is_one_machines(database_url: str, tmp_path: Path, nursery: trio.Nursery) -> None:
    """Several processes of one name may share it; nodes of two names are told, until files are in a bucket."""
    settings = harness.settings(database_url, "http://127.0.0.1:9", tmp_path)
    async with open_database(database_url, size=1) as database:
        for name, well in (("a", True), ("a.1", True), ("b.1", False)):
            await database.run(_beat, name)
            if well:
                assert "right for one machine" in await doctor.check_files(settings)
    with pytest.raises(doctor.Sick, match="a and b serve from one database"):
        await doctor.check_files(settings)
    bucket = await open_bucket(nursery)
    at = {"S3_URL": bucket.far.url, "S3_REGION": REGION, "S3_ACCESS_KEY_ID": KEY, "S3_SECRET_ACCESS_KEY": SECRET}
    shared = harness.settings(database_url, "http://127.0.0.1:9", tmp_path, **at, S3_BUCKET=BUCKET, MEDIA_STORE="s3")
    assert await doctor.check_files(shared) == f"messages' files are in the bucket {BUCKET}"
    assert bucket.has() == {}
    (tmp_path / "media" / "1").mkdir(parents=True)
    (tmp_path / "media" / "1" / "2").write_bytes(b"left")
    assert "run `plixa media move`" in await doctor.check_files(shared)
    bucket.trouble = Reply(403, b"AccessDenied")
    with pytest.raises(StorageDown, match="AccessDenied"):
        await doctor.check_files(shared)


async def _beat(connection: Any, name: str) -> None:
    await connection.execute("insert into nodes (node, incarnation, heartbeat_at) values ($1, 'x', now())", name)


async def test_a_backup_that_was_never_made_is_told_in_production(database_url: str, tmp_path: Path) -> None:
    settings = harness.settings(database_url, "http://127.0.0.1:9", tmp_path)
    assert "none yet" in await doctor.check_backup(settings)
    production = dataclasses.replace(settings, env="production")
    with pytest.raises(doctor.Sick, match="never been one"):
        await doctor.check_backup(production)
    async with open_database(database_url, size=1) as database:
        await database.run(_backed_up)
    assert "7 rows and 3 files as of 2026-11-30 02:00 UTC" in await doctor.check_backup(production)


async def _backed_up(connection: Any) -> None:
    await connection.execute(
        "insert into backups (made_at, finished_at, place, rows, files) values "
        "('2026-11-30 02:00Z', '2026-11-30 02:10Z', '/b', 7, 3), ('2026-11-29 02:00Z', '2026-11-29 02:10Z', '/a', 6, 2)"
    )
