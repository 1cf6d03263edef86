"""Tests of the engine: a store in memory and trio's clock that jumps; nothing here needs Postgres or the network."""

from __future__ import annotations

import pytest
from trio.testing import MockClock


@pytest.fixture
def mock_clock() -> MockClock:
    """Whoever sleeps is woken as soon as nobody has anything else to do."""
    return MockClock(autojump_threshold=0)
