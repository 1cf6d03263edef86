"""Where a conversation belongs: its assignee, sector, labels and contact; and what becomes of ids that are gone.

Who gets a brand-new one is decided by the tenant's dispatcher (`actors/assignment/dispatcher.py`), which sees all
loads. The conversation has the last word: what was assigned in the meantime stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from msgspec.structs import replace

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation import commands as cmd, events as ev, scheduling
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.state import Conversation
from plixa.actors.workspace.plans import assigns_by_rules
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

evolve: Evolver[Conversation] = Evolver()

NUMBER_GONE = "Its WhatsApp number was removed from the workspace."
PERHAPS_SENT = "Whether it had gone out before was not known yet."


def has_rules(d: Deciding) -> bool:
    """Whether conversations are assigned by rules here."""
    return assigns_by_rules(d.workspace, d.at)


def opened(d: Deciding) -> None:
    """A brand-new conversation: rules are for these only."""
    if has_rules(d) and d.state.assigned_user_id is None:
        d.add(ev.AssignmentWanted(episode=d.state.episode))


def assign(d: Deciding, user_id: int | None, why: str) -> None:
    """A person decides who looks after it; None is nobody."""
    before = d.state.assigned_user_id
    if user_id == before:
        return
    d.workspace.must_have_member(user_id, "assigned_user_id")
    d.add(ev.ConversationAssigned(assigned_user_id=user_id, why=why, at=d.at))
    freed(d, before, let_go=user_id is None)
    _back_in_queue(d, before)


def freed(d: Deciding, user_id: int | None, *, let_go: bool = False) -> None:
    """Somebody has one less."""
    if user_id is not None and user_id in d.workspace.members and has_rules(d):
        d.add(ev.MemberFreed(user_id=user_id, offer_id=d.next_id(), let_go=let_go))


def _back_in_queue(d: Deciding, had_by: int | None) -> None:
    """If it waits now, whoever is free need not wait for something else to happen."""
    waits = d.state.assigned_user_id is None and d.state.status != "resolved"
    if waits and had_by is not None:
        offer(d, had_by)


def after_reopening(d: Deciding, *, by_customer: bool) -> tuple[bool, str | None]:
    """Whether a resolved conversation stays with who had it, and why, in plain words; None where it is nobody's."""
    user_id, hours = d.state.assigned_user_id, INBOX.of(d.workspace).reopen_to_assignee_hours
    if user_id is None:
        return True, None
    member = d.workspace.members.get(user_id)
    if member is None:
        return False, "The member was removed."
    if hours is None or not by_customer:
        return True, f"It stays with {member.name}, who had it."
    if hours == 0:
        return False, "What is opened again goes to the queue."
    if d.state.resolved_at is None or d.at - d.state.resolved_at > timedelta(hours=hours):
        return False, f"It goes to the queue: it was resolved more than {hours} h ago."
    if not member.is_available:
        return False, f"It goes to the queue: {member.name} is not available."
    return True, f"It stays with {member.name}: it was resolved less than {hours} h ago."


def reopened(d: Deciding, leaves: str | None) -> None:
    """It is open again: if it is nobody's (any more), whoever is free gets the oldest that waits. Rules are not asked
    again. `leaves`: why it does not stay with who had it."""
    if leaves is not None:
        d.add(ev.ConversationAssigned(assigned_user_id=None, why=leaves, at=d.at))
    if d.state.assigned_user_id is None:
        offer(d)


def offer(d: Deciding, had_by: int | None = None, waits_for: int | None = None) -> None:
    """It waits, and may have waited unseen: whoever is free gets the oldest one."""
    if has_rules(d):
        d.add(ev.ConversationLetGo(had_by=had_by, offer_id=d.next_id(), waits_for=waits_for))


def place(state: Conversation, command: cmd.Place, now: Moment) -> Sequence[Event]:
    """What the dispatcher found. Too late for a conversation that is resolved, erased or somebody's."""
    workspace = now.workspace
    if state.deleted or state.status == "resolved" or state.assigned_user_id is not None:
        return []
    if command.user_id is None:
        queued = ev.ConversationQueued(
            why=command.why, rule_id=command.rule_id, waits_for=command.waits_for, considered=command.considered
        )
        return [queued]
    if command.user_id not in workspace.members:
        return []
    assigned = ev.ConversationAssigned(
        assigned_user_id=command.user_id,
        why=command.why,
        rule_id=command.rule_id,
        considered=command.considered,
        at=now.at,
    )
    return [assigned]


