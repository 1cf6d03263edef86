"""The short form of `resume`."""

from __future__ import annotations

import pytest

from tests.fault.resume import Plan, resume

SHORT = Plan(sockets=12, cuts=120, restarts=1, per_second=12.0, pause=0.08)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_clients_that_are_cut_end_up_with_what_rest_shows() -> None:
    assert (await resume(SHORT)).show()
