-- Conversations of one customer that were merged: which one is a part of which.

create table conversation_merges (
    tenant_id bigint      not null,
    from_id   bigint      not null,
    into_id   bigint      not null,       -- as it was decided; that one may be a part of yet another by now
    id        bigint      not null,
    user_id   bigint,                     -- who said so
    merged_at timestamptz not null,
    primary key (tenant_id, from_id)
);
create index conversation_merges_into on conversation_merges (tenant_id, into_id);

-- The conversation that this one is a part of by now, itself if it is none.
create function conversation_root(tenant bigint, conversation bigint) returns bigint language sql stable as $$
    with recursive up(id, step) as (
        select conversation, 0
        union all
        select m.into_id, up.step + 1 from up
        join conversation_merges m on m.tenant_id = tenant and m.from_id = up.id
    )
    select id from up order by step desc limit 1
$$;
