-- When backups were whole: whoever is woken at night because there is none looks here.

create table backups (
    id          bigint      generated always as identity primary key,
    made_at     timestamptz not null,     -- the moment that its rows are of
    finished_at timestamptz not null,
    place       text        not null,
    rows        bigint      not null,
    files       bigint      not null
);
create index backups_by_end on backups (finished_at);
