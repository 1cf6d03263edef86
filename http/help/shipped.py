"""The articles that come with Plixa: `articles/<locale>/<name>.md`, the same names in each language.

Each is read by everybody until staff publish one of the same name in that language, which stands in its place, also
after it was removed again; while theirs is a draft, ours is shown. A file is its title, its category, and its text:

    # Answering customers
    category: Conversations

    Markdown, without HTML and images.

They have no rows, and so no version, no history and nothing to carry over; what readers say of them is counted by their
number, which is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import Any
from zlib import crc32

import trio

from plixa.http.clients.markdown import render_sync
from plixa.storage.help.folding import asked, indexed
from plixa.storage.help.reads import SNIPPET

ARTICLES = Path(__file__).parent / "articles"
WRITTEN = datetime(2026, 11, 30, tzinfo=UTC)
"""When they were last gone through, all of them."""
Row = Mapping[str, Any]
"""As the table's rows are."""


async def shelf(locale: str) -> Mapping[str, Row]:
    """Those of a language by their names; none in a language that there is not."""
    return await trio.to_thread.run_sync(_read, locale)


@cache
def _read(locale: str) -> Mapping[str, Row]:
    return {path.stem: _article(locale, path) for path in sorted((ARTICLES / locale).glob("*.md"))}


def _article(locale: str, path: Path) -> Row:
    title, category, body = path.read_text().split("\n", 2)
    html, text = render_sync(body, pictures="")
    return {
        "id": -crc32(f"{locale}/{path.stem}".encode()),
        "group_id": -crc32(path.stem.encode()),
        "locale": locale,
        "slug": path.stem,
        "title": title.removeprefix("# "),
        "category": category.removeprefix("category: "),
        "html": html,
        "text": text,
        "snippet": shorten(text, SNIPPET, placeholder="…"),
        "words": frozenset(indexed(f"{title} {text}").split()),
        "updated_at": WRITTEN,
        "removed_at": None,
        "is_published": True,
    }


def matching(rows: Iterable[Row], question: str) -> list[Row]:
    """Those that have each word of a question, or a beginning of it, as the table is searched; titles before texts."""
    words = asked(question)
    found = [row for row in rows if words and all(_has(row["words"], either) for either in words)]
    return sorted(found, key=lambda row: not all(_has(indexed(row["title"]).split(), either) for either in words))


def _has(words: Iterable[str], either: tuple[str, ...]) -> bool:
    return any(word.startswith(either) for word in words)
