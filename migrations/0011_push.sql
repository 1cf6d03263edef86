-- Web Push, the waiting list. What a browser gave us is vault: whoever has it can write to that browser.

create table vapid_keys (                 -- one pair for all of Plixa, made at the first start
    tenant_id  bigint      not null primary key check (tenant_id = 0),
    sealed     bytea       not null,
    created_at timestamptz not null
);

create table push_subscriptions (         -- those of Plixa's staff stand under tenant 0
    tenant_id     bigint      not null,
    user_id       bigint      not null,
    endpoint_hash bytea       not null,   -- SHA-256 of its address
    sealed        bytea       not null,   -- the address and the browser's keys
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    primary key (tenant_id, user_id, endpoint_hash)
);

create table waitlist (                   -- of people who have no workspace yet
    tenant_id  bigint      not null default 0 check (tenant_id = 0),
    id         bigint generated always as identity primary key,
    email      text        not null,
    locale     text,
    referrer   text,
    created_at timestamptz not null
);
create unique index waitlist_email on waitlist (email);
