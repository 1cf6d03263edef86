"""A corpus of conversations, kept as their events, with the hash of the states that they fold to.

`python -m tests.storage.corpus` writes it anew, from seeded random dialogues with flows, the AI, surveys and people. It
is right only when events were added that it lacks: a hash that differs for events that were there before means that the
past has been rewritten.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from tests.actors.given import NOON, Given, greeting, house, targets
from tests.actors.test_automation import RECEPTION, REPLIED, TRIAL, USAGE
from tests.actors.test_conversation import ANA, PEER, text

from plixa.actors.ai.config import AiConfig
from plixa.actors.ai.values import HandedOff
from plixa.actors.conversation import commands as cmd
from plixa.actors.conversation.actor import CONVERSATION
from plixa.actors.conversation.configs.csat import CsatConfig
from plixa.actors.conversation.configs.inbox import InboxConfig
from plixa.actors.whatsapp.gateway import MessageSeen
from plixa.engine.actor import EffectDone, EffectStarting, TimerFired
from plixa.engine.events import Event, event_class
from plixa.storage.tools.replay import state_hash

FILE = Path(__file__).parents[1] / "fixtures" / "corpus.jsonl"
CONVERSATIONS, STEPS = 16, 40
WORDS = ("oi", "1", "2", "quanto custa?", "falar com uma pessoa", "menu", "5", "obrigado")


class Entry(msgspec.Struct):
    """A line of the file."""

    conversation: int
    type: str
    data: msgspec.Raw


def live(number: int) -> Iterator[Event]:
    """A conversation's events."""
    chance = random.Random(number)
    there = house(
        **TRIAL,
        flows={50: RECEPTION} if number % 2 else {},
        ai=AiConfig("Uma padaria.", number % 3 != 0),
        welcome=greeting(),
        csat=CsatConfig(enabled=True, follow_up_enabled=True),
        inbox=InboxConfig(auto_close_hours=3),
        sla=targets(600, 7200),
    )
    conversation = Given(CONVERSATION, CONVERSATION.initial(number), there)
    for step in range(STEPS):
        yield from conversation.when(_something(conversation, chance, step))
        for name, due in sorted(conversation.timers.items()):
            if due <= conversation.at + timedelta(minutes=1):
                conversation.at = max(conversation.at, due)
                yield from conversation.when(TimerFired(name=name, due=due))
        conversation.at += timedelta(seconds=chance.choice((1, 5, 60, 900)))


def _something(conversation: Given, chance: random.Random, step: int) -> Any:
    state = conversation.state
    if state.turn is not None and chance.random() < 0.6:
        effect_id = f"ai-{state.turn.id}"
        conversation.when(EffectStarting(effect_id=effect_id))
        outcome = REPLIED if chance.random() < 0.7 else HandedOff(reason="not_grounded", usage=USAGE)
        return EffectDone(effect_id=effect_id, result={"outcome": msgspec.to_builtins(outcome)})
    if not state.begun or chance.random() < 0.6:
        at = conversation.at
        seen = MessageSeen(f"K{step}", PEER, False, "contact", text(chance.choice(WORDS)), at, push_name="Bia")
        return cmd.TakeMessage(seen=seen, contact_id=5, number_id=3)
    return chance.choice(
        (
            cmd.Send(author=ANA, content=text("olá")),
            cmd.Update(fields=("status",), status="resolved", by=7),
            cmd.Update(fields=("assigned_user_id",), assigned_user_id=7, by=7),
            cmd.GiveBack(by=7),
            cmd.Snooze(until=conversation.at + timedelta(hours=1)),
            cmd.MarkRead(user_id=7),
        )
    )


def kept() -> Iterator[tuple[int, Event]]:
    """The corpus as it is on the disk: a conversation's number, and an event."""
    for line in FILE.read_text().splitlines():
        entry = msgspec.json.decode(line)
        yield entry["conversation"], msgspec.convert(entry["data"], event_class(entry["type"]), str_keys=True)


def states() -> dict[int, Any]:
    """What each conversation of the corpus folds to."""
    found: dict[int, Any] = {}
    for number, event in kept():
        found[number] = CONVERSATION.evolve(found.get(number, CONVERSATION.initial(number)), event)
    return found


def folded() -> dict[str, str]:
    """The hash of each of them."""
    streams = {f"conversation-{number}": state for number, state in states().items()}
    return {stream: state_hash({stream: state}) for stream, state in streams.items()}


STORE = (
    "insert into events (tenant_id, position, stream, revision, type, schema, at, actor, cause, data) "
    "values ($1, $2, $3, $4, $5, 1, $6, 'test', 'test', $7)"
)


def as_rows(tenant: int) -> list[tuple[object, ...]]:
    """The corpus as rows for `STORE`, unsealed and as it is on the disk: no class of today's has had a hand in it."""
    rows: list[tuple[object, ...]] = []
    revisions: Counter[int] = Counter()
    for position, line in enumerate(FILE.read_bytes().splitlines(), 1):
        entry = msgspec.json.decode(line, type=Entry)
        revisions[entry.conversation] += 1
        stream, revision = f"conversation-{entry.conversation}", revisions[entry.conversation]
        rows.append((tenant, position, stream, revision, entry.type, NOON, bytes(entry.data).decode()))
    return rows


def write() -> None:
    """Make it anew."""
    lines = [
        msgspec.json.encode(
            {"conversation": number, "type": event.type, "data": msgspec.to_builtins(event, str_keys=True)}
        )
        for number in range(1, CONVERSATIONS + 1)
        for event in live(number)
    ]
    FILE.write_bytes(b"\n".join(lines) + b"\n")
    FILE.with_suffix(".hashes.json").write_bytes(msgspec.json.format(msgspec.json.encode(folded()), indent=1) + b"\n")


if __name__ == "__main__":
    write()
    print(f"{len(FILE.read_text().splitlines())} events, from {NOON:%Y-%m-%d} on")
