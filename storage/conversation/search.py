"""Finding messages by their words."""

from __future__ import annotations

from typing import Any

from plixa.actors.folding import is_without_spaces
from plixa.storage.conversation.inbox import Shown, message_resource
from plixa.storage.conversation.sight import Sight, within
from plixa.storage.conversation.words import sought_words

MOST_WORDS = 8
LONGEST_WORD = 255
"""Letters of a word that is looked for. Postgres leaves one of 2,047 bytes out, and what is left finds everything."""


def query_of(text: str) -> str | None:
    """What the index is asked: every word, the last one and one that is endless as a beginning; None when there is no
    word in it."""
    words = sought_words(text)[:MOST_WORDS]
    if not words:
        return None
    return " & ".join(_sought(word, whole=word_at < len(words)) for word_at, word in enumerate(words, 1))


def _sought(word: str, *, whole: bool) -> str:
    whole = whole and not is_without_spaces(word)
    return word if whole and len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}:*"


async def search_messages(
    connection: Any,
    tenant: int,
    query: str,
    before: int | None,
    limit: int,
    sight: Sight | None,
) -> tuple[list[Shown], int | None]:
    """A page of messages with these words, newest first, each with its conversation's name; where the next begins."""
    args: list[Any] = [tenant, query, before if before is not None else 2**63 - 1, limit + 1]
    rows = await connection.fetch(
        "select m.*, c.name as c_name, c.phone as c_phone from messages m "
        "join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id "
        "where m.tenant_id = $1 and m.words is not null and m.id < $3 "
        "and (array_to_tsvector(array['#' || m.tenant_id::text]) || to_tsvector('simple', m.words)) "
        "@@ (('''#' || $1 || '''')::tsquery && to_tsquery('simple', $2)) "
        f"and {within(sight, args, 'c.assigned_user_id')} order by m.id desc limit $4",
        *args,
    )
    page = rows[:limit]
    found = [{**message_resource(row), "contact_name": row["c_name"], "contact_phone": row["c_phone"]} for row in page]
    return found, page[-1]["id"] if len(rows) > limit else None
