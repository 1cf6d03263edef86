"""The promises, one function each. All are pure: evidence in, a sentence for every breach out.

`test_checks.py` breaks the evidence in each of these ways and sees to it that the breach is found.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.fault.evidence import GREETING, Evidence
from tests.harness import Json

OF_CONVERSATIONS = ("message.", "conversation.")
"""Types that are shown by the names that they have in the log."""
TAKING = 0.5
"""Seconds between the beginning of a transaction that takes a workspace and its end."""
Check = Callable[[Evidence], Iterator[str]]


def messages_arrive_once_and_in_order(evidence: Evidence) -> Iterator[str]:
    """Every acknowledged message is one of its conversation, in the order of acknowledgement where there was one."""
    found = _messages_by_phone(evidence)
    for chat in evidence.ledger.chats:
        texts = [message["body"] for message in found.get(chat.phone, ()) if message["direction"] == "inbound"]
        expected = chat.acknowledged
        if not chat.ordered:
            texts, expected = sorted(texts), sorted(expected)
        yield from _compare(f"acknowledged of {chat.phone}", expected, texts)


def replies_are_kept_once_and_in_order(evidence: Evidence) -> Iterator[str]:
    """Every accepted reply is one message, with the id of the answer, in the order of acceptance."""
    found = _messages_by_phone(evidence)
    for chat in evidence.ledger.chats:
        replies = [each for each in found.get(chat.phone, ()) if each["author"]["kind"] == "user"]
        kept = [(each["body"], each["id"]) for each in replies]
        yield from _compare(f"accepted for {chat.phone}", chat.accepted, kept)


def replies_are_sent_once(evidence: Evidence) -> Iterator[str]:
    """Every accepted reply is on the customer's phone, in order; twice only if it was shown as unknown before."""
    for chat in evidence.ledger.chats:
        sent = [text for text in _from_us(evidence, chat.phone) if text != GREETING]
        counts, ids = Counter(sent), dict(chat.accepted)
        yield from (f"lost: {text!r}" for text, _ in chat.accepted if not counts[text])
        yield from (f"sent without being asked for: {text!r}" for text in counts if text not in ids)
        for text, times in counts.items():
            if times > 1 and text in ids and not _was_doubtful(evidence, chat.workspace.tenant, ids[text]):
                yield f"sent {times} times, silently: {text!r}"
        first = list(dict.fromkeys(sent))
        if first != [text for text, _ in chat.accepted if text in counts]:
            yield f"sent out of order to {chat.phone}: {first}"


def doubled(evidence: Evidence) -> int:
    """How many sends happened more than once, announced or not."""
    counts = (Counter(_from_us(evidence, chat.phone)) for chat in evidence.ledger.chats)
    return sum(times - 1 for count in counts for times in count.values())


def _was_doubtful(evidence: Evidence, tenant: int, message_id: int) -> bool:
    """Whether the live push said so, before the message was tried again."""
    seen = [e["type"] for e in evidence.shown[tenant] if e["data"].get("message", {}).get("id") == message_id]
    last_try = max((place for place, type_ in enumerate(seen) if type_ == "message.sending"), default=0)
    return "message.uncertain" in seen[:last_try]


def replies_end_delivered(evidence: Evidence) -> Iterator[str]:
    """The ticks have found their messages: nothing is left as queued, sending or unknown."""
    for snapshot in evidence.snapshots.values():
        for message in snapshot.messages.values():
            if message["direction"] == "outbound" and message["status"] != "delivered":
                yield f"message {message['id']} ended as {message['status']}: {message['body']!r} ({message['error']})"


def no_send_is_repeated_before_it_is_settled(evidence: Evidence) -> Iterator[str]:
    """Between two attempts at a message the log says that the first did not happen."""
    trying: set[tuple[int, int]] = set()
    for row in evidence.log:
        message = (row["tenant_id"], row["data"].get("message_id", 0))
        if row["type"] == "message.sending":
            if message in trying:
                yield f"attempted again while it may have gone out: message {message[1]} at {row['position']}"
            trying.add(message)
        elif row["type"] == "message.deferred":
            trying.discard(message)


