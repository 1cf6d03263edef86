-- The agenda: appointments as they are read, what they occupy, and which events speak of each.

create table appointments (
    tenant_id     bigint      not null,
    id            bigint      not null,
    service_id    bigint      not null,
    provider_id   bigint,                            -- nobody in particular where there is none
    resource_ids  bigint[]    not null,
    contact_id    bigint,
    conversation_id bigint,
    starts_at     timestamptz not null,
    ends_at       timestamptz not null,
    timezone      text        not null,              -- on whose wall the times are read
    status        text        not null,
    source        text        not null,
    series_id     bigint,
    occurrence    integer,
    revision      integer     not null,
    notes         text,
    reason        text,
    cancelled_by  text,
    cancel_kind   text,
    confirmed_by_contact_at timestamptz,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    primary key (tenant_id, id)
);
create index appointments_by_start on appointments (tenant_id, starts_at, id);
create index appointments_of_provider on appointments (tenant_id, provider_id, starts_at, id);
create index appointments_of_contact on appointments (tenant_id, contact_id, starts_at, id) where contact_id is not null;
create index appointments_of_series on appointments (tenant_id, series_id) where series_id is not null;

-- The second judge after the agenda's actor: one provider, or one unit of a resource, is never held twice at once. Each is
-- a stretch of one line of numbers, far from all others, and on it a claim is a range from its first minute to its last:
-- ranges have an index of their own for `&&`, where a column and a range together would need the extension btree_gist.
create table appointment_claims (
    tenant_id      bigint   not null,
    appointment_id bigint   not null,
    sort           smallint not null,                -- 0: a provider. 1: a resource
    thing_id       bigint   not null,
    unit           integer  not null check (unit between 0 and 999),
    first_minute   bigint   not null check (first_minute >= 0),
    last_minute    bigint   not null check (last_minute < 1000000000 and last_minute > first_minute),
    held           numrange not null generated always as (numrange(
        (((tenant_id::numeric * 2 + sort) * 10000000000000000000 + thing_id) * 1000 + unit) * 1000000000 + first_minute,
        (((tenant_id::numeric * 2 + sort) * 10000000000000000000 + thing_id) * 1000 + unit) * 1000000000 + last_minute
    )) stored,
    primary key (tenant_id, appointment_id, sort, thing_id),
    constraint appointment_claims_once exclude using gist (held with &&) deferrable initially deferred
);

create table appointment_changes (
    tenant_id      bigint not null,
    appointment_id bigint not null,
    position       bigint not null,                  -- of the event, in the workspace's log
    primary key (tenant_id, appointment_id, position)
);
