-- Who had a tenant from which event on, and what a node says of itself with each beat.
create table reigns (
    tenant_id     bigint      not null,
    epoch         bigint      not null,
    node          text        not null,
    from_position bigint      not null,  -- the first event that this reign may commit
    at            timestamptz not null,
    primary key (tenant_id, epoch)
);
create index reigns_at on reigns (at);

alter table nodes add column cores int not null default 1, add column draining boolean not null default false;
