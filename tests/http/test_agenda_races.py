"""Everybody wants the same hour at once: the agenda decides one by one, and where it would not, the database does."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import trio
from tests.harness import Workspace
from tests.http import people
from tests.http.agenda import Desk
from tests.http.tables import Tables

from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.guard import Guard, Seat
from plixa.actors.scheduling.walls import minute_of
from plixa.compose import Node
from plixa.engine.errors import Conflict, Duplicate, Overloaded
from plixa.engine.ports import Address
from plixa.http.scheduling.asking import refused
from plixa.storage.scheduling.statements import CLAIMED

SOURCES = ("staff", "ai", "flow")
OVERLAPS = """
    select count(*)::int as number from appointment_claims a join appointment_claims b on a.tenant_id = b.tenant_id
    and (a.sort, a.thing_id, a.unit) = (b.sort, b.thing_id, b.unit) and a.appointment_id < b.appointment_id
    and a.first_minute < b.last_minute and b.first_minute < a.last_minute
"""


@pytest.fixture
def desk(workspace: Workspace) -> Desk:
    return Desk(workspace)


async def tries(node: Node, desk: Desk, service: int, number: int) -> Counter[str]:
    """What becomes of so many who ask at once: `booked`, or the code of a refusal."""
    found, start = Counter[str](), minute_of(_start())

    async def one(source: Any) -> None:
        found[await _asked(node, desk, cmd.Book(service_id=service, start=start, source=source))] += 1

    async with trio.open_nursery() as nursery:
        for each in range(number):
            nursery.start_soon(one, SOURCES[each % 3])
    return found


async def _asked(node: Node, desk: Desk, command: cmd.Book) -> str:
    address = Address(desk.workspace.tenant, "agenda", 1)
    while True:
        try:
            await node.services.bus.ask(address, command, actor="system", cause="test")
        except Overloaded:
            await trio.sleep(0.01)
        except Conflict as error:
            return refused(error).code if isinstance(error, Duplicate) else error.code
        else:
            return "booked"


def _start() -> datetime:
    return datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) + timedelta(days=3)


async def providers(node: Node, desk: Desk, number: int) -> list[int]:
    """So many who are always there."""
    return [desk.workspace.user_id, *[(await people.agent(node, desk.workspace)).user_id for _ in range(number - 1)]]


async def test_ten_identical_requests_at_once_book_once(node: Node, desk: Desk) -> None:
    """T3: one 201, nine 409, and one event in the log."""
    service = await desk.service(provider_ids=[desk.workspace.user_id])
    answers = Counter[int]()

    async def ask() -> None:
        body = {"service_id": service, "start": _start().isoformat()}
        answers[(await desk.ask("POST", "/appointments", body)).status_code] += 1

    async with trio.open_nursery() as nursery:
        for _ in range(10):
            nursery.start_soon(ask)
    assert answers == {201: 1, 409: 9}
    rows = await Tables(node.services.database).rows("select 1 from events where type = 'appointment.booked'")
    assert len(rows) == 1


@pytest.mark.parametrize("number", [1, 3])
async def test_of_a_thousand_who_want_one_hour_as_many_get_it_as_there_are_providers(
    node: Node, desk: Desk, number: int
) -> None:
    service = await desk.service(provider_ids=await providers(node, desk, number))
    assert await tries(node, desk, service, 1000) == {"booked": number, "SLOT_TAKEN": 1000 - number}
    assert await Tables(node.services.database).rows(OVERLAPS) == [{"number": 0}]


async def test_of_a_thousand_who_want_a_resource_as_many_get_it_as_there_are_of_it(node: Node, desk: Desk) -> None:
    rooms = (await desk.done("POST", "/resources", {"name": "Sala", "capacity": 4}, 201))["id"]
    service = await desk.service(resource_ids=[rooms])
    assert await tries(node, desk, service, 1000) == {"booked": 4, "RESOURCE_FULL": 996}


def unchecked(monkeypatch: pytest.MonkeyPatch, seat: Callable[[], Seat]) -> None:
    """The agenda's own check is off: whoever asks gets this seat."""

    def given(_self: Guard, *_: object) -> Seat:
        return seat()

    monkeypatch.setattr(Guard, "seat", given)


