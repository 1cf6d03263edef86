"""The short form of `nodes`: an owner that sleeps past its lease and wakes, and one that is killed."""

from __future__ import annotations

import pytest

from tests.fault.crash import Plan
from tests.fault.nodes import nodes

SHORT = Plan(rounds=2, longest=1.0, chatty=3, quiet_every=1.0)
pytestmark = [
    pytest.mark.slow,
    # A request that its server was killed under leaves the body's generator in httpx to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.mark.timeout(240)
async def test_whoever_sleeps_past_its_lease_lets_go_and_whoever_dies_is_followed_at_once() -> None:
    assert (await nodes(SHORT, [8.0], kills=1, patient=3.0)).show()
