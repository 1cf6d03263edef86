"""Auto-assignment rules: who gets a brand-new conversation. The lowest priority runs first (`choice.py`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plixa.actors.contacts.labels import LABELS
from plixa.actors.fields import Id, Line
from plixa.actors.workspace.declarations import Collection, Item
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid


class AssignmentRule(Item, frozen=True, omit_defaults=True, kw_only=True):
    priority: Annotated[int, Field(ge=0, le=1_000_000)]
    condition_type: Literal["always", "keyword", "label"]
    condition_value: Annotated[Line, StringConstraints(max_length=200)] | None = None
    action_type: Literal["assign_user", "round_robin", "least_busy"]
    action_user_id: Id | None = None
    is_active: bool = True


def _consistent(workspace: Workspace, rule: AssignmentRule) -> AssignmentRule:
    if _only_switched_off(workspace, rule):
        return rule
    wrong: dict[str, list[str]] = {}
    if rule.condition_type == "keyword" and not rule.condition_value:
        wrong["condition_value"] = ["A keyword rule needs the phrase to look for."]
    if rule.condition_type == "label" and not _is_label(workspace, rule.condition_value):
        wrong["condition_value"] = ["A label rule needs the id of one of the workspace's labels."]
    if rule.action_type == "assign_user" and rule.action_user_id is None:
        wrong["action_user_id"] = ["Say which member the conversations go to."]
    if wrong:
        raise Invalid(wrong)
    return rule


def _only_switched_off(workspace: Workspace, rule: AssignmentRule) -> bool:
    """A rule whose label or member is gone may be switched off as it is."""
    old = ASSIGNMENT_RULES.of(workspace).get(rule.id)
    same = ("condition_type", "condition_value", "action_type")
    unchanged = old is not None and all(getattr(old, name) == getattr(rule, name) for name in same)
    return unchanged and not rule.is_active


def _is_label(workspace: Workspace, value: str | None) -> bool:
    return value is not None and value.isascii() and value.isdigit() and int(value) in LABELS.of(workspace)


ASSIGNMENT_RULES = Collection(
    name="assignment_rules",
    one="auto_assignment_rule",
    item=AssignmentRule,
    path="/v1/auto-assignment-rules",
    tag="Auto-assignment",
    param="rule",
    feature="auto_assignment",
    references={"action_user_id": "members"},
    check=_consistent,
    order=lambda rule: (rule.priority, rule.id),
)
