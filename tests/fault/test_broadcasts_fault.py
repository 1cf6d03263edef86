"""The short form of `broadcasts`."""

from __future__ import annotations

import pytest

from tests.fault.broadcasts import Plan, broadcasts

SHORT = Plan(recipients=300, kills=2, probes=10)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_everybody_gets_it_once_whatever_the_gateway_does_and_however_often_the_server_dies() -> None:
    assert (await broadcasts(SHORT)).show()
