"""Who gets a conversation: auto-assignment rules, and the queue of those that nobody could take.

Rules are for brand-new conversations only; to hold to that is up to the caller. The first rule that matches decides,
lowest `priority` first, ties by id. If it finds nobody the conversation is queued, in plain sight, and further rules
are not asked: a rule that catches complaints must not let them slip to whoever comes next in the list.

- `assign_user` takes the owner at their word: sectors are not asked, but that person must be available and have room.
- `round_robin` goes round by user id: the first eligible one after `cursor`, which is whom it chose last.
- `least_busy` takes whoever has the fewest open conversations; ties go to whoever got none for the longest time.

Eligible is whoever is available (and online, where the workspace wants that), has room, and is in the conversation's
sector, if that sector has members at all. Every decision says why, in words without anything the customer wrote. A
preview is the same call: it changes nothing, since whoever calls keeps the cursor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from plixa.actors.ai.text import fold, words, words_in
from plixa.actors.assignment.rules import AssignmentRule
from plixa.actors.folding import READ, with_places

Rule = AssignmentRule
NEVER = datetime.min.replace(tzinfo=UTC)


class Candidate(Struct, frozen=True):
    """A member who may get conversations.

    available: taking conversations. load: open conversations now. capacity: how many at most, None for no limit.
    online: has the panel open, or need not have it.
    """

    user_id: int
    name: str
    available: bool
    sector_ids: tuple[int, ...] = ()
    load: int = 0
    last_assigned_at: datetime | None = None
    capacity: int | None = None
    online: bool = True


class Considered(Struct, frozen=True):
    """A candidate as the decision saw them. `left_out`: why not; None: could have got it."""

    user_id: int
    name: str
    load: int
    left_out: str | None = None


class Decision(Struct, frozen=True):
    """outcome: `assigned`; `queued`: a rule matched and nobody could take it; `unruled`: no rule matched.

    considered: in order of preference, so that the second is the runner-up; those left out come last.
    cursor_after: what the next round robin goes on from. waits_for: the member that a queued conversation is meant for.
    """

    outcome: Literal["assigned", "queued", "unruled"]
    why: str
    user_id: int | None = None
    rule_id: int | None = None
    considered: tuple[Considered, ...] = ()
    cursor_after: int | None = None
    waits_for: int | None = None


class QueuedConversation(Struct, frozen=True):
    """A conversation in the queue. `waits_for`: it is meant for that member only."""

    conversation_id: int
    since: datetime
    sector_id: int | None = None
    waits_for: int | None = None


class Handout(Struct, frozen=True):
    """Which conversation someone gets from the queue, if any."""

    conversation_id: int | None
    why: str


def decide_assignment(
    rules: Iterable[Rule],
    message: str | None,
    label_ids: Collection[int],
    sector_id: int | None,
    candidates: Sequence[Candidate],
    cursor: int | None = None,
) -> Decision:
    """Who gets a brand-new conversation that began with `message`; `candidates` are all members of the workspace."""
    rule = matching_rule(rules, message, label_ids)
    if rule is None:
        return Decision("unruled", "No active rule matches.", cursor_after=cursor)
    if rule.action_type == "assign_user":
        decision = _named(rule, candidates)
    else:
        decision = _chosen(rule, sector_id, candidates, cursor)
    turned = rule.action_type == "round_robin" and decision.user_id is not None
    return replace(decision, rule_id=rule.id, cursor_after=decision.user_id if turned else cursor)


def matching_rule(rules: Iterable[Rule], message: str | None, label_ids: Collection[int]) -> Rule | None:
    """The first active rule that matches, lowest priority number first."""
    in_order = sorted(rules, key=lambda rule: (rule.priority, rule.id))
    said = read(message or "")  # once, however many rules there are
    return next((rule for rule in in_order if rule.is_active and _matches(rule, said, label_ids)), None)


def has_phrase(text: str, phrase: str) -> bool:
    """Whether the phrase's words stand in the text, whole, in a row; case, accents and what is between do not matter.

    A phrase without any word in it (an emoji) is looked for as it is; an empty one is nowhere.
    """
    return read(text).has(phrase)


def next_from_queue(
    queue: Iterable[QueuedConversation], candidate: Candidate, staffed_sectors: Collection[int]
) -> Handout:
    """What `candidate` gets, having come online or become free: the oldest that they may take, ties by id.

    staffed_sectors: sectors that have members; a conversation of any other sector is anybody's.
    """
    if reason := _no_time(candidate):
        return Handout(None, f"{candidate.name} {reason}.")
    fitting = [each for each in queue if _may_take(each, candidate, staffed_sectors)]
    if not fitting:
        return Handout(None, f"Nothing in the queue is for {candidate.name}.")
    oldest = min(fitting, key=lambda each: (each.since, each.conversation_id))
    return Handout(oldest.conversation_id, f"It waited the longest of {len(fitting)} that {candidate.name} may take.")


def least_busy_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Whoever has the fewest open conversations; ties go to whoever got none for the longest time."""
    return sorted(candidates, key=lambda each: (each.load, each.last_assigned_at or NEVER, each.user_id))


