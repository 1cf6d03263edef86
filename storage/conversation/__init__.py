"""Conversations, and what hangs on them: messages, files, summaries, promises, ratings."""

from __future__ import annotations

from plixa.storage.conversation import look_ups, moving, of_state, rows, statements as sql
from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Move, Sweep, by_id

FACE = ("csat", "dialogue", "inbox", "media_files", "merges", "messages", "search", "sight", "summaries", "words")
OF_CONVERSATION = "tenant_id = $1 and conversation_id = $2"
KEYS_ERASED = """, kept as (
    insert into erased_keys select tenant_id, number_id, sha256(convert_to(key_id, 'UTF8')), now()
    from gone where key_id is not null on conflict do nothing
)"""
_ERASED = "now(), now() from gone"
_AGAIN = "on conflict (tenant_id, stored_as) do update set marked_at = excluded.marked_at, due_at = excluded.due_at"
FILES_ERASED = f""", left_over as (
    insert into erased_files select distinct tenant_id, stored_as, {_ERASED} {_AGAIN}
)"""
FETCHED_ERASED = f""", fetched as (
    insert into erased_files select tenant_id, id::text, {_ERASED} where media is not null {_AGAIN}
)"""
TABLES = Tables(
    tables=(
        Table(name="conversations", sort="read model", until="until erased"),
        Table(name="conversation_facets", sort="read model", until="with the conversation"),
        Table(name="conversation_seen", sort="read model", until="with the conversation"),
        Table(name="messages", sort="read model", until="with the conversation"),
        Table(name="media_files", sort="read model", until="with the conversation"),
        Table(name="erased_files", until="until the files are gone: a quarter of an hour"),
        Table(
            name="summaries",
            moves=True,
            until="with the conversation: one each",
            sealed=(Sealed("body", "summary {tenant_id} {conversation_id}"),),
        ),
        Table(name="greeted", sort="read model", until="with the workspace: that a contact was greeted, by ids only"),
        Table(name="csat_ratings", sort="read model", until="with the conversation"),
        Table(name="sla_clocks", sort="read model", until="with the conversation"),
        Table(name="resolutions", sort="read model", until="with the conversation"),
        Table(
            name="erased_keys",
            moves=True,
            until="for ever, on purpose: hashes, so that what was erased does not come back with a look-back",
        ),
    ),
    projects=rows.projects,
    of_state={"conversation": of_state.ROWS},
    look_ups={"conversation": look_ups.conversation},
    later={
        sql.MESSAGES_DROPPED: "messages",
        sql.MEDIA_DROPPED: "media_files",
        moving.MESSAGES_MOVED: "messages moved",
        moving.MEDIA_MOVED: "media_files moved",
    },
    sweeps={
        "messages": (Sweep("messages", OF_CONVERSATION, by_id, KEYS_ERASED + FETCHED_ERASED),),
        "media_files": (Sweep("media_files", OF_CONVERSATION, by_id, FILES_ERASED),),
        "messages moved": (Move("messages", "id"),),
        "media_files moved": (Move("media_files", "message_id"),),
    },
)
