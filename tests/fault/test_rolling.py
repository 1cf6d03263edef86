"""The short form of `rolling`."""

from __future__ import annotations

import pytest

from tests.fault.crash import Plan
from tests.fault.rolling import NoHistory, previous, rolling, tree_of

SHORT = Plan(rounds=2, longest=2.0, chatty=6, quiet_every=0.5)


@pytest.mark.slow
@pytest.mark.timeout(120)
# A request that its server was stopped under leaves the body's generator in httpx to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ByteStream.__aiter__:pytest.PytestUnraisableExceptionWarning")
async def test_nothing_is_lost_or_doubled_while_one_release_replaces_the_other() -> None:
    try:
        with tree_of(previous()) as before:
            assert (await rolling(SHORT, before)).show()
    except NoHistory as error:
        pytest.skip(f"the release before this one is not in this checkout's history ({error})")
