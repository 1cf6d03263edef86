"""A server that is started again while somebody works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Opens, Shop, at_inbox, open_shop, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
LOST = ("Failed to load resource: net::ERR_", "WebSocket connection to")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Shop]:
    """A shop of this test's alone: others have theirs on, whatever becomes of it."""
    with open_shop(tmp_path) as shop:
        yield shop


def test_what_was_written_meanwhile_goes_out_once_and_a_number_that_is_lost_is_mended(own: Shop, opened: Opens) -> None:
    page = opened("/healthz", token=own.token, forgive=LOST)
    page.goto(f"{own.url}/panel/")
    at_inbox(page)
    phone = own.customer()
    own.writes(phone, "atendente, está aí?", name="Durante a Pausa")
    page.get_by_role("list", name="Conversations").get_by_text("Durante a Pausa").click()
    page.get_by_role("list", name="Messages").get_by_text("atendente, está aí?", exact=True).wait_for()
    composer = page.get_by_role("textbox", name="Message")
    composer.fill("Escrito enquanto não havia servidor.")
    own.program.terminate(60)
    page.locator(".live-state.reconnecting, .live-state.offline").wait_for()
    assert composer.input_value() == "Escrito enquanto não havia servidor."
    composer.press("Enter")
    page.get_by_role("img", name="Not sent").wait_for()
    own.program.start()
    page.get_by_text("Live", exact=True).wait_for(timeout=90_000)
    until(lambda: own.answers(phone).count("Escrito enquanto não havia servidor.") == 1)
    until(lambda: page.get_by_role("img", name="Not sent").count() == 0)

    # A third life, in which the gateway has lost the number: the panel says so, and one button mends it
    [instance] = [each["name"] for each in own.phones.get("/sim/instances").json()]
    assert own.phones.post(f"/sim/forget/{instance}").is_success
    own.program.terminate(60)
    own.program.start()
    lost = page.get_by_role("region", name="WhatsApp numbers that need attention")
    lost.get_by_role("button", name="Repair").click(timeout=90_000)
    page.get_by_role("heading", level=1, name="WhatsApp numbers").wait_for()
    lost.wait_for(state="hidden", timeout=60_000)
    own.writes(phone, "Voltou?", name="Durante a Pausa")
    page.go_back()
    page.get_by_role("list", name="Messages").get_by_text("Voltou?", exact=True).wait_for()
