"""`plixa dev` as a newcomer starts it, and Debian's Chromium in front of it.

shop ── opened ── page     in a context of its own, as the demo's owner; at its end nothing was wrong in the console
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from plixa.demo import EMAIL, PASSWORD
from plixa.demo_week import LAST
from plixa.http.clients.tls import trusted
from tests.harness import Json, Program, free_port

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",  # the tests may be run by root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a microphone that hums, for voice messages
    "--use-fake-ui-for-media-stream",
]
UNTIL = 30.0


@dataclass
class Shop:
    """The demo's workspace: its panel, its API as the owner, and its customers' phones."""

    url: str
    api: httpx.Client
    phones: httpx.Client
    program: Program
    numbers: Iterator[int]
    token: str
    """The owner's."""

    def customer(self) -> str:
        """A phone that has not written so far."""
        return f"55119{next(self.numbers):08}"

    def writes(self, phone: str, text: str, name: str = "Bia", **more: Any) -> None:
        """A customer writes."""
        [instance] = [each["name"] for each in self.phones.get("/sim/instances").json()]
        body = {"instance": instance, "text": text, "name": name, **more}
        until(lambda: self.phones.post(f"/sim/customers/{phone}/messages", json=body).is_success)

    def conversation(self, phone: str) -> Json:
        """The conversation of a customer who has written."""

        def found() -> Json | None:
            listed = self.api.get("/v1/conversations", params={"q": phone}).json()["data"]
            return next((each for each in listed if each["contact_phone"] == phone), None)

        shown: Json = until(found)
        return shown

    def answers(self, phone: str) -> list[str]:
        """What a customer got, in order."""
        shown = self.phones.get(f"/sim/customers/{phone}/messages").json()
        return [each["text"] for each in shown["messages"] if each["from"] == "business"]


def until(found: Callable[[], Any], within: float = UNTIL) -> Any:
    """Wait until something is so; returns it. Raises AssertionError when it never is.

    Who asks a server that is being started is not answered, and asks again.
    """
    ends = time.monotonic() + within
    result = None
    while not result:
        with suppress(httpx.TransportError):
            result = found()
        assert result or time.monotonic() < ends, "it never became so"
        time.sleep(0 if result else 0.2)  # a token may ask ten times a second, and the page asks with it, too
    return result


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """The demo's workspace on a server of its own, with all it keeps in this folder."""
    port, phone_port = free_port(), free_port()
    program = Program("plixa", "dev", log=folder / "log", env=_environment(folder, port, phone_port))
    program.start()
    url = f"http://127.0.0.1:{port}"
    try:
        with _client(url) as api, _client(f"http://127.0.0.1:{phone_port}") as phones:
            until(lambda: _ready(api) or program.failed, 90)
            assert not program.failed, program.log.read_text()[-3000:]
            token = until(lambda: _signed_in(api), 60)
            api.headers["Authorization"] = f"Bearer {token}"
            until(lambda: _connected(api), 60)
            until(lambda: _furnished(api), 120)
            yield Shop(url, api, phones, program, count(10_000_001), token)
    finally:
        program.terminate(60)


class Patient(httpx.HTTPTransport):
    """Asks whoever is out of breath again: pages ask by the same token, and the machine may have much else to do."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        ends = time.monotonic() + UNTIL
        while (answer := super().handle_request(request)).status_code in (429, 503) and time.monotonic() < ends:
            answer.close()
            time.sleep(min(5.0, float(answer.headers.get("retry-after", 1))))
        return answer


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, transport=Patient(verify=trusted(), trust_env=False), timeout=UNTIL)


def _environment(folder: Path, port: int, phone_port: int) -> dict[str, str]:
    return {
        "PLIXA_DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "SIMULATOR_PORT": str(phone_port),
        "STRIPE_SIMULATOR_PORT": "0",
        "GOOGLE_SIMULATOR_PORT": "0",
        "DATABASE_URL": "",
        "EVOLUTION_URL": "",
        "LOG_LEVEL": "warning",
    }


def _ready(api: httpx.Client) -> bool:
    try:
        return api.get("/readyz").is_success
    except httpx.TransportError:
        return False


def _signed_in(api: httpx.Client) -> str | None:
    """None while the demo is still being made."""
    answer = api.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
    time.sleep(0 if answer.is_success else 5)  # whoever tries too often is held off
    return str(answer.json()["data"]["token"]) if answer.is_success else None


def _connected(api: httpx.Client) -> bool:
    numbers = api.get("/v1/phone-instances").json()["data"]
    return bool(numbers) and all(each["status"] == "connected" for each in numbers)


def _furnished(api: httpx.Client) -> bool:
    """Whether the demo's week is whole."""
    return LAST["label"] in {each["label"] for each in api.get("/v1/saved-replies").json()["data"]}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    with open_chromium() as browser:
        yield browser


