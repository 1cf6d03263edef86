-- concurrently
-- Messages of the last days, over all workspaces: they lie in the order in which they came.
select;

drop index concurrently if exists messages_by_age;

create index concurrently messages_by_age on messages using brin (created_at);
