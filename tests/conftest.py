"""Fixtures for tests against a running node. A test that needs only a part of it asks for that part.

postgres → database_url → node → workspace → number
               simulator ↗
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import argon2
import pytest
import structlog
import trio
from asyncpg.connection import Connection
from hypothesis import Phase, settings
from werkzeug.routing import Rule

from plixa.collector import keep_out_of_the_way
from plixa.compose import Node, open_node
from plixa.http.api import hashing
from plixa.http.simulator import serve as serve_simulator
from tests import doors, harness
from tests.doors import by_the_wrong_door
from tests.harness import Number, Phones, Postgres, Workspace

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
)
# Thousands of sign-ins: the library's own cost is for guessers, and would be a good part of the suite's time.
hashing._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
hashing._NOBODY = hashing._hasher.hash("nobody has this password")


def _no_url(*_: object, **__: object) -> tuple[str, str]:
    raise AssertionError("nothing makes URLs of routes")


def _no_builder(*_: object) -> Callable[..., tuple[str, str]]:
    return _no_url


# Every node has an app of its own with every route. Nothing asks for a route's URL, and compiling what would make it
# is a good part of a node's start.
setattr(Rule, "_compile_builder", _no_builder)  # noqa: B010  # type checkers see that it is a method
_compile, _compiled = Rule.compile, dict[str, dict[str, Any]]()


def _compile_once(rule: Rule) -> None:
    """What a path means is the same in every node."""
    if rule.rule not in _compiled:
        _compile(rule)
        _compiled[rule.rule] = {name: vars(rule)[name] for name in ("_parts", "_trace", "_converters", "arguments")}
    vars(rule).update(_compiled[rule.rule])


setattr(Rule, "compile", _compile_once)  # noqa: B010
_introspect, _introspected = Connection._introspect_types, dict[tuple[int, ...], tuple[Any, Any]]()


async def _introspect_once(connection: Connection, oids: Iterable[int], timeout: float | None) -> tuple[Any, Any]:
    """A connection asks what each type is, in three queries. All databases are copies of one: it is the same."""
    key = tuple(sorted(oids))
    if key not in _introspected:
        types, _ = await _introspect(connection, oids, timeout)
        _introspected[key] = types, _Named()
        return types, _
    return _introspected[key]


class _Named:
    """A prepared statement that took no other one's place."""

    name = "none"


setattr(Connection, "_introspect_types", _introspect_once)  # noqa: B010
# Examples are the same in every run of CI: what is red there is red here. `make properties` draws new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("random", deadline=None, max_examples=1000, print_blob=True)
# A fault need only be noticed: no example is made smaller.
settings.register_profile("mutants", settings.get_profile("ci"), phases=(Phase.explicit, Phase.generate))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))
TEMPLATE = "template_of_the_tests"
MEMORY, ROOM = "/dev/shm", 4 << 30
"""A folder in memory, and how many bytes of it have to be free for the databases of one test process."""
BUDGET = 20.0
"""Seconds of the processor that a test may take; what needs more is `slow`. Its time limit is another one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--wrong-door`: see `tests/doors.py`."""
    parser.addoption("--wrong-door", action="store_true", help="ask a node that has no tenant, in all tests that can")


def pytest_configure(config: pytest.Config) -> None:
    """All nodes that tests open, if it is wanted."""
    doors.everywhere = config.option.wrong_door


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Who cannot go by another door says why."""
    for item in items if config.option.wrong_door else ():
        if (own := item.get_closest_marker("own_door")) is not None:
            item.add_marker(pytest.mark.skip(reason=own.args[0]))


def pytest_collection_finish() -> None:
    """Ten thousand tests are there until the end: no collection of garbage needs to walk over them."""
    keep_out_of_the_way()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what `make test` leaves out."""
    if "not browser" in (config.option.markexpr or ""):
        terminalreporter.write_line("Left out: the panel in a browser (make browser), and slow tests (make testall).")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Hold a test to the budget. Its own processor time: a busy machine makes nobody slower by that clock."""
    began = time.process_time()
    yield
    took = time.process_time() - began
    if took > BUDGET and item.get_closest_marker("slow") is None:
        pytest.fail(f"It took {took:.0f} s of the processor, and {BUDGET:.0f} s is what a test may: make it quicker.")


def _memory() -> str | None:
    """Where files are in memory, if there is room: a database is a thousand of them, copied for every test."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else None
    except OSError:
        return None


class Databases:
    """Migrated, empty databases. Copying one takes a while, so the next one is made while a test runs."""

    def __init__(self, server: Postgres) -> None:
        server.migrated(TEMPLATE)
        self._server = server
        self._numbers = count(1)
        self._aside = ThreadPoolExecutor(1)
        self._next = self._aside.submit(self._make)

    def take(self) -> tuple[str, str]:
        """One that nobody else has; its name and its URL."""
        made, self._next = self._next.result(), self._aside.submit(self._make)
        return made

    def give_back(self, name: str) -> None:
        """It is not needed any more."""
        self._aside.submit(self._server.drop, name)

    def close(self) -> None:
        """Wait for what is under way."""
        self._aside.shutdown()

    def _make(self) -> tuple[str, str]:
        name = f"test_{next(self._numbers)}"
        return name, self._server.copied(TEMPLATE, name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for this test process. It forgets what it has in a power cut."""
    folder = Path(tempfile.mkdtemp(prefix="plixa-tests-", dir=_memory()))
    server = Postgres(folder / "postgres", durable=False)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Iterator[Databases]:
    """Databases to take from."""
    databases = Databases(postgres)
    yield databases
    databases.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database of this test's own, migrated and empty."""
    name, url = databases.take()
    yield url
    databases.give_back(name)


@pytest.fixture
async def simulator(nursery: trio.Nursery) -> AsyncIterator[Phones]:
    """A running WhatsApp simulator with fast ticks."""
    port = await nursery.start(serve_simulator, harness.QUICK)
    async with harness.phones(f"http://127.0.0.1:{port}") as phones:
        yield phones


@pytest.fixture
async def node(
    request: pytest.FixtureRequest, database_url: str, simulator: Phones, tmp_path: Path
) -> AsyncIterator[Node]:
    """A running node on a free port, with the simulator as its gateway."""
    wrong = request.config.option.wrong_door or request.node.get_closest_marker("wrong_door") is not None
    opened = by_the_wrong_door if wrong else open_node
    async with opened(harness.settings(database_url, simulator.url, tmp_path)) as node:
        yield node


@pytest.fixture
async def workspace(node: Node) -> AsyncIterator[Workspace]:
    """A registered workspace; its client is the owner's."""
    async with harness.registered(node.services.public_url) as workspace:
        yield workspace


@pytest.fixture
async def number(workspace: Workspace, simulator: Phones) -> Number:
    """A paired WhatsApp number of the workspace."""
    return await harness.pair(workspace, simulator)
