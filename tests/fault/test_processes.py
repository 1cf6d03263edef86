"""The short form of `processes`."""

from __future__ import annotations

import pytest

from tests.fault.crash import Plan
from tests.fault.processes import processes

SHORT = Plan(rounds=3, longest=1.0, chatty=4, quiet_every=0.5)


@pytest.mark.slow
@pytest.mark.timeout(180)
# A request that its server was stopped under leaves the body's generator in httpx to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:pytest.PytestUnraisableExceptionWarning")
async def test_nothing_is_lost_or_doubled_while_processes_and_what_joins_them_come_and_go() -> None:
    assert (await processes(SHORT, 2, durable=False)).show()
