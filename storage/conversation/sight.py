"""Which conversations somebody may see who sees only their own and nobody's, as SQL. The one place that says so there;
`http/realtime/visible.py` says it for what is in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sight:
    """`user_id` sees their own. What is assigned to somebody who is none of `members` (any more) is nobody's."""

    user_id: int
    members: tuple[int, ...]


def within(sight: Sight | None, args: list[Any], column: str = "assigned_user_id") -> str:
    """A condition on a conversation's assignee; its parameters are added to `args`. None sees everything."""
    if sight is None:
        return "true"
    args += [sight.user_id, list(sight.members)]
    own, members = f"${len(args) - 1}", f"${len(args)}"
    return f"({column} is null or {column} = {own} or {column} <> all ({members}::bigint[]))"
