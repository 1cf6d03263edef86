"""What must never be in the log: password hashes, tokens, second factors, one-time secrets, the webhooks' secrets.

What is here makes rows to be attached to a commit (`Bus.ask(…, attach=…)`), or reads them back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plixa.actors.people import accounts, team
from plixa.engine.events import Event
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row
from plixa.storage.people import statements as sql

SPENT = "spent_secrets_pkey"
PLACES = 100
"""So many of somebody's last sessions say where they sign in."""


def password_row(tenant: int, user_id: int, password_hash: str) -> Row:
    """A user's password, hashed by the caller."""
    return sql.PASSWORD, (tenant, user_id, password_hash)


def token_row(
    token_id: int,
    tenant: int,
    user_id: int,
    name: str,
    secret: str,
    abilities: list[str],
    at: datetime,
    expires_at: datetime | None = None,
    address: str | None = None,
    user_agent: str | None = None,
) -> Row:
    """A bearer token; only the SHA-256 of its secret is kept. address, user_agent: where it was asked for."""
    listed = "{" + ",".join(abilities) + "}"
    hashed = token_hash(secret)
    return sql.TOKEN, (tenant, token_id, user_id, name, hashed, listed, at, expires_at, address, user_agent)


def acting_token_row(
    token_id: int, tenant: int, user_id: int, secret: str, at: datetime, expires_at: datetime, admin_id: int, mode: str
) -> Row:
    """A member's token that somebody of staff acts with, until then. No address: it is not the member's business."""
    hashed = token_hash(secret)
    return sql.ACTING_TOKEN, (tenant, token_id, user_id, "acting", hashed, "{*}", at, expires_at, admin_id, mode)


def token_revoked_row(tenant: int, token_id: int, at: datetime) -> Row:
    """From now on this token is no good."""
    return sql.TOKEN_REVOKED, (tenant, token_id, at)


def sessions_revoked_row(tenant: int, user_id: int, at: datetime, kept: int = 0) -> Row:
    """A member is signed out everywhere, but for the token `kept`; tokens of integrations go on working."""
    return sql.TOKENS_REVOKED, (tenant, user_id, kept, False, at)


def tokens_revoked_row(tenant: int, user_id: int, at: datetime) -> Row:
    """Every token that a member has or made is no good from now on: they are not a member any more."""
    return sql.TOKENS_REVOKED, (tenant, user_id, 0, True, at)


def token_used_row(tenant: int, token_id: int, at: datetime) -> Row:
    """When a token was last seen."""
    return sql.TOKEN_USED, (tenant, token_id, at)


