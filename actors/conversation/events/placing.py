"""Where it belongs: who looks after it, its sector, labels and contact."""

from __future__ import annotations

from datetime import datetime

from plixa.actors.assignment.choice import Considered
from plixa.engine.events import Event, event


@event("conversation.assigned")
class ConversationAssigned(Event, frozen=True, kw_only=True):
    """Who looks after it now; None for nobody. `why` says which rule or person decided, and who else could have.

    considered: the candidates of a rule with their loads, the runner-up second.
    """

    assigned_user_id: int | None
    why: str
    rule_id: int | None = None
    considered: tuple[Considered, ...] = ()
    at: datetime | None = None


@event("conversation.queued")
class ConversationQueued(Event, frozen=True, kw_only=True):
    """A rule wanted to assign it and nobody could take it: it waits in plain sight, oldest first."""

    why: str
    rule_id: int | None = None
    waits_for: int | None = None
    considered: tuple[Considered, ...] = ()


@event("assignment.wanted")
class AssignmentWanted(Event, frozen=True, kw_only=True):
    """A brand-new conversation, and there are rules: the tenant's dispatcher is asked who gets it."""

    episode: int


@event("member.freed")
class MemberFreed(Event, frozen=True, kw_only=True):
    """A member has one conversation less: the dispatcher may give them the oldest one that waits.

    let_go: they gave this one up, and are not to have it back at once.
    """

    user_id: int
    offer_id: int
    let_go: bool = False


@event("conversation.let_go")
class ConversationLetGo(Event, frozen=True, kw_only=True):
    """It is open and nobody's again: the dispatcher looks for somebody who is free.

    had_by: who has just let go of it, and does not get it back at once; None: nobody has. waits_for: whom a rule wants
    to have it, where that was said of one that was merged into it.
    """

    had_by: int | None = None
    offer_id: int
    waits_for: int | None = None


@event("conversation.routed")
class ConversationRouted(Event, frozen=True, kw_only=True):
    """It belongs to this sector now; None for none."""

    sector_id: int | None
    why: str


@event("conversation.labelled")
class ConversationLabelled(Event, frozen=True, kw_only=True):
    """`labels`: all that it has now."""

    label_id: int
    why: str
    labels: tuple[int, ...] = ()


@event("conversation.unlabelled")
class ConversationUnlabelled(Event, frozen=True, kw_only=True):
    """`labels`: all that it has now."""

    label_id: int
    why: str
    labels: tuple[int, ...] = ()


@event("conversation.detached")
class ConversationDetached(Event, frozen=True, kw_only=True):
    """Its contact was erased; the conversation stays, shown by its phone number."""

    contact_id: int


@event("conversation.moved")
class ConversationMoved(Event, frozen=True, kw_only=True):
    """Its contact was found to be another one (merged), or is itself again."""

    contact_id: int
