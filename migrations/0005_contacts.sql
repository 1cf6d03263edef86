-- Contacts: what is known of them, how they are found, who was merged into whom, and imports.

-- What a search looks for. A name's words stand as "tenant:word", and every tail of a phone number from its fourth last
-- digit on as "tenant#tail"; the search is by how these begin. The tenant goes in front, because the index of a tsvector
-- cannot have it as a column of its own.
create function contact_tokens(tenant bigint, folded text, phone text) returns tsvector
language sql immutable parallel safe return array_to_tsvector(array(
    select tenant || ':' || left(word, 40) from regexp_split_to_table(folded, ' +') as word where word <> ''
    union
    select tenant || '#' || substr(phone, start) from generate_series(1, greatest(1, length(phone) - 3)) as start
    where phone <> ''
));

alter table contacts add column folded text not null default '';      -- the name without case and accents, for order
alter table contacts add column notes text;
alter table contacts add column updated_at timestamptz not null default now();
alter table contacts add column merged_into bigint;                   -- the contact that this one is now a part of
alter table contacts add column tokens tsvector
    generated always as (contact_tokens(tenant_id, folded, phone)) stored;
create index contacts_tokens on contacts using gin (tokens);
create index contacts_by_name on contacts (tenant_id, (folded = ''), folded collate "C", id) where merged_into is null;
create index contacts_by_change on contacts (tenant_id, updated_at desc, id desc) where merged_into is null;
create index contacts_merged on contacts (tenant_id, merged_into) where merged_into is not null;

create function contact_root(tenant bigint, contact bigint) returns bigint language sql stable as $$
    with recursive up(id, into_id) as (
        select id, merged_into from contacts where tenant_id = tenant and id = contact
        union all
        select c.id, c.merged_into from up join contacts c on c.tenant_id = tenant and c.id = up.into_id
    )
    select id from up where into_id is null
$$;

create function contact_family(tenant bigint, contact bigint) returns setof bigint language sql stable as $$
    with recursive down(id) as (
        select contact
        union all
        select c.id from down join contacts c on c.tenant_id = tenant and c.merged_into = down.id
    )
    select id from down
$$;

create table contact_labels (
    tenant_id  bigint not null,
    contact_id bigint not null,
    label_id   bigint not null,
    primary key (tenant_id, contact_id, label_id)
);
create index contact_labels_by_label on contact_labels (tenant_id, label_id, contact_id);

create table contact_values (             -- of custom fields
    tenant_id     bigint not null,
    contact_id    bigint not null,
    definition_id bigint not null,
    value         text   not null,
    primary key (tenant_id, contact_id, definition_id)
);
create index contact_values_by_definition on contact_values (tenant_id, definition_id);

create table contact_merges (
    tenant_id bigint      not null,
    id        bigint      not null,
    from_id   bigint      not null,
    into_id   bigint      not null,
    gained    json        not null,       -- what the survivor did not have before: labels, fields, details
    conversations bigint[] not null,      -- those that led to `from_id` at the time
    merged_at timestamptz not null,
    undone_at timestamptz,
    primary key (tenant_id, id)
);
create index contact_merges_into on contact_merges (tenant_id, into_id);

create table contact_imports (
    tenant_id   bigint      not null,
    id          bigint      not null,
    user_id     bigint,
    status      text        not null,     -- running, done, failed
    total       integer     not null,     -- rows in the file
    done        integer     not null default 0,
    added       integer     not null default 0,
    changed     integer     not null default 0,
    unchanged   integer     not null default 0,
    failed      integer     not null default 0,
    problems    json        not null default '[]',
    reason      text,
    started_at  timestamptz not null,
    finished_at timestamptz,
    primary key (tenant_id, id)
);

-- Not a read model: an upload, sealed, until it has been worked through.
create table contact_import_files (
    tenant_id bigint not null,
    import_id bigint not null,
    body      bytea  not null,
    primary key (tenant_id, import_id)
);
alter table contact_import_files alter column body set storage external;  -- sealed bytes do not compress

-- A peer may lead to a conversation whose contact was erased.
alter table peers alter column contact_id drop not null;
create index peers_by_contact on peers (tenant_id, contact_id);
create index peers_by_conversation on peers (tenant_id, conversation_id);
