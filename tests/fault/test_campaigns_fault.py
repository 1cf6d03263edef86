"""The short form of `campaigns`."""

from __future__ import annotations

import pytest

from tests.fault.campaigns import Plan, campaigns


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("smtp", [False, True])
async def test_nobody_is_written_to_twice_however_often_the_server_dies(smtp: bool) -> None:
    assert (await campaigns(Plan(people=200, kills=2, hang_ups=0.0, smtp=smtp))).show()