class Said(NamedTuple):
    """What somebody wrote, ready to be asked for phrases."""

    folded: str
    in_words: str

    def has(self, phrase: str) -> bool:
        """As `has_phrase` says."""
        if sought := words(phrase):
            return f" {with_places(' '.join(sought))} " in self.in_words
        sign = fold(phrase).strip()
        return bool(sign) and sign in self.folded


def read(text: str) -> Said:
    """As much of a text as is read."""
    folded = fold(text, READ)
    return Said(folded, f" {with_places(' '.join(words_in(folded)))} ")


def _matches(rule: Rule, said: Said, label_ids: Collection[int]) -> bool:
    match rule.condition_type:
        case "always":
            return True
        case "keyword":
            return said.has(rule.condition_value or "")
        case "label":
            return rule.condition_value in {str(label_id) for label_id in label_ids}


def _named(rule: Rule, candidates: Sequence[Candidate]) -> Decision:
    """The member that the rule names, or the queue."""
    person = next((each for each in candidates if each.user_id == rule.action_user_id), None)
    if person is None:
        return Decision("queued", f"{_because(rule)} The member that it names is not in the workspace any more.")
    reason = _no_time(person)
    considered = (_considered(person, reason),)
    if reason is not None:
        why = f"{_because(rule)} It names {person.name}, who {reason}."
        return Decision("queued", why, considered=considered, waits_for=person.user_id)
    return Decision("assigned", f"{_because(rule)} It names {person.name}.", person.user_id, considered=considered)


def _chosen(rule: Rule, sector_id: int | None, candidates: Sequence[Candidate], cursor: int | None) -> Decision:
    """Whoever's turn it is among the eligible, or the queue."""
    reasons = {each.user_id: _reason(each, _demanded(sector_id, candidates)) for each in candidates}
    eligible = _preferred(rule, [each for each in candidates if reasons[each.user_id] is None], cursor)
    left_out = sorted((each for each in candidates if reasons[each.user_id] is not None), key=lambda each: each.user_id)
    considered = tuple(_considered(each, reasons[each.user_id]) for each in [*eligible, *left_out])
    if not eligible:
        return Decision("queued", f"{_because(rule)} {_nobody(considered)}", considered=considered)
    why = f"{_because(rule)} {_preference(rule, eligible, cursor)}"
    return Decision("assigned", why, eligible[0].user_id, considered=considered)


def _preferred(rule: Rule, eligible: list[Candidate], cursor: int | None) -> list[Candidate]:
    if rule.action_type == "least_busy":
        return least_busy_first(eligible)
    return sorted(eligible, key=lambda each: (cursor is not None and each.user_id <= cursor, each.user_id))


def _demanded(sector_id: int | None, candidates: Sequence[Candidate]) -> int | None:
    """The sector that one must be in; a sector without members demands nothing."""
    return sector_id if any(sector_id in each.sector_ids for each in candidates) else None


def _reason(candidate: Candidate, sector_id: int | None) -> str | None:
    """Why someone is left out; None for nothing."""
    if sector_id is not None and sector_id not in candidate.sector_ids:
        return "is not in the conversation's sector"
    return _no_time(candidate)


def _no_time(candidate: Candidate) -> str | None:
    if not candidate.available:
        return "is not available"
    if not candidate.online:
        return "is not online"
    if candidate.capacity is not None and candidate.load >= candidate.capacity:
        return f"has no room ({candidate.load} of {candidate.capacity} conversations)"
    return None


def _considered(candidate: Candidate, left_out: str | None) -> Considered:
    return Considered(candidate.user_id, candidate.name, candidate.load, left_out)


def _may_take(waiting: QueuedConversation, candidate: Candidate, staffed_sectors: Collection[int]) -> bool:
    if waiting.waits_for is not None:
        return waiting.waits_for == candidate.user_id
    return waiting.sector_id in candidate.sector_ids or waiting.sector_id not in staffed_sectors


def _because(rule: Rule) -> str:
    conditions = {
        "always": "takes every new conversation",
        "keyword": f"found its keyword “{rule.condition_value}”",
        "label": f"found its label {rule.condition_value}",
    }
    return f"Rule {rule.id} (priority {rule.priority}) {conditions[rule.condition_type]}."


def _preference(rule: Rule, eligible: list[Candidate], cursor: int | None) -> str:
    first = eligible[0]
    if rule.action_type == "round_robin":
        after = "first in the round" if cursor is None else f"next in the round after user {cursor}"
        return f"{first.name} is {after}, of {len(eligible)} who could."
    tied = sum(each.load == first.load for each in eligible)
    tie = f"; of {tied} as free, it is longest since {first.name} got one" if tied > 1 else ""
    return f"{first.name} has the fewest open conversations ({first.load}) of {len(eligible)} who could{tie}."


def _nobody(considered: tuple[Considered, ...]) -> str:
    if not considered:
        return "Nobody could take it: there are no members to choose from."
    return f"Nobody could take it: {'; '.join(f'{each.name} {each.left_out}' for each in considered)}."
