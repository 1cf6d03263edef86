-- An operator may ask for a kept webhook to be read again (`plixa kept replay`), after a release that understands it.
alter table kept_bodies add column requested_at timestamptz;
create index kept_bodies_requested on kept_bodies (id) where requested_at is not null;