async def test_the_database_alone_books_a_provider_once(
    node: Node, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    unchecked(monkeypatch, lambda: Seat(desk.workspace.user_id, {}, {}, outside_hours=False))
    service = await desk.service(provider_ids=await providers(node, desk, 1))
    assert await tries(node, desk, service, 300) == {"booked": 1, "SLOT_TAKEN": 299}
    assert await Tables(node.services.database).rows(OVERLAPS) == [{"number": 0}]


async def test_the_database_alone_gives_each_unit_of_a_resource_once(
    node: Node, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = (await desk.done("POST", "/resources", {"name": "Sala", "capacity": 3}, 201))["id"]
    service, asked = await desk.service(resource_ids=[rooms]), iter(range(10_000))
    unchecked(monkeypatch, lambda: Seat(None, {rooms: next(asked) % 3}, {}, outside_hours=False))
    assert await tries(node, desk, service, 300) == {"booked": 3, "SLOT_TAKEN": 297}


async def test_of_a_thousand_in_two_processes_the_constraint_lets_as_many_through_as_there_are(
    database_url: str,
) -> None:
    """One slot of one provider, of three, and of a resource with four units: no agenda is asked at all."""
    rounds = ((500, 0, 1, 1), (100, 0, 3, 1), (100, 1, 1, 4))
    found, together = [Counter[str]() for _ in rounds], Together(2)

    async def process(first: int) -> None:
        command = [sys.executable, "-m", "tests.http.claimants", database_url, str(first)]
        command += [",".join(map(str, each)) for each in rounds]
        each = await trio.lowlevel.open_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert each.stdin is not None
        assert each.stdout is not None
        async with each.stdin, each.stdout:
            assert await each.stdout.receive_some() == b"ready\n"
            await together.wait()
            await each.stdin.send_all(b"go\n")
            told = b"".join([part async for part in each.stdout])
        assert await each.wait() == 0
        for counted, more in zip(found, json.loads(told), strict=True):
            counted.update(more)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(process, 1)
        nursery.start_soon(process, 1001)
    assert found == [{"held": 1, "refused": 999}, {"held": 3, "refused": 197}, {"held": 4, "refused": 196}]


class Together:
    """Whoever comes waits until all are there."""

    def __init__(self, number: int) -> None:
        self._missing, self._all = number, trio.Event()

    async def wait(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._all.set()
        await self._all.wait()


async def test_of_many_who_write_past_each_other_the_constraint_lets_one_through(node: Node) -> None:
    """As from two owners of one workspace, which leases and epochs do not let happen."""
    database, found = node.services.database, Counter[str]()

    async def claim(id_: int, unit: int, first: int) -> None:
        try:
            await database.run(_claim, id_, unit, first)
        except asyncpg.ExclusionViolationError as error:
            found[error.constraint_name or ""] += 1
        else:
            found["held"] += 1

    async with trio.open_nursery() as nursery:
        for number in range(40):
            nursery.start_soon(claim, number, 0, 600 + number % 4)
    assert found == {"held": 1, CLAIMED: 39}
    await claim(100, 0, 664)  # after all of them
    await claim(101, 1, 630)  # another unit
    assert found["held"] == 3


async def _claim(connection: Any, id_: int, unit: int, first: int) -> None:
    await connection.execute(
        "insert into appointment_claims (tenant_id, appointment_id, sort, thing_id, unit, first_minute, last_minute) "
        "values (1, $1, 1, 7, $2, $3, $4)",
        id_,
        unit,
        first,
        first + 60,
    )
