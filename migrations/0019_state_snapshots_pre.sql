-- Snapshots of two releases side by side: while both serve, neither throws the other one's away.
-- `snapshots` stays for the release before; a later release, which does not erase in it any more, drops it.
create table state_snapshots (
    tenant_id bigint      not null,
    stream    text        not null,
    version   text        not null,            -- of the state's shape and its kind; a release reads its own only
    revision  bigint      not null,
    state     bytea       not null,            -- sealed with the stream's key where it has one
    saved_at  timestamptz not null default now(),
    primary key (tenant_id, stream, version)
);
create index state_snapshots_age on state_snapshots (saved_at);
