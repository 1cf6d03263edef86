"""The shape of the actors' layer: rooms by feature, who may import whom, and that nothing goes in circles."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from plixa import features
from plixa.actors.contacts.labels import LABELS, Label
from plixa.actors.feature import Logic
from plixa.actors.workspace.kind import workspace_kind
from plixa.engine.actor import ActorType
from plixa.engine.events import Event, event_types
from plixa.engine.outside import EffectAgain, EffectBegun, EffectOver
from tests.kinds import KINDS, WORKSPACE, workspace

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "actors").rglob("*.py"))
MECHANISM = {"addresses", "feature", "fields", "folding", "hosts", "merged", "places", "sayings"}
"""Loose modules: what any feature may build on."""
ROOTS = {"state", "declarations", "upkeep", "events", "plans"}
"""The workspace's modules that are mechanism to the other features: its state and how it is declared."""


def module_of(path: Path) -> str:
    """A file's name as it is imported."""
    return "plixa." + ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def imported(path: Path) -> Iterator[str]:
    """The modules of the actors that a file imports, for type checkers only or inside a function included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in MODULES:
                    yield whole
                elif node.module in MODULES:
                    yield node.module


GRAPH = {name: {each for each in imported(path) if each != name} for name, path in MODULES.items()}


def circles(graph: dict[str, set[str]]) -> set[str]:
    """The modules that lead back to themselves."""
    return {start for start in graph if start in reached(graph, start)}


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """All that is imported from here, at any depth."""
    seen, ahead = set[str](), list(graph[start])
    while ahead:
        if (name := ahead.pop()) not in seen:
            seen.add(name)
            ahead += graph[name]
    return seen


def feature_of(module: str) -> str:
    """The room that a module stands in; a loose one is its own."""
    return module.split(".")[2]


def kinds_of(feature: str) -> tuple[ActorType[Any], ...]:
    """The actors of a feature, beside its part of the workspace."""
    logic: Logic = import_module(f"plixa.actors.{feature}.logic").LOGIC
    return logic.kinds


EVENTS = [cls for cls in event_types().values() if cls.__module__.startswith(("plixa.actors.", "plixa.engine."))]


def test_no_module_leads_back_to_itself_not_even_for_type_checkers() -> None:
    assert circles(GRAPH) == set()


def test_a_circle_is_found_however_long_it_is() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {"b", "c"}


def test_every_folder_is_a_feature_and_every_loose_file_a_named_mechanism() -> None:
    folders = {path.relative_to(ROOT / "actors").parts[0] for path in FILES if path.parent != ROOT / "actors"}
    assert folders <= set(features.FEATURES)
    assert {path.stem for path in (ROOT / "actors").glob("*.py")} - {"__init__"} == MECHANISM


@pytest.mark.parametrize("name", sorted(MECHANISM))
def test_mechanism_imports_no_feature(name: str) -> None:
    allowed = {f"plixa.actors.{each}" for each in MECHANISM}
    if name == "feature":  # says what a feature may bring to the workspace
        allowed |= {f"plixa.actors.workspace.{each}" for each in ROOTS}
    assert GRAPH[f"plixa.actors.{name}"] <= allowed


@pytest.mark.parametrize("module", [name for name in MODULES if name.count(".") > 2])
def test_a_feature_imports_another_only_through_its_face(module: str) -> None:
    others = {each for each in GRAPH[module] if feature_of(each) not in (feature_of(module), *MECHANISM)}
    wrong = {each for each in others if each.split(".", 3)[-1] not in face(feature_of(each))}
    assert wrong == set()


def face(feature: str) -> tuple[str, ...]:
    """The modules of a feature that others may import."""
    listed: tuple[str, ...] = import_module(f"plixa.actors.{feature}").FACE
    return listed


@pytest.mark.parametrize("feature", features.FEATURES)
def test_a_face_names_modules_that_there_are_and_that_somebody_imports(feature: str) -> None:
    if f"plixa.actors.{feature}" in MODULES:
        used = {each for name in GRAPH for each in GRAPH[name] if feature_of(name) != feature}
        assert {f"plixa.actors.{feature}.{each}" for each in face(feature)} <= used


def test_only_the_list_of_features_imports_what_a_feature_brings() -> None:
    assert [name for name, each in GRAPH.items() if any(module.endswith(".logic") for module in each)] == []


def test_a_workspace_has_what_the_features_declare_and_nothing_else() -> None:
    logics = features.logic()
    state = workspace(id=1)
    assert set(state.collections) == {each.name for logic in logics for each in logic.collections}
    assert set(state.configs) == {each.name for logic in logics for each in logic.configs}
    for each in (*state.collections.values(), *state.configs.values()):
        assert each.of(state) is not None


OWNERS = {
    **{cls: (*kinds_of(feature_of(cls.__module__)), WORKSPACE) for cls in EVENTS if ".actors." in cls.__module__},
    **dict.fromkeys((EffectAgain, EffectBegun, EffectOver), (KINDS["conversation"],)),
}


@pytest.mark.parametrize("cls", EVENTS, ids=lambda cls: cls.type)
def test_an_event_is_folded_by_its_actor_or_named_as_one_that_changes_nothing(cls: type[Event]) -> None:
    evolves: list[Any] = [kind.evolve for kind in OWNERS[cls]]
    assert any(cls in evolve.cases for evolve in evolves)


def test_a_number_names_what_earlier_releases_told_it_of_effects() -> None:
    evolve: Any = KINDS["number"].evolve
    assert {EffectAgain, EffectBegun, EffectOver} <= evolve.cases


def test_a_small_resource_is_read_by_its_declaration() -> None:
    label = Label(id=4, name="VIP", color="#ff0000")
    assert LABELS.of(workspace(id=1, labels={4: label}))[4] is label


def test_two_features_cannot_bring_the_same_name() -> None:
    with pytest.raises(ValueError, match="labels"):
        workspace_kind((Logic(collections=(LABELS,)), Logic(collections=(LABELS,))))


def test_two_features_cannot_decide_on_the_same_command() -> None:
    hours = next(each for each in features.logic() if any(c.name == "closures" for c in each.collections))
    with pytest.raises(ValueError, match=r"two cases for .*HolidaysSynced"):
        workspace_kind((hours, Logic(root=hours.root.__class__(evolves=hours.root.evolves))))


def test_a_kind_is_of_one_feature() -> None:
    brought = [kind.name for each in features.logic() for kind in each.kinds]
    assert sorted([*brought, "workspace"]) == sorted(KINDS)


def registers_elsewhere(tree: ast.Module) -> list[str]:
    """What a module adds, as it is imported, to something that another one has made."""
    strange = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    done = [each for function in functions for each in function.decorator_list]
    done += [node.value for node in tree.body if isinstance(node, ast.Expr)]
    calls = [node for each in done for node in ast.walk(each) if isinstance(node, ast.Call)]
    named = [ast.unparse(call.func) for call in calls if isinstance(call.func, ast.Attribute)]
    return [name for name in named if name.split(".")[0] in strange and name.endswith((".on", ".ignores"))]


@pytest.mark.parametrize("module", MODULES)
def test_nothing_gets_its_cases_by_being_imported(module: str) -> None:
    assert registers_elsewhere(ast.parse(MODULES[module].read_text())) == []


def test_a_case_that_is_added_elsewhere_is_found() -> None:
    """As the conversation's machines did."""
    old = (
        "from plixa.actors.conversation.state import evolve\n@evolve.on(Event)\ndef _case(): ...\nevolve.ignores(Other)"
    )
    assert registers_elsewhere(ast.parse(old)) == ["evolve.on", "evolve.ignores"]
