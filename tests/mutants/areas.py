"""The parts of the project, and the tests that should notice a fault in each: the quick ones first."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

NODE = ("tests/http/test_main_flow.py", "tests/http/test_ingress.py", "tests/http/test_held.py")


@dataclass(frozen=True)
class Area:
    """sources: patterns of files in which faults are made; tests: patterns of test files, in the order of trying."""

    name: str
    sources: Sequence[str]
    tests: Sequence[str]

    def modules(self, root: Path) -> list[Path]:
        """The files of this area."""
        return _matching(root, self.sources)

    def tests_for(self, root: Path, module: Path) -> list[str]:
        """Its test files; of each pattern those first that import the module."""
        name = "plixa." + ".".join(module.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        files = [
            file
            for pattern in self.tests
            for file in sorted(_matching(root, [pattern]), key=lambda file: name not in _imports(file))
            if file.name.startswith("test_")
        ]
        return [str(file.relative_to(root)) for file in dict.fromkeys(files)]


AREAS = {
    area.name: area
    for area in (
        Area("engine", ["engine/*.py"], ["tests/engine/*.py", "tests/test_rounds.py", "tests/fault/test_isolation.py"]),
        Area("conversation", ["actors/conversation/*.py"], ["tests/actors/*.py"]),
        Area("actors", ["actors/*.py", "actors/[!c]*/*.py", "actors/contacts/*.py", "actors/ca*/*.py"],
             ["tests/actors/*.py", "tests/http/test_campaigns.py", "tests/calendars/test_linking.py"]),
        Area("storage", ["storage/*.py", "storage/[elt]*/*.py"], ["tests/storage/*.py", "tests/http/test_two_factor.py",
                                                                  *NODE]),
        Area("reads", ["storage/[!elt]*/*.py"], ["tests/storage/*.py", "tests/http/test_[drsupv]*.py", *NODE]),
        Area("gateway", ["http/whatsapp/*.py"], ["tests/http/test_lanes.py", "tests/http/test_kept.py", *NODE,
                                                "tests/http/test_[bgnops]*.py"]),
        Area("routes", ["http/*/routes.py", "http/*/routes/*.py"], ["tests/http/*.py"]),
        Area("clients", ["http/clients/*.py", "http/clients/*/*.py", "http/whatsapp/evolution/*.py",
                         "http/ai/client/*.py"], ["tests/clients/*.py", "tests/clients/*/*.py"]),
        Area("http", ["http/api/*.py", "http/realtime/*.py", "http/[!cgpsw]*/*.py", "http/s[!it]*/*.py",
                      "http/staff/*.py", "http/ca*/*.py", "http/co*/*.py", "http/p[!a]*/*.py", "http/pay*/*.py",
                      "http/workspace/*.py", "http/webhooks/*.py"],
             ["tests/http/*.py", "tests/webhooks/*.py", "tests/calendars/*.py"]),
    )
}  # fmt: skip


def _matching(root: Path, patterns: Iterable[str]) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    return list(dict.fromkeys(found))


def _imports(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names} | {str(n.module) for n in nodes}
