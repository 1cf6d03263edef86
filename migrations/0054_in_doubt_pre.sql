-- concurrently
-- Messages of which nobody knows whether they went out: few among many, and asked for by `in_doubt` of the list.
drop index concurrently if exists messages_in_doubt;

create index concurrently messages_in_doubt on messages (tenant_id, conversation_id) where status = 'unknown';
