"""The parts of the project, and the tests that should notice a fault in each."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NODE = ("tests/http/test_main_flow.py", "tests/http/test_ingress.py", "tests/http/test_held.py")


@dataclass(frozen=True)
class Area:
    """sources: patterns of files in which faults are made; tests: patterns of files of tests."""

    name: str
    sources: Sequence[str]
    tests: Sequence[str]

    def modules(self, root: Path) -> list[Path]:
        """The files of this area; none of its tests, whose folders may be called the same."""
        return [file for file in _matching(root, self.sources) if not file.is_relative_to(root / "tests")]

    def tests_in(self, root: Path) -> list[str]:
        """Its files of tests, in the order of the patterns."""
        files = [file for file in _matching(root, self.tests) if file.name.startswith("test_")]
        return [str(file.relative_to(root)) for file in files]

    def tests_near(self, root: Path, module: Path) -> set[str]:
        """Those that import the module themselves."""
        name = "plixa." + ".".join(module.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        return {file for file in self.tests_in(root) if name in _imports(root / file)}


AREAS = {
    area.name: area
    for area in (
        Area("engine", ["engine/*.py"], ["tests/engine/*.py", "tests/test_rounds.py", "tests/fault/test_isolation.py"]),
        Area("conversation", ["actors/conversation/*.py"], [f"tests/actors/test_{name}.py" for name in (
            "conversation*", "automation", "csat", "sla", "merging", "reopening", "dispatch", "explain", "flow_taps",
            "flow_booking", "assignment", "packing", "told", "broadcast_rules")]),
        Area("actors", ["actors/*.py", "actors/[!c]*/*.py", "actors/contacts/*.py", "actors/ca*/*.py"],
             ["tests/actors/*.py", "tests/http/test_campaigns.py", "tests/calendars/test_linking.py"]),
        Area("storage", ["storage/*.py", "storage/[elt]*/*.py"], ["tests/storage/*.py", "tests/http/test_two_factor.py",
                                                                  "tests/http/test_backup.py",
                                                                  "tests/http/test_rekey.py", *NODE]),
        Area("reads", ["storage/[acfhnr]*/*.py", "storage/br*/*.py", "storage/po*/*.py", "storage/w[ho]*/*.py"],
             ["tests/storage/*.py", "tests/calendars/*.py", "tests/http/test_[druv]*.py",
              "tests/http/test_contacts*.py", *(f"tests/http/test_{name}.py" for name in (
                  "search", "settings", "sight", "push", "broadcasts", "campaigns", "flows", "help", "placing",
                  "neighbour_ids", "merge_conversations", "owner_questions")), *NODE]),
        Area("gateway", ["http/whatsapp/*.py"], [
            "tests/actors/test_number.py", "tests/clients/evolution/*.py", "tests/simulator/test_our_menus.py", *NODE,
            "tests/test_layout_http.py",
            *(f"tests/http/test_{name}.py" for name in (
                "ingress_alone", "intake_alone", "lanes", "kept", "watch", "put_aside",
                "customers_write", "menus", "flow_files", "hostile_bodies",
                "stuck", "numbers", "merge_conversations", "genuine", "files", "push_outbox", "erasure", "onboarding",
                "races", "owner_questions"))]),
        Area("scheduling", ["*/scheduling/*.py"], ["tests/actors/test_agenda*.py", "tests/actors/test_flow_booking.py",
                                                   "tests/http/test_agenda*.py", "tests/http/test_appointment*.py",
                                                   "tests/http/test_waitlist.py"]),
        Area("billing", ["*/billing/*.py", "*/payments/*.py"],
             ["tests/actors/test_billing*.py", "tests/actors/test_payment*.py", "tests/actors/test_ledger.py",
              "tests/actors/test_agenda_paying.py", "tests/http/test_billing*.py", "tests/http/test_payments.py",
              "tests/http/test_agenda_deposits.py", "tests/stripe/*.py"]),
        Area("webhooks", ["*/webhooks/*.py"], ["tests/webhooks/*.py"]),
        Area("staff", ["*/staff/*.py", "*/desk/*.py"],
             ["tests/http/test_staff.py", "tests/http/test_desk.py", "tests/http/test_two_factor.py"]),
        Area("people", ["*/people/*.py", "http/people/routes/*.py", "http/api/auth.py", "http/api/limits.py"],
             ["tests/http/test_passwords.py", "tests/http/test_t[eow]*.py", "tests/http/test_lockout.py",
              "tests/http/test_rates.py", "tests/http/test_auth.py", "tests/http/test_accounts.py",
              "tests/http/test_matrix.py", "tests/actors/test_workspace_team.py"]),
        Area("panel", ["http/panel/*.py", "http/realtime/*.py"],
             ["tests/http/test_panel*.py", "tests/http/test_live*.py", "tests/http/test_views_live.py",
              "tests/http/test_sight.py"]),
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


@cache
def _imports(path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom) and node.module]
    return {f"{node.module}.{alias.name}" for node in nodes for alias in node.names} | {str(n.module) for n in nodes}
