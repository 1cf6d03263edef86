"""What commits write of members, and of what proves who they are."""

from __future__ import annotations

from plixa.storage.eventlog.statement import delete, insert, update, upsert

MEMBER = upsert(
    "members",
    "tenant_id bigint, user_id bigint, email text, name text, role text, locale text, removed boolean",
    "tenant_id, user_id",
)
PASSWORD = upsert("credentials", "tenant_id bigint, user_id bigint, password_hash text", "user_id")
TOKEN = insert(
    "tokens",
    "tenant_id bigint, id bigint, user_id bigint, name text, hash bytea, abilities text[], created_at timestamptz, "
    "expires_at timestamptz, address text, user_agent text",
)
ACTING_TOKEN = insert(
    "tokens",
    "tenant_id bigint, id bigint, user_id bigint, name text, hash bytea, abilities text[], created_at timestamptz, "
    "expires_at timestamptz, acting_admin bigint, acting_mode text",
)
TOKEN_USED = upsert("token_uses", "tenant_id bigint, token_id bigint, used_at timestamptz", "token_id")
TOKEN_REVOKED = update("tokens", "tenant_id bigint, id bigint, revoked_at timestamptz", 2, "t.revoked_at is null")
TOKENS_REVOKED = update(
    "tokens",
    "tenant_id bigint, user_id bigint, kept bigint, all_of_them boolean, at timestamptz",
    1,
    "t.user_id = u.user_id and t.revoked_at is null and t.id <> u.kept and (u.all_of_them or t.name not like 'api:%')",
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
RECOVERY_CODE = insert("recovery_codes", "tenant_id bigint, user_id bigint, hash bytea", key=3)
MEMBER_REMOVED = update("members", "tenant_id bigint, user_id bigint, removed boolean", 2)
