"""Filling in `{{templates}}`, and the lines in which a run tells the business what happened.

A value is put in as it is and never read as a template again, so a customer called `{{phone}}` gets their own words.
What is not known leaves nothing, not even the comma or the space before it: "Hello, {{name}}!" becomes "Hello!".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from plixa.actors.flows.dates import shown_date
from plixa.actors.flows.nodes import MAX_TEXT
from plixa.actors.flows.phrases import Phrase, phrase
from plixa.actors.flows.run import MAX_TRAIL, Context, Run

PLACEHOLDER = re.compile(r"(,? )?@?\{\{\s*@?([\w.\-]{1,80})\s*\}\}")
VARIABLE = "flow."
BUILT_IN = ("name", "first_name", "phone", "message")
READ_ONLY = ("first_name", "phone", "message")


def lookup(name: str, run: Run, context: Context) -> str:
    """What a name stands for: captured in this run, or known of the contact; an empty text for what is not known."""
    for key in (name, VARIABLE + name):
        if key in run.fields:
            return run.fields[key]
    if name == "message":
        return run.heard
    if name == "first_name" and ("name" in run.fields or name not in context.contact):
        return next(iter(lookup("name", run, context).split()), "")
    return context.contact.get(name, "")


def render(text: str, run: Run, context: Context, *, as_kept: bool = False) -> str:
    """The text with its placeholders filled in, at most 4,096 characters; days as the locale writes them.

    as_kept: with every value as it is kept, for what is kept again.
    """
    if "{{" not in text:
        return text

    def filled(found: re.Match[str]) -> str:
        kept = lookup(found[2], run, context)
        value = kept if as_kept else shown_date(kept, context.locale)
        return f"{found[1] or ''}{value}" if value else ""

    return PLACEHOLDER.sub(filled, text)[:MAX_TEXT]


def named_in(text: str) -> list[str]:
    """The names that a text's placeholders use."""
    return [found[2] for found in PLACEHOLDER.finditer(text)]


def with_line(trail: tuple[str, ...], line: str) -> tuple[str, ...]:
    """The trail with one more line; the oldest go."""
    return (*trail[-MAX_TRAIL + 1 :], shorten(line, 200))


def shorten(text: str, most: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def summary(run: Run, context: Context, because: Phrase | None, note: str = "") -> str:
    """What the one who takes over should know: why, the way the customer took, and what they told."""
    why = [note.strip()] if note.strip() else []
    why += [phrase(because, context.locale)] if because else []
    lines = [" ".join([phrase("summary", context.locale), *why]), *run.trail, *_told(run.fields)]
    return "\n".join(lines)[:MAX_TEXT]


def _told(fields: Mapping[str, str]) -> list[str]:
    return [f"{key.removeprefix(VARIABLE)}: {shorten(value, 300)}" for key, value in fields.items() if value]
