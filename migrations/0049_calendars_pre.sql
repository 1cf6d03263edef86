-- Members' own Google calendars: the links, what of ours stands in them, what is busy there, and who is told of changes.

create table calendar_links (
    tenant_id   bigint      not null,
    user_id     bigint      not null,
    connection  bigint      not null,                -- the workspace counts them: a row is never another consent's
    account     bytea       not null,                -- a fingerprint of whose account it is at Google
    sealed      bytea       not null,                -- the refresh token
    ends_at     timestamptz,                         -- where consent was for a time only
    sync_token  text,
    busy_at     timestamptz,                         -- as of when `calendar_busy` is true
    synced_at   timestamptz,
    next_at     timestamptz not null,
    error       text,
    primary key (tenant_id, user_id, connection)
);
create index calendar_links_due on calendar_links (next_at);
create index calendar_links_of_account on calendar_links (account);

-- What may stand in whose calendar. It outlives a link, so that the next one to the same account finds its events again.
create table calendar_events (
    tenant_id      bigint  not null,
    user_id        bigint  not null,
    account        bytea   not null,
    appointment_id bigint  not null,
    generation     integer not null default 0,       -- ids of deleted events are taken for ever
    event_id       text    not null,
    alive          boolean not null,
    first_minute   bigint  not null,
    last_minute    bigint  not null,
    wrote          text    not null,                 -- a digest of what was written; empty: not known to have arrived
    seen           text,                             -- what its owner did with it in Google: moved, removed
    seen_first     bigint,
    seen_last      bigint,
    seen_at        timestamptz,
    clash          boolean not null default false,   -- something else stands at its time
    primary key (tenant_id, user_id, account, appointment_id)
);
create index calendar_events_of_appointment on calendar_events (tenant_id, appointment_id) where alive;
create index calendar_events_by_end on calendar_events (to_timestamp(last_minute * 60));

create table calendar_busy (
    tenant_id    bigint not null,
    user_id      bigint not null,
    first_minute bigint not null,
    last_minute  bigint not null,
    primary key (tenant_id, user_id, first_minute, last_minute)
);

create table calendar_channels (
    tenant_id   bigint      not null,
    user_id     bigint      not null,
    channel_id  text        not null primary key,
    connection  bigint      not null,
    secret      bytea       not null,                -- a hash
    resource_id text        not null,
    expires_at  timestamptz not null
);
create index calendar_channels_by_end on calendar_channels (expires_at);
create index calendar_channels_of on calendar_channels (tenant_id, user_id);

create table calendar_consents (
    tenant_id  bigint      not null,
    user_id    bigint      not null,
    state      bytea       not null primary key,     -- a hash of what came back
    expires_at timestamptz not null
);
create index calendar_consents_by_end on calendar_consents (expires_at);

create table calendar_feeds (
    tenant_id  bigint      not null,
    user_id    bigint      not null,
    secret     bytea       not null unique,          -- a hash
    created_at timestamptz not null,
    primary key (tenant_id, user_id)
);
