"""How far the first form is: counted in trips, which no machine's load changes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.browser.conftest import Opens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CONNECTIONS = 6  # to one host at once, in every browser
QUIET = 250  # milliseconds after which whatever is asked together has been asked
PATIENCE = 3000  # milliseconds in which the form is drawn, if all that it needs is there


def _hold(held: list[Any], route: Any) -> None:
    held.append(route)


def _until_asked(page: Any, held: list[Any]) -> None:
    """Until something is asked, and what is asked with it."""
    while not held:
        page.wait_for_timeout(QUIET)
    page.wait_for_timeout(QUIET)


def _drawn(page: Any, form: Any) -> bool:
    """Whether it is there, given the time that a busy machine takes for it."""
    for _ in range(PATIENCE // QUIET):
        if form.is_visible():
            return True
        page.wait_for_timeout(QUIET)
    return False


def test_the_first_form_is_two_trips_away(opened: Opens) -> None:
    """Answers are let through together, as many as a browser has connections; each time is one trip."""
    held: list[Any] = []
    page = opened("/panel/nope", locale="pt-BR", forgive="Failed to load resource")
    page.route("**/*", partial(_hold, held))
    page.evaluate("() => void setTimeout(() => { location.href = '/panel/'; })")
    form = page.get_by_role("button", name="Entrar", exact=True).first
    trips: list[list[str]] = []
    for _ in range(5):
        _until_asked(page, held)
        let = [held.pop(0) for _ in held[:CONNECTIONS]]
        trips.append([each.request.url.rpartition("/")[2] for each in let])
        for each in let:
            each.continue_()
        if _drawn(page, form):
            break
    assert len(trips) == 2, trips
