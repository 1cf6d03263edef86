-- How every episode of a conversation ended: when, by whom, and when it was opened again. Reports and digests count these.

create table resolutions (
    tenant_id       bigint      not null,
    conversation_id bigint      not null,
    episode         integer     not null,
    resolved_at     timestamptz not null,
    ended_by        text        not null,     -- user, api, flow, ai, timer
    user_id         bigint,                   -- the member who resolved it
    flow_id         bigint,                   -- the flow that led it to its end
    reopened_at     timestamptz,
    primary key (tenant_id, conversation_id, episode)
);

-- What the log tells of conversations that are still there, as `plixa rebuild` reads it.
insert into resolutions
with turns as (
    select tenant_id, stream, revision, type, at, actor, data,
           1 + count(*) filter (where type = 'conversation.reopened') over earlier as episode,
           lead(coalesce((data->>'at')::timestamptz, at)) over whole as next_at
    from events where type in ('conversation.resolved', 'conversation.reopened')
    window whole as (partition by tenant_id, stream order by revision),
           earlier as (partition by tenant_id, stream order by revision rows unbounded preceding)
)
select t.tenant_id, c.id, t.episode, (t.data->>'resolved_at')::timestamptz,
       case when t.data->>'why' = 'flow' then 'flow' when t.data->>'why' = 'auto_close' then 'timer'
            when t.actor like 'token:%' then 'api' else 'user' end,
       case when t.actor not like 'token:%' then substring(t.data->>'why' from '^user:(\d+)$')::bigint end,
       case when t.data->>'why' = 'flow' then (
           select (s.data->>'flow_id')::bigint from events s
           where s.tenant_id = t.tenant_id and s.stream = t.stream and s.revision < t.revision
             and s.type = 'flow.stepped' order by s.revision desc limit 1) end,
       t.next_at
from turns t join conversations c on c.tenant_id = t.tenant_id and c.id = split_part(t.stream, '-', 2)::bigint
where t.type = 'conversation.resolved' and t.stream like 'conversation-%';

create index resolutions_by_time on resolutions (tenant_id, resolved_at);
create index resolutions_by_reopening on resolutions (tenant_id, reopened_at) where reopened_at is not null;
create index sla_clocks_by_breach on sla_clocks (tenant_id, breached_at) where breached_at is not null;
drop index conversations_by_resolution;