def greetings_fire_once(evidence: Evidence) -> Iterator[str]:
    """Every planned greeting was sent, or dropped because somebody answered; never both, never twice."""
    yield from _once_each(evidence, "welcome.planned", {"welcome.sent", "welcome.dropped"})
    for chat in evidence.ledger.chats:
        times = Counter(_from_us(evidence, chat.phone))[GREETING]
        if not chat.accepted and times != 1:
            yield f"{chat.phone} was greeted {times} times"


def snoozes_end_once(evidence: Evidence) -> Iterator[str]:
    """Every snooze ended, once."""
    yield from _once_each(evidence, "conversation.snoozed", {"conversation.woken"})


def clocks_run_out_once(evidence: Evidence) -> Iterator[str]:
    """Every first-response clock was breached at most once, and one of a customer nobody answered exactly once."""
    answered = {f"conversation-{chat.conversation_id}" for chat in evidence.ledger.chats if chat.accepted}
    for stream, types in _by_stream(evidence).items():
        started, breached = types.count("sla.started"), types.count("sla.breached")
        if breached > started or (stream[1] not in answered and breached != started):
            yield f"{stream[1]}: {started} clocks started, {breached} breached"


def _once_each(evidence: Evidence, begins: str, ends: set[str]) -> Iterator[str]:
    for stream, types in _by_stream(evidence).items():
        story = [type_ for type_ in types if type_ == begins or type_ in ends]
        alternating = all((type_ == begins) == (place % 2 == 0) for place, type_ in enumerate(story))
        if len(story) % 2 or not alternating:
            yield f"{stream[1]}: {' '.join(story)}"


def positions_are_gapless(evidence: Evidence) -> Iterator[str]:
    """Positions count from 1 within a tenant, up to its head; revisions from 1 within a stream."""
    positions: Counter[int] = Counter()
    revisions: Counter[tuple[int, str]] = Counter()
    for row in evidence.log:
        tenant, stream = row["tenant_id"], (row["tenant_id"], row["stream"])
        positions[tenant] += 1
        revisions[stream] += 1
        if row["position"] != positions[tenant] or row["revision"] != revisions[stream]:
            yield f"{stream}: position {row['position']} and revision {row['revision']} break the row"
            return
    if positions != evidence.heads:
        yield f"the heads say {evidence.heads}, the log {dict(positions)}"


def the_push_shows_the_log(evidence: Evidence) -> Iterator[str]:
    """Events over HTTP are the log's, in order, each once, none of a conversation's messages left out."""
    for tenant, shown in evidence.shown.items():
        offsets = [event["offset"] for event in shown]
        if offsets != sorted(set(offsets)):
            yield f"workspace {tenant}: offsets are not ascending"
        logged = {row["position"]: row["type"] for row in evidence.log if row["tenant_id"] == tenant}
        if any(event["offset"] not in logged for event in shown) or any(
            logged[event["offset"]] != event["type"] for event in shown if event["type"].startswith(OF_CONVERSATIONS)
        ):
            yield f"workspace {tenant}: the push shows events that the log has not"
        missing = {at for at, type_ in logged.items() if type_.startswith("message.")} - set(offsets)
        if missing:
            yield f"workspace {tenant}: the push leaves out {sorted(missing)[:10]}"


def the_log_keeps_real_time(evidence: Evidence) -> Iterator[str]:
    """What was acknowledged before another message was sent stands before it in the log of their workspace."""
    offsets = _offsets(evidence)
    by_tenant: dict[int, list[tuple[float, float, int, str]]] = {}
    tenants = {chat.phone: chat.workspace.tenant for chat in evidence.ledger.chats}
    for ack in evidence.ledger.acks:
        if (offset := offsets.get(ack.text)) is not None:
            by_tenant.setdefault(tenants[ack.phone], []).append((ack.sent, ack.at, offset, ack.text))
    for acks in by_tenant.values():
        known = sorted((at, offset) for _, at, offset, _ in acks)
        furthest, place = 0, 0
        for sent, _, offset, text in sorted(acks):
            while place < len(known) and known[place][0] < sent:
                furthest, place = max(furthest, known[place][1]), place + 1
            if offset < furthest:
                yield f"{text!r} is at {offset}, behind {furthest}, which was acknowledged before it was sent"


