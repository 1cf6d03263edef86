"""What commits write of contacts, of the addresses that lead to conversations, and of what was merged."""

from __future__ import annotations

from dataclasses import replace

from plixa.storage.eventlog.statement import Again, Statement, delete, insert, update, upsert

CONTACT_ADDED = insert(
    "contacts",
    "tenant_id bigint, id bigint, phone text, name text, folded text, notes text, created_at timestamptz, "
    "updated_at timestamptz",
)
CONTACT_PHONE = update("contacts", "tenant_id bigint, id bigint, phone text, updated_at timestamptz", 2)
CONTACT_CHANGED = update(
    "contacts", "tenant_id bigint, id bigint, name text, folded text, notes text, updated_at timestamptz", 2
)
CONTACT_MERGED = update("contacts", "tenant_id bigint, id bigint, merged_into bigint, updated_at timestamptz", 2)
CONTACT_TOUCHED = update("contacts", "tenant_id bigint, id bigint, updated_at timestamptz", 2)
CONTACT_OPTED = update("contacts", "tenant_id bigint, id bigint, opted_out_at timestamptz, updated_at timestamptz", 2)
CONTACT_DROPPED = delete("contacts", "tenant_id bigint, id bigint")
CONTACT_LABELLED = insert(
    "contact_labels", "tenant_id bigint, contact_id bigint, label_id bigint", "on conflict do nothing", 3, Again.JOINS
)
CONTACT_UNLABELLED = delete("contact_labels", "tenant_id bigint, contact_id bigint, label_id bigint")
CONTACT_LABELS_DROPPED = delete("contact_labels", "tenant_id bigint, contact_id bigint")
LABEL_FORGOTTEN = delete("contact_labels", "tenant_id bigint, label_id bigint", 1)
CONTACT_VALUED = upsert(
    "contact_values",
    "tenant_id bigint, contact_id bigint, definition_id bigint, value text",
    "tenant_id, contact_id, definition_id",
)
CONTACT_UNVALUED = delete("contact_values", "tenant_id bigint, contact_id bigint, definition_id bigint")
CONTACT_VALUES_DROPPED = delete("contact_values", "tenant_id bigint, contact_id bigint")
FIELD_FORGOTTEN = delete("contact_values", "tenant_id bigint, definition_id bigint", 1)
MERGE_MADE = insert(
    "contact_merges",
    "tenant_id bigint, id bigint, from_id bigint, into_id bigint, gained json, conversations bigint[], "
    "merged_at timestamptz",
)
MERGE_UNDONE = update("contact_merges", "tenant_id bigint, id bigint, undone_at timestamptz", 2)
MERGES_DROPPED = delete("contact_merges", "tenant_id bigint, into_id bigint", 1)
IMPORT_STARTED = insert(
    "contact_imports",
    "tenant_id bigint, id bigint, user_id bigint, status text, total integer, problems json, started_at timestamptz",
)
IMPORT_PROGRESSED = update(
    "contact_imports",
    "tenant_id bigint, id bigint, done integer, added integer, changed integer, unchanged integer, failed integer, "
    "merged integer, problems json",
    2,
    set_="done = u.done, added = t.added + u.added, changed = t.changed + u.changed, "
    "unchanged = t.unchanged + u.unchanged, failed = t.failed + u.failed, merged = t.merged + u.merged, "
    "problems = (t.problems::jsonb || u.problems::jsonb)::json",
)
IMPORT_FINISHED = update(
    "contact_imports", "tenant_id bigint, id bigint, status text, reason text, finished_at timestamptz", 2
)
IMPORT_FILE = insert("contact_import_files", "tenant_id bigint, import_id bigint, body bytea")
IMPORT_FILE_DROPPED = delete("contact_import_files", "tenant_id bigint, import_id bigint")
PEER = upsert(
    "peers",
    "tenant_id bigint, number_id bigint, jid text, contact_id bigint, conversation_id bigint",
    "tenant_id, number_id, jid",
)
PEERS_DROPPED = delete("peers", "tenant_id bigint, conversation_id bigint", 1)
PEERS_SWEPT = Statement(
    "sweeps",
    "insert into sweeps select distinct on (p.tenant_id, p.number_id, p.jid) "
    "p.tenant_id, 'peer', p.number_id || ' ' || p.jid, u.at "
    "from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]) "
    "as u(tenant_id, conversation_id, contact_id, at) join peers p on p.tenant_id = u.tenant_id "
    "and (p.conversation_id = u.conversation_id or p.contact_id = u.contact_id) "
    "order by p.tenant_id, p.number_id, p.jid, u.at desc "
    "on conflict (tenant_id, what, ref) do update set marked_at = excluded.marked_at",
    ("tenant_id", "conversation_id", "contact_id", "at"),
    1,
    Again.JOINS,
    among="peers",
    looks_back=True,
)
"""The addresses that lead to a conversation or a contact, as they were before this commit."""
PEERS_LED = replace(
    update("peers", "tenant_id bigint, conversation_id bigint, into_id bigint", 2, set_="conversation_id = u.into_id"),
    key=1,
)
"""It changes rows of either conversation; of which ones, only the tenant can be said."""
CONVERSATIONS_MERGED = upsert(
    "conversation_merges",
    "tenant_id bigint, from_id bigint, into_id bigint, id bigint, user_id bigint, merged_at timestamptz",
    "tenant_id, from_id",
)
CONVERSATIONS_UNMERGED = delete("conversation_merges", "tenant_id bigint, from_id bigint")