def token_hash(secret: str) -> bytes:
    """What is stored of a token's secret. The secret is 40 random characters, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


# -- secrets that are used once ---------------------------------------------------------------------------------------


def secret_row(tenant: int, kind: str, ref: int, hash: bytes, sealed: bytes, at: datetime, expires_at: datetime) -> Row:
    """A secret that somebody gets by mail, instead of an earlier one of the same kind and reference.

    hash: `token_hash` of 40 random characters. sealed: the same, sealed by the caller as `secret_belongs` says.
    """
    return sql.SECRET_MADE, (tenant, kind, ref, hash, sealed, at, expires_at)


def spend_secret_row(tenant: int, hash: bytes, at: datetime) -> Row:
    """The secret is used up. A commit that spends it a second time fails: `Duplicate`, constraint `SPENT`."""
    return sql.SECRET_SPENT, (tenant, hash, at)


def drop_secret_row(tenant: int, kind: str, ref: int) -> Row:
    """The secret is no good any more, used or not."""
    return sql.SECRET_DROPPED, (tenant, kind, ref)


def secret_belongs(tenant: int, kind: str, ref: int) -> str:
    """What a one-time secret is sealed with."""
    return f"one-time secret {tenant} {kind} {ref}"


@dataclass(frozen=True, slots=True)
class InvitationSecret:
    """The secret of an invitation that is being made."""

    tenant: int
    secret: str = field(repr=False)

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        made = next(event for event in events if isinstance(event, team.InvitationCreated))
        ref, hashed = made.invitation_id, token_hash(self.secret)
        sealed = seal.seal(self.secret.encode(), secret_belongs(self.tenant, team.SECRET, ref))
        return [secret_row(self.tenant, team.SECRET, ref, hashed, sealed, made.created_at, made.expires_at)]


@dataclass(frozen=True, slots=True)
class AddressVerified:
    """The secret that verified an address is used up; a link to reset the password has gone to an earlier address."""

    tenant: int
    user_id: int
    hash: bytes
    at: datetime

    def rows(self, events: Sequence[Event], _: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        moved = any(isinstance(event, accounts.MemberEmailVerified) and event.was for event in events)
        dropped = [drop_secret_row(self.tenant, accounts.RESET, self.user_id)] if moved else []
        return [spend_secret_row(self.tenant, self.hash, self.at), *dropped]


async def find_secret(connection: Any, kind: str, hash: bytes, at: datetime | None = None) -> Any:
    """The row (tenant_id, ref, …) of a secret that is neither spent, replaced nor (`at`, or now) expired; or None."""
    return await connection.fetchrow(
        "select * from one_time_secrets s where kind = $1 and hash = $2 and expires_at > coalesce($3, now()) "
        "and not exists (select from spent_secrets where hash = s.hash)",
        kind,
        hash,
        at,
    )


async def get_secret(connection: Any, tenant: int, kind: str, ref: int) -> Any:
    """The row of the present secret of this kind and reference, whatever its state: `sealed` is for its mail."""
    return await connection.fetchrow(
        "select * from one_time_secrets where tenant_id = $1 and kind = $2 and ref = $3", tenant, kind, ref
    )


# -- second factors ---------------------------------------------------------------------------------------------------


def two_factor_row(tenant: int, user_id: int, sealed: bytes) -> Row:
    """A second factor that waits for its first code. One that is confirmed already stays as it is."""
    return sql.TWO_FACTOR_SET_UP, (tenant, user_id, sealed)


def two_factor_confirmed_row(tenant: int, user_id: int, sealed: bytes, at: datetime, step: int) -> Row:
    """A second factor at work. step: of the code that confirmed it, which is used up with that."""
    return sql.TWO_FACTOR_CONFIRMED, (tenant, user_id, sealed, at, step)


def two_factor_dropped_rows(tenant: int, user_id: int) -> list[Row]:
    """No second factor any more, and no recovery codes."""
    return [(sql.TWO_FACTOR_DROPPED, (tenant, user_id)), (sql.RECOVERY_CODES_DROPPED, (tenant, user_id))]


def recovery_code_rows(tenant: int, user_id: int, hashes: list[bytes]) -> list[Row]:
    """These recovery codes instead of all earlier ones."""
    dropped: Row = (sql.RECOVERY_CODES_DROPPED, (tenant, user_id))
    return [dropped, *((sql.RECOVERY_CODE, (tenant, user_id, hashed)) for hashed in hashes)]


def recovery_code_dropped_row(tenant: int, user_id: int, hashed: bytes) -> Row:
    """One recovery code less."""
    return sql.RECOVERY_CODE_DROPPED, (tenant, user_id, hashed)


async def get_two_factor(connection: Any, user_id: int) -> Any:
    """A user's second factor, confirmed or not, with the recovery codes that remain (`codes`: hashes); or None."""
    return await connection.fetchrow(
        "select f.*, array(select hash from recovery_codes where user_id = f.user_id and spent_at is null) as codes "
        "from two_factors f where user_id = $1",
        user_id,
    )


async def take_step(connection: Any, user_id: int, step: int) -> bool:
    """Use up a time step's code; False if it, or a later one, was used before."""
    return bool(
        await connection.fetchval(
            "update two_factors set last_step = $2 "
            "where user_id = $1 and confirmed_at is not null and last_step < $2 returning true",
            user_id,
            step,
        )
    )


async def take_recovery_code(connection: Any, user_id: int, hashed: bytes) -> bool:
    """Use up a recovery code; False if there is none like it."""
    return bool(
        await connection.fetchval(
            "update recovery_codes set spent_at = now() "
            "where user_id = $1 and hash = $2 and spent_at is null returning true",
            user_id,
            hashed,
        )
    )


async def take_attempt(connection: Any, token_id: int, most: int) -> bool:
    """Count one try at a sign-in that waits for a code; False if there were `most` already."""
    return bool(
        await connection.fetchval(
            "update tokens set failures = failures + 1 "
            "where id = $1 and revoked_at is null and failures < $2 returning true",
            token_id,
            most,
        )
    )


# -- the rest ---------------------------------------------------------------------------------------------------------


async def next_ids(connection: Any, sequence: str, count: int = 1) -> list[int]:
    """Globally unique ids: `sequence` is tenants_id, users_id or tokens."""
    name = "pg_get_serial_sequence('tokens', 'id')" if sequence == "tokens" else f"'{sequence}'"
    rows = await connection.fetch(f"select nextval({name}) as id from generate_series(1, $1)", count)
    return [row["id"] for row in rows]


