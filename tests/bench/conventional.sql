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
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    resolved_at      timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, number_id, phone)
) with (fillfactor = 70);
create index conversations_inbox on conversations (tenant_id, last_activity_at desc, id desc);

create table messages (
    tenant_id         bigint      not null,
    id                bigint      not null,
    conversation_id   bigint      not null,
    number_id         bigint      not null,
    key_id            text        not null,
    direction         text        not null,
    type              text        not null,
    body              text,
    author            json        not null,
    status            text        not null,
    quoted_message_id bigint,
    created_at        timestamptz not null,
    primary key (tenant_id, id)
) with (fillfactor = 80);
create unique index messages_key on messages (tenant_id, number_id, key_id);
create index messages_of_conversation on messages (tenant_id, conversation_id, id desc);

create table events (
    tenant_id       bigint      not null,
    position        bigint      not null,
    conversation_id bigint      not null,
    type            text        not null,
    at              timestamptz not null default now(),
    data            json        not null,
    primary key (tenant_id, position)
);
create index events_of_conversation on events (tenant_id, conversation_id, position);

insert into tenants values (1);
insert into numbers values (1, 1, sha256('bench'));
