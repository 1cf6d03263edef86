"""`make run`, stopped by whatever means and run again on the same data: each time a message comes in and an answer goes
out, and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import trio

from plixa.demo import EMAIL, PASSWORD
from plixa.http.clients.tls import trusted
from tests.harness import ROOT, Json, free_port, inherited

CUSTOMER = "5511900004431"
STOP_WITHIN = 30.0  # of a loaded machine; alone it takes a second
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
Way = Callable[["Run"], None]


def _as_in_a_terminal() -> None:
    """Whoever runs the tests in the background or under nohup has some signals ignored, and children inherit that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


class Run:
    """`make run` in a process group of its own, as a terminal has it."""

    def __init__(self, folder: Path, port: int, phone_port: int) -> None:
        self.folder = folder
        self.url, self.phone_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{phone_port}"
        ports = {"PORT": str(port), "SIMULATOR_PORT": str(phone_port), "LOG_LEVEL": "warning", "DATABASE_URL": ""}
        self._env = inherited(
            {"PLIXA_DATA_DIR": str(folder), "EVOLUTION_URL": "", "SEND_RATE_PER_SECOND": "0", **ports}
        )
        self.make: subprocess.Popen[bytes]

    def start(self) -> None:
        """Start it; does not wait for anything."""
        with (self.folder / "output").open("ab") as log:
            self.make = subprocess.Popen(
                ["make", "run"],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_as_in_a_terminal,  # a few system calls
            )

    def group(self, *signals: signal.Signals) -> None:
        """What a terminal does: everybody is told; again a moment later, where there are several."""
        for each in signals:
            with suppress(ProcessLookupError):
                os.killpg(self.make.pid, each)
            time.sleep(0.15 if len(signals) > 1 else 0)

    async def ended(self) -> list[str]:
        """Wait for the end; returns what still runs then."""
        await trio.to_thread.run_sync(lambda: self.make.wait(STOP_WITHIN))
        with trio.move_on_after(STOP_WITHIN):
            while self.left():  # noqa: ASYNC110
                await trio.sleep(0.05)
        return self.left()

    def left(self) -> list[str]:
        """Processes of this run: those with its folder in their command or their environment."""
        found: list[str] = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                command = " ".join(process.cmdline())
                if str(self.folder) in command or process.environ().get("PLIXA_DATA_DIR") == str(self.folder):
                    found.append(command)
        return found


async def _works(run: Run, life: int) -> None:
    """A customer writes, and is answered by a person of the demo's house."""
    async with _client(run.url) as panel, _client(run.phone_url) as phone:
        await _until(lambda: _is_up(panel), 60)
        panel.headers["Authorization"] = f"Bearer {await _until(lambda: _token(panel), 15)}"
        await _until(lambda: _connected(panel), 15)
        [instance] = [each["name"] for each in (await phone.get("/sim/instances")).json()]
        written = {"instance": instance, "text": f"oi, pela {life}a vez", "name": "Bia"}
        path = f"/sim/customers/{CUSTOMER}/messages"
        await _until(lambda: _posted(phone, path, written), 10)
        conversation = await _until(lambda: _conversation(panel, written["text"]), 10)
        answer = await panel.post(f"/v1/conversations/{conversation}/messages", json={"body": f"resposta {life}"})
        assert answer.status_code == 201, answer.text
        await _until(lambda: _answers(phone, path, life), 10)


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=20, verify=trusted(), trust_env=False) as client:
        yield client


async def _until(found: Callable[[], Any], within: float) -> Any:
    with trio.fail_after(within):
        while not (result := await found()):  # noqa: ASYNC110
            await trio.sleep(0.2)
    return result


async def _is_up(panel: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        return (await panel.get("/readyz")).status_code == 200
    return False


async def _token(panel: httpx.AsyncClient) -> str | None:
    """None while the demo is still being made."""
    answer = await panel.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
    return str(answer.json()["data"]["token"]) if answer.is_success else None


async def _connected(panel: httpx.AsyncClient) -> bool:
    answer = await panel.get("/v1/phone-instances")
    numbers: list[Json] = answer.json()["data"] if answer.is_success else []
    return bool(numbers) and all(number["status"] == "connected" for number in numbers)


async def _posted(phone: httpx.AsyncClient, path: str, written: Json) -> bool:
    """The simulated WhatsApp is linked again within a moment of its start."""
    return (await phone.post(path, json=written)).is_success


async def _conversation(panel: httpx.AsyncClient, text: str) -> int | None:
    for conversation in (await panel.get("/v1/conversations")).json()["data"]:
        messages = (await panel.get(f"/v1/conversations/{conversation['id']}/messages")).json()["data"]
        if text in [message["body"] for message in messages]:
            found: int = conversation["id"]
            return found
    return None


async def _answers(phone: httpx.AsyncClient, path: str, life: int) -> bool:
    """All answers so far are on the customer's screen, once each."""
    texts = [bubble["text"] for bubble in (await phone.get(path)).json()["messages"]]
    told = [text for text in texts if text.startswith("resposta ")]
    return told == [f"resposta {each}" for each in range(1, life + 1)]


WAYS: list[tuple[str, Way]] = [
    ("Ctrl-C in haste", lambda run: run.group(signal.SIGINT, signal.SIGINT, signal.SIGINT)),
    ("SIGTERM, twice", lambda run: run.group(signal.SIGTERM, signal.SIGTERM)),
]


async def test_it_works_again_on_the_same_data_however_it_was_stopped(tmp_path: Path) -> None:
    run = Run(tmp_path / "data", free_port(), free_port())
    run.folder.mkdir()
    try:
        for life, (name, stop) in enumerate(WAYS, 1):
            run.start()
            await _works(run, life)
            stop(run)
            assert await run.ended() == [], f"{name}: {(run.folder / 'output').read_text()[-2000:]}"
        await _killed_then_again(run, len(WAYS) + 1)
    finally:
        with trio.CancelScope(shield=True):
            run.group(signal.SIGTERM)
            await run.ended()


async def _killed_then_again(run: Run, life: int) -> None:
    """SIGKILL leaves the database running. Whoever comes next takes it over, and its end is an end again."""
    run.start()
    await _works(run, life)
    run.group(signal.SIGKILL)
    run.make.wait()
    assert any("postgres" in command for command in run.left())
    run.start()
    await _works(run, life + 1)
    run.group(signal.SIGHUP)  # the terminal is closed
    assert await run.ended() == []


async def test_told_to_stop_while_it_starts_it_leaves_nothing_behind(tmp_path: Path) -> None:
    run = Run(tmp_path / "data", free_port(), free_port())
    run.folder.mkdir()
    run.start()
    with trio.fail_after(30):  # the database is being made
        while not (run.folder / "postgres").exists():  # noqa: ASYNC110
            await trio.sleep(0.02)
    run.make.terminate()  # who passes it on
    assert await run.ended() == []