def reigns_follow_each_other(evidence: Evidence) -> Iterator[str]:
    """With each epoch of a workspace its log goes on where the one before ended."""
    last: dict[int, Json] = {}
    for reign in evidence.reigns:
        before = last.get(reign["tenant_id"])
        if before is not None and reign["from_position"] < before["from_position"]:
            yield f"reign {reign['epoch']} of workspace {reign['tenant_id']} begins before the one before it"
        last[reign["tenant_id"]] = reign
    for tenant, head in evidence.heads.items():
        if tenant in last and last[tenant]["from_position"] > head + 1:
            yield f"the last reign of workspace {tenant} begins behind its log"


def commits_are_of_those_who_reign(evidence: Evidence) -> Iterator[str]:
    """Whoever acknowledged a message owned its workspace at some moment between its sending and that."""
    tenants = {chat.phone: chat.workspace.tenant for chat in evidence.ledger.chats}
    for ack in evidence.ledger.acks:
        if not (node := ack.node or evidence.nodes.get(ack.port, "")):
            continue
        reigns = [each for each in evidence.reigns if each["tenant_id"] == tenants[ack.phone]]
        begun = [each["at"].timestamp() for each in reigns]
        ends = zip(reigns, begun, [*begun[1:], math.inf], strict=False)
        spans = [(began, end) for each, began, end in ends if each["node"] == node]
        if not any(began <= ack.at and ack.sent <= end + TAKING for began, end in spans):
            yield f"{node} acknowledged {ack.text!r} outside its reigns"


def reads_show_what_was_acknowledged(evidence: Evidence) -> Iterator[str]:
    """Whatever a node answers shows what had been acknowledged, by whomever, before it was asked."""
    for read in evidence.ledger.reads:
        if read.shown < read.expected:
            yield f"{read.node} showed {read.shown} where {read.expected} was acknowledged"


def _offsets(evidence: Evidence) -> dict[str, int]:
    """Where in their log texts of customers stand, as the push shows it."""
    return {
        message["body"]: event["offset"]
        for events in evidence.shown.values()
        for event in events
        if event["type"] == "message.received" and (message := event["data"].get("message")) and message.get("body")
    }


def nothing_is_left_over(evidence: Evidence) -> Iterator[str]:
    """No effect, timer or webhook is stuck, and nothing was put aside as unreadable or crashing."""
    yield from (f"still on its way: {each}" for each in evidence.unsettled[:10])
    yield from (f"put aside: {each}" for each in evidence.put_aside[:10])


def a_rebuild_changes_nothing(evidence: Evidence) -> Iterator[str]:
    """The read models replayed from the log are what they were."""
    for table, rows in evidence.before.items():
        again = evidence.after.get(table, [])
        if rows != again:
            lost, new = sorted(set(rows) - set(again)), sorted(set(again) - set(rows))
            yield f"{table}: {len(lost)} rows differ; first before {lost[:1]}, after {new[:1]}"


CHECKS: tuple[Check, ...] = (
    messages_arrive_once_and_in_order,
    replies_are_kept_once_and_in_order,
    replies_are_sent_once,
    replies_end_delivered,
    no_send_is_repeated_before_it_is_settled,
    greetings_fire_once,
    snoozes_end_once,
    clocks_run_out_once,
    positions_are_gapless,
    the_push_shows_the_log,
    the_log_keeps_real_time,
    reigns_follow_each_other,
    commits_are_of_those_who_reign,
    reads_show_what_was_acknowledged,
    nothing_is_left_over,
    a_rebuild_changes_nothing,
)


def broken_promises(evidence: Evidence) -> list[str]:
    """Every breach, named by its promise."""
    return [f"{check.__name__}: {breach}" for check in CHECKS for breach in check(evidence)]


def _messages_by_phone(evidence: Evidence) -> dict[str, list[Json]]:
    return {
        phone: messages for snapshot in evidence.snapshots.values() for phone, messages in snapshot.by_phone().items()
    }


def _from_us(evidence: Evidence, phone: str) -> list[str]:
    return [bubble["text"] for bubble in evidence.screens.get(phone, ()) if bubble["from"] == "business"]


def _by_stream(evidence: Evidence) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    for row in evidence.log:
        found.setdefault((row["tenant_id"], row["stream"]), []).append(row["type"])
    return found


def _compare(what: str, expected: Sequence[object], found: Sequence[object]) -> Iterator[str]:
    if expected != found:
        missing = [each for each in expected if each not in found]
        extra = [each for each in found if each not in expected]
        yield f"{what}: {len(expected)} expected, {len(found)} found; missing {missing[:3]}, not expected {extra[:3]}"
