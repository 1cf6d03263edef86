"""How far the first form is: counted in trips, which no machine's load changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Opens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CONNECTIONS = 6  # to one host at once, in every browser
QUIET = 250  # milliseconds after which whatever follows from an answer has been asked


@pytest.mark.parametrize(("language", "button"), [("en-US", "Sign in"), ("pt-BR", "Entrar"), ("es-MX", "Entrar")])
def test_the_first_form_is_two_trips_away(opened: Opens, language: str, button: str) -> None:
    """Answers are let through together, as many as a browser has connections; each time is one trip."""
    held: list[Any] = []
    page = opened("/panel/nope", locale=language, forgive="Failed to load resource")
    page.context.route("**/*", held.append)
    form = page.get_by_role("button", name=button, exact=True).first
    page.evaluate("() => { location.href = '/panel/'; }")
    trips: list[list[str]] = []
    while not form.is_visible():
        page.wait_for_timeout(QUIET)
        let = held[:CONNECTIONS]
        assert let, trips
        del held[:CONNECTIONS]
        trips.append([each.request.url.rpartition("/")[2] for each in let])
        for each in let:
            each.continue_()
        page.wait_for_timeout(QUIET)
    assert len(trips) == 2, trips
    page.context.unroute("**/*")
    for each in held:
        each.continue_()
