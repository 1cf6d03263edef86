-- Outbound webhooks: what is told to customers' own servers. See http/webhooks.

-- What an endpoint's deliveries are signed with, sealed.
create table webhook_secrets (
    tenant_id   bigint      not null,
    endpoint_id bigint      not null,
    made_at     timestamptz not null,
    sealed      bytea       not null,
    expires_at  timestamptz,                  -- null: the current one; else it signs beside that until then
    primary key (tenant_id, endpoint_id, made_at)
);
create index webhook_secrets_expired on webhook_secrets (expires_at) where expires_at is not null;

-- How far an endpoint has got in the log, and how it has been doing.
create table webhook_feeds (
    tenant_id     bigint      not null,
    endpoint_id   bigint      not null,
    position      bigint      not null,       -- everything up to here has its deliveries
    failing_since timestamptz,                -- nothing has succeeded since
    failures      integer     not null default 0,  -- tries since then
    primary key (tenant_id, endpoint_id)
);

-- A stretch of the log that somebody wants an endpoint to be told again; one at a time.
create table webhook_replays (
    tenant_id   bigint      not null,
    endpoint_id bigint      not null,
    position    bigint      not null,
    upto        bigint      not null,
    created_at  timestamptz not null,
    primary key (tenant_id, endpoint_id)
);

-- What is told, once for all endpoints: the bytes that are signed and sent, sealed.
create table webhook_events (
    tenant_id       bigint      not null,
    event_id        text        not null,
    position        bigint      not null,     -- of the log's event
    type            text        not null,
    conversation_id bigint      not null,     -- 0: of none
    body            bytea       not null,
    created_at      timestamptz not null,
    primary key (tenant_id, event_id)
);
create index webhook_events_of on webhook_events (tenant_id, conversation_id);
create index webhook_events_old on webhook_events (created_at);

create table webhook_deliveries (
    tenant_id       bigint      not null,
    id              bigint      generated always as identity,
    endpoint_id     bigint      not null,
    event_id        text        not null,
    type            text        not null,
    conversation_id bigint      not null,
    status          text        not null default 'pending',
    attempts        integer     not null default 0,
    next_attempt_at timestamptz,              -- of what is open
    began_at        timestamptz not null,     -- since when it is being tried
    response_status integer,
    response_body   bytea,                    -- its beginning, sealed
    duration_ms     integer,
    error           text,
    created_at      timestamptz not null,
    delivered_at    timestamptz,
    ended_at        timestamptz,
    primary key (tenant_id, id)
);
create index webhook_deliveries_open on webhook_deliveries (tenant_id, endpoint_id, conversation_id, id)
    where status in ('pending', 'delivering');
create index webhook_deliveries_listed on webhook_deliveries (tenant_id, endpoint_id, id);
create index webhook_deliveries_event on webhook_deliveries (tenant_id, event_id);
create index webhook_deliveries_ended on webhook_deliveries (ended_at) where ended_at is not null;

-- A conversation of which an endpoint has something to hear, and when it is its turn: order is kept within a lane.
create table webhook_lanes (
    tenant_id       bigint      not null,
    endpoint_id     bigint      not null,
    conversation_id bigint      not null,
    due_at          timestamptz not null,     -- while it is being worked on: until when nobody else may
    primary key (tenant_id, endpoint_id, conversation_id)
);
create index webhook_lanes_due on webhook_lanes (due_at);
create index webhook_lanes_of on webhook_lanes (tenant_id, endpoint_id, due_at);
