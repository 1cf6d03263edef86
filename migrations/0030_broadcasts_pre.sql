-- Broadcasts, whom each of them goes to, and who wants none.
create table broadcasts (
    tenant_id    bigint      not null,
    id           bigint      not null,
    name         text        not null,
    body         text        not null,
    source       text        not null,      -- manual | label
    label_id     bigint,
    number_id    bigint,                    -- null until it starts, unless it was chosen
    status       text        not null,
    reason       text,
    waits_until  timestamptz,
    listed       integer     not null,      -- recipients that were handed in
    cooldown     boolean     not null,
    scheduled_at timestamptz,
    started_at   timestamptz,
    finished_at  timestamptz,
    created_by   bigint,
    created_at   timestamptz not null,
    primary key (tenant_id, id)
);

create table broadcast_recipients (
    tenant_id       bigint   not null,
    broadcast_id    bigint   not null,
    id              integer  not null,      -- from 1, in the order in which they are written to
    contact_id      bigint   not null,
    state           text     not null,
    reason          text,
    message_id      bigint,
    conversation_id bigint,
    number_id       bigint,
    stranger        boolean  not null default false,
    queued_at       timestamptz,
    opted_out_at    timestamptz,
    primary key (tenant_id, broadcast_id, id)
);
create index broadcast_recipients_by_state on broadcast_recipients (tenant_id, broadcast_id, state);
create index broadcast_recipients_of_contact on broadcast_recipients (tenant_id, contact_id, queued_at);
create index broadcast_recipients_of_conversation on broadcast_recipients (tenant_id, conversation_id)
    where conversation_id is not null;
create index broadcast_recipients_of_number on broadcast_recipients (tenant_id, number_id, queued_at)
    where queued_at is not null;

-- Recipients as they were handed in, sealed, until they are contacts.
create table broadcast_lists (
    tenant_id    bigint      not null,
    broadcast_id bigint      not null,
    body         bytea       not null,
    kept_at      timestamptz not null,
    primary key (tenant_id, broadcast_id)
);

alter table contacts add column opted_out_at timestamptz;
alter table conversations add column broadcast_id bigint;
