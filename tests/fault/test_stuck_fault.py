"""The short form of `stuck`."""

from __future__ import annotations

import pytest

from tests.fault.stuck import Plan, stuck

SHORT = Plan(messages=200, doubts=2, dead_files=3, pictures=2, slack=0.15)
"""The strict ratio is the command's: a busy machine's hiccup is the 99th of 100. A broken promise costs seconds."""


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_healthy_messages_do_not_notice() -> None:
    assert (await stuck(SHORT)).show()
