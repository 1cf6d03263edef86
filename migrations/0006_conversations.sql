-- What a conversation does by itself: the queue, the survey.

alter table conversations
    add column waiting_since timestamptz,     -- open and nobody's: since when it is in the queue
    add column csat json;                     -- {rating, comment} of the last episode

create index conversations_queue on conversations (tenant_id, waiting_since, id) where waiting_since is not null;
create index conversations_of_member on conversations (tenant_id, assigned_user_id) where status <> 'resolved';
create index conversations_of_contact on conversations (tenant_id, contact_id);
create index conversations_labels on conversations using gin (labels);

create table csat_ratings (
    tenant_id       bigint      not null,
    conversation_id bigint      not null,
    episode         integer     not null,
    rating          smallint    not null,
    comment         text,
    user_id         bigint,                   -- who looked after it when it was rated
    rated_at        timestamptz not null,
    primary key (tenant_id, conversation_id, episode)
);
create index csat_ratings_by_time on csat_ratings (tenant_id, rated_at desc, conversation_id);