def claim(state: Conversation, command: cmd.Claim, now: Moment) -> Sequence[Event]:
    """Mine, if it is nobody's. Raises Conflict if somebody was quicker."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    if state.assigned_user_id == command.user_id:
        return []
    if state.assigned_user_id in now.workspace.members:
        name = now.workspace.members[state.assigned_user_id].name
        raise Conflict(f"{name} has taken this conversation already.", code="ALREADY_ASSIGNED")
    return [ev.ConversationAssigned(assigned_user_id=command.user_id, why=f"user:{command.user_id}", at=now.at)]


def label(state: Conversation, command: cmd.Label, now: Moment) -> Sequence[Event]:
    """Attach or detach; what is so already stays so."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    if command.label_id not in LABELS.of(now.workspace):
        raise NotFound("label")
    there = command.label_id in state.labels
    if command.attach and not there:
        labels = (*state.labels, command.label_id)
        return [ev.ConversationLabelled(label_id=command.label_id, why=command.why, labels=labels)]
    if not command.attach and there:
        return [_unlabel(state, command.label_id, command.why)]
    return []


def _unlabel(state: Conversation, label_id: int, why: str) -> ev.ConversationUnlabelled:
    labels = tuple(each for each in state.labels if each != label_id)
    return ev.ConversationUnlabelled(label_id=label_id, why=why, labels=labels)


def route(d: Deciding, sector_id: int | None, why: str) -> None:
    """A person moves it to a sector."""
    if sector_id == d.state.sector_id:
        return
    if sector_id is not None and sector_id not in SECTORS.of(d.workspace):
        raise Invalid({"sector_id": ["This is not one of the workspace's sectors."]})
    d.add(ev.ConversationRouted(sector_id=sector_id, why=why))


def forget(state: Conversation, command: cmd.Forget, now: Moment) -> Sequence[Event]:
    """Something that it holds an id of is gone from the workspace."""
    if state.deleted:
        return []
    match command.gone:
        case "label" if command.id in state.labels:
            return [_unlabel(state, command.id, "The label was deleted.")]
        case "sector" if state.sector_id == command.id:
            return [ev.ConversationRouted(sector_id=None, why="The sector was deleted.")]
        case "member" if state.assigned_user_id == command.id:
            return _orphaned(state, command.id, now)
        case "contact" if state.contact_id == command.id:
            nameless = [ev.ConversationRenamed(name=None)] if state.named_by_us else []
            return [ev.ConversationDetached(contact_id=command.id), *nameless]
        case "number" if state.number_id == command.id:
            return [*sending_ended(state), *scheduling.dropped(state, "Its WhatsApp number was removed.")]
        case _:
            return []


def sending_ended(state: Conversation) -> Iterator[Event]:
    """What waits to go out has nowhere to go; what is being handed over just now is told by its own report."""
    for pending in state.pending:
        if pending.status == "queued":
            yield ev.MessageFailed(message_id=pending.id, reason=NUMBER_GONE)
        elif pending.status == "unknown":
            yield ev.MessageFailed(message_id=pending.id, reason=f"{NUMBER_GONE} {PERHAPS_SENT}")


def _orphaned(state: Conversation, user_id: int, now: Moment) -> Sequence[Event]:
    d = Deciding(state, now)
    d.add(ev.ConversationAssigned(assigned_user_id=None, why="The member was removed.", at=now.at))
    _back_in_queue(d, user_id)
    return d.events


def follow(state: Conversation, command: cmd.FollowContact, now: Moment) -> Sequence[Event]:
    """Its contact was merged into another, or is itself again."""
    if state.deleted or state.contact_id == command.contact_id:
        return []
    return [ev.ConversationMoved(contact_id=command.contact_id)]


def follow_name(state: Conversation, command: cmd.FollowName, now: Moment) -> Sequence[Event]:
    """The address book has another name for the customer."""
    if state.deleted or state.contact_id != command.contact_id:
        return []
    known = state.named_by_us and state.name == command.name
    return [] if known else [ev.ConversationRenamed(name=command.name)]


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.ConversationQueued)
def _queued(state: Conversation, event: ev.ConversationQueued) -> Conversation:
    return replace(state, waits_for=event.waits_for)


@evolve.on(ev.ConversationLabelled, ev.ConversationUnlabelled)
def _labelled(state: Conversation, event: ev.ConversationLabelled | ev.ConversationUnlabelled) -> Conversation:
    return replace(state, labels=event.labels)


@evolve.on(ev.ConversationRouted)
def _routed(state: Conversation, event: ev.ConversationRouted) -> Conversation:
    return replace(state, sector_id=event.sector_id)


@evolve.on(ev.ConversationDetached)
def _detached(state: Conversation, event: ev.ConversationDetached) -> Conversation:
    return replace(state, contact_id=0)


@evolve.on(ev.ConversationMoved)
def _moved(state: Conversation, event: ev.ConversationMoved) -> Conversation:
    return replace(state, contact_id=event.contact_id)
