"""The short forms of `crash` and `postgres`."""

from __future__ import annotations

import pytest

from tests.fault.crash import FAILING_GATEWAY, Plan, crash
from tests.fault.postgres import outage
from tests.harness import Json

SHORT = Plan(rounds=2, longest=1.5, chatty=6, quiet_every=0.5)
pytestmark = [
    pytest.mark.slow,
    # A request that its server was killed under leaves the body's generator in httpx to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("faults", [{}, FAILING_GATEWAY], ids=["gateway works", "gateway fails"])
async def test_nothing_is_lost_or_doubled_when_the_server_is_killed(faults: Json) -> None:
    assert (await crash(SHORT, faults)).show()


@pytest.mark.timeout(120)
async def test_nothing_is_lost_or_doubled_when_postgres_is_killed() -> None:
    assert (await outage(SHORT, {})).show()
