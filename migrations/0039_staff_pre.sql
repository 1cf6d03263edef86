-- The people who run the platform: what each may do, their second factor, what they do, and how they find workspaces.

alter table admins
    add column abilities        text[]      not null default '{staff:manage}', -- whoever was there before may do all
    add column totp             bytea,                                         -- the second factor's secret, sealed
    add column totp_confirmed_at timestamptz,
    add column totp_step        bigint      not null default 0;

alter table tokens                        -- a member's token that staff have stepped in with
    add column acting_admin bigint,
    add column acting_mode  text;         -- read or write
create index tokens_by_acting on tokens (acting_admin) where acting_admin is not null and revoked_at is null;

create table admin_audit_logs (           -- every look and every change of staff; kept five years
    tenant_id  bigint      not null,      -- whom it concerns; 0 for nobody
    request_id text        not null,
    at         timestamptz not null,
    admin_id   bigint      not null,      -- 0 is the console, or somebody who did not get in
    act        text        not null,
    target     text        not null,
    target_id  bigint,
    before     json,
    after      json,
    reason     text,
    outcome    text        not null,      -- ok, or the code of the refusal
    primary key (tenant_id, request_id)   -- a request leaves one
);
create index admin_audit_by_age on admin_audit_logs (at, request_id);
create index admin_audit_by_tenant on admin_audit_logs (tenant_id, at, request_id);
create index admin_audit_by_admin on admin_audit_logs (admin_id, at, request_id);
create index admin_audit_by_act on admin_audit_logs (act, at, request_id);

create table admin_audit_origins (        -- where it came from; kept one year
    tenant_id  bigint      not null,
    request_id text        not null,
    address    text        not null,
    user_agent text,
    at         timestamptz not null,
    primary key (request_id)
);
create index admin_audit_origins_by_age on admin_audit_origins (at);

-- Nothing changes an entry, and only its age takes it away.
create function audit_is_for_ever() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.at < now() - interval '5 years' then
        return old;
    end if;
    raise exception 'the audit of staff is never changed';
end $$;
create trigger admin_audit_append_only before update or delete on admin_audit_logs
    for each row execute function audit_is_for_ever();

create table suspensions (                -- read model: whose timers and sends are held
    tenant_id bigint      not null primary key,
    at        timestamptz not null
);

create table tenant_cards (               -- read model: workspaces as staff list and find them
    tenant_id  bigint      not null primary key,
    id         bigint      not null,
    name       text        not null,
    slug       text        not null,
    country    text        not null,
    locale     text        not null,
    status     text        not null,
    plan       text        not null,      -- in effect until plan_until
    plan_until timestamptz,
    plan_then  text        not null,      -- in effect from then on
    owners     text        not null,      -- their addresses
    members    integer     not null,
    numbers    integer     not null,
    founded_at timestamptz,
    updated_at timestamptz not null,
    words      tsvector generated always as (
        to_tsvector('simple', translate(name || ' ' || slug || ' ' || owners, '@.-_', '    '))
    ) stored
);
create index tenant_cards_by_status on tenant_cards (status, tenant_id);
create index tenant_cards_by_plan on tenant_cards (plan, tenant_id);
create index tenant_cards_by_plan_then on tenant_cards (plan_then, tenant_id);
create index tenant_cards_words on tenant_cards using gin (words);

-- Workspaces that there are already; each row is written anew when something changes in its workspace.
insert into tenant_cards (tenant_id, id, name, slug, country, locale, status, plan, plan_until, plan_then, owners,
                          members, numbers, founded_at, updated_at)
select w.tenant_id, w.tenant_id, w.name, w.slug, coalesce(w.data->>'country_code', ''),
       coalesce(w.data->>'locale', 'en'), 'active',
       'professional', (w.data->>'trial_ends_at')::timestamptz, 'starter',
       coalesce((select string_agg(m.email, ' ' order by m.user_id) from members m
                 where m.tenant_id = w.tenant_id and m.role = 'owner' and not m.removed), ''),
       (select count(*) from members m where m.tenant_id = w.tenant_id and not m.removed),
       (select count(*) from numbers n where n.tenant_id = w.tenant_id and not n.removed),
       (w.data->>'founded_at')::timestamptz, now()
from workspaces w;
