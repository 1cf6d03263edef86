-- What a commit says is gone, and whose rows are so many that they go afterwards, some thousand at a time.
create table sweeps (
    tenant_id bigint      not null,
    what      text        not null,       -- see storage/lifetime/sweeping.py
    ref       text        not null,       -- of which conversation, label, field, stream or address
    marked_at timestamptz not null,
    primary key (tenant_id, what, ref)
);

-- Whose words they may be: fingerprints of addresses, so that they go with whoever is erased. Null where that is not
-- known: they go with anybody of that number.
alter table kept_bodies add column whose bytea[];
alter table held_updates add column whose bytea[];
