"""The SQL that a commit is made of: each statement writes the rows of a whole batch at once.

`ORDER` is the order within a transaction; what one actor's commit needs in sequence must be in sequence here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from plixa.storage.conversation import moving
from plixa.storage.eventlog.statement import Statement, delete, insert, update, upsert

_PLACE = re.compile(r"\$(\d+)")

EVENTS = insert(
    "events",
    "tenant_id bigint, position bigint, stream text, revision bigint, type text, schema smallint, at timestamptz, "
    "actor text, cause text, key_id text, data json",
)
KEY_ADDED = insert("stream_keys", "tenant_id bigint, stream text, sealed bytea")
KEY_DESTROYED = delete("stream_keys", "tenant_id bigint, stream text")
SNAPSHOT = upsert(
    "state_snapshots",
    "tenant_id bigint, stream text, version text, revision bigint, state bytea, saved_at timestamptz",
    "tenant_id, stream, version",
)
SNAPSHOT_DROPPED = delete("state_snapshots", "tenant_id bigint, stream text")
EARLIER_SNAPSHOT_DROPPED = delete("snapshots", "tenant_id bigint, stream text")
"""Where the release before keeps them; it may serve beside this one."""
TIMER_SET = upsert("timers", "tenant_id bigint, stream text, name text, due_at timestamptz", "tenant_id, stream, name")
TIMER_CLEARED = delete("timers", "tenant_id bigint, stream text, name text")
EFFECT_QUEUED = insert(
    "outbox",
    "tenant_id bigint, effect_id text, stream text, kind text, lane text, pace text, state text, "
    "not_before timestamptz, position bigint, place smallint, request json, created_at timestamptz",
)
EFFECT_MARKED = update(
    "outbox",
    "tenant_id bigint, effect_id text, state text, not_before timestamptz, uncounted boolean, at timestamptz",
    2,
    set_="state = u.state, not_before = u.not_before, "
    "attempts = attempts + (u.state = 'attempting')::int - u.uncounted::int, "
    "settled_at = case when u.state in ('done', 'failed', 'cancelled', 'left') then u.at end",
)
EFFECT_BOOKED = replace(
    update(
        "outbox",
        "tenant_id bigint, effect_id text, state text, not_before timestamptz, attempts integer, reason text, "
        "at timestamptz",
        2,
        where="t.state in ('queued', 'attempting', 'unknown')",
        set_="state = u.state, not_before = u.not_before, attempts = u.attempts, reason = u.reason, "
        "settled_at = case when u.state in ('done', 'failed', 'cancelled', 'left') then u.at end",
    ),
    replaces=(0, 1),
)

WORKSPACE = upsert("workspaces", "tenant_id bigint, name text, slug text, data json", "tenant_id")
MEMBER = upsert(
    "members",
    "tenant_id bigint, user_id bigint, email text, name text, role text, locale text, removed boolean",
    "tenant_id, user_id",
)
NUMBER_ADDED = insert(
    "numbers",
    "tenant_id bigint, id bigint, instance text, status text, name text, created_at timestamptz, data json",
)
NUMBER_STATUS = update("numbers", "tenant_id bigint, id bigint, status text, phone text, name text, data json", 2)
NUMBER_NAMED = update("numbers", "tenant_id bigint, id bigint, name text", 2)
NUMBER_REMOVED = update("numbers", "tenant_id bigint, id bigint, removed boolean", 2)
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
CONTACT_DROPPED = delete("contacts", "tenant_id bigint, id bigint")
CONTACT_LABELLED = insert(
    "contact_labels", "tenant_id bigint, contact_id bigint, label_id bigint", "on conflict do nothing", 3
)
CONTACT_UNLABELLED = delete("contact_labels", "tenant_id bigint, contact_id bigint, label_id bigint")
CONTACT_LABELS_DROPPED = delete("contact_labels", "tenant_id bigint, contact_id bigint")
LABEL_FORGOTTEN = delete("contact_labels", "tenant_id bigint, label_id bigint")
CONTACT_VALUED = upsert(
    "contact_values",
    "tenant_id bigint, contact_id bigint, definition_id bigint, value text",
    "tenant_id, contact_id, definition_id",
)
CONTACT_UNVALUED = delete("contact_values", "tenant_id bigint, contact_id bigint, definition_id bigint")
CONTACT_VALUES_DROPPED = delete("contact_values", "tenant_id bigint, contact_id bigint")
FIELD_FORGOTTEN = delete("contact_values", "tenant_id bigint, definition_id bigint")
MERGE_MADE = insert(
    "contact_merges",
    "tenant_id bigint, id bigint, from_id bigint, into_id bigint, gained json, conversations bigint[], "
    "merged_at timestamptz",
)
MERGE_UNDONE = update("contact_merges", "tenant_id bigint, id bigint, undone_at timestamptz", 2)
MERGES_DROPPED = delete("contact_merges", "tenant_id bigint, into_id bigint")
IMPORT_STARTED = insert(
    "contact_imports",
    "tenant_id bigint, id bigint, user_id bigint, status text, total integer, problems json, started_at timestamptz",
)
IMPORT_PROGRESSED = update(
    "contact_imports",
    "tenant_id bigint, id bigint, done integer, added integer, changed integer, unchanged integer, failed integer, "
    "problems json",
    2,
    set_="done = u.done, added = t.added + u.added, changed = t.changed + u.changed, "
    "unchanged = t.unchanged + u.unchanged, failed = t.failed + u.failed, "
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
PEERS_DROPPED = delete("peers", "tenant_id bigint, conversation_id bigint")
CONVERSATION = upsert(
    "conversations",
    "tenant_id bigint, id bigint, contact_id bigint, number_id bigint, phone text, name text, status text, mode text, "
    "assigned_user_id bigint, sector_id bigint, labels bigint[], unread_count integer, last_message_id bigint, "
    "last_activity_at timestamptz, snoozed_until timestamptz, notes text, sla json, created_at timestamptz, "
    "updated_at timestamptz, resolved_at timestamptz, waiting_since timestamptz, csat json",
    "tenant_id, id",
)
FACETS = upsert(
    "conversation_facets",
    "tenant_id bigint, conversation_id bigint, folded text, phone text, status text, mode text, "
    "assigned_user_id bigint, sector_id bigint, number_id bigint, labels bigint[]",
    "tenant_id, conversation_id",
)
FACETS_DROPPED = delete("conversation_facets", "tenant_id bigint, conversation_id bigint")
SEEN = upsert(
    "conversation_seen",
    "tenant_id bigint, conversation_id bigint, user_id bigint, message_id bigint",
    "tenant_id, conversation_id, user_id",
)
SEEN_DROPPED = delete("conversation_seen", "tenant_id bigint, conversation_id bigint")
SUMMARY = upsert(
    "summaries",
    "tenant_id bigint, conversation_id bigint, upto bigint, model text, body bytea",
    "tenant_id, conversation_id",
)
SUMMARY_DROPPED = delete("summaries", "tenant_id bigint, conversation_id bigint")
SLA_CLOCK = upsert(
    "sla_clocks",
    "tenant_id bigint, conversation_id bigint, kind text, started_at timestamptz, target_seconds integer, "
    "due_at timestamptz, breached_at timestamptz, met_at timestamptz",
    "tenant_id, conversation_id, kind, started_at",
)
RESOLVED = upsert(
    "resolutions",
    "tenant_id bigint, conversation_id bigint, episode integer, resolved_at timestamptz, ended_by text, "
    "user_id bigint, flow_id bigint",
    "tenant_id, conversation_id, episode",
)
REOPENED = update(
    "resolutions", "tenant_id bigint, conversation_id bigint, episode integer, reopened_at timestamptz", 3
)
RESOLUTIONS_DROPPED = delete("resolutions", "tenant_id bigint, conversation_id bigint")
SLA_DROPPED = delete("sla_clocks", "tenant_id bigint, conversation_id bigint")
CSAT_RATED = upsert(
    "csat_ratings",
    "tenant_id bigint, conversation_id bigint, episode integer, rating smallint, user_id bigint, rated_at timestamptz",
    "tenant_id, conversation_id, episode",
)
CSAT_COMMENTED = update("csat_ratings", "tenant_id bigint, conversation_id bigint, episode integer, comment text", 3)
CSAT_DROPPED = delete("csat_ratings", "tenant_id bigint, conversation_id bigint")
CONVERSATION_DROPPED = delete("conversations", "tenant_id bigint, id bigint")
MESSAGE = insert(
    "messages",
    "tenant_id bigint, id bigint, conversation_id bigint, number_id bigint, key_id text, direction text, type text, "
    "body text, words text, media json, extra json, quoted_message_id bigint, author json, status text, "
    "created_at timestamptz",
)
MESSAGE_STATUS = update("messages", "tenant_id bigint, id bigint, status text, error text", 2)
MESSAGE_SENT = update("messages", "tenant_id bigint, id bigint, status text, error text, key_id text", 2)
MESSAGE_NUMBERED = update(
    "messages",
    "tenant_id bigint, id bigint",
    2,
    set_="extra = jsonb_set(t.extra::jsonb, '{menu,shown}', '\"numbers\"', false)::json",
)
MESSAGE_EDITED = update("messages", "tenant_id bigint, id bigint, body text, words text, edited_at timestamptz", 2)
MESSAGE_REVEALED = update(
    "messages",
    "tenant_id bigint, id bigint, type text, body text, words text, media json, extra json, quoted_message_id bigint",
    2,
)
MESSAGE_DELETED = update("messages", "tenant_id bigint, id bigint, deleted_at timestamptz", 2)
MESSAGE_REACTED = update(
    "messages",
    "tenant_id bigint, id bigint, who text, emoji text",
    2,
    set_="reactions = (coalesce(t.reactions::jsonb, '{}') || jsonb_build_object(u.who, nullif(u.emoji, '')))::json",
)
MESSAGE_ERROR = update("messages", "tenant_id bigint, id bigint, error text", 2)
SWEEP_MARKED = upsert("sweeps", "tenant_id bigint, what text, ref text, marked_at timestamptz", "tenant_id, what, ref")
PEERS_SWEPT = Statement(
    "sweeps",
    "insert into sweeps select distinct on (p.tenant_id, p.number_id, p.jid) "
    "p.tenant_id, 'peer', p.number_id || ' ' || p.jid, u.at "
    "from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[]) "
    "as u(tenant_id, conversation_id, contact_id, at) join peers p on p.tenant_id = u.tenant_id "
    "and (p.conversation_id = u.conversation_id or p.contact_id = u.contact_id) "
    "on conflict (tenant_id, what, ref) do update set marked_at = excluded.marked_at",
    3,
)
"""The addresses that lead to a conversation or a contact, as they were before this batch."""
MESSAGES_DROPPED = delete("messages", "tenant_id bigint, conversation_id bigint")
MEDIA_STORED = upsert(
    "media_files",
    "tenant_id bigint, message_id bigint, conversation_id bigint, mime text, bytes bigint, sha256 bytea, "
    "stored_as text, stored_at timestamptz",
    "tenant_id, message_id",
)
MEDIA_DROPPED = delete("media_files", "tenant_id bigint, conversation_id bigint")

PASSWORD = upsert("credentials", "tenant_id bigint, user_id bigint, password_hash text", "user_id")
TOKEN = insert(
    "tokens",
    "id bigint, tenant_id bigint, user_id bigint, name text, hash bytea, abilities text[], created_at timestamptz, "
    "expires_at timestamptz, address text, user_agent text",
)
TOKEN_USED = upsert("token_uses", "tenant_id bigint, token_id bigint, used_at timestamptz", "token_id")
TOKEN_REVOKED = update("tokens", "id bigint, tenant_id bigint, revoked_at timestamptz", 2, "t.revoked_at is null")
TOKENS_REVOKED = update(
    "tokens",
    "tenant_id bigint, user_id bigint, kept bigint, all_of_them boolean, at timestamptz",
    2,
    "t.revoked_at is null and t.id <> u.kept and (u.all_of_them or t.name not like 'api:%')",
    "revoked_at = u.at",
)
SECRET_MADE = upsert(
    "one_time_secrets",
    "tenant_id bigint, kind text, ref bigint, hash bytea, sealed bytea, created_at timestamptz, expires_at timestamptz",
    "tenant_id, kind, ref",
)
SECRET_SPENT = insert("spent_secrets", "tenant_id bigint, hash bytea, spent_at timestamptz")
SECRET_DROPPED = delete("one_time_secrets", "tenant_id bigint, kind text, ref bigint")
TWO_FACTOR_SET_UP = insert(
    "two_factors",
    "tenant_id bigint, user_id bigint, sealed bytea",
    "on conflict (user_id) do update set sealed = excluded.sealed where two_factors.confirmed_at is null",
)
TWO_FACTOR_CONFIRMED = upsert(
    "two_factors",
    "tenant_id bigint, user_id bigint, sealed bytea, confirmed_at timestamptz, last_step bigint",
    "user_id",
)
TWO_FACTOR_DROPPED = delete("two_factors", "tenant_id bigint, user_id bigint")
RECOVERY_CODES_DROPPED = delete("recovery_codes", "tenant_id bigint, user_id bigint")
RECOVERY_CODE_DROPPED = delete("recovery_codes", "tenant_id bigint, user_id bigint, hash bytea")
RECOVERY_CODE = insert("recovery_codes", "tenant_id bigint, user_id bigint, hash bytea")
NUMBER_SECRET = insert(
    "number_secrets", "tenant_id bigint, number_id bigint, instance text, secret_hash bytea, sealed bytea"
)
ANSWERS_DROPPED = delete("answers", "tenant_id bigint, stream text")
PARKED_DROPPED = delete("parked", "tenant_id bigint, stream text")
LETTER_TAKEN = delete("parked", "tenant_id bigint, id bigint")
ANSWER = insert(
    "answers",
    "tenant_id bigint, scope text, key text, stream text, body_hash bytea, status smallint, body bytea, "
    "created_at timestamptz",
)
ORIGIN = insert(
    "request_origins",
    "tenant_id bigint, request_id text, address text, user_agent text, at timestamptz",
    "on conflict do nothing",
)
MEMBER_REMOVED = update("members", "tenant_id bigint, user_id bigint, removed boolean", 2)

ADVANCE = Statement(
    "heads",
    "update heads h set position = u.upto, last_id = greatest(h.last_id, u.last_id) "
    "from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) "
    "as u(tenant_id, position, upto, epoch, last_id) "
    "where h.tenant_id = u.tenant_id and h.position = u.position and h.epoch = u.epoch returning 1",
    1,
)

ORDER: tuple[Statement, ...] = (
    ADVANCE,
    KEY_ADDED,
    EVENTS,
    PEERS_SWEPT,
    SWEEP_MARKED,
    PASSWORD,
    TOKEN_REVOKED,
    TOKENS_REVOKED,
    TOKEN,
    TOKEN_USED,
    SECRET_DROPPED,
    SECRET_MADE,
    SECRET_SPENT,
    TWO_FACTOR_DROPPED,
    TWO_FACTOR_SET_UP,
    TWO_FACTOR_CONFIRMED,
    RECOVERY_CODES_DROPPED,
    RECOVERY_CODE_DROPPED,
    RECOVERY_CODE,
    NUMBER_SECRET,
    ANSWER,
    ORIGIN,
    WORKSPACE,
    MEMBER,
    MEMBER_REMOVED,
    NUMBER_ADDED,
    NUMBER_STATUS,
    NUMBER_NAMED,
    NUMBER_REMOVED,
    CONTACT_ADDED,
    CONTACT_PHONE,
    CONTACT_CHANGED,
    CONTACT_MERGED,
    CONTACT_TOUCHED,
    CONTACT_DROPPED,
    CONTACT_UNLABELLED,
    CONTACT_LABELLED,
    CONTACT_LABELS_DROPPED,
    LABEL_FORGOTTEN,
    CONTACT_UNVALUED,
    CONTACT_VALUED,
    CONTACT_VALUES_DROPPED,
    FIELD_FORGOTTEN,
    MERGE_MADE,
    MERGE_UNDONE,
    MERGES_DROPPED,
    IMPORT_STARTED,
    IMPORT_PROGRESSED,
    IMPORT_FINISHED,
    IMPORT_FILE,
    IMPORT_FILE_DROPPED,
    PEER,
    moving.PEERS_LED,
    PEERS_DROPPED,
    moving.CONVERSATIONS_MERGED,
    moving.CONVERSATIONS_UNMERGED,
    MESSAGE,
    MESSAGE_STATUS,
    MESSAGE_NUMBERED,
    MESSAGE_SENT,
    MESSAGE_ERROR,
    MESSAGE_EDITED,
    MESSAGE_REVEALED,
    MESSAGE_DELETED,
    MESSAGE_REACTED,
    moving.MESSAGES_MOVED,
    CONVERSATION,
    FACETS,
    SEEN,
    SUMMARY,
    moving.SLA_MOVED,
    SLA_CLOCK,
    RESOLVED,
    REOPENED,
    moving.RESOLUTIONS_MOVED,
    moving.CSAT_MOVED,
    CSAT_RATED,
    CSAT_COMMENTED,
    MEDIA_STORED,
    moving.MEDIA_MOVED,
    EFFECT_QUEUED,
    EFFECT_MARKED,
    EFFECT_BOOKED,
    TIMER_CLEARED,
    TIMER_SET,
    SNAPSHOT,
    MEDIA_DROPPED,
    CSAT_DROPPED,
    SLA_DROPPED,
    RESOLUTIONS_DROPPED,
    SUMMARY_DROPPED,
    SEEN_DROPPED,
    MESSAGES_DROPPED,
    FACETS_DROPPED,
    CONVERSATION_DROPPED,
    SNAPSHOT_DROPPED,
    EARLIER_SNAPSHOT_DROPPED,
    KEY_DESTROYED,
    ANSWERS_DROPPED,
    PARKED_DROPPED,
    LETTER_TAKEN,
)
RANKS = {statement: rank for rank, statement in enumerate(ORDER)}


def waves(statements: Iterable[Statement]) -> list[list[Statement]]:
    """The statements in as few groups as their order allows: within a group no table is written twice."""
    groups: list[list[Statement]] = []
    depth: dict[str, int] = {}
    for statement in sorted(statements, key=RANKS.__getitem__):
        at = depth.get(statement.table, 0)
        depth[statement.table] = at + 1
        if at == len(groups):
            groups.append([])
        groups[at].append(statement)
    return groups


@lru_cache(maxsize=512)
def combined(statements: tuple[Statement, ...]) -> str:
    """One statement that does what all of these do, in one round trip; its parameters are theirs, one after another.

    With `ADVANCE` among them it fails (division by zero) unless as many heads moved as the last parameter says.
    """
    parts: list[str] = []
    used = 0
    for number, statement in enumerate(statements):
        parts.append(f"s{number} as ({_renumbered(statement.sql, used)})")
        used += _width(statement)
    moved = "1"
    if ADVANCE in statements:
        moved = f"1 / ((select count(*) from s{statements.index(ADVANCE)}) = ${used + 1}::bigint)::int"
    return f"with {', '.join(parts)} select {moved}"


def _width(statement: Statement) -> int:
    return max(int(number) for number in _PLACE.findall(statement.sql))


def _renumbered(sql: str, by: int) -> str:
    return _PLACE.sub(lambda found: f"${int(found[1]) + by}", sql)


def arguments(statements: Sequence[Statement], columns: dict[Statement, list[tuple[object, ...]]]) -> list[object]:
    """The parameters of `combined`: one array a column."""
    flat: list[object] = []
    for statement in statements:
        flat.extend(zip(*statement.last(columns[statement]), strict=True))
    if ADVANCE in statements:
        flat.append(len(columns[ADVANCE]))
    return flat