async def revoke_token(connection: Any, token_id: int) -> bool:
    """From now on this token is no good; False if it was none."""
    return bool(
        await connection.fetchval(
            "update tokens set revoked_at = now() where id = $1 and revoked_at is null returning true", token_id
        )
    )


_TOKENS = (
    "select t.*, m.role, m.name as user_name, a.name as admin_name, u.used_at from tokens t "
    "join members m on m.tenant_id = t.tenant_id and m.user_id = t.user_id and not m.removed "
    "left join token_uses u on u.token_id = t.id "
    "left join admins a on a.id = t.acting_admin and a.removed_at is null and 'staff:manage' = any(a.abilities)"
)
_ACTING = "(t.acting_admin is null or a.id is not null)"
"""Whoever of staff acts with it may still do so."""


async def find_token(connection: Any, token_id: int) -> Any:
    """A token's row with its member's role, or None."""
    return await connection.fetchrow(f"{_TOKENS} where t.id = $1 and t.tenant_id > 0 and {_ACTING}", token_id)


async def tenant_of_token(connection: Any, token_id: int) -> int | None:
    """Whose a token is, good or not; 0 is staff, None that there is no such token."""
    tenant: int | None = await connection.fetchval("select tenant_id from tokens where id = $1", token_id)
    return tenant


async def find_tokens(connection: Any, token_ids: list[int]) -> dict[int, Any]:
    """The same for many, by id; without those that there are not."""
    rows = await connection.fetch(
        f"{_TOKENS} where t.id = any($1::bigint[]) and t.tenant_id > 0 and {_ACTING}", token_ids
    )
    return {row["id"]: row for row in rows}


async def list_tokens(
    connection: Any, tenant: int, user_id: int | None, at: datetime, idle_since: datetime | None = None
) -> list[Any]:
    """The tokens that are good at the moment, newest first: of integrations, or the sessions of one user.

    idle_since: without those that were not used after that.
    """
    sessions = "t.user_id = $4 and '*' = any(t.abilities) and t.acting_admin is null"
    which = "t.name like 'api:%'" if user_id is None else sessions
    return list(
        await connection.fetch(
            "select t.*, u.used_at from tokens t left join token_uses u on u.token_id = t.id "
            "join members m on m.tenant_id = t.tenant_id and m.user_id = t.user_id and not m.removed "
            f"where t.tenant_id = $1 and {which} and t.revoked_at is null "
            "and (t.expires_at is null or t.expires_at > $2) "
            "and ($3::timestamptz is null or coalesce(u.used_at, t.created_at) > $3) order by t.id desc",
            *(tenant, at, idle_since, *(() if user_id is None else (user_id,))),
        )
    )


async def find_login(connection: Any, email: str) -> Any:
    """The member with this e-mail address and their password hash, or None."""
    return await connection.fetchrow(
        "select m.*, c.password_hash from members m join credentials c using (user_id) "
        "where m.email = $1 and not m.removed",
        email,
    )


async def places(connection: Any, email: str) -> list[str]:
    """The addresses from which whoever has this e-mail address has signed in lately."""
    rows = await connection.fetch(
        "select distinct address from (select address from tokens t join members m using (tenant_id, user_id) "
        f"where m.email = $1 and not m.removed and '*' = any(t.abilities) order by t.id desc limit {PLACES}) as lately "
        "where address is not null",
        email,
    )
    return [row["address"] for row in rows]


async def note_proof(connection: Any, token_id: int, at: datetime) -> None:
    """A second factor was shown with this token."""
    await connection.execute("update tokens set proven_at = $2 where id = $1", token_id, at)


async def proven_at(connection: Any, token_id: int) -> datetime | None:
    """When a second factor was last shown with this token."""
    found: datetime | None = await connection.fetchval("select proven_at from tokens where id = $1", token_id)
    return found


async def get_password(connection: Any, user_id: int) -> str | None:
    """A user's password hash."""
    hashed: str | None = await connection.fetchval("select password_hash from credentials where user_id = $1", user_id)
    return hashed


async def still_proven(connection: Any, user_id: int, password_hash: str | None, by_code: bool) -> bool:
    """Whether a sign-in by this password, and a code where `by_code`, would be let in at this moment."""
    return bool(
        await connection.fetchval(
            "select password_hash = $2 and ($3 or not exists("
            "select from two_factors where user_id = $1 and confirmed_at is not null)) "
            "from credentials where user_id = $1",
            user_id,
            password_hash,
            by_code,
        )
    )
