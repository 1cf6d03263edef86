-- Not a read model: what the AI made of a conversation, until there is a newer message.

create table summaries (
    tenant_id       bigint not null,
    conversation_id bigint not null,
    upto            bigint not null,      -- the last message that it speaks of
    model           text   not null,
    body            bytea  not null,      -- sealed
    primary key (tenant_id, conversation_id)
);
