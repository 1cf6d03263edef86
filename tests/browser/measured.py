"""How fast the panel is where there is much in it: `python -m tests.browser.measured`.

A shop with 2,000 conversations and 5,000 contacts: how long the page is held by one task, and how long a search takes.
Then the first form over a slow line. Prints one figure a line; the machine should have nothing else to do.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.browser.conftest import Shop, at, at_inbox, open_chromium, open_shop, until

CONVERSATIONS, CONTACTS = 2000, 5000
SOUGHT = "Cliente 1234"  # these figures are in no other one's number
AT_ONCE = 8
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")


def fill(shop: Shop, conversations: int, contacts: int) -> None:
    """As many customers as that write, several at once, and as many contacts more as are missing, by one import."""

    def writes(n: int) -> None:
        name = f"Cliente {n:04} {'Souza' if n % 7 else 'Prado'}"
        shop.writes(f"55118{n:08}", f"atendente, mensagem {n} sobre bolo", name=name)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(writes, range(conversations)))
    for n in range(max(0, conversations - 2 * AT_ONCE), conversations):
        until(lambda name=f"Cliente {n:04}": shop.api.get("/v1/conversations", params={"q": name}).json()["data"], 600)
    lines = "".join(
        f"Importada {n:04};5521{n:09}\n" for n in range(910_000_000, 910_000_000 + contacts - conversations)
    )
    files = {"file": ("clientes.csv", f"name;phone\n{lines}")}
    made = shop.api.post("/v1/contacts/import", files=files).raise_for_status().json()["data"]
    until(
        lambda: shop.api.get(f"/v1/contacts/imports/{made['id']}").json()["data"]["status"] in ("done", "failed"), 300
    )


def timed(act: Callable[[], Any]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def say(what: str, value: float, unit: str, aim: float) -> None:
    print(f"{what:<48}{value:9.2f} {unit:<3} (aim below {aim:g}){'' if value < aim else '   MISSED'}", flush=True)


def longest(browser: Any, page: Any, act: Callable[[], Any]) -> float:
    """Milliseconds of the processor of the longest task of the page's thread, whatever else the machine does."""
    browser.start_tracing(page=page, categories=TRACED)
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = [each for each in events if each["name"] == "thread_name"]
    mains = {(each["pid"], each["tid"]) for each in names if each["args"]["name"] == "CrRendererMain"}
    found = [each for each in events if each["name"] in TASKS and (each["pid"], each["tid"]) in mains]
    return max(each.get("tdur", 0) for each in found) / 1000


def much(browser: Any, shop: Shop) -> None:
    """The inbox and the contacts of a shop where there is much."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(f"sessionStorage.setItem('plixa.token', {shop.token!r})")
    page = context.new_page()
    rows = page.get_by_role("list", name="Conversations").get_by_role("listitem")
    took: list[float] = []

    def comes() -> None:
        page.goto(f"{shop.url}/panel/")
        at_inbox(page)
        rows.nth(20).wait_for()

    def goes_on() -> None:
        for _ in range(5):
            page.locator(".list-end button").click()  # by its role it would be looked for in the page's own time
            page.wait_for_timeout(1000)

    def seeks() -> None:
        page.get_by_role("searchbox", name="Search").first.fill(SOUGHT)
        took.append(timed(rows.filter(has_text=SOUGHT).first.wait_for))
        rows.filter(has_text=SOUGHT).first.get_by_role("button").click()
        page.get_by_role("list", name="Messages").wait_for()

    def seeks_contact() -> None:
        page.goto(f"{shop.url}/panel/#/contacts")
        at(page, "Contacts").get_by_role("listitem").nth(20).wait_for()
        page.get_by_label("Search by name or number").fill("Importada 910000099")
        took.append(timed(page.get_by_role("link", name="Importada 910000099").wait_for))

    for what, act in {
        "inbox, until it is live": comes,
        "inbox, 250 more fetched": goes_on,
        "inbox, search and opening": seeks,
        "contacts, opening and search": seeks_contact,
    }.items():
        say(f"longest task, CPU: {what}", longest(browser, page, act), "ms", 100)
    for what, seconds in zip(("a conversation", "a contact"), took, strict=True):
        say(f"search: {what} is found", seconds, "s", 0.5)
    context.close()


def slow(browser: Any, shop: Shop) -> None:
    """The first form at 400 ms and 50 kB/s, nothing kept."""
    page = browser.new_context().new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", SLOW)
    sent: list[int] = []
    devtools.on("Network.loadingFinished", lambda told: sent.append(int(told["encodedDataLength"])))

    def first() -> None:
        page.goto(f"{shop.url}/panel/", wait_until="commit")
        page.get_by_role("button", name="Sign in", exact=True).first.wait_for()

    say("first form at 400 ms, 50 kB/s", timed(first), "s", 2)
    say("first form, over the wire", sum(sent) / 1000, "kB", 60)


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:3]] + [CONVERSATIONS, CONTACTS][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as kept, open_shop(Path(kept)) as opened, open_chromium() as chromium:
        slow(chromium, opened)
        took = timed(lambda: fill(opened, given[0], given[1]))
        print(f"{given[0]} conversations and {given[1]} contacts within {took:.0f} s", flush=True)
        much(chromium, opened)
