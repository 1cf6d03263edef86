-- An operator may ask for a parked letter to be tried again (`plixa parked replay`); the node that owns the workspace
-- takes it up. `actor` is who had sent it: what follows from it is theirs.
alter table parked
    add column actor        text not null default 'system',
    add column requested_at timestamptz;
create index parked_requested on parked (id) where requested_at is not null;