@contextmanager
def open_chromium() -> Iterator[Any]:
    """Debian's Chromium without a window, behind the server: one that starves answers 503."""
    if not Path(CHROMIUM).exists():
        pytest.fail(f"There is no {CHROMIUM}: on Debian, apt-get install chromium")
    from playwright.sync_api import sync_playwright  # `make browser` installs it, `make test` does not

    set_policy: Any = getattr(asyncio, "set_event_loop_policy")  # noqa: B009  # deprecated, and trio_asyncio needs it
    set_policy(asyncio.DefaultEventLoopPolicy())  # trio_asyncio's runs under trio alone
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        behind = Path(folder, "chromium")
        behind.write_text(f'#!/bin/sh\nexec nice -n 5 {CHROMIUM} "$@"\n')
        behind.chmod(0o700)
        browser = playwright.chromium.launch(executable_path=behind, args=ARGUMENTS)
        yield browser
        browser.close()


Opens = Callable[..., Any]


@pytest.fixture
def opened(chromium: Any, shop: Shop) -> Iterator[Opens]:
    """Opens a page in a context of its own. Whatever was wrong in its console fails the test at its end.

    forgive: beginnings of messages that the test brings about, such as of a network that is cut.
    """
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_(
        path: str = "/panel/",
        *,
        token: str | None = None,
        width: int = 1280,
        height: int = 800,
        forgive: str | tuple[str, ...] = "\0",
        **more: Any,
    ) -> Any:
        shown = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce"}  # no colour on its way
        context = chromium.new_context(**shown, **more)
        if token:
            context.add_init_script(f"sessionStorage.setItem('plixa.token', {token!r})")
        context.set_default_timeout(UNTIL * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", partial(_raised, wrong))
        page.on("console", partial(_said, wrong, forgive))
        page.goto(shop.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


def _raised(wrong: list[str], error: object) -> None:
    wrong.append(str(error))


def _said(wrong: list[str], forgive: str | tuple[str, ...], said: Any) -> None:
    if said.type in ("error", "warning") and not said.text.startswith(forgive):
        wrong.append(f"{said.text} {said.location['url']}")


@pytest.fixture
def page(opened: Opens, shop: Shop) -> Any:
    """The demo's owner at the inbox."""
    return at_inbox(opened(token=shop.token))


def at_inbox(page: Any) -> Any:
    """Wait until the inbox is live."""
    page.get_by_text("Live", exact=True).wait_for()
    return page


def at(page: Any, heading: str) -> Any:
    """Wait until the page with this heading is there."""
    page.get_by_role("heading", level=1, name=heading).wait_for()
    return page


def there(page: Any) -> Any:
    """Wait until the page that the address leads to is there, and not the one before it."""
    page.evaluate("new Promise((done) => setTimeout(done))")  # a changed address is told in a turn of its own
    page.locator("main:not([aria-busy])").locator(".page h1, .page .rest, .columns").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    return page


def sign_in(page: Any, email: str = EMAIL, password: str = PASSWORD) -> Any:
    """By the form, as people do."""
    page.get_by_role("button", name="Sign in", exact=True).first.click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Password").press("Enter")
    return at_inbox(page)
