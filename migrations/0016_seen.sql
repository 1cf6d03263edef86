-- Up to which message each member has read a conversation. Who has no row has read nothing of it.

create table conversation_seen (
    tenant_id       bigint not null,
    conversation_id bigint not null,
    user_id         bigint not null,
    message_id      bigint not null,
    primary key (tenant_id, conversation_id, user_id)
) with (fillfactor = 80);
