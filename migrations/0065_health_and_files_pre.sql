-- How many webhook endpoints we have switched off, for staff. Rows that are there say so once something happens in their
-- workspace, or after `plixa rebuild`.
alter table tenant_cards add column if not exists webhooks_off integer not null default 0;

-- Files of messages that are erased: the sweeper writes down their names, some thousand at a time, and whoever has the
-- files removes them.
create table if not exists erased_files (
    tenant_id bigint      not null,
    stored_as text        not null,
    marked_at timestamptz not null,
    due_at    timestamptz not null,       -- looked at twice: one that was being fetched may have come in between
    primary key (tenant_id, stored_as)
);
create index if not exists erased_files_due on erased_files (due_at);
