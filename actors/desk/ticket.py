"""A ticket: a member of a workspace talks with staff. It is an actor of the workspace, so that it is erased with it.

| | staff reply | member writes | note | member closes | member reopens | staff set the status |
|---|---|---|---|---|---|---|
| open | pending | open | as it is | closed | as it is | any |
| pending | pending | open | as it is | closed | as it is | any |
| solved | solved | open | as it is | closed | open | any |
| closed | refused | refused | as it is | as it is | open | any |

A member may show staff a conversation (`GrantReplay`): its events with what people wrote left out, or in the clear
where the member says so, until the ticket closes or the member takes it back. Each look is an event of the ticket
before anything is shown; a ticket that is opened again shows nothing until it is granted anew.

Solved closes by itself after seven days. A rating is taken of what is solved or closed, and may be changed for seven
days; opening it again clears it. Ids of tickets are unique among all workspaces. Notes are the staff's own: nothing
that a member hears or reads has any of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from plixa.engine.actor import (
    ActorType,
    Command,
    EffectDone,
    EffectFailed,
    EffectStarting,
    EffectUncertain,
    Moment,
    TimerFired,
)
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Forbidden, Invalid, NotFound
from plixa.engine.events import Event, event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

Status = Literal["open", "pending", "solved", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Who = Literal["user", "admin"]
CLOSES_AFTER = RATED_WITHIN = timedelta(days=7)
FIRST_RESPONSE: Mapping[Priority, timedelta] = {
    "urgent": timedelta(hours=1),
    "high": timedelta(hours=4),
    "normal": timedelta(hours=24),
    "low": timedelta(hours=72),
}
"""Until when somebody of staff should have answered."""
TIMER = "close"
MOST_MESSAGES = 1000
MOST_FILES = 5
MOST_GRANTS = 20


class File(Struct, frozen=True):
    """An attachment, which is stored beside the log."""

    id: int
    name: str
    mime: str
    bytes: int


class LastMessage(Struct, frozen=True):
    """The newest message that is not a note."""

    id: int
    author: Who
    at: datetime


class Rating(Struct, frozen=True, omit_defaults=True):
    rating: int
    at: datetime
    comment: str | None = None


class Grant(Struct, frozen=True, omit_defaults=True):
    """A conversation that staff may look at. parts: those that were merged into it by then, which are shown, too."""

    by: int
    at: datetime
    clear: bool = False
    parts: tuple[int, ...] = ()
    looks: int = 0
    looked_at: datetime | None = None


class Ticket(Struct, frozen=True, omit_defaults=True):
    """Opened once `opened_by` is there. changes: how often something has happened. grants: by conversation.

    waiting_since: when the oldest word of the member's came that has no answer.
    """

    id: int
    opened_by: int = 0
    subject: str = ""
    status: Status = "open"
    priority: Priority = "normal"
    requested_priority: Priority = "normal"
    assignee: int | None = None
    tags: tuple[int, ...] = ()
    opened_at: datetime | None = None
    follows: int | None = None
    messages: int = 0
    notes: int = 0
    last: LastMessage | None = None
    waiting_since: datetime | None = None
    first_response_at: datetime | None = None
    settled_at: datetime | None = None
    rating: Rating | None = None
    changes: int = 0
    grants: dict[int, Grant] = {}  # msgspec copies an empty default


# -- what is asked -----------------------------------------------------------------------------------------------------


class OpenTicket(Command, frozen=True, kw_only=True, tag=True):
    """follows: a closed ticket that this one goes on with."""

    by: int
    subject: str
    body: str
    priority: Priority = "normal"
    files: tuple[File, ...] = ()
    follows: int | None = None


class Write(Command, frozen=True, kw_only=True, tag=True):
    """author: a member, or somebody of staff. seen: the newest message that they have seen; None asks for no check."""

    who: Who
    author: int
    name: str
    body: str
    files: tuple[File, ...] = ()
    internal: bool = False
    seen: int | None = None


class MoveTicket(Command, frozen=True, kw_only=True, tag=True):
    """To this status. who: members may only close, and open again."""

    who: Who
    status: Status


class Prioritise(Command, frozen=True, kw_only=True, tag=True):
    priority: Priority


class Assign(Command, frozen=True, kw_only=True, tag=True):
    admin_id: int | None


class TagTicket(Command, frozen=True, kw_only=True, tag=True):
    tags: tuple[int, ...]


class Rate(Command, frozen=True, kw_only=True, tag=True):
    rating: int
    comment: str | None = None


class GrantReplay(Command, frozen=True, kw_only=True, tag=True):
    """parts: those that were merged into the conversation."""

    by: int
    conversation_id: int
    parts: tuple[int, ...] = ()
    clear: bool = False


class RevokeReplay(Command, frozen=True, kw_only=True, tag=True):
    conversation_id: int


class LookAtReplay(Command, frozen=True, kw_only=True, tag=True):
    """Staff are about to be shown it. after: from which offset of the log on."""

    admin_id: int
    conversation_id: int
    after: int = 0


# -- what happened -----------------------------------------------------------------------------------------------------


@event("ticket.opened", personal=("subject", "body", "files"))
class TicketOpened(Event, frozen=True, kw_only=True):
    message_id: int
    at: datetime
    by: int
    name: str = ""
    priority: Priority = "normal"
    follows: int | None = None
    subject: str = ""
    body: str = ""
    files: tuple[File, ...] = ()


@event("ticket.written", personal=("body", "files"))
class TicketWritten(Event, frozen=True, kw_only=True):
    message_id: int
    at: datetime
    opener: int
    who: Who
    author: int
    name: str
    body: str = ""
    files: tuple[File, ...] = ()


@event("ticket.noted", personal=("body",))
class TicketNoted(Event, frozen=True, kw_only=True):
    """Of staff, for staff."""

    message_id: int
    at: datetime
    author: int
    name: str
    body: str = ""


@event("ticket.moved")
class TicketMoved(Event, frozen=True, kw_only=True):
    """Why: `written` by somebody, `asked` for, or of itself after its `time`."""

    status: Status
    was: Status
    at: datetime
    opener: int
    why: Literal["written", "asked", "time"]


@event("ticket.prioritised")
class TicketPrioritised(Event, frozen=True, kw_only=True):
    priority: Priority
    was: Priority


@event("ticket.assigned")
class TicketAssigned(Event, frozen=True, kw_only=True):
    admin_id: int | None
    was: int | None


@event("ticket.tagged")
class TicketTagged(Event, frozen=True, kw_only=True):
    tags: tuple[int, ...]


@event("ticket.rated", personal=("comment",))
class TicketRated(Event, frozen=True, kw_only=True):
    rating: int
    at: datetime
    comment: str | None = None


@event("ticket.replay_granted")
class ReplayGranted(Event, frozen=True, kw_only=True):
    conversation_id: int
    by: int
    at: datetime
    opener: int
    clear: bool = False
    parts: tuple[int, ...] = ()


@event("ticket.replay_revoked")
class ReplayRevoked(Event, frozen=True, kw_only=True):
    conversation_id: int
    opener: int


@event("ticket.replay_looked_at")
class ReplayLookedAt(Event, frozen=True, kw_only=True):
    conversation_id: int
    admin_id: int
    at: datetime
    opener: int
    clear: bool = False
    after: int = 0


# -- decisions ---------------------------------------------------------------------------------------------------------

decide: Decider[Ticket] = Decider()
evolve: Evolver[Ticket] = Evolver()
decide.on(EffectStarting, EffectDone, EffectFailed, EffectUncertain)(decide_nothing)


def must_be_there(state: Ticket) -> None:
    """Raises `NotFound` for one that nobody opened."""
    if not state.opened_by:
        raise NotFound("ticket")


@decide.on(OpenTicket)
def _open(state: Ticket, command: OpenTicket, now: Moment) -> Sequence[Event]:
    if state.opened_by:
        raise Conflict("This ticket is open already.")
    member = now.workspace.members.get(command.by)
    return [
        TicketOpened(
            message_id=next(now.ids),
            at=now.at,
            by=command.by,
            name="" if member is None else member.name,
            priority=command.priority,
            follows=command.follows,
            subject=command.subject,
            body=command.body,
            files=command.files,
        )
    ]


@decide.on(Write)
def _write(state: Ticket, command: Write, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.messages + state.notes >= MOST_MESSAGES:
        raise Conflict("This ticket is full. Open a new one that names it.", code="TICKET_FULL")
    if command.internal:
        return [
            TicketNoted(
                message_id=next(now.ids), at=now.at, author=command.author, name=command.name, body=command.body
            )
        ]
    if state.status == "closed":
        raise Conflict("This ticket is closed. Open a new one that names it.", code="TICKET_CLOSED")
    _must_be_up_to_date(state, command)
    written = TicketWritten(
        message_id=next(now.ids),
        at=now.at,
        opener=state.opened_by,
        who=command.who,
        author=command.author,
        name=command.name,
        body=command.body,
        files=command.files,
    )
    return [written, *_moved(state, _after_writing(state.status, command.who), now.at, "written")]


def _must_be_up_to_date(state: Ticket, command: Write) -> None:
    """Raises `Conflict` where the other side has written meanwhile: whoever answers should have read it."""
    if command.seen is not None and state.last is not None and command.seen < state.last.id:
        raise Conflict(
            "Somebody has written meanwhile. Read it, and send again.",
            code="NEWER_MESSAGE",
            details={"message_id": [str(state.last.id)]},
        )


def _after_writing(status: Status, who: Who) -> Status:
    if who == "user":
        return "open"
    return "pending" if status == "open" else status


def _moved(state: Ticket, status: Status, at: datetime, why: Literal["written", "asked", "time"]) -> list[Event]:
    if status == state.status:
        return []
    return [TicketMoved(status=status, was=state.status, at=at, opener=state.opened_by, why=why)]


@decide.on(MoveTicket)
def _move(state: Ticket, command: MoveTicket, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if command.who == "user" and command.status == "open" and state.status not in ("solved", "closed"):
        return []
    return _moved(state, command.status, now.at, "asked")


@decide.on(Prioritise)
def _prioritise(state: Ticket, command: Prioritise, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if command.priority == state.priority:
        return []
    return [TicketPrioritised(priority=command.priority, was=state.priority)]


@decide.on(Assign)
def _assign(state: Ticket, command: Assign, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if command.admin_id == state.assignee:
        return []
    return [TicketAssigned(admin_id=command.admin_id, was=state.assignee)]


@decide.on(TagTicket)
def _tag(state: Ticket, command: TagTicket, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    tags = tuple(sorted(set(command.tags)))
    return [] if tags == state.tags else [TicketTagged(tags=tags)]


@decide.on(Rate)
def _rate(state: Ticket, command: Rate, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status not in ("solved", "closed"):
        raise Conflict("A ticket can be rated once it is solved or closed.", code="TICKET_NOT_SOLVED")
    if not 1 <= command.rating <= 5:
        raise Invalid({"rating": ["The rating must be between 1 and 5."]})
    given = state.rating
    if given is not None and now.at - given.at > RATED_WITHIN:
        raise Conflict("A rating can be changed for seven days.", code="RATING_CLOSED")
    if given is not None and (given.rating, given.comment) == (command.rating, command.comment):
        return []
    return [TicketRated(rating=command.rating, at=now.at, comment=command.comment)]


@decide.on(GrantReplay)
def _grant(state: Ticket, command: GrantReplay, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if state.status == "closed":
        raise Conflict("This ticket is closed. Open a new one that names it.", code="TICKET_CLOSED")
    given = state.grants.get(command.conversation_id)
    if given is not None and (given.clear, given.parts) == (command.clear, command.parts):
        return []
    if given is None and len(state.grants) >= MOST_GRANTS:
        raise Conflict(f"Staff may look at {MOST_GRANTS} conversations of a ticket at most.")
    return [
        ReplayGranted(
            conversation_id=command.conversation_id,
            by=command.by,
            at=now.at,
            opener=state.opened_by,
            clear=command.clear,
            parts=command.parts,
        )
    ]


@decide.on(RevokeReplay)
def _revoke(state: Ticket, command: RevokeReplay, _now: Moment) -> Sequence[Event]:
    must_be_there(state)
    if command.conversation_id not in state.grants:
        return []
    return [ReplayRevoked(conversation_id=command.conversation_id, opener=state.opened_by)]


@decide.on(LookAtReplay)
def _look(state: Ticket, command: LookAtReplay, now: Moment) -> Sequence[Event]:
    must_be_there(state)
    grant = state.grants.get(command.conversation_id)
    if grant is None:
        raise Forbidden("No member lets staff look at this conversation by this ticket.", code="REPLAY_NOT_GRANTED")
    looked = ReplayLookedAt(
        conversation_id=command.conversation_id,
        admin_id=command.admin_id,
        at=now.at,
        opener=state.opened_by,
        clear=grant.clear,
        after=command.after,
    )
    return [looked]


@decide.on(TimerFired)
def _fired(state: Ticket, command: TimerFired, now: Moment) -> Sequence[Event]:
    if timers(state).get(command.name) != command.due:
        return []
    return _moved(state, "closed", now.at, "time")


def timers(state: Ticket) -> Mapping[str, datetime]:
    """When it closes by itself."""
    if state.status != "solved" or state.settled_at is None:
        return {}
    return {TIMER: state.settled_at + CLOSES_AFTER}


def first_response_due(state: Ticket) -> datetime | None:
    """Until when somebody should have answered, by the priority that it has now."""
    return None if state.opened_at is None else state.opened_at + FIRST_RESPONSE[state.priority]


# -- what follows ------------------------------------------------------------------------------------------------------


def effects(state: Ticket, happened: Event) -> Iterator[Effect]:
    """Staff hear that something has happened with a ticket, and browsers of theirs of what a member writes; its opener
    gets a mail of what staff write."""
    match happened:
        case TicketWritten(who="admin"):
            lane = f"ticket-mail-{happened.message_id}"
            yield Effect(lane, "ticket.mail", lane, "mail", {"ticket_id": state.id, "user_id": state.opened_by})
        case TicketOpened() | TicketWritten():
            lane, what = f"ticket-push-{happened.message_id}", "opened" if state.messages == 1 else "written"
            yield Effect(lane, "ticket.push", lane, "push", {"what": what, "at": happened.at.isoformat()})
        case _:
            pass
    if isinstance(happened, ReplayLookedAt):
        return  # whoever looks knows
    lane = f"ticket-told-{state.id}"
    yield Effect(f"{lane}-{state.changes}", "ticket.tell", lane, "desk", {"change": state.changes})


# -- how it changes ----------------------------------------------------------------------------------------------------


@evolve.on(TicketOpened)
def _opened(state: Ticket, event: TicketOpened) -> Ticket:
    return replace(
        state,
        opened_by=event.by,
        subject=event.subject,
        priority=event.priority,
        requested_priority=event.priority,
        opened_at=event.at,
        follows=event.follows,
        messages=1,
        last=LastMessage(event.message_id, "user", event.at),
        waiting_since=event.at,
        changes=state.changes + 1,
    )


@evolve.on(TicketWritten)
def _written(state: Ticket, event: TicketWritten) -> Ticket:
    answered = event.who == "admin"
    return replace(
        state,
        messages=state.messages + 1,
        last=LastMessage(event.message_id, event.who, event.at),
        waiting_since=None if answered else state.waiting_since or event.at,
        first_response_at=state.first_response_at or (event.at if answered else None),
        changes=state.changes + 1,
    )


@evolve.on(TicketNoted)
def _noted(state: Ticket, _event: TicketNoted) -> Ticket:
    return replace(state, notes=state.notes + 1, changes=state.changes + 1)


@evolve.on(TicketMoved)
def _was_moved(state: Ticket, event: TicketMoved) -> Ticket:
    settled = event.status in ("solved", "closed")
    was_settled = state.status in ("solved", "closed")
    return replace(
        state,
        status=event.status,
        settled_at=(state.settled_at if was_settled else event.at) if settled else None,
        waiting_since=None if settled else state.waiting_since,
        rating=state.rating if settled else None,
        grants={} if event.status == "closed" else state.grants,
        changes=state.changes + 1,
    )


@evolve.on(TicketPrioritised)
def _prioritised(state: Ticket, event: TicketPrioritised) -> Ticket:
    return replace(state, priority=event.priority, changes=state.changes + 1)


@evolve.on(TicketAssigned)
def _assigned(state: Ticket, event: TicketAssigned) -> Ticket:
    return replace(state, assignee=event.admin_id, changes=state.changes + 1)


@evolve.on(TicketTagged)
def _tagged(state: Ticket, event: TicketTagged) -> Ticket:
    return replace(state, tags=event.tags, changes=state.changes + 1)


@evolve.on(TicketRated)
def _rated(state: Ticket, event: TicketRated) -> Ticket:
    rating = Rating(event.rating, event.at, event.comment)
    return replace(state, rating=rating, changes=state.changes + 1)


@evolve.on(ReplayGranted)
def _granted(state: Ticket, event: ReplayGranted) -> Ticket:
    before = state.grants.get(event.conversation_id)
    looks, looked_at = (0, None) if before is None else (before.looks, before.looked_at)
    grant = Grant(event.by, event.at, event.clear, event.parts, looks, looked_at)
    return replace(state, grants={**state.grants, event.conversation_id: grant}, changes=state.changes + 1)


@evolve.on(ReplayRevoked)
def _revoked(state: Ticket, event: ReplayRevoked) -> Ticket:
    left = {id_: grant for id_, grant in state.grants.items() if id_ != event.conversation_id}
    return replace(state, grants=left, changes=state.changes + 1)


@evolve.on(ReplayLookedAt)
def _looked_at(state: Ticket, event: ReplayLookedAt) -> Ticket:
    grant = state.grants.get(event.conversation_id)
    if grant is None:
        return state
    seen = replace(grant, looks=grant.looks + 1, looked_at=event.at)
    return replace(state, grants={**state.grants, event.conversation_id: seen})


TICKET: ActorType[Ticket] = ActorType(
    name="ticket",
    initial=lambda id_: Ticket(id=id_),
    decide=decide,
    evolve=evolve,
    timers=timers,
    timer_families=frozenset({TIMER}),
    effects=effects,
)
