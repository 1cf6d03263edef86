-- The support desk. A ticket is its workspace's, and goes with it; its id is unique among all of them.

create sequence tickets_id;

create table tickets (                    -- read model
    tenant_id          bigint      not null,
    id                 bigint      not null,
    subject            text        not null,
    status             text        not null,
    priority           text        not null,
    requested_priority text        not null,
    assignee           bigint,
    tags               bigint[]    not null,
    opened_by          bigint      not null,
    follows            bigint,
    messages           integer     not null,
    last_message_id    bigint      not null,
    last_author        text        not null,
    last_at            timestamptz not null,
    waiting_since      timestamptz,
    response_due_at    timestamptz not null,
    first_response_at  timestamptz,
    settled_at         timestamptz,
    rating             smallint,
    rating_comment     text,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    primary key (tenant_id, id)
);
create unique index tickets_id_everywhere on tickets (id);
create index tickets_by_status on tickets (status, id);
create index tickets_by_priority on tickets (priority, id);
create index tickets_by_assignee on tickets (assignee, id);
create index tickets_by_opener on tickets (tenant_id, opened_by, id);
create index tickets_by_tag on tickets using gin (tags);
create index tickets_waiting on tickets (waiting_since, id) where waiting_since is not null;

create table ticket_messages (            -- read model
    tenant_id   bigint      not null,
    id          bigint      not null,
    ticket_id   bigint      not null,
    author      text        not null,     -- user or admin
    author_id   bigint      not null,
    author_name text        not null,
    is_internal boolean     not null,
    body        text        not null,
    files       json        not null,
    created_at  timestamptz not null,
    primary key (tenant_id, id)
);
create index ticket_messages_of_ticket on ticket_messages (tenant_id, ticket_id, id);

create table ticket_files (               -- attachments; one that no message has taken goes after a day
    tenant_id  bigint      not null,
    id         bigint generated always as identity,
    ticket_id  bigint,                    -- null until a message has it
    by         text        not null,      -- who brought it: user:1 or admin:1
    name       text        not null,
    mime       text        not null,
    bytes      integer     not null,
    data       bytea       not null,
    created_at timestamptz not null,
    primary key (id)
);
create index ticket_files_by_tenant on ticket_files (tenant_id);
create index ticket_files_unused on ticket_files (created_at) where ticket_id is null;
