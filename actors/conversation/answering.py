"""A person's word, from wherever it came: panel, program or phone."""

from __future__ import annotations

from plixa.actors.conversation import automation, events as ev, promises
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import plan_close


def person_spoke(d: Deciding, author: ev.Author, unread: tuple[int, tuple[str, ...]]) -> None:
    """A person's word: it answers, it silences, and whoever wrote it has read what was there."""
    promises.answered(d, author)
    automation.person_spoke(d, "A person answered.")
    plan_close(d)
    count, keys = unread
    if count:
        d.add(ev.ConversationRead(keys=keys))
