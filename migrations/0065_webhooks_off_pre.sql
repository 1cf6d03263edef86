-- How many webhook endpoints we have switched off, for staff. Rows that are there say so once something happens in their
-- workspace, or after `plixa rebuild`.
alter table tenant_cards add column if not exists webhooks_off integer not null default 0;
