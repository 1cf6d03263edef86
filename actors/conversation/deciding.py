"""A decision in the making.

A turn of a conversation passes several machines (clocks, greeting, flow, survey, assignment). Each event is folded as
it is added, so that the next machine sees what the last one decided. Nothing leaves before the whole is done: from
outside `decide` stays a function of state, command and moment.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from plixa.actors.conversation.state import Conversation
from plixa.actors.hours.opening import opening_hours
from plixa.actors.hours.week import Hours, is_open
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.events import Event


class Deciding:
    """`state` is the conversation after the `events` so far."""

    def __init__(self, state: Conversation, now: Moment) -> None:
        self.state = state
        self.now = now
        self.events: list[Event] = []

    def add(self, *events: Event) -> None:
        """These happen next."""
        for event in events:
            self.events.append(event)
            self.state = self.now.evolve(self.state, event)

    @property
    def at(self) -> datetime:
        """The time of the turn."""
        return self.now.at

    @property
    def workspace(self) -> Workspace:
        """The workspace with its settings."""
        workspace: Workspace = self.now.workspace
        return workspace

    @cached_property
    def hours(self) -> Hours:
        """When the workspace is open."""
        return opening_hours(self.workspace)

    @property
    def is_open(self) -> bool:
        """Whether it is open now."""
        return is_open(self.hours, self.at)

    def next_id(self) -> int:
        """A fresh id."""
        return next(self.now.ids)
