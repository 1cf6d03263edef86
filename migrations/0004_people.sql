-- People: second factors, secrets that are used once, Plixa's own staff. All of it is vault: the log never holds any.

create table one_time_secrets (           -- invitations, password resets, confirmations of an e-mail address
    tenant_id  bigint      not null,
    kind       text        not null,
    ref        bigint      not null,      -- the invitation's or the user's id: a new secret replaces the old one
    hash       bytea       not null,      -- SHA-256 of the secret
    sealed     bytea       not null,      -- the secret itself, for the mail that carries it
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (tenant_id, kind, ref)
);
create unique index one_time_secrets_hash on one_time_secrets (hash);

create table spent_secrets (              -- of two commits that spend the same secret, the second one fails
    tenant_id bigint      not null,
    hash      bytea       not null,
    spent_at  timestamptz not null,
    primary key (hash)
);
create index spent_secrets_by_tenant on spent_secrets (tenant_id);

create table two_factors (
    tenant_id    bigint not null,
    user_id      bigint not null,
    sealed       bytea  not null,         -- the TOTP secret
    confirmed_at timestamptz,
    last_step    bigint not null default 0, -- a code is taken once: only later steps than this one
    primary key (user_id)
);
create index two_factors_by_tenant on two_factors (tenant_id);

create table recovery_codes (
    tenant_id bigint not null,
    user_id   bigint not null,
    hash      bytea  not null,
    spent_at  timestamptz,
    primary key (user_id, hash)
);
create index recovery_codes_by_tenant on recovery_codes (tenant_id);

create sequence admins_id;
create table admins (                     -- Plixa's staff; their tokens stand under tenant 0
    id            bigint      not null primary key,
    email         text        not null unique,
    name          text        not null,
    password_hash text        not null,
    created_at    timestamptz not null,
    removed_at    timestamptz
);

alter table tokens
    add column address    text,           -- where it was made: people look through their sessions
    add column user_agent text,
    add column failures   smallint not null default 0; -- wrong codes given to a sign-in that waits for one
create table token_uses (                 -- apart from the tokens: written once a minute, and not worth a wait
    tenant_id bigint      not null,
    token_id  bigint      not null,
    used_at   timestamptz not null,
    primary key (token_id)
);
create index token_uses_by_tenant on token_uses (tenant_id);
