-- Whose a thing at Stripe is: written when we made it. Found by the thing, for that is what a webhook names.
create table stripe_refs (
    tenant_id bigint not null,
    kind      text   not null,  -- customer, account
    id        text   not null,
    primary key (kind, id)
);
create index stripe_refs_tenant on stripe_refs (tenant_id);

-- Webhooks that were taken; written with what they lead to, so that none is taken twice, and none is marked but lost.
create table stripe_events (
    tenant_id bigint      not null,
    id        text        not null,
    at        timestamptz not null,
    primary key (tenant_id, id)
);
create index stripe_events_at on stripe_events (at);

-- Up to where the list of events was read.
create table stripe_cursor (
    env  text primary key,
    last text        not null,
    at   timestamptz not null
);

-- Each invoice closes a range of the log: up to this position everything is its own, or an earlier one's.
create table billing_periods (
    tenant_id bigint not null,
    invoice   text   not null,
    position  bigint not null,
    closed_at timestamptz not null,
    data      json   not null,
    primary key (tenant_id, invoice)
);
