"""The short form of `python -m tests.fault.webhooks`."""

from __future__ import annotations

import pytest

from tests.fault.webhooks import Plan, webhooks

SHORT = Plan(rate=100, seconds=6, healthy=4, hang=2, refuse=2)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_healthy_endpoints_do_not_notice_those_that_hang_and_refuse() -> None:
    [report] = await webhooks(SHORT, "all")
    assert report.show()
