-- Who asked from where, and the end of a workspace.

create table request_origins (            -- joined by the audit to the events that a request caused; kept 180 days
    tenant_id  bigint      not null,
    request_id text        not null,      -- events.cause is "http:<request_id>"
    address    text        not null,
    user_agent text,
    at         timestamptz not null,
    primary key (tenant_id, request_id)
);
create index request_origins_by_age on request_origins (at);

-- What people did is few among much that customers and machines did.
create index events_by_people on events (tenant_id, position)
    where actor like 'user:%' or actor like 'token:%' or actor like 'admin:%' or actor = 'anonymous';

create table erasures (                   -- workspaces that nobody can open again; their rows are gone, or going
    tenant_id   bigint      not null primary key,
    fenced_at   timestamptz not null,
    finished_at timestamptz
);

-- Nothing changes an event. The one who erases a whole workspace says so in its transaction.
create or replace function events_are_for_ever() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('plixa.erasing', true) = old.tenant_id::text then
        return old;
    end if;
    raise exception 'events are never updated or deleted; erasure destroys the stream''s key instead';
end $$;
