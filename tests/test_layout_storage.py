"""The shape of `storage/`: mechanism knows no feature, a feature shows the others its face only, nothing hides."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trio

from plixa.features import FEATURES, tables
from plixa.storage.eventlog.statement import Statement
from plixa.storage.feature import Projector, Rule, Table, Tables
from plixa.storage.postgres.bridge import open_database
from plixa.storage.schema import MECHANISM, Schema
from tests.test_layout import imports

STORAGE = Path(__file__).resolve().parents[1] / "storage"
MECHANISMS = {"eventlog", "lifetime", "nodes", "postgres", "tools"}
"""Folders that are no feature's."""
LOOSE = {"__init__.py", "feature.py", "schema.py", "store.py"}
FILES = sorted(STORAGE.rglob("*.py"))
FOLDERS = sorted(path.name for path in STORAGE.iterdir() if path.is_dir() and path.name != "__pycache__")
BROUGHT = [path.name for path in STORAGE.iterdir() if path.name in FEATURES]
FILLS = {"append", "extend", "add", "update", "insert", "setdefault"}


def room(path: Path) -> str:
    """The folder of storage/ that a file stands in; "" for its loose files."""
    parts = path.relative_to(STORAGE).parts
    return parts[0] if len(parts) > 1 else ""


@cache
def imported(path: Path) -> tuple[tuple[str, str], ...]:
    """What a file imports of storage/: the folder, and the module in it or what its `__init__` has."""
    found = [name.split(".") for name in imports(path)]
    return tuple((parts[2], parts[3]) for parts in found if parts[:2] == ["plixa", "storage"] and len(parts) > 3)


def ids(path: Path) -> str:
    return str(path.relative_to(STORAGE))


def test_every_folder_is_a_features_or_the_mechanisms() -> None:
    assert set(FOLDERS) <= {*FEATURES, *MECHANISMS}
    assert {path.name for path in STORAGE.glob("*.py")} == LOOSE


@pytest.mark.parametrize("path", [each for each in FILES if room(each) not in FEATURES], ids=ids)
def test_mechanism_imports_no_feature(path: Path) -> None:
    assert {folder for folder, _ in imported(path)} & set(FEATURES) == set()
    assert {name for name in imports(path) if name.startswith("plixa.actors")} == set()


@pytest.mark.parametrize("path", [each for each in FILES if room(each) in FEATURES], ids=ids)
def test_a_feature_imports_another_one_only_through_its_face(path: Path) -> None:
    others = [(folder, module) for folder, module in imported(path) if folder in FEATURES and folder != room(path)]
    hidden = [each for each in others if each[1] not in face_of(each[0])]
    assert hidden == []


def face_of(feature: str) -> tuple[str, ...]:
    """The modules that a feature shows to others."""
    face: tuple[str, ...] = importlib.import_module(f"plixa.storage.{feature}").FACE
    return face


@pytest.mark.parametrize("feature", BROUGHT)
def test_a_face_is_of_modules_that_there_are_and_that_somebody_outside_uses(feature: str) -> None:
    root = STORAGE.parent
    rest = [path for folder in ("http", "src/plixa", "storage", "tests") for path in (root / folder).rglob("*.py")]
    used = {
        name.split(".")[3]
        for path in rest
        if STORAGE / feature not in path.parents
        for name in imports(path)
        if name.startswith(f"plixa.storage.{feature}.")
    }
    assert set(face_of(feature)) <= {path.stem for path in (STORAGE / feature).glob("*.py")} & used


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_nothing_is_registered_by_being_imported(path: Path) -> None:
    """What a module does while it is imported is of its own names: no call changes what another module has."""
    tree = ast.parse(path.read_text())
    strange = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
    }
    decorators = [each for node in tree.body for each in getattr(node, "decorator_list", [])]
    statements = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    calls = [node for each in (*decorators, *statements) for node in ast.walk(each) if isinstance(node, ast.Call)]
    fills = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in {*FILLS, "on"}]
    assert [ast.unparse(call) for call in fills if ast.unparse(call.func).split(".")[0] in strange] == []


