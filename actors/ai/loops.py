"""Two machines talking to each other: our answers set off another robot's, and so on for ever.

Looked at are the last messages of a conversation in which nobody of the business has written. It is a loop when the
other side keeps answering faster than anybody types, keeps saying the same, makes us say the same, or when there is
simply more back and forth than people manage. One sign twice is chance; the limits say how often is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from plixa.actors.ai.text import words

LOOKED_AT = 24
WITHIN = timedelta(minutes=15)
FAST = timedelta(seconds=4)
FAST_CHARS, FAST_TIMES = 40, 3
"""Nobody reads an answer and types forty characters in four seconds, three times in a row."""
SAME_TIMES = 4
MANY_TURNS = 20
GIST = 400
"""Characters in which the same is said again, if it is."""
_DIGITS = re.compile(r"\d+")


class Said(Struct, frozen=True):
    """A message: who wrote it, when (aware), what. `us` is the AI or a flow; `person` somebody of the business."""

    by: Literal["contact", "us", "person"]
    at: datetime
    text: str


class Loop(Struct, frozen=True):
    """Whether it is a loop, and by which sign."""

    is_loop: bool
    why: str = ""


def detect(said: Sequence[Said]) -> Loop:
    """Whether the latest messages, oldest first, are a loop."""
    recent = _recent(said)
    for why in (_too_fast(recent), _the_same(recent, "contact"), _the_same(recent, "us"), _too_many(recent)):
        if why:
            return Loop(True, why)
    return Loop(False)


def _recent(said: Sequence[Said]) -> list[Said]:
    """The latest exchange without a person in it."""
    kept: list[Said] = []
    for each in reversed(said[-LOOKED_AT:]):
        if each.by == "person" or (kept and kept[0].at - each.at > WITHIN):
            break
        kept.append(each)
    return kept[::-1]


def _too_fast(said: Sequence[Said]) -> str:
    in_a_row = 0
    for before, after in pairwise(said):
        if after.by != "contact":
            continue
        quick = before.by == "us" and after.at - before.at <= FAST and len(after.text) >= FAST_CHARS
        in_a_row = in_a_row + 1 if quick else 0
        if in_a_row >= FAST_TIMES:
            return f"The other side answered {in_a_row} times in a row within {FAST.seconds} s, at length."
    return ""


def _the_same(said: Sequence[Said], by: Literal["contact", "us"]) -> str:
    """Only answers count: a customer may well send one thing several times before anybody answers."""
    answers = [after.text for before, after in pairwise(said) if after.by == by != before.by]
    counted = Counter(_gist(text) for text in answers)
    most = max(counted.values(), default=0)
    if most < SAME_TIMES:
        return ""
    return f"{'The other side' if by == 'contact' else 'We'} answered the same {most} times."


def _gist(text: str) -> str:
    return " ".join(words(_DIGITS.sub("0", text[:GIST])))


def _too_many(said: Sequence[Said]) -> str:
    turns = sum(1 for before, after in pairwise(said) if after.by != before.by)
    if turns < MANY_TURNS:
        return ""
    return f"{turns} answers went back and forth within {(said[-1].at - said[0].at).seconds // 60 + 1} minutes."
