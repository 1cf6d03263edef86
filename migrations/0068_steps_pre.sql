-- concurrently
-- Steps of flows that the message they led to tells of (actors/conversation/packing.py), as reports find them by time. An
-- index of each partition, for one of the whole table cannot be made beside a running server. One that was cut off is there
-- and invalid: it is made anew.
select;

drop index concurrently if exists events_0_steps;

create index concurrently events_0_steps on events_0 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_1_steps;

create index concurrently events_1_steps on events_1 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_2_steps;

create index concurrently events_2_steps on events_2 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_3_steps;

create index concurrently events_3_steps on events_3 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_4_steps;

create index concurrently events_4_steps on events_4 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_5_steps;

create index concurrently events_5_steps on events_5 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_6_steps;

create index concurrently events_6_steps on events_6 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;

drop index concurrently if exists events_7_steps;

create index concurrently events_7_steps on events_7 (tenant_id, at)
    where type = 'message.queued' and (data->'step') is not null;
