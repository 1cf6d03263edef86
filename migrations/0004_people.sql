-- People: second factors, secrets that are used once, Plixa's own staff. All of it is vault: the log never holds any.

create table one_time_secrets (           -- invitations, password resets, confirmations of an e-mail address
    tenant_id  bigint      not null,
    kind       text        not null,
    ref        bigint      not null,      -- the invitation's or the user's id: a new secret replaces the old one
    hash       bytea       not null,      -- SHA-256 of the secret
    sealed     bytea       not null,      -- the same, for the mail that carries it
    created_at timestamptz not null,
    expires_at timestamptz not null,
    spent_at   timestamptz,
    primary key (tenant_id, kind, ref)
);
create unique index one_time_secrets_hash on one_time_secrets (hash);

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
