"""The tenant's dispatcher: it places brand-new conversations by the rules, and hands out what waits in the queue.

It sees all loads at once: how many open conversations each member has comes with the command (`prepare` looks it up
in the read model inside the turn), and what it has decided since and is not yet to be seen there is in `underway`.
The queue needs no keeping: it is the open conversations that are nobody's, oldest first. The conversation has the last
word: one that was taken in the meantime stays with whoever took it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.assignment.choice import (
    Candidate,
    Considered,
    Decision,
    QueuedConversation,
    decide_assignment,
    least_busy_first,
    next_from_queue,
)
from plixa.actors.assignment.rules import ASSIGNMENT_RULES
from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.workspace.plans import assigns_by_rules
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import ActorType, Command, EffectDone, EffectFailed, EffectStarting, EffectUncertain, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.events import Event, event
from plixa.engine.outside import decide_nothing
from plixa.engine.ports import Effect

UNDER_WAY = 200
AFTER_OTHERS = "Others have waited longer; whoever was free got the oldest of them."
MEANT = 500


class QueueLookUp(Struct, frozen=True):
    """What the read model says: open conversations by member, and the head of the queue, oldest first."""

    loads: dict[int, int] = {}  # msgspec copies an empty default
    queue: tuple[QueuedConversation, ...] = ()


class Asking(Command, frozen=True, kw_only=True):
    """What all that ask for somebody bring along. online: who has the panel open, as far as that is known."""

    online: tuple[int, ...] | None = None
    found: QueueLookUp | None = None


class FindAssignee(Asking, frozen=True, kw_only=True, tag=True):
    """A brand-new conversation wants somebody. `message`: its first words, for keyword rules."""

    conversation_id: int
    message: str | None
    label_ids: tuple[int, ...] = ()
    sector_id: int | None = None


class Offer(Asking, frozen=True, kw_only=True, tag=True):
    """A member came online, or has one conversation less.

    let_go: the conversation that they have just let go of, which they are not given back at once.
    """

    user_id: int
    let_go: int | None = None


class OfferRound(Asking, frozen=True, kw_only=True, tag=True):
    """A conversation is nobody's again. Whoever is free gets the oldest that waits; `let_go` is not for who had it.

    waits_for: whom a rule wants to have it, by what was decided of one that was merged into it.
    """

    let_go: int
    had_by: int | None = None
    waits_for: int | None = None


class Settled(Command, frozen=True, kw_only=True, tag=True):
    """The conversation has heard what was decided; the read model shows what came of it."""

    conversation_id: int


@event("assignment.decided")
class AssignmentDecided(Event, frozen=True, kw_only=True):
    """Why this one, and who else could have: `considered` in order of preference, those left out last."""

    conversation_id: int
    user_id: int | None
    why: str
    decided_at: datetime
    number: int
    rule_id: int | None = None
    cursor: int | None = None
    waits_for: int | None = None
    considered: tuple[Considered, ...] = ()


@event("assignment.settled")
class AssignmentSettled(Event, frozen=True, kw_only=True):
    conversation_id: int


class Meant(Struct, frozen=True):
    """A conversation was queued for this member, at that time; it counts while the conversation waits since before."""

    user_id: int
    at: datetime


class Dispatch(Struct, frozen=True, omit_defaults=True):
    """cursor: whom the last round robin chose. underway: decisions that conversations have not heard yet. meant: those
    in the queue that a rule wants one member to have."""

    id: int
    cursor: int | None = None
    number: int = 0
    underway: dict[int, int] = {}
    last_assigned: dict[int, datetime] = {}
    meant: dict[int, Meant] = {}


decide: Decider[Dispatch] = Decider()
evolve: Evolver[Dispatch] = Evolver()


def candidates(workspace: Workspace, state: Dispatch, asked: Asking) -> list[Candidate]:
    """All members as the rules see them."""
    loads = asked.found.loads if asked.found else {}
    more = list(state.underway.values())
    online = (
        workspace.members.keys() if not INBOX.of(workspace).assign_only_online or asked.online is None else asked.online
    )
    return [
        Candidate(
            member.id,
            member.name,
            getattr(member, "is_available", True),
            tuple(sector.id for sector in SECTORS.of(workspace).values() if member.id in sector.user_ids),
            loads.get(member.id, 0) + more.count(member.id),
            state.last_assigned.get(member.id),
            INBOX.of(workspace).agent_capacity,
            member.id in online,
        )
        for member in workspace.members.values()
    ]


@decide.on(FindAssignee)
def _place(state: Dispatch, command: FindAssignee, now: Moment) -> Sequence[Event]:
    if command.conversation_id in state.underway:
        return []
    decision = decided(state, command, now)
    if decision.outcome == "unruled":
        return []
    older = (
        None if decision.user_id is None or _names_somebody(decision, now) else _older(state, command, decision, now)
    )
    if older is None:
        return [_event(state, command.conversation_id, decision, now)]
    queued = replace(decision, outcome="queued", user_id=None, why=AFTER_OTHERS, cursor_after=state.cursor)
    return [older, _event(evolve(state, older), command.conversation_id, queued, now)]


def _names_somebody(decision: Decision, now: Moment) -> bool:
    """Whether a rule wants this very member to have it, whoever waits."""
    rule = ASSIGNMENT_RULES.of(now.workspace).get(decision.rule_id or 0)
    return rule is not None and rule.action_type == "assign_user"


def _older(state: Dispatch, command: FindAssignee, decision: Decision, now: Moment) -> AssignmentDecided | None:
    """The conversation that has waited longest for whoever would get the new one: they get that."""
    queue = [each for each in (command.found or QueueLookUp()).queue if each.conversation_id != command.conversation_id]
    one = next(each for each in candidates(now.workspace, state, command) if each.user_id == decision.user_id)
    return _hand_out(state, one, queue, now)


def decided(state: Dispatch, command: FindAssignee, now: Moment) -> Decision:
    """What the rules say; a preview is this and nothing else."""
    workspace: Workspace = now.workspace
    return decide_assignment(
        ASSIGNMENT_RULES.of(workspace).values(),
        command.message,
        command.label_ids,
        command.sector_id,
        candidates(workspace, state, command),
        state.cursor,
    )


def _event(state: Dispatch, conversation_id: int, decision: Decision, now: Moment) -> AssignmentDecided:
    return AssignmentDecided(
        conversation_id=conversation_id,
        user_id=decision.user_id,
        why=decision.why,
        decided_at=now.at,
        number=state.number + 1,
        rule_id=decision.rule_id,
        cursor=decision.cursor_after,
        waits_for=decision.waits_for,
        considered=decision.considered,
    )


@decide.on(Offer)
def _offer(state: Dispatch, command: Offer, now: Moment) -> Sequence[Event]:
    """As many as there is room for; where no limit is set, one: the next when that one is done with.

    Where no rules hold, people take what they want: nobody is given anything for being there.
    """
    workspace: Workspace = now.workspace
    if not assigns_by_rules(workspace, now.at):
        return []
    found = command.found or QueueLookUp()
    one = next((each for each in candidates(workspace, state, command) if each.user_id == command.user_id), None)
    if one is None:
        return []
    queue = [each for each in found.queue if each.conversation_id != command.let_go]
    events: list[Event] = []
    for _ in range(1 if one.capacity is None else one.capacity - one.load):
        handed = _hand_out(state, one, queue, now)
        if handed is None:
            break
        events.append(handed)
        state, one = evolve(state, handed), replace(one, load=one.load + 1)
    return events


@decide.on(OfferRound)
def _offer_round(state: Dispatch, command: OfferRound, now: Moment) -> Sequence[Event]:
    """One more waits, so one is handed out: to whoever is free and has the least to do."""
    workspace: Workspace = now.workspace
    found = command.found or QueueLookUp()
    others = [each for each in found.queue if each.conversation_id != command.let_go]
    meant = list(_inherited(state, command, now))
    for event_ in meant:
        state = evolve(state, event_)
    for one in least_busy_first(candidates(workspace, state, command)):
        queue = others if one.user_id == command.had_by else found.queue
        handed = _hand_out(state, one, queue, now)
        if handed is not None:
            return [*meant, handed]
    return meant


def _inherited(state: Dispatch, command: OfferRound, now: Moment) -> Iterator[AssignmentDecided]:
    workspace: Workspace = now.workspace
    member = workspace.members.get(command.waits_for or 0)
    if member is not None:
        why = f"It waits for {member.name}, as did the conversation that was merged into it."
        decision = Decision("queued", why, None, cursor_after=state.cursor, waits_for=member.id)
        yield _event(state, command.let_go, decision, now)


def _hand_out(
    state: Dispatch, one: Candidate, queue: Sequence[QueuedConversation], now: Moment
) -> AssignmentDecided | None:
    workspace: Workspace = now.workspace
    staffed = {
        sector.id for sector in SECTORS.of(workspace).values() if set(sector.user_ids) & workspace.members.keys()
    }
    waiting = [_with_meant(state, workspace, each) for each in queue if each.conversation_id not in state.underway]
    handout = next_from_queue(waiting, one, staffed)
    if handout.conversation_id is None:
        return None
    decision = Decision("assigned", handout.why, one.user_id, cursor_after=state.cursor)
    return _event(state, handout.conversation_id, decision, now)


def _with_meant(state: Dispatch, workspace: Workspace, waiting: QueuedConversation) -> QueuedConversation:
    """With whom a rule wants to have it, while that is a member and it has not been anybody's since."""
    meant = state.meant.get(waiting.conversation_id)
    if meant is None or meant.user_id not in workspace.members or waiting.since > meant.at:
        return waiting
    return replace(waiting, waits_for=meant.user_id)


