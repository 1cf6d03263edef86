"""One installation whose parts can be killed one by one: Postgres, the simulated WhatsApp and the server.

Each is a process (group) of its own. The server keeps its port, its database and its name through all its lives, as one
that a process manager restarts does.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from tests.harness import (
    START_WITHIN,
    Number,
    Phones,
    Postgres,
    Program,
    Workspace,
    answering,
    environment,
    free_port,
    pair,
    phones,
    registered,
)

DATABASE = "plixa"
STOP_WITHIN = 10.0


class Rig:
    """See the module's text. `open_rig` makes one that runs."""

    def __init__(
        self,
        folder: Path,
        postgres: Postgres,
        whatsapp: Phones,
        program: Program,
        module: str,
        open_files: int | None,
        more: Mapping[str, str] | None = None,
        command: Sequence[str] = ("web",),
    ) -> None:
        self.postgres = postgres
        self._files = open_files
        self.whatsapp = whatsapp
        self.kills = 0
        self.stops = 0
        self.slowest_start = 0.0
        self._gateway = program
        self.port = free_port()
        self._log = folder / "server.log"
        self._module = module
        self.files = folder / "files"
        self._env = environment(
            postgres.url(DATABASE),
            whatsapp.url,
            self.files,
            HOST="127.0.0.1",
            PORT=str(self.port),
            SOCKETS_PER_MEMBER="0",
            **{"RESUME_FLOOR": "0", **(more or {})},  # all that was ever pushed is evidence
        )
        self._command = command
        self.server = self._program(*command)
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where the server listens, whenever it does."""
        return f"http://127.0.0.1:{self.port}"

    def _program(self, *command: str, **more: str) -> Program:
        return Program(self._module, *command, log=self._log, env=self._env | more)

    def another(self, node: str, port: int) -> Program:
        """A second server of the same installation; whoever asks starts and ends it."""
        return self._program("web", PLIXA_NODE=node, PORT=str(port))

    @property
    def settings(self) -> Mapping[str, str]:
        """What the server is told by its environment."""
        return self._env

    @property
    def log(self) -> Path:
        """What all servers say."""
        return self._log

    def become(self, tree: Path) -> None:
        """The server's next life is of the release in this folder, or of this one beside that."""
        self.server = self._program(*self._command, PYTHONPATH=str(tree / "src"), LOG_FOR_RELEASE_BEFORE="1")

    async def start(self) -> None:
        """Start the server; returns once it is ready."""
        began = time.monotonic()
        self.server.start()
        if self._files is not None:  # long before it looks how many it has
            resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (self._files, self._files))
        await answering(f"{self.url}/readyz", self.server, START_WITHIN)
        self.slowest_start = max(self.slowest_start, time.monotonic() - began)

    async def kill(self) -> None:
        """SIGKILL the server's process group."""
        await trio.to_thread.run_sync(self.server.kill)
        self.kills += 1

    async def stop(self) -> float:
        """SIGTERM; returns the seconds that it took. Raises TimeoutExpired after `STOP_WITHIN`."""
        seconds = await trio.to_thread.run_sync(self.server.terminate, STOP_WITHIN)
        self.stops += 1
        return seconds

    async def rebuild(self) -> None:
        """Run `plixa rebuild` to its end."""
        await trio.to_thread.run_sync(self._program("rebuild").run)

    async def query(self, statement: str) -> list[dict[str, Any]]:
        """Rows, read past the server."""
        return await trio.to_thread.run_sync(self.postgres.execute, statement, DATABASE)

    async def workspace(self) -> tuple[Workspace, Number]:
        """A new workspace with a paired number; its client lives as long as the rig."""
        workspace = await self._stack.enter_async_context(registered(self.url))
        return workspace, await pair(workspace, self.whatsapp)

    async def close(self) -> None:
        """End everything that was started, whatever state it is in."""
        await self._stack.aclose()
        self.server.kill()
        self._gateway.kill()
        await trio.to_thread.run_sync(self.postgres.stop)


@asynccontextmanager
async def open_rig(
    *,
    durable: bool = True,
    module: str = "plixa",
    files: int | None = None,
    more: Mapping[str, str] | None = None,
    command: Sequence[str] = ("web",),
) -> AsyncIterator[Rig]:
    """A running installation in a folder that is gone afterwards.

    module: whose command line the server is, and command what is asked of it. files: how many the server may have open.
    more: other settings of it.
    """
    folder = Path(tempfile.mkdtemp(prefix="plixa-fault-"))
    postgres = await trio.to_thread.run_sync(lambda: Postgres(folder / "postgres", durable=durable))
    await trio.to_thread.run_sync(postgres.migrated, DATABASE)
    port = free_port()
    program = Program("tests.fault.whatsapp", str(port), log=folder / "whatsapp.log", env={})
    program.start()
    async with phones(f"http://127.0.0.1:{port}") as whatsapp:
        rig = Rig(folder, postgres, whatsapp, program, module, files, more, command)
        try:
            await answering(f"{whatsapp.url}/sim/faults", program)
            await rig.start()
            yield rig
        finally:
            with trio.CancelScope(shield=True):
                await rig.close()
            shutil.rmtree(folder, ignore_errors=True)
