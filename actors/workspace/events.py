"""What can have happened in a workspace: its people, its settings, its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from plixa.engine.events import Event, event

Role = Literal["owner", "agent"]


@event("workspace.founded")
class WorkspaceFounded(Event, frozen=True, kw_only=True):
    founded_at: datetime
    name: str
    slug: str
    country_code: str
    timezone: str
    locale: Literal["en", "pt-BR", "pt", "es"]
    currency: str = "USD"
    tax_id: str | None = None
    trial_ends_at: datetime


@event("member.joined")
class MemberJoined(Event, frozen=True, kw_only=True):
    user_id: int
    name: str
    email: str
    role: Role
    locale: str | None = None
    joined_at: datetime | None = None


@event("member.changed")
class MemberChanged(Event, frozen=True, kw_only=True):
    """A member's own preferences, as they are now."""

    user_id: int
    name: str
    locale: str | None = None


@event("number.added")
class NumberAdded(Event, frozen=True, kw_only=True):
    """A number was asked for; the gateway's instance is made next."""

    number_id: int
    instance: str
    added_at: datetime
    name: str | None = None


@event("number.removed")
class NumberRemoved(Event, frozen=True, kw_only=True):
    """It is the workspace's no more; what was said on it stays."""

    number_id: int