@decide.on(Settled)
def _settled(state: Dispatch, command: Settled, now: Moment) -> Sequence[Event]:
    there = command.conversation_id in state.underway
    return [AssignmentSettled(conversation_id=command.conversation_id)] if there else []


decide.on(EffectStarting, EffectDone, EffectFailed, EffectUncertain)(decide_nothing)


@evolve.on(AssignmentDecided)
def _was_decided(state: Dispatch, event: AssignmentDecided) -> Dispatch:
    meant = {id_: each for id_, each in state.meant.items() if id_ != event.conversation_id}
    if event.user_id is None and event.waits_for is not None:
        meant[event.conversation_id] = Meant(event.waits_for, event.decided_at)
    state = replace(state, number=event.number, cursor=event.cursor, meant=dict(list(meant.items())[-MEANT:]))
    if event.user_id is None:
        return state
    underway = {**state.underway, event.conversation_id: event.user_id}
    while len(underway) > UNDER_WAY:  # lost for good: the read model has long told
        underway.pop(next(iter(underway)))
    last = {**state.last_assigned, event.user_id: event.decided_at}
    return replace(state, underway=underway, last_assigned=last)


@evolve.on(AssignmentSettled)
def _was_settled(state: Dispatch, event: AssignmentSettled) -> Dispatch:
    return replace(state, underway={id_: user for id_, user in state.underway.items() if id_ != event.conversation_id})


def effects(state: Dispatch, event: Event) -> Iterator[Effect]:
    """A decision is told to its conversation."""
    if isinstance(event, AssignmentDecided):
        request = {"conversation_id": event.conversation_id, "user_id": event.user_id, "why": event.why}
        more = {
            "rule_id": event.rule_id,
            "waits_for": event.waits_for,
            "considered": list(map(_plain, event.considered)),
        }
        lane = f"dispatch-{event.conversation_id}"
        yield Effect(f"assign-{event.number}", "assignment.tell", lane, "inner", {**request, **more})


def _plain(each: Considered) -> dict[str, object]:
    return {"user_id": each.user_id, "name": each.name, "load": each.load, "left_out": each.left_out}


DISPATCH: ActorType[Dispatch] = ActorType(
    name="dispatch",
    initial=lambda id_: Dispatch(id=id_),
    decide=decide,
    evolve=evolve,
    effects=effects,
    mailbox=2048,
)
