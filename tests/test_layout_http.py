"""The rooms of `http/`: mechanism and features told apart by folder; nothing fills itself by being imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from plixa import features
from plixa.features import FEATURES
from plixa.http.feature import Edge

HTTP = Path(__file__).resolve().parents[1] / "http"
MECHANISM = {
    "server",
    "api",
    "realtime",
    "outbox",
    "clients",
    "panel",
    "simulator",
    "stripe_simulator",
    "google_simulator",
    "relay",
}
ROOMS = sorted(path.name for path in HTTP.iterdir() if path.is_dir() and path.name != "__pycache__")
OWN = [room for room in ROOMS if room in FEATURES]
FILES = sorted(HTTP.rglob("*.py"))
HOLDS = {"list", "dict", "set", "defaultdict", "Counter", "deque"}
FILLS = {"append", "extend", "add", "update", "setdefault", "insert", "appendleft"}


def name_of(path: Path) -> str:
    return str(path.relative_to(HTTP))


@cache
def rooms_imported(path: Path) -> tuple[tuple[str, str], ...]:
    """Each room of http/ that a file imports from, and which module of it; "" for the room's `__init__`."""
    return tuple(_rooms_imported(path))


def _rooms_imported(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("plixa.http."):
            room, _, rest = (node.module or "").removeprefix("plixa.http.").partition(".")
            for alias in node.names:
                inside = f"{rest}.{alias.name}".strip(".")
                is_module = (HTTP / room / inside.replace(".", "/")).with_suffix(".py").exists()
                yield room, inside if is_module else rest
        elif isinstance(node, ast.ImportFrom) and node.module == "plixa.http":
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (
                (alias.name.split(".")[2], ".".join(alias.name.split(".")[3:]))
                for alias in node.names
                if alias.name.startswith("plixa.http.")
            )


def test_there_is_no_loose_file_but_the_entry() -> None:
    assert [path.name for path in HTTP.iterdir() if path.is_file()] == ["feature.py"]


def test_every_room_is_a_feature_or_mechanism() -> None:
    assert set(ROOMS) - set(FEATURES) == MECHANISM
    assert OWN


@pytest.mark.parametrize("feature", OWN)
def test_a_feature_says_in_one_value_what_it_brings(feature: str) -> None:
    assert isinstance(import_module(f"plixa.http.{feature}").EDGE, Edge)


def test_every_edge_is_composed() -> None:
    assert len(features.edges()) == len(OWN)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_mechanism_imports_no_feature_and_a_feature_another_only_through_its_face(path: Path) -> None:
    own = path.relative_to(HTTP).parts[0]
    others = [(room, module) for room, module in rooms_imported(path) if room in FEATURES and room != own]
    if own not in FEATURES:
        assert others == []
    for room, module in others:
        assert module in ("", *import_module(f"plixa.http.{room}").FACE), f"{room}.{module}"


@pytest.mark.parametrize("feature", OWN)
def test_a_face_has_nothing_that_nobody_looks_at(feature: str) -> None:
    others = [path for path in FILES if path.relative_to(HTTP).parts[0] != feature]
    used = {module for path in others for room, module in rooms_imported(path) if room == feature}
    assert set(getattr(import_module(f"plixa.http.{feature}"), "FACE", ())) == used - {""}


def held_by(tree: ast.Module) -> set[str]:
    """The names of a module's lists, dicts and sets."""
    named: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            made = isinstance(value, ast.Call) and ast.unparse(value.func).partition("[")[0] in HOLDS
            if made or isinstance(value, ast.List | ast.Dict | ast.Set):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                named |= {target.id for target in targets if isinstance(target, ast.Name)}
    return named


def filled_in(tree: ast.Module) -> set[str]:
    """Those of them that something puts things into."""
    filled: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FILLS:
            filled.add(ast.unparse(node.func.value))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            filled.add(ast.unparse(node.value))
    return filled & held_by(tree)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_is_filled_by_being_imported(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert filled_in(tree) == set()
    doing = [node for node in tree.body if isinstance(node, ast.For | ast.While | ast.Expr)]
    done = [ast.unparse(node) for node in doing if not isinstance(getattr(node, "value", None), ast.Constant)]
    assert [each for each in done if not each.startswith("warnings.filterwarnings(")] == []


def test_a_registry_would_be_found() -> None:
    """As the routes were before features named them."""
    old = "ROUTES: list[Route] = []\ndef route(each):\n    ROUTES.append(each)\n"
    assert filled_in(ast.parse(old)) == {"ROUTES"}


def test_only_development_reaches_our_own_network() -> None:
    """Clients of addresses that customers give: who opens one says it by the setting, the others hand it on."""
    given, decided = set[str](), set[str]()
    for path in HTTP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "allow_loopback":
                given.add(ast.unparse(node.value))
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "allow_loopback":
                decided.add(ast.unparse(node.value))
    handed_on = {name for name in given if name.endswith("allow_loopback")}
    assert given - handed_on == {"not settings.production"}
    assert decided == {"not services.settings.production"}


FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def closures_in(tree: ast.Module) -> list[str]:
    """What is handed over as `attach` or `render`, or made a renderer, though it is a function made on the spot."""
    inner = {
        inside.name
        for outer in ast.walk(tree)
        if isinstance(outer, FUNCTIONS)
        for inside in ast.walk(outer)
        if inside is not outer and isinstance(inside, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    given: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given += [each.value for each in node.keywords if each.arg in ("attach", "render")]
            given += node.args if ast.unparse(node.func) in ("rendering", "Render") else []
    return [
        ast.unparse(value)
        for value in given
        if any(
            isinstance(part, ast.Lambda)
            or (isinstance(part, ast.Name) and part.id in inner)
            or (isinstance(part, ast.Call) and ast.unparse(part.func).endswith("partial"))
            for part in ast.walk(value)
        )
    ]


@pytest.mark.parametrize("folder", ["actors", "engine", "http", "storage"])
def test_what_goes_along_with_a_command_is_data(folder: str) -> None:
    """Rows, frozen dataclasses that make some, `rendering(…)` of a function of a module."""
    found = {str(path): closures_in(ast.parse(path.read_text())) for path in (HTTP.parent / folder).rglob("*.py")}
    assert {path: closures for path, closures in found.items() if closures} == {}


@pytest.mark.parametrize(
    "passed",
    [
        "attach=lambda events: [row(events)]",
        "attach=[lambda events: row(events)]",
        "attach=made",
        "render=made",
        "render=rendering(made)",
        "render=rendering(lambda events: Answer(events))",
        "render=rendering(settled, partial(row, 1))",
    ],
)
def test_a_closure_would_be_found(passed: str) -> None:
    old = f"async def handler(call):\n    def made(events):\n        return call\n    await call.ask(1, {passed})\n"
    assert closures_in(ast.parse(old))
