-- How a workspace pays, for the overview of staff: its subscription's status, a licence, or nothing. Rows that are there
-- say so once something happens in their workspace, or after `plixa rebuild`.
alter table tenant_cards add column if not exists revenue text not null default 'none';
