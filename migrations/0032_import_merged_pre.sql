-- Rows of an import that went into the contact of a row above: with them, an import's counts are all its rows.
alter table contact_imports add column if not exists merged integer not null default 0;
