"""Node's `ws` package in the place of Plixa's live push: installed for the occasion, where there is a Node."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.load import Target
from tests.bench.processes import HOST, free_port, serving

SOURCE = Path(__file__).with_name("node_ws")
INSTALL_LIMIT = 120


class NoNode(Exception):
    """It cannot be measured here; the message says what is missing."""


def install(folder: Path) -> Path:
    """Copy the server and fetch what it needs; returns the folder. Raises `NoNode`."""
    if missing := [program for program in ("node", "npm") if shutil.which(program) is None]:
        raise NoNode(f"{' and '.join(missing)} not found")
    made = Path(shutil.copytree(SOURCE, folder / "node_ws", ignore=shutil.ignore_patterns("node_modules")))
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=made, check=True, capture_output=True, timeout=INSTALL_LIMIT)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise NoNode("npm could not install ws") from None
    return made


@contextmanager
def node(folder: Path) -> Iterator[Target]:
    """The server, until the context is left. Raises `NoNode`."""
    made, port = install(folder), free_port()
    with serving(["node", str(made / "server.js"), str(port)], port, folder / "node.log"):
        yield Target(HOST, port, "/")