def test_a_feature_that_is_not_listed_is_not_there() -> None:
    """Importing everything of storage/ changes nothing of what a schema has that is given nothing."""
    code = (
        "import pkgutil, importlib\n"
        "from plixa import storage\n"
        "from plixa.storage.schema import Schema\n"
        "before = Schema().tables.keys()\n"
        "for each in pkgutil.walk_packages(storage.__path__, 'plixa.storage.'): importlib.import_module(each.name)\n"
        "assert Schema().tables.keys() == before and 'messages' not in before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=STORAGE.parent, env={"PYTHONPATH": "src"})


# -- declarations -----------------------------------------------------------------------------------------------------


@pytest.fixture
def in_the_schema(database_url: str) -> set[str]:
    """The tables that the migrations make."""

    async def look() -> set[str]:
        async with open_database(database_url, size=1) as database:
            return await database.run(_tables)

    return trio.run(look)


async def _tables(connection: Any) -> set[str]:
    rows = await connection.fetch(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') "
        "and not relispartition"
    )
    return {row["relname"] for row in rows}


def test_every_table_is_declared_exactly_once(in_the_schema: set[str]) -> None:
    declared = Counter(table.name for brought in (*MECHANISM, *tables()) for table in brought.tables)
    assert declared == Counter(in_the_schema)


def test_every_statement_writes_a_table_of_its_own_room() -> None:
    """Save for the mechanism's, which every feature may write, and for what says that it looks at another one's."""
    for feature in BROUGHT:
        path = STORAGE / feature / "statements.py"
        if path.exists():
            brought: Tables = importlib.import_module(f"plixa.storage.{feature}").TABLES
            own = {table.name for table in brought.tables}
            statements = vars(importlib.import_module(f"plixa.storage.{feature}.statements")).values()
            among = {each.among for each in statements if isinstance(each, Statement)}
            assert among <= own, feature


def test_what_a_commit_only_marks_is_swept() -> None:
    for brought in (*MECHANISM, *tables()):
        assert set(brought.later.values()) <= brought.sweeps.keys()
        assert {sweep.table for sweeps in brought.sweeps.values() for sweep in sweeps} <= {
            table.name for table in brought.tables
        }


def test_what_two_features_declare_is_refused() -> None:
    twice = Tables(tables=(Table(name="messages", until="for ever"),))
    with pytest.raises(ValueError, match="messages"):
        Schema([twice, twice])


def test_a_table_says_how_long_its_rows_stay_or_until_when() -> None:
    with pytest.raises(ValueError, match="nothing_said"):
        Table(name="nothing_said")


def test_an_event_has_one_rule_a_feature() -> None:
    projects = Projector()

    def rule(*_: Any) -> Iterator[Any]:
        yield from ()

    first: Rule = projects.on(int)(rule)
    projects.on(int)(first)
    with pytest.raises(ValueError, match="int"):
        projects.on(int)(lambda *_: iter(()))


def test_what_is_written_of_a_room_is_found_there() -> None:
    """The module texts of storage/ name no file that has moved away."""
    named = re.compile(r"`((?:storage|tools|lifetime|eventlog|nodes|postgres)/[\w/]+\.py)`")
    for path in FILES:
        for name in named.findall(path.read_text()):
            assert (STORAGE.parent / name).exists() or (STORAGE / name).exists(), (path, name)


OF_A_SESSION = re.compile(r"pg_(try_)?advisory_lock|create temp|\A(set (?!local)|listen )", re.IGNORECASE)
ON_A_CONNECTION_OF_THEIR_OWN = {"nodes/name_lock.py", "lifetime/retention.py"}
UNDONE_BY_THEMSELVES = {"tools/rebuild_beside.py"}


def test_nothing_is_left_on_a_connection_that_is_given_back() -> None:
    """The pool undoes nothing (`postgres/bridge.py`): that would cost each read a round trip."""
    found = {path.relative_to(STORAGE).as_posix() for path in FILES if any(map(OF_A_SESSION.search, _strings(path)))}
    assert found == ON_A_CONNECTION_OF_THEIR_OWN | UNDONE_BY_THEMSELVES


def _strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
