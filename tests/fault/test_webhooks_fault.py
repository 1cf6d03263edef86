"""The short form of `python -m tests.fault.webhooks`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.webhooks import run


@pytest.mark.slow
async def test_healthy_endpoints_do_not_notice_those_that_hang_and_refuse(database_url: str, tmp_path: Path) -> None:
    figures = await run(database_url, tmp_path, 10, 6, healthy=4, hang=2, refuse=2)
    assert len(figures.delays) == 4 * 60
    assert figures.p(0.99) < 1.0
