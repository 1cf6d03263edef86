"""What the live push leaves out for those who see less than the whole: a comparison in memory, for every event and
socket. Reads of the tables say the same in SQL (`storage/conversation/sight.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from plixa.actors.workspace.state import Workspace
from plixa.engine.fanout import Eyes, Facts, ShownEvent
from plixa.http.api import Caller
from plixa.http.realtime.holders import GONE, Holder, holder_of
from plixa.http.realtime.shown_events import About
from plixa.http.realtime.visible import restricted_to, sees_ratings


@dataclass(frozen=True, slots=True)
class LiveSight:
    """own_only: as in `restricted_to`. ratings: whether they see them. What is assigned to none of `members` is
    nobody's; `as_of` tells these members from others.
    """

    own_only: int | None
    ratings: bool
    members: Mapping[int, Any] = field(compare=False)
    as_of: int

    def __call__(self, shown: ShownEvent, facts: Facts) -> bytes | None:
        """What is seen of a conversation's event, by what holds now. Raises `Unknown`."""
        about: About = shown.about
        if about.what == "rating" and not self.ratings:
            return None
        if self.own_only is None or about.what == "end":
            return shown.body
        holder = holder_of(facts, about.conversation)
        return shown.body if self.sees(holder) else self._instead(about, holder)

    def sees(self, holder: Holder) -> bool:
        """Whether a conversation that this one looks after exists for them. Of what is gone nobody can tell any more
        whose it was."""
        return holder != GONE and (self.own_only is None or holder == self.own_only or holder not in self.members)

    def _instead(self, about: About, holder: Holder) -> bytes | None:
        """Of what is somebody else's they hear that it is gone for them, as it becomes so."""
        if about.what == "merge":
            return about.gone  # and not where to
        just_now = about.what == "assignment" and holder != GONE and self.sees(about.former)
        return about.gone if just_now else None


def eyes_of(workspace: Workspace, caller: Caller) -> Eyes:
    """How this member sees a workspace's events."""
    own_only, ratings = restricted_to(workspace, caller), sees_ratings(workspace, caller)
    if own_only is None and ratings:
        return Eyes(caller.user_id)
    return Eyes(caller.user_id, LiveSight(own_only, ratings, workspace.members, id(workspace.members)))
