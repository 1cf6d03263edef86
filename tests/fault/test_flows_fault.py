"""The short form of `flows`."""

from __future__ import annotations

import pytest

from tests.fault.flows import Plan, flows

SHORT = Plan(conversations=30, kills=1)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_flows_reach_their_end_whatever_the_gateway_does() -> None:
    assert (await flows(SHORT)).show()
