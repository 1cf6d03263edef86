"""Members, and what proves who they are. What must never be in the log is in `vault`."""

from __future__ import annotations

from datetime import timedelta

from plixa.storage.feature import Sealed, Table, Tables
from plixa.storage.lifetime.rules import Keep
from plixa.storage.people import rows

FACE = ("guesses", "vault")
TABLES = Tables(
    tables=(
        Table(name="members", sort="read model", until="with the workspace: reports name those who left"),
        Table(name="credentials", moves=True, until="a row a user"),
        Table(
            name="tokens",
            keep=Keep(
                "tokens, sessions and sign-ins that waited for a code, once revoked or expired",
                timedelta(days=30),
                "least(revoked_at, expires_at) < $1",
                along=("token_uses", "token_id"),
            ),
            erased="first",
        ),
        Table(name="token_uses", until="a row a token, which it goes with"),
        Table(
            name="one_time_secrets",
            keep=Keep("links that were mailed, once expired", timedelta(days=7), "expires_at < $1"),
            sealed=(Sealed("sealed", "one-time secret {tenant_id} {kind} {ref}"),),
        ),
        Table(name="spent_secrets", keep=Keep("that such a link was used", timedelta(days=90), "spent_at < $1")),
        Table(
            name="two_factors", moves=True, until="a row a user", sealed=(Sealed("sealed", "second factor {user_id}"),)
        ),
        Table(name="recovery_codes", moves=True, until="ten a user"),
        Table(name="guesses", keep=Keep("how often was guessed at an account", timedelta(days=1), "at < $1")),
    ),
    projects=rows.projects,
)
