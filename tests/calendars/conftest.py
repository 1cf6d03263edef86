"""A clinic with a simulated Google beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.calendars.clinic import Clinic, open_clinic
from tests.harness import Phones


@pytest.fixture
async def clinic(database_url: str, simulator: Phones, tmp_path: Path) -> AsyncIterator[Clinic]:
    """A node that knows Google, and an owner who provides a service of an hour."""
    async with open_clinic(database_url, simulator.url, tmp_path) as clinic:
        yield clinic
