"""`openapi-python-client` and `openapi-typescript` over our document: every operation is made, and it compiles."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plixa import features
from plixa.http.api.openapi import document

HERE = Path(__file__).parent
GENERATOR = "openapi-python-client==0.29.1"
"""In an environment of its own: it wants an older typer than we have."""
NPM = shutil.which("npm")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The document as a file."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document(features.routes())))
    return file


def test_a_python_client(written: Path, tmp_path: Path) -> None:
    made = tmp_path / "client"
    tool = [sys.executable, "-m", "uv", "tool", "run", "--from", GENERATOR, "openapi-python-client"]
    if subprocess.run([*tool, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no registry here to get the generator from")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it formats what it has made with ruff
    command = [*tool, "generate", "--path", str(written), "--meta", "none", "--output-path", str(made)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    wrong = [line for line in ran.stdout.splitlines() if line.startswith(("WARNING parsing", "Unable", "Cannot"))]
    assert wrong == []
    modules = {path.stem for path in made.rglob("api/*/*.py")} - {"__init__"}
    assert len(modules) == len(features.routes())
    assert compileall.compile_dir(made, quiet=1)


@pytest.mark.skipif(NPM is None, reason="needs npm")
def test_a_typescript_client(written: Path, tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, tmp_path / name)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    installed = run(NPM or "", "ci", "--no-audit", "--no-fund")
    if installed.returncode:
        pytest.skip(f"npm has no registry here: {installed.stderr[-200:]}")
    made = run("node_modules/.bin/openapi-typescript", str(written), "-o", "plixa.d.ts")
    assert made.returncode == 0, made.stderr
    (tmp_path / "use.ts").write_text(
        'import type { components, webhooks } from "./plixa";\n'
        'type Told = webhooks["message.inbound"]["post"]["requestBody"]["content"]["application/json"];\n'
        "export const body = (told: Told): string | null => told.data.body;\n"
        'export const name = (one: components["schemas"]["Conversation"]): string | null => one.contact_name;\n'
    )
    compiled = run("node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "use.ts", "plixa.d.ts")
    assert compiled.returncode == 0, compiled.stdout
