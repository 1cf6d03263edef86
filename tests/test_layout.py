"""The shape of the project, held by tests: which package may import which, and what must never be there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from plixa import features
from plixa.engine.settings import TABLE, BadSettings, load

SETTINGS = (*TABLE, *features.settings())
ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {
    "engine": {"engine"},
    "actors": {"actors", "engine"},
    "storage": {"storage", "engine", "actors", "migrations"},
    "http": {"http", "engine", "actors", "storage"},
    "migrations": {"migrations"},
}
PATTERN_CALLS = {f"re.{name}" for name in ("compile", "search", "match", "fullmatch", "split", "findall", "finditer")}
PATTERN_CALLS |= {"re.sub", "re.subn"}
ONLY_STORAGE = {"asyncpg", "trio_asyncio", "asyncio"}


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


FILES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_package_imports_only_what_the_table_allows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    allowed = {f"plixa.{name}" for name in MAY_IMPORT[package]} | {"plixa.__version__"}
    ours = {".".join(name.split(".")[:2]) for name in imports(path) if name.split(".")[0] == "plixa"}
    assert ours <= allowed


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_storage_knows_the_database_driver(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] in ("storage", "migrations"):
        return
    assert not {name.split(".")[0] for name in imports(path)} & ONLY_STORAGE


def inline_patterns(tree: ast.Module) -> list[int]:
    """The lines on which a function compiles a pattern, or uses one without a name."""
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    calls = [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if ast.unparse(call.func) in PATTERN_CALLS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pattern_has_a_name_at_the_top_of_its_module_where_the_sweep_of_texts_finds_it(path: Path) -> None:
    assert inline_patterns(ast.parse(path.read_text())) == []
    assert not {name for name in imports(path) if name.startswith("re.")}


def test_http_never_becomes_a_package_that_shadows_the_standard_librarys() -> None:
    assert not (ROOT / "http" / "__init__.py").exists()


def test_the_import_root_is_made_of_relative_links() -> None:
    for package in MAY_IMPORT:
        link = ROOT / "src" / "plixa" / package
        assert link.is_symlink()
        assert str(link.readlink()) == f"../../{package}"


def test_the_readme_lists_exactly_the_settings_that_there_are() -> None:
    lines = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
    listed = {line.split("`")[1]: line for line in lines}
    assert set(listed) >= {setting.name for setting in SETTINGS}
    for setting in SETTINGS:
        assert setting.text in listed[setting.name]


def test_the_example_environment_names_every_setting() -> None:
    text = (ROOT / ".env.example").read_text()
    assert [setting.name for setting in SETTINGS if f"{setting.name}=" not in text] == []


def test_production_refuses_every_unsafe_default_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        load({"PLIXA_ENV": "production"})
    for name in ("PLIXA_SECRET_KEY", "DATABASE_URL", "EVOLUTION_URL", "PUBLIC_URL"):
        assert name in str(refused.value)


def test_a_wrong_setting_is_named_and_a_secret_is_not_shown() -> None:
    with pytest.raises(BadSettings, match="PORT: 'eighty'") as refused:
        load({"PORT": "eighty", "DATABASE_URL": "postgresql://plixa:hunter2@db/plixa"})
    assert "hunter2" not in str(refused.value)
