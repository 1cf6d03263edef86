"""Two conversations that become one: what the merged one gives up, and what the survivor takes over.

The merged one stands still from then on; its state is kept as it is, for the survivor to take from, however often that
is tried. The survivor is as urgent as the more urgent of the two: it is open if one of them is, the earlier promise
holds, a person who leads goes on leading. What both have stays the survivor's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation import automation, closed, commands as cmd, events as ev, placing, promises, surveying
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import note
from plixa.actors.conversation.state import BROADCASTS, RECENT, Change, Conversation, Scheduled
from plixa.engine.actor import Moment
from plixa.engine.dispatch import Evolver
from plixa.engine.errors import NotFound
from plixa.engine.events import Event

evolve: Evolver[Conversation] = Evolver()


def merge_away(state: Conversation, command: cmd.MergeAway, now: Moment) -> Sequence[Event]:
    """It is a part of another one, or that one is a part of yet another one. What would have spoken by itself falls
    silent; what is scheduled is the survivor's to decide."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    if command.merge_id <= state.merge_id:
        return []
    d = Deciding(state, now)
    if state.merged_into is None:
        why = f"It was merged into conversation {command.into_id}."
        automation.fall_silent(d, "merged", why)
        surveying.end(d, why)
    d.add(ev.ConversationMerged(into_id=command.into_id, merge_id=command.merge_id, by=command.by))
    return d.events


def absorb(state: Conversation, command: cmd.Absorb, now: Moment) -> Sequence[Event]:
    """Take over what a merged one has. Doing it again changes nothing."""
    if state.deleted or not state.begun:
        raise NotFound("conversation")
    part = command.part
    if part.id in state.parts or state.merged_into is not None:
        return []
    d = Deciding(state, now)
    why = f"Conversation {part.id} was merged into this one."
    kept = tuple(each for each in part.scheduled if not _overtaken(each, state))
    if part.is_live and not state.is_live:
        surveying.end(d, "The conversation goes on.")
        d.add(ev.ConversationReopened(why="merged", at=d.at, episode=state.episode + 1))
    d.add(_absorbed(d.state, state, command, kept))
    if state.is_live != part.is_live:
        closed.reopened(d)  # the one that was resolved has heard of no new hours
    if part.is_live:
        _stand(d, state, part, why)
    _describe(d, part, why)
    _schedule(d, part, kept)
    return d.events


def _absorbed(
    state: Conversation, before: Conversation, command: cmd.Absorb, kept: tuple[Scheduled, ...]
) -> ev.ConversationAbsorbed:
    """`before`: as it was, which may be resolved where `state` is not any more."""
    part, ids = command.part, tuple(each.id for each in kept)
    same = part.number_id == state.number_id  # or the addresses and keys are of a number that is gone
    keys = part.unread_keys if same else ()
    later = _newest(part.last_activity_at, state.last_activity_at) != state.last_activity_at
    last_id = max(filter(None, (state.last_message_id, part.last_message_id)), default=None)
    under_way = state.is_live and not part.is_live  # an episode that is not over comes after those that are
    told = part if _newest(part.closed_told_until, state.closed_told_until) != state.closed_told_until else state
    return ev.ConversationAbsorbed(
        from_id=part.id,
        merge_id=command.merge_id,
        by=command.by,
        parts=(*state.parts, part.id, *part.parts),
        shift=state.episode,
        episode=state.episode + part.episode + under_way,
        unread_count=state.unread_count + part.unread_count,
        unread_keys=(*state.unread_keys, *keys)[-RECENT:],
        last_message_id=last_id,
        last_activity_at=_newest(state.last_activity_at, part.last_activity_at),
        created_at=min(filter(None, (state.created_at, part.created_at)), default=None),
        wrote_this_episode=state.wrote_this_episode or (part.is_live and part.wrote_this_episode),
        waiting_since=_waiting_since(state, part),
        close_due=_close_due(before, part),
        closed_told_until=told.closed_told_until,
        closed_told_at=told.closed_told_at,
        changes=tuple((each.message_id, each.what, each.at) for each in (*part.changes, *state.changes)[-RECENT:]),
        flows_done=(*(part.flows_done if part.is_live else ()), *state.flows_done)[-50:],
        seen=command.seen,
        kept=ids,
        dropped=tuple(each.id for each in part.scheduled if each.id not in ids),
        broadcasts=tuple(sorted((*part.broadcasts, *state.broadcasts), key=lambda each: each.message_id))[-BROADCASTS:],
        captured={**part.captured, **state.captured},
        jid=(part.jid if later and same else None) or state.jid or part.jid,
        last=command.last if command.last is not None and command.last.id == part.last_message_id == last_id else None,
    )


def _newest(*times: datetime | None) -> datetime | None:
    return max(filter(None, times), default=None)


def _waiting_since(state: Conversation, part: Conversation) -> datetime | None:
    """Since when it is in the queue: whoever waited the longest."""
    if not part.is_live or (state.is_live and state.assigned_user_id is not None):
        return state.waiting_since
    return min(filter(None, (state.waiting_since, part.waiting_since)), default=None)


def _close_due(state: Conversation, part: Conversation) -> datetime | None:
    """It is not closed by itself while the customer waits for an answer in one of them."""
    if not part.is_live:
        return state.close_due
    live = [part, state] if state.is_live else [part]
    times = [each.close_due for each in live if each.close_due is not None]
    return max(times) if len(times) == len(live) else None


