"""What the numbers were measured on. A number without its machine says nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.bench import postgres
from tests.bench.processes import ROOT

PACKAGES = ("trio", "hypercorn", "asyncpg", "fastapi", "uvicorn", "uvloop")


def describe() -> dict[str, str]:
    """Processor, memory, operating system, Python, Postgres and the program's revision, as text."""
    memory = int(_first(Path("/proc/meminfo").read_text(), r"MemTotal:\s+(\d+) kB"))
    return {
        "processor": _first(Path("/proc/cpuinfo").read_text(), r"model name\s*: (.+)"),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**20:.1f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "postgres": postgres.version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "node": _output("node", "--version") or "none",
        "revision": _revision(),
    }


def _first(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1].strip() if found else "unknown"


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _revision() -> str:
    changed = " with changes" if _output("git", "status", "--porcelain") else ""
    return (_output("git", "rev-parse", "--short", "HEAD") or "unknown") + changed
