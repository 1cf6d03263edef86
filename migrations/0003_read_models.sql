-- Read models: written in the transaction of the events they follow from, and rebuilt from them by `plixa rebuild`.

create table workspaces (
    tenant_id bigint primary key,
    name      text not null,
    slug      text not null unique,
    data      json not null
);

create table members (
    tenant_id bigint  not null,
    user_id   bigint  not null,
    email     text    not null,
    name      text    not null,
    role      text    not null,
    locale    text,
    removed   boolean not null default false,
    primary key (tenant_id, user_id)
);
create unique index members_email on members (email) where not removed;

create table numbers (
    tenant_id  bigint      not null,
    id         bigint      not null,
    instance   text        not null,
    status     text        not null,
    phone      text,
    name       text,
    created_at timestamptz not null,
    removed    boolean     not null default false,
    data       json        not null,
    primary key (tenant_id, id)
);
create unique index numbers_instance on numbers (instance);

create table contacts (
    tenant_id  bigint      not null,
    id         bigint      not null,
    phone      text,
    name       text,
    created_at timestamptz not null,
    primary key (tenant_id, id)
);
create unique index contacts_phone on contacts (tenant_id, phone) where phone is not null;

create table peers (                      -- which conversation an address on a number leads to
    tenant_id       bigint not null,
    number_id       bigint not null,
    jid             text   not null,      -- "p:<phone>" or "l:<lid>"
    contact_id      bigint not null,
    conversation_id bigint not null,
    primary key (tenant_id, number_id, jid)
);

create table conversations (
    tenant_id        bigint      not null,
    id               bigint      not null,
    contact_id       bigint,
    number_id        bigint      not null,
    phone            text,
    name             text,
    status           text        not null,
    mode             text        not null,
    assigned_user_id bigint,
    sector_id        bigint,
    labels           bigint[]    not null,
    unread_count     integer     not null,
    last_message_id  bigint,
    last_activity_at timestamptz not null,
    snoozed_until    timestamptz,
    notes            text,
    sla              json,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    resolved_at      timestamptz,
    primary key (tenant_id, id)
) with (fillfactor = 70);
create index conversations_inbox on conversations (tenant_id, last_activity_at desc, id desc);

create table messages (
    tenant_id         bigint      not null,
    id                bigint      not null,
    conversation_id   bigint      not null,
    number_id         bigint      not null,
    key_id            text,
    direction         text        not null,
    type              text        not null,
    body              text,
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
create unique index messages_key on messages (tenant_id, number_id, key_id) where key_id is not null;
create index messages_of_conversation on messages (tenant_id, conversation_id, id desc);

create table erased_keys (                -- messages that were erased and must not come back with a look-back
    tenant_id bigint      not null,
    number_id bigint      not null,
    key_hash  bytea       not null,
    erased_at timestamptz not null,
    primary key (tenant_id, number_id, key_hash)
);

-- Not read models: what the ingress keeps until it can be used, or for a person to look at.
create table held_updates (               -- ticks, edits, deletions whose message has not come yet
    tenant_id bigint      not null,
    number_id bigint      not null,
    key_id    text        not null,
    seq       bigint generated always as identity,
    body      bytea       not null,       -- sealed
    held_at   timestamptz not null,
    primary key (tenant_id, number_id, key_id, seq)
);
create index held_by_age on held_updates (held_at);

create table kept_bodies (                -- webhooks that could not be understood
    tenant_id bigint      not null,
    id        bigint generated always as identity,
    number_id bigint      not null,
    reason    text        not null,
    bytes     bigint      not null,
    body      bytea       not null,       -- sealed, the first 64 KiB
    kept_at   timestamptz not null,
    primary key (tenant_id, id)
);

create table media_files (                -- where a message's bytes are
    tenant_id  bigint      not null,
    message_id bigint      not null,
    conversation_id bigint not null,
    mime       text        not null,
    bytes      bigint      not null,
    sha256     bytea       not null,
    stored_as  text        not null,      -- its name in the tenant's media folder
    stored_at  timestamptz not null,
    primary key (tenant_id, message_id)
);
