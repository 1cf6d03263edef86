-- E-mail campaigns.

create sequence campaigns_id;

create table campaigns (                  -- read model
    tenant_id    bigint      not null,
    id           bigint      not null,
    status       text        not null,
    subject      text        not null,
    audience     json        not null,
    size         integer,
    reason       text,
    created_by   bigint      not null,
    created_at   timestamptz not null,
    scheduled_at timestamptz,
    started_at   timestamptz,
    finished_at  timestamptz,
    hidden       boolean     not null,
    updated_at   timestamptz not null,
    primary key (tenant_id, id)
);
create index campaigns_sending on campaigns (id) where status = 'sending';

create table campaign_recipients (        -- whom a campaign goes to, and what became of it; goes with their workspace
    tenant_id   bigint      not null,     -- the recipient's workspace
    id          bigint generated always as identity,
    campaign_id bigint      not null,
    user_id     bigint      not null,
    email       text        not null,
    email_hash  bytea       not null,
    name        text        not null,
    company     text        not null,
    locale      text        not null,
    status      text        not null,     -- queued, sending, sent, delivered, delayed, bounced, complained, failed, …
    reason      text,
    mail_id     text,                     -- the far end's
    claimed_at  timestamptz,              -- since when it is being sent
    updated_at  timestamptz not null,
    primary key (id)
);
create unique index campaign_recipients_once on campaign_recipients (campaign_id, email_hash);
create index campaign_recipients_by_status on campaign_recipients (campaign_id, status, id);
create index campaign_recipients_by_mail on campaign_recipients (mail_id) where mail_id is not null;
create index campaign_recipients_by_address on campaign_recipients (email_hash);
create index campaign_recipients_by_tenant on campaign_recipients (tenant_id);

create table mail_suppressions (          -- whom no campaign writes to any more, by a keyed hash of the address
    tenant_id  bigint      not null,      -- 0: it outlives whoever had the address
    email_hash bytea       not null,
    scope      text        not null,      -- marketing, or all
    reason     text        not null,      -- unsubscribed, complained, bounced
    at         timestamptz not null,
    primary key (email_hash, scope)
);

create table resend_events (              -- which of Resend's webhooks were heard: they come more than once
    tenant_id bigint      not null,
    id        text        not null,
    at        timestamptz not null,
    primary key (id)
);
create index resend_events_by_age on resend_events (at);