# -- how it stands ----------------------------------------------------------------------------------------------------


def _stand(d: Deciding, before: Conversation, part: Conversation, why: str) -> None:
    """Somebody may be waiting in the merged one: whoever looked after it hears of it, and no promise is forgotten."""
    _assign(d, before, part, why)
    _snooze(d, [each.snoozed_until for each in (before, part) if each.is_live])
    if part.mode == "human" and d.state.mode != "human":
        automation.person_spoke(d, why)
        d.add(ev.ConversationHandedOver(why=why))
    for kind in promises.CLOCKS:
        promises.take_over(d, kind, promises.clock_of(part, kind))


def _assign(d: Deciding, before: Conversation, part: Conversation, why: str) -> None:
    """Of two members the one of the survivor keeps it, unless it was resolved."""
    both = (before.assigned_user_id, part.assigned_user_id) if before.is_live else (part.assigned_user_id,)
    wanted = next((each for each in (*both, before.assigned_user_id) if each in d.workspace.members), None)
    if wanted != d.state.assigned_user_id:
        d.add(ev.ConversationAssigned(assigned_user_id=wanted, why=why, at=d.at))
    for had in {*both} - {None, wanted}:
        placing.freed(d, had)
    if before.is_live and {*both} == {wanted}:
        placing.freed(d, wanted)  # who had both has one less
    if wanted is None:
        mine = before.waits_for if before.is_live else None
        placing.offer(d, waits_for=part.waits_for if mine is None else None)  # of its own the dispatcher knows


def _snooze(d: Deciding, times: list[datetime | None]) -> None:
    """It sleeps only where both would, and until the first of them wakes."""
    until = None if None in times else min(filter(None, times))
    if until == d.state.snoozed_until:
        return
    d.add(ev.ConversationWoken(why="merged") if until is None else ev.ConversationSnoozed(until=until))


# -- what is known of it ----------------------------------------------------------------------------------------------


def _describe(d: Deciding, part: Conversation, why: str) -> None:
    state = d.state
    phone, lid = state.phone or part.phone, state.lid or part.lid
    if (phone, lid) != (state.phone, state.lid):
        d.add(ev.ConversationIdentified(phone=phone, lid=lid))
    if part.name and (not state.name or (part.named_by_us and not state.named_by_us)):
        d.add(ev.ConversationRenamed(name=part.name, by_contact=not part.named_by_us))
    if state.sector_id is None and part.sector_id in SECTORS.of(d.workspace):
        d.add(ev.ConversationRouted(sector_id=part.sector_id, why=why))
    for label_id in part.labels:
        if label_id in LABELS.of(d.workspace) and label_id not in d.state.labels:
            d.add(ev.ConversationLabelled(label_id=label_id, why=why, labels=(*d.state.labels, label_id)))
    _annotate(d, part)


def _annotate(d: Deciding, part: Conversation) -> None:
    """Where both have notes, the merged one's stay as a note in the thread."""
    if not part.notes or part.notes == d.state.notes:
        return
    if d.state.notes:
        note(d, ev.Author("system"), f"Notes of conversation {part.id}, which was merged into this one:\n{part.notes}")
    else:
        d.add(ev.ConversationAnnotated(notes=part.notes))


# -- later ------------------------------------------------------------------------------------------------------------


def _schedule(d: Deciding, part: Conversation, kept: Iterable[Scheduled]) -> None:
    """What was scheduled in either goes out, unless it was meant for a silence that was broken in the other one."""
    for each in d.state.scheduled:
        if _overtaken(each, part):
            why = f"The customer wrote first, in conversation {part.id}."
            d.add(ev.MessageUnscheduled(scheduled_id=each.id, why=why))
    for each in kept:
        d.add(
            ev.MessageScheduled(
                scheduled_id=each.id,
                due=each.due,
                author=each.author,
                only_if_silent=each.only_if_silent,
                content=each.content,
            )
        )


def _overtaken(scheduled: Scheduled, other: Conversation) -> bool:
    """Whether the customer wrote in the other conversation after this was scheduled. Ids grow with time."""
    written = (each.id for each in other.recent if each.direction == "inbound")
    return scheduled.only_if_silent and any(id_ > scheduled.id for id_ in written)


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.ConversationMerged)
def _merged(state: Conversation, event: ev.ConversationMerged) -> Conversation:
    return replace(state, merged_into=event.into_id, merge_id=event.merge_id)


@evolve.on(ev.ConversationAbsorbed)
def _was_absorbed(state: Conversation, event: ev.ConversationAbsorbed) -> Conversation:
    return replace(
        state,
        parts=event.parts,
        episode=event.episode,
        unread_count=event.unread_count,
        unread_keys=event.unread_keys,
        last_message_id=event.last_message_id,
        last_activity_at=event.last_activity_at,
        created_at=event.created_at,
        wrote_this_episode=event.wrote_this_episode,
        waiting_since=event.waiting_since,
        close_due=event.close_due,
        closed_told_until=event.closed_told_until,
        closed_told_at=event.closed_told_at,
        changes=tuple(Change(*each) for each in event.changes),
        flows_done=event.flows_done,
        seen={**state.seen, **event.seen},
        captured=event.captured,
        jid=event.jid,
        broadcasts=event.broadcasts or state.broadcasts,
    )
