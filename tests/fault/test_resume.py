"""The short form of `resume`, and a stop in good order."""

from __future__ import annotations

import pytest
import trio

from tests.fault.crash import tenant_of
from tests.fault.resume import Plan, resume
from tests.fault.rig import open_rig
from tests.fault.viewer import Viewer

SHORT = Plan(sockets=12, cuts=120, restarts=2, per_second=12.0, pause=0.08)
MANY = 120


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_clients_that_are_cut_end_up_with_what_rest_shows() -> None:
    report = await resume(SHORT)
    assert report.show()


@pytest.mark.slow
async def test_a_server_that_is_told_to_stop_says_goodbye_to_all_its_sockets() -> None:
    async with open_rig() as rig:
        workspace, _ = await tenant_of(rig)
        viewers = [Viewer(workspace, rig.port) for _ in range(MANY)]
        async with trio.open_nursery() as nursery:
            for viewer in viewers:
                nursery.start_soon(viewer.run)
            with trio.fail_after(20):
                while not all(viewer.connections for viewer in viewers):  # noqa: ASYNC110
                    await trio.sleep(0.05)
            assert await rig.stop() < 3
            with trio.fail_after(5):
                while not all(viewer.codes.total() for viewer in viewers):  # noqa: ASYNC110
                    await trio.sleep(0.05)
            nursery.cancel_scope.cancel()
    assert all(viewer.codes[4410] for viewer in viewers)  # who came back before the end heard it twice
