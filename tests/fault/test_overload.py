"""The short form of `overload`."""

from __future__ import annotations

import pytest

from tests.fault.overload import Plan, overload

SHORT = Plan(sockets=150, connections=650, seconds=4.0)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_others_do_not_notice_and_the_end_is_clean() -> None:
    assert (await overload(SHORT)).show()
