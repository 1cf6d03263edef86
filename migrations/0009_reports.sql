-- What reports are made of.

create table sla_clocks (                     -- every promise, by the episode that it was made in
    tenant_id       bigint      not null,
    conversation_id bigint      not null,
    kind            text        not null,     -- first_response, resolution
    started_at      timestamptz not null,
    target_seconds  integer     not null,
    due_at          timestamptz,
    breached_at     timestamptz,
    met_at          timestamptz,
    primary key (tenant_id, conversation_id, kind, started_at)
);
create index sla_clocks_by_time on sla_clocks (tenant_id, started_at);

create index messages_by_time on messages (tenant_id, created_at);
create index events_of_automation on events (tenant_id, at)
    where type in ('ai.answered', 'ai.handed_off', 'ai.cancelled', 'flow.stepped');
