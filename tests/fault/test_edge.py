"""The short form of `edge`: one blow of each sort that has once stopped the server."""

from __future__ import annotations

import pytest

from tests.fault.edge import Plan, edge

SHORT = Plan(
    names=(
        "connections opened and closed",
        "silent connections",
        "HTTP/2",
        "no HTTP",
        "compression bombs",
        "fragments",
        "strangers' sockets",
        "webhooks of junk items",
        "a gateway that hangs up",
    ),
    many=1_000,
    tokens=1,
)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_nothing_that_reaches_the_edge_holds_up_the_others() -> None:
    assert (await edge(SHORT)).show()
