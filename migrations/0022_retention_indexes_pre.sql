-- concurrently
-- By what old rows are found (storage/lifetime/retention.py), and those that go with a conversation. One that was cut off is
-- there and invalid: it is made anew.
select;

drop index concurrently if exists outbox_over;

create index concurrently outbox_over on outbox (settled_at) where settled_at is not null;

drop index concurrently if exists tokens_over;

create index concurrently tokens_over on tokens (least(revoked_at, expires_at))
    where least(revoked_at, expires_at) is not null;

drop index concurrently if exists one_time_secrets_by_end;

create index concurrently one_time_secrets_by_end on one_time_secrets (expires_at);

drop index concurrently if exists spent_secrets_by_age;

create index concurrently spent_secrets_by_age on spent_secrets (spent_at);

drop index concurrently if exists contact_imports_by_end;

create index concurrently contact_imports_by_end on contact_imports (finished_at) where finished_at is not null;

drop index concurrently if exists parked_by_age;

create index concurrently parked_by_age on parked (parked_at);

drop index concurrently if exists kept_bodies_by_age;

create index concurrently kept_bodies_by_age on kept_bodies (kept_at);

drop index concurrently if exists kept_bodies_of_number;

create index concurrently kept_bodies_of_number on kept_bodies (tenant_id, number_id, id);

drop index concurrently if exists state_snapshots_of_version;

create index concurrently state_snapshots_of_version on state_snapshots (version, saved_at);

drop index concurrently if exists answers_of_stream;

create index concurrently answers_of_stream on answers (tenant_id, stream);

drop index concurrently if exists media_files_of_conversation;

create index concurrently media_files_of_conversation on media_files (tenant_id, conversation_id);

drop index concurrently if exists media_files_by_name;

create index concurrently media_files_by_name on media_files (tenant_id, stored_as);
