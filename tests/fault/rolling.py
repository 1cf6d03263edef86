"""Releases that follow each other: `python -m tests.fault.rolling --rounds 6`.

Under load the server is replaced in each round, as a deploy does: by the release before this one, on this one's schema
and on the log that it has written, and by this one again, on the log of the other. Afterwards every promise is checked:
nothing acknowledged is lost, nothing happened twice, all timers came.

The release before is what the history of this checkout says: `PREVIOUS_RELEASE` (a commit), else the newest tag before
this commit, else where this branch left `main` or, on `main` itself, its first parent.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import trio

from tests.fault.crash import Plan, report, tenant_of
from tests.fault.evidence import gather
from tests.fault.load import Load
from tests.fault.report import Report
from tests.fault.rig import open_rig
from tests.harness import ROOT

GUESSES = ("describe --tags --abbrev=0 HEAD^1", "merge-base HEAD^1 main", "rev-parse --verify HEAD^1")


class NoHistory(Exception):
    """This checkout has no release before this one: it is shallow, or no checkout at all."""


def _git(*command: str) -> bytes:
    try:
        return subprocess.run(["git", *command], cwd=ROOT, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistory(f"git {command[0]}: {error}") from error


def previous() -> str:
    """The commit of the release before this one. Raises `NoHistory`."""
    if named := os.environ.get("PREVIOUS_RELEASE"):
        return named
    for guess in GUESSES[:-1]:
        try:
            return _git(*guess.split()).decode().strip()
        except NoHistory:  # nothing was ever tagged; there is no `main`
            continue
    return _git(*GUESSES[-1].split()).decode().strip()


@contextmanager
def tree_of(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit. Raises `NoHistory`."""
    files = _git("archive", commit)
    with tempfile.TemporaryDirectory(prefix="plixa-release-") as folder:
        subprocess.run(["tar", "x"], cwd=folder, input=files, check=True)
        yield Path(folder)


async def rolling(plan: Plan, before: Path) -> Report:
    """Replace one release by the other in each round and check; the report says what was found."""
    async with open_rig() as rig:
        tenants = [await tenant_of(rig)]
        load = Load(tenants, rig.whatsapp)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: load.run(chatty=plan.chatty, quiet_every=plan.quiet_every))
            for release in islice(cycle((before, ROOT)), plan.rounds):
                await trio.sleep(plan.longest)
                await rig.stop()
                rig.become(release)
                await rig.start()
            await trio.sleep(plan.longest)
            load.finish()
        return report("releases replaced", rig, plan, load, await gather(rig, load.ledger, tenants))


async def main(rounds: int) -> bool:
    """The long form; whether all is well."""
    commit = previous()
    print(f"the release before: {commit}")
    with tree_of(commit) as before:
        return (await rolling(Plan(rounds), before)).show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.fault.rolling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="how often one release replaces the other")
    sys.exit(not trio.run(main, parser.parse_args().rounds))
