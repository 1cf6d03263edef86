-- The tables of the conventional service: what a message touches there, with the columns and indexes it has in Plixa.

create table tenants (
    id       bigint primary key,
    position bigint not null default 0
);

create table numbers (
    id          bigint primary key,
    tenant_id   bigint not null,
    secret_hash bytea  not null unique
);

create sequence ids;
create sequence positions;

create table conversations (
    tenant_id        bigint      not null,
    id               bigint      not null default nextval('ids'),
    contact_id       bigint      not null default currval('ids'),
    number_id        bigint      not null,
    phone            text        not null,
    name             text,
    status           text        not null default 'open',
    mode             text        not null default 'idle',
    assigned_user_id bigint,
    sector_id        bigint,
    labels           bigint[]    not null default '{}',
    unread_count     integer     not null,
    last_message_id  bigint      not null,
    last_activity_at timestamptz not null,
    snoozed_until    timestamptz,
    notes            text,
    sla              json,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    resolved_at      timestamptz,
    waiting_since    timestamptz default now(),
    csat             json,
    primary key (tenant_id, id),
    unique (tenant_id, number_id, phone)
) with (fillfactor = 70);
create index conversations_inbox on conversations (tenant_id, last_activity_at desc, id desc);
create index conversations_queue on conversations (tenant_id, waiting_since, id) where waiting_since is not null;
create index conversations_of_member on conversations (tenant_id, assigned_user_id) where status <> 'resolved';
create index conversations_of_contact on conversations (tenant_id, contact_id);
create index conversations_unread on conversations (tenant_id, last_activity_at desc, id desc) where unread_count > 0;
create index conversations_snoozed on conversations (tenant_id, last_activity_at desc, id desc)
    where snoozed_until is not null;
create index conversations_by_creation on conversations (tenant_id, created_at);
create index conversations_by_resolution on conversations (tenant_id, resolved_at) where resolved_at is not null;

create table messages (
    tenant_id         bigint      not null,
    id                bigint      not null,
    conversation_id   bigint      not null,
    number_id         bigint      not null,
    key_id            text        not null,
    direction         text        not null,
    type              text        not null,
    body              text,
    words             text,
    media             json,
    extra             json,
    quoted_message_id bigint,
    author            json        not null,
    status            text        not null,
    error             text,
    reactions         json,
    edited_at         timestamptz,
    deleted_at        timestamptz,
    created_at        timestamptz not null,
    primary key (tenant_id, id)
) with (fillfactor = 80);
create unique index messages_key on messages (tenant_id, number_id, key_id);
create index messages_of_conversation on messages (tenant_id, conversation_id, id desc);
create index messages_by_time on messages (tenant_id, created_at);
create index messages_words on messages
    using gin ((array_to_tsvector(array['#' || tenant_id::text]) || to_tsvector('simple', words)))
    where words is not null;

create table events (
    tenant_id       bigint      not null,
    position        bigint      not null,
    conversation_id bigint      not null,
    type            text        not null,
    at              timestamptz not null default now(),
    actor           text        not null default 'webhook',
    data            json        not null,
    primary key (tenant_id, position)
);
create index events_of_conversation on events (tenant_id, conversation_id, position);
create index events_by_people on events (tenant_id, position)
    where actor like 'user:%' or actor like 'token:%' or actor like 'admin:%' or actor = 'anonymous';
create index events_of_automation on events (tenant_id, at)
    where type in ('ai.answered', 'ai.handed_off', 'ai.cancelled', 'flow.stepped');

insert into tenants values (1);
insert into numbers values (1, 1, sha256('bench'));
