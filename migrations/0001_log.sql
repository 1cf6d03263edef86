-- The log, what is written with it in the same transaction, and who owns what.
-- Every table leads with tenant_id, so that it can be distributed by tenant without a rewrite.

create table heads (
    tenant_id bigint primary key,
    position  bigint not null default 0,  -- gapless, in commit order
    epoch     bigint not null default 0,  -- grows with every change of owner; a commit under an old one fails
    last_id   bigint not null default 0
) with (fillfactor = 50);

create table events (
    tenant_id bigint      not null,
    position  bigint      not null,
    stream    text        not null,
    revision  bigint      not null,
    type      text        not null,
    schema    smallint    not null,
    at        timestamptz not null,
    actor     text        not null,
    cause     text        not null,
    key_id    text,                       -- whose key seals data->>'~'
    data      json        not null,       -- json, not jsonb: it is written once and read by us
    primary key (tenant_id, position),
    unique (tenant_id, stream, revision)
) partition by hash (tenant_id);
create table events_0 partition of events for values with (modulus 8, remainder 0);
create table events_1 partition of events for values with (modulus 8, remainder 1);
create table events_2 partition of events for values with (modulus 8, remainder 2);
create table events_3 partition of events for values with (modulus 8, remainder 3);
create table events_4 partition of events for values with (modulus 8, remainder 4);
create table events_5 partition of events for values with (modulus 8, remainder 5);
create table events_6 partition of events for values with (modulus 8, remainder 6);
create table events_7 partition of events for values with (modulus 8, remainder 7);

-- Nothing changes an event. Erasure destroys the key (table stream_keys), not the event.
create function events_are_for_ever() returns trigger language plpgsql as $$
begin
    raise exception 'events are never updated or deleted; erasure destroys the stream''s key instead';
end $$;
create trigger events_are_for_ever before update or delete on events
    for each row execute function events_are_for_ever();

create table snapshots (
    tenant_id bigint not null,
    stream    text   not null,
    revision  bigint not null,
    version   text   not null,            -- of the state's shape; another one is ignored
    state     bytea  not null,            -- sealed with the stream's key where it has one
    primary key (tenant_id, stream)
);

create table nodes (
    node         text primary key,
    incarnation  text        not null,
    heartbeat_at timestamptz not null
);

create table leases (
    tenant_id bigint primary key,
    node      text not null,
    epoch     bigint not null
);

create table timers (
    tenant_id bigint      not null,
    stream    text        not null,
    name      text        not null,
    due_at    timestamptz not null,
    primary key (tenant_id, stream, name)
);
create index timers_due on timers (due_at);

create table outbox (
    tenant_id  bigint      not null,
    effect_id  text        not null,
    stream     text        not null,
    kind       text        not null,
    lane       text        not null,
    pace       text        not null,
    state      text        not null,
    not_before timestamptz,
    attempts   integer     not null default 0,
    position   bigint      not null,      -- of the event that asked for it: the order within a lane
    request    json        not null,
    created_at timestamptz not null,
    settled_at timestamptz,
    primary key (tenant_id, effect_id)
);
create index outbox_open on outbox (tenant_id, position) where state in ('queued', 'attempting', 'unknown');

create table parked (
    id           bigint generated always as identity primary key,
    tenant_id    bigint      not null,
    stream       text        not null,
    command_type text        not null,
    command      bytea       not null,
    cause        text        not null,
    error        text        not null,
    parked_at    timestamptz not null
);
create index parked_by_tenant on parked (tenant_id, id);
