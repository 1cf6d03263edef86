-- What lets the inbox find a few among very many conversations.

-- What conversations are looked for by, apart from their rows, which every message changes: this changes seldom. The
-- tokens are those of a contact's name and number, and "tenant=kind:value" for what an inbox is filtered by.
create function conversation_tokens(
    tenant bigint, folded text, phone text, status text, mode text, assignee bigint, sector bigint, number bigint,
    labels bigint[]
) returns tsvector language sql immutable parallel safe return
    contact_tokens(tenant, folded, phone) || array_to_tsvector(array(
        select tenant || '=' || kind || ':' || value
        from (values ('status', status), ('mode', mode), ('of', coalesce(assignee::text, 'none')),
              ('sector', sector::text), ('number', number::text)) as f(kind, value)
        where value is not null
        union
        select tenant || '=label:' || label from unnest(labels) as label
    ));

create table conversation_facets (
    tenant_id        bigint   not null,
    conversation_id  bigint   not null,
    folded           text     not null,   -- the name without case and accents
    phone            text,
    status           text     not null,
    mode             text     not null,
    assigned_user_id bigint,
    sector_id        bigint,
    number_id        bigint   not null,
    labels           bigint[] not null,
    tokens tsvector generated always as (conversation_tokens(
        tenant_id, folded, phone, status, mode, assigned_user_id, sector_id, number_id, labels)) stored,
    primary key (tenant_id, conversation_id)
);
create index conversation_facets_tokens on conversation_facets using gin (tokens);

-- `plixa rebuild` folds the names of old rows as those of new ones; until then they are found without their accents.
insert into conversation_facets
select c.tenant_id, c.id, coalesce(n.folded, lower(c.name), ''), c.phone, c.status, c.mode, c.assigned_user_id,
       c.sector_id, c.number_id, c.labels
from conversations c
left join contacts n on n.tenant_id = c.tenant_id and n.id = c.contact_id and n.name = c.name;

create index conversations_unread on conversations (tenant_id, last_activity_at desc, id desc) where unread_count > 0;
create index conversations_snoozed on conversations (tenant_id, last_activity_at desc, id desc)
    where snoozed_until is not null;
create index conversations_by_creation on conversations (tenant_id, created_at);
create index conversations_by_resolution on conversations (tenant_id, resolved_at) where resolved_at is not null;

-- Labels are found by their tokens; this one was asked by nobody, and changed with every message.
drop index conversations_labels;
